package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// Shard is a share of a sweep: the parts whose number is Index - 1 modulo Count. The zero value is the whole.
type Shard struct {
	Index int `json:"shard"` // from 1
	Count int `json:"of"`
}

// Options say what to carry out and where.
type Options struct {
	Inputs
	Shard    Shard
	Workers  int // variants at a time; the bytes do not depend on it
	Dir      string
	Progress func(done, total int64) // variants; called from several goroutines; may be nil
}

// Outcome is what became of a sweep.
type Outcome struct {
	Summary *Summary // nil of a shard
	Resumed int64    // variants that an earlier start had done
	Reason  string   // why the exchange was used and not package scan; empty where it was not
}

// Partial is the directory in which the sweep that will stand in dir is carried out. It stays when the program is killed, and
// the same request takes it up.
func Partial(dir string) string { return filepath.Clean(dir) + ".partial" }

// Check finds every mistake that can be found before anything runs.
func Check(o *Options) (*Plan, error) {
	p, err := newPlan(&o.Inputs)
	if err != nil {
		return nil, err
	}
	if s := o.Shard; s != (Shard{}) && (s.Count < 1 || s.Index < 1 || s.Index > s.Count || int64(s.Count) > p.parts()) {
		return nil, &RequestError{fmt.Errorf("--shard %d/%d; expected 1/n to n/n, n at most %d for %d variants", s.Index, s.Count, p.parts(), p.Variants)}
	}
	return p, nil
}

// Run carries a sweep out and writes its directory. An interrupted sweep leaves its parts in Partial(o.Dir).
func Run(ctx context.Context, o Options) (*Outcome, error) {
	p, err := Check(&o)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(o.Dir); err == nil {
		return nil, &RequestError{fmt.Errorf("%s %w", o.Dir, report.ErrExists)}
	}
	s, err := openStore(Partial(o.Dir), &o.Inputs, p)
	if err != nil {
		return nil, err
	}
	outcome := &Outcome{}
	var missing []int64
	for n := range p.parts() {
		if o.Shard.Count > 0 && n%int64(o.Shard.Count) != int64(o.Shard.Index-1) {
			continue
		}
		if _, done := s.parts[n]; done {
			from, to := p.chunk(n)
			outcome.Resumed += to - from
			continue
		}
		missing = append(missing, n)
	}
	if len(missing) > 0 {
		if outcome.Reason, err = carryOut(ctx, &o, p, s, missing, outcome.Resumed); err != nil {
			if len(s.parts) == 0 { // nothing to go on from
				err = errors.Join(err, os.RemoveAll(s.dir))
			}
			return nil, err
		}
	}
	if o.Shard.Count > 0 {
		return outcome, finishShard(s, o.Shard, o.Dir)
	}
	outcome.Summary, err = finish(p, s.id, s.dir, s.parts, o.Dir)
	if err != nil {
		return nil, err
	}
	return outcome, os.RemoveAll(s.dir)
}

// carryOut computes the missing parts.
func carryOut(ctx context.Context, o *Options, p *Plan, s *store, missing []int64, done int64) (reason string, err error) {
	c, err := newCarrier(ctx, &o.Inputs, p, o.Workers)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan int64)
	var lock sync.Mutex
	var workers sync.WaitGroup
	total := done
	for _, n := range missing {
		from, to := p.chunk(n)
		total += to - from
	}
	for range max(1, min(o.Workers, len(missing))) {
		workers.Go(func() {
			for n := range jobs {
				path, err := c.part(ctx, s, n)
				if err != nil {
					cancel(err)
					continue
				}
				from, to := p.chunk(n)
				lock.Lock()
				s.parts[n] = path
				done += to - from
				if o.Progress != nil {
					o.Progress(done, total)
				}
				lock.Unlock()
			}
		})
	}
	for _, n := range missing {
		select {
		case jobs <- n:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(jobs)
	workers.Wait()
	return c.reason, context.Cause(ctx)
}

// part computes one part and puts it into the store.
func (c *carrier) part(ctx context.Context, s *store, n int64) (string, error) {
	var b bytes.Buffer
	t, err := columnar.NewPlainTable(&b, c.plan.columns(), c.plan.metadata(s.id))
	if err != nil {
		return "", err
	}
	from, to := c.plan.chunk(n)
	for variant := from; variant < to; variant++ {
		if err := ctx.Err(); err != nil {
			return "", context.Cause(ctx)
		}
		rows, err := c.rows(ctx, variant)
		if err != nil {
			return "", err
		}
		for i := range rows {
			if err := c.plan.write(t, &rows[i]); err != nil {
				return "", err
			}
		}
	}
	if err := t.Close(); err != nil {
		return "", err
	}
	return s.put(n, b.Bytes())
}

// finishShard gives the directory of a shard its name.
func finishShard(s *store, shard Shard, dir string) error {
	text, err := json.MarshalIndent(struct {
		Schema string `json:"schema"`
		Shard
		Plan string `json:"plan_sha256"`
	}{"backtest/sweep-shard/v1", shard, s.id}, "", "  ")
	if err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(s.dir, ShardFile), append(text, '\n')); err != nil {
		return err
	}
	return publish(s.dir, dir)
}

// publish gives a complete directory its name.
func publish(from, to string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s %w", to, report.ErrExists))
	}
	return os.Rename(from, to)
}
