package replay

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// bar is one candle of a known length.
type bar struct {
	time                   market.Time
	interval               market.Interval
	open, high, low, close market.Price
	volume                 float64
}

func (b *bar) end() market.Time { return b.time + b.interval }

// candleOpener opens series; a *columnar.Catalog is one.
type candleOpener interface {
	Candles(columnar.Key) (columnar.CandleReader, error)
}

// batch is a decoded stretch of a segment: rows lo to hi of c are within it. c belongs to whoever holds the batch.
type batch struct {
	c        *market.Candles
	interval market.Interval
	lo, hi   int
	err      error
}

// feed streams the bars of consecutive segments. One batch is in the reader's hands while the next is decoded ahead,
// so memory holds two batches a feed however long the series is.
type feed struct {
	pool     *pool
	segments []segment // those not yet finished
	reader   columnar.CandleReader
	ready    chan batch // capacity 1: at most one job of a feed is under way
	now      batch
	row      int
	started  bool
	err      error // final: io.EOF or a failure
}

// pool decodes batches ahead of the reader. With any number of workers the feeds deliver the same bars.
type pool struct {
	open    candleOpener
	jobs    chan job
	done    sync.WaitGroup
	feeds   []*feed
	stopped atomic.Bool
}

type job struct {
	feed *feed
	into *market.Candles
}

// newPool starts workers that decode for the feeds of the given segment lists.
func newPool(open candleOpener, workers int, lists [][]segment) *pool {
	p := &pool{open: open, jobs: make(chan job, len(lists))}
	for _, l := range lists {
		p.feeds = append(p.feeds, &feed{pool: p, segments: l, ready: make(chan batch, 1)})
	}
	for range max(1, min(workers, len(lists))) {
		p.done.Add(1)
		go func() {
			defer p.done.Done()
			for j := range p.jobs {
				if p.stopped.Load() {
					j.feed.ready <- batch{err: errors.New("replay: stopped")}
					continue
				}
				j.feed.ready <- j.feed.decode(j.into)
			}
		}()
	}
	return p
}

// close ends the workers and releases the files.
func (p *pool) close() {
	p.stopped.Store(true)
	close(p.jobs)
	p.done.Wait()
	for _, f := range p.feeds {
		if f.reader != nil {
			f.reader.Close()
		}
	}
}

// decode fills into with the next batch that has rows within its segment.
func (f *feed) decode(into *market.Candles) batch {
	for len(f.segments) > 0 {
		g := f.segments[0]
		if f.reader == nil {
			r, err := f.pool.open.Candles(g.key)
			if err != nil {
				return batch{err: err}
			}
			f.reader = r
		}
		err := f.reader.Next(into)
		if err != nil && !errors.Is(err, io.EOF) {
			return batch{err: err}
		}
		n := into.Len()
		if err != nil || n > 0 && into.Time[0] >= g.to {
			f.reader.Close()
			f.reader, f.segments = nil, f.segments[1:]
			continue
		}
		b := batch{c: into, interval: g.key.Interval, hi: n}
		for b.lo < n && into.Time[b.lo] < g.from {
			b.lo++
		}
		for b.hi > b.lo && into.Time[b.hi-1] >= g.to {
			b.hi--
		}
		if b.lo < b.hi {
			return b
		}
	}
	return batch{err: io.EOF}
}

// next returns the next bar; it is valid until the call after. io.EOF ends the feed.
func (f *feed) next(b *bar) error {
	for f.err == nil && f.row >= f.now.hi {
		f.turn()
	}
	if f.err != nil {
		return f.err
	}
	c, i := f.now.c, f.row
	f.row++
	*b = bar{time: c.Time[i], interval: f.now.interval, open: c.Open[i], high: c.High[i], low: c.Low[i], close: c.Close[i], volume: c.Volume[i]}
	return nil
}

// turn takes the batch that was decoded ahead and has the next one decoded into the memory of the one before.
func (f *feed) turn() {
	spare := f.now.c
	if !f.started {
		f.started = true
		f.pool.jobs <- job{f, &market.Candles{}}
		spare = &market.Candles{}
	}
	b := <-f.ready
	if b.err != nil {
		f.err, f.now = b.err, batch{}
		return
	}
	f.now, f.row = b, b.lo
	f.pool.jobs <- job{f, spare}
}
