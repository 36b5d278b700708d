package montecarlo

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// MaxRows bounds what is held: a row for each path and rule.
const MaxRows = 20_000_000

// Options say what to replay and with how many workers.
type Options struct {
	Replay   replay.Options        // its Workers decode ahead while the history is read
	Workers  int                   // paths under way at once; below 1 means 1. The rows do not depend on it.
	Progress func(done, count int) // paths; called in order, may be nil
}

// Outcome is what became of the rules on every path.
type Outcome struct {
	From, To market.Time // of every path
	Rules    []string    // in the order of the scenario; the crowd last, where it is on the paths
	History  []Row       // one row a rule: the data itself over the scenario's window, which From and To cut to whole bars
	Rows     []Row       // one row a path and rule, by path and then in the order of Rules
	Paths    int
	Setups   int  // entries that every rule takes, in history
	Own      bool // entries look at prices or funding: every path has its own
	Notes    []string
}

// Run replays every path. An error of the lowest path that has one is returned.
func Run(ctx context.Context, o Options) (*Outcome, error) {
	paths, err := replay.OpenPaths(o.Replay)
	if err != nil {
		return nil, err
	}
	out := &Outcome{Paths: paths.Count(), Notes: paths.Notes(), Own: paths.OwnEntries()}
	out.From, out.To = paths.Window()
	out.Rules, _ = paths.Rules()
	if paths.HasCrowd() {
		out.Rules = append(out.Rules, replay.CrowdGroup)
	}
	if n := len(out.Rules) * out.Paths; n > MaxRows {
		return nil, o.Replay.Scenario.At("paths.count", fmt.Errorf("%d paths of %d rules are %d rows, which are held until the statistics are made; expected at most %d: lower the count, or take fewer rules", out.Paths, len(out.Rules), n, MaxRows))
	}
	one := func(ctx context.Context, k int) ([]Row, *replay.Result, error) {
		t := newTally(out.Rules)
		r, err := paths.Replay(ctx, k, t)
		if err != nil {
			return nil, nil, err
		}
		return t.rows(k, r), r, nil
	}
	history, r, err := one(ctx, replay.History)
	if err != nil {
		return nil, err
	}
	out.History, out.Setups = history, r.Setups
	out.Rows, err = all(ctx, o, out.Paths, len(out.Rules), func(ctx context.Context, k int) ([]Row, error) {
		rows, _, err := one(ctx, k)
		return rows, err
	})
	return out, err
}

// all replays the paths, some at once, and puts the rows of each in its own place.
func all(ctx context.Context, o Options, count, rules int, one func(context.Context, int) ([]Row, error)) ([]Row, error) {
	rows := make([]Row, count*rules)
	errs := make([]error, count)
	var next, done atomic.Int64
	var workers sync.WaitGroup
	var telling sync.Mutex
	failed := atomic.Int64{}
	failed.Store(int64(count))
	for range max(1, min(o.Workers, count)) {
		workers.Go(func() {
			// Paths below one that failed go on, so that the error is that of the lowest, whoever was faster.
			for k := next.Add(1) - 1; k < failed.Load(); k = next.Add(1) - 1 {
				list, err := one(ctx, int(k))
				if err != nil {
					errs[k] = err
					for low := failed.Load(); k < low && !failed.CompareAndSwap(low, k); low = failed.Load() {
					}
					continue
				}
				copy(rows[int(k)*rules:], list)
				telling.Lock()
				if n := done.Add(1); o.Progress != nil {
					o.Progress(int(n), count)
				}
				telling.Unlock()
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, ctx.Err()
}
