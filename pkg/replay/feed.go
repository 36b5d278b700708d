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

// stream yields bars in ascending time, io.EOF at the end.
type stream interface{ next(*bar) error }

// candleOpener opens series; a *columnar.Catalog is one.
type candleOpener interface {
	Candles(columnar.Key) (columnar.CandleReader, error)
}

// batch is a decoded stretch of a series: rows lo to hi of c are within the range. c belongs to whoever holds the batch.
type batch struct {
	c      *market.Candles
	lo, hi int
	err    error
}

// feed streams the bars of one series with from <= time < to. One batch is in the reader's hands while the next is
// decoded ahead, so memory holds two batches a feed however long the series is.
type feed struct {
	pool    *pool
	ranged  ranged
	reader  columnar.CandleReader
	ready   chan batch // capacity 1: at most one job of a feed is under way
	now     batch
	row     int
	started bool
	err     error // final: io.EOF or a failure
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

// newPool starts workers that decode for the feeds that are asked of it.
func newPool(open candleOpener, workers, feeds int) *pool {
	p := &pool{open: open, jobs: make(chan job, feeds)}
	for range max(1, min(workers, feeds)) {
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

// feed adds a feed of one series. There must be no more of them than newPool was told.
func (p *pool) feed(r ranged) *feed {
	f := &feed{pool: p, ranged: r, ready: make(chan batch, 1)}
	p.feeds = append(p.feeds, f)
	return f
}

// stream lays the feeds of one instrument's series over each other, the finest first. It is nil without a series.
func (p *pool) stream(series []ranged) stream {
	var s stream
	for k := len(series) - 1; k >= 0; k-- {
		if f := p.feed(series[k]); s == nil {
			s = f
		} else {
			s = &layered{fine: ahead{from: f}, coarse: ahead{from: s}}
		}
	}
	return s
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

// decode fills into with the next batch that has rows within the range.
func (f *feed) decode(into *market.Candles) batch {
	if f.reader == nil {
		r, err := f.pool.open.Candles(f.ranged.key)
		if err != nil {
			return batch{err: err}
		}
		f.reader = r
	}
	for {
		if err := f.reader.Next(into); err != nil {
			return batch{err: err}
		}
		n := into.Len()
		if n > 0 && into.Time[0] >= f.ranged.to {
			return batch{err: io.EOF}
		}
		b := batch{c: into, hi: n}
		for b.lo < n && into.Time[b.lo] < f.ranged.from {
			b.lo++
		}
		for b.hi > b.lo && into.Time[b.hi-1] >= f.ranged.to {
			b.hi--
		}
		if b.lo < b.hi {
			return b
		}
	}
}

// next implements stream.
func (f *feed) next(b *bar) error {
	for f.err == nil && f.row >= f.now.hi {
		f.turn()
	}
	if f.err != nil {
		return f.err
	}
	c, i := f.now.c, f.row
	f.row++
	*b = bar{time: c.Time[i], interval: f.ranged.key.Interval, open: c.Open[i], high: c.High[i], low: c.Low[i], close: c.Close[i], volume: c.Volume[i]}
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
