package replay

import (
	"errors"
	"io"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

const (
	// profileInterval is the least width of the bars that entry prices are drawn from: memory then depends on the
	// look-back, not on the resolution of the data.
	profileInterval = 5 * market.Minute
	// warmUp is the time before the window from which average true ranges are begun.
	warmUp = market.Day
)

// history is what an instrument did before the window.
type history struct {
	ranges trueRanges
	recent recentBars
	bars   []bar // at least profileInterval wide, ascending
	inside bool  // the data does not reach back: bars are the first hours of the window
}

// trueRanges are an instrument's average true ranges over its own bars, one for each period that the rules ask for.
type trueRanges []trueRange

type trueRange struct {
	period int
	state  strategy.ATRState
}

// add takes a completed bar.
func (r trueRanges) add(b *bar) {
	for i := range r {
		r[i].state.Add(strategyBar(b))
	}
}

// of returns the average true range over a period; ok is false while too few bars are completed.
func (r trueRanges) of(period int) (market.Price, bool) {
	for i := range r {
		if r[i].period == period {
			return r[i].state.ATR()
		}
	}
	return 0, false
}

// readHistory reads the look-back before the window, and, of instruments that have none, the first hours of the
// window.
func (p *plan) readHistory() error {
	lookBack, hours := warmUp, market.Time(0)
	if c := p.scenario.Crowd; c != nil {
		lookBack, hours = max(lookBack, market.Time(c.Entry.LookBack)), market.Time(c.Entry.Hours)
	}
	// What the crowd is drawn from, and an average true range, do not depend on how many bars some rule wants to see.
	profiled := p.from - lookBack
	all := spans(p.o.Catalog.Series(), columnar.Candles)
	p.history = make([]history, len(p.sources))
	var inside []int
	for i := range p.sources {
		for _, period := range p.periods { // known in the window too where the data does not reach back before it
			p.history[i].ranges = append(p.history[i].ranges, trueRange{period, strategy.NewATRState(period)})
		}
		p.history[i].recent = newRecentBars(p.lookBack)
		from := p.from - max(lookBack, market.Time(p.lookBack)*p.sources[i].candles[0].key.Interval)
		if err := p.readBars(i, complete(all[p.sources[i].symbol], from, p.from), profiled); err != nil {
			return err
		}
		if len(p.history[i].bars) == 0 {
			inside = append(inside, i)
		}
	}
	for _, i := range inside {
		p.history[i].inside = true
		first := p.sources[i].first
		if err := p.readBars(i, complete(all[p.sources[i].symbol], first, min(p.to, first+hours)), first); err != nil {
			return err
		}
	}
	return nil
}

// readBars takes an instrument's bars of some time into its history. Bars of the window itself tell where the crowd may
// have entered, but not what an average true range was. Bars before profiled are only there to be looked at.
func (p *plan) readBars(i int, series []ranged, profiled market.Time) error {
	h := &p.history[i]
	return p.eachBar(series, func(b *bar) {
		if !h.inside {
			h.recent.add(b)
		}
		if b.time < profiled {
			return
		}
		h.profile(b)
		if !h.inside {
			h.ranges.add(b)
		}
	})
}

// eachBar reads bars in the order of time, without keeping them. The bar that visit gets is the next one's too.
func (p *plan) eachBar(series []ranged, visit func(*bar)) error {
	pool := newPool(p.opener(), p.o.Workers, len(series))
	defer pool.close()
	bars := pool.stream(series)
	if bars == nil {
		return nil
	}
	var b bar
	for {
		if err := bars.next(&b); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		visit(&b)
	}
}

// profile adds a bar to the coarse bars that entry prices are drawn from.
func (h *history) profile(b *bar) {
	width := max(b.interval, profileInterval)
	start := floorTo(b.time, width)
	if n := len(h.bars); n > 0 && h.bars[n-1].time == start && h.bars[n-1].interval == width {
		last := &h.bars[n-1]
		last.high, last.low, last.close = max(last.high, b.high), min(last.low, b.low), b.close
		last.volume += b.volume
		return
	}
	coarse := *b
	coarse.time, coarse.interval = start, width
	h.bars = append(h.bars, coarse)
}
