package replay

import (
	"errors"
	"io"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// never is the next time of a track that has ended.
const never = market.Time(math.MaxInt64)

// track is one instrument on its way through the window.
type track struct {
	instrument  market.InstrumentID
	bars        stream
	mark, index companion
	depth       *depthProfile
	funding     *market.Funding
	fundingRow  int

	bar      bar
	before   bar // the one before; zero at the first
	last     path
	markPath path
	indexed  path
	phase    int
	given    uint8       // phase of the latest price
	next     market.Time // of the next price
	due      market.Time // of the next funding settlement
	ranges   trueRanges
	recent   recentBars
	covered  market.Time // by bars
	end      market.Time // of the last bar
	market   InstrumentMarket
	rate     market.Rate // last settled
}

// clock merges the instruments' ticks and funding settlements by time. Of equal times all happen in one tick, in the
// order of instruments; the search for the earliest is a scan, since there are few instruments and most move together.
type clock struct {
	walker   walker
	tracks   []track
	from, to market.Time
	tick     risk.Tick
	phase    []uint8 // of each price in tick
	opened   []bool  // whether a price in tick is a bar's open
	bars     int64
}

// begin loads the first bar of every track.
func (c *clock) begin(from market.Time) error {
	for i := range c.tracks {
		t := &c.tracks[i]
		t.due = never
		for t.funding != nil && t.fundingRow < t.funding.Len() && t.funding.Time[t.fundingRow] < from {
			t.fundingRow++
		}
		t.setDue()
		if err := c.load(t); err != nil {
			return err
		}
	}
	return nil
}

func (t *track) setDue() {
	t.due = never
	if t.funding != nil && t.fundingRow < t.funding.Len() {
		t.due = t.funding.Time[t.fundingRow]
	}
}

// load takes the track's next bar and lays out its ticks.
func (c *clock) load(t *track) error {
	t.before = t.bar
	err := t.bars.next(&t.bar)
	if errors.Is(err, io.EOF) {
		t.next = never
		return nil
	}
	if err != nil {
		return err
	}
	s := c.walker.shape(t.instrument, &t.bar)
	t.last = s.walk(&t.bar)
	if t.markPath, err = t.mark.path(&t.bar, s, &t.last); err != nil {
		return err
	}
	t.indexed = path{}
	if t.index.from != nil {
		if t.indexed, err = t.index.path(&t.bar, s, &t.last); err != nil {
			return err
		}
	}
	t.phase, t.next = 0, t.bar.time
	t.covered += t.bar.interval
	t.end = t.bar.end()
	c.bars++
	return nil
}

// advance fills c.tick with everything that happens at the next moment and returns false at the end of the window.
func (c *clock) advance() (bool, error) {
	at := never
	for i := range c.tracks {
		at = min(at, c.tracks[i].next)
	}
	if at >= c.to {
		return false, nil
	}
	// Settlements after the last price of all move nothing that could still be traded.
	for i := range c.tracks {
		at = min(at, c.tracks[i].due)
	}
	c.tick.Time, c.tick.Prices, c.tick.Funding = at, c.tick.Prices[:0], c.tick.Funding[:0]
	c.phase, c.opened = c.phase[:0], c.opened[:0]
	for i := range c.tracks {
		t := &c.tracks[i]
		if t.due == at {
			t.rate = t.funding.Rate[t.fundingRow]
			c.tick.Funding = append(c.tick.Funding, risk.FundingUpdate{Instrument: t.instrument, Rate: t.rate})
			t.fundingRow++
			t.setDue()
		}
		if t.next == at {
			if err := c.emit(t); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// emit appends the track's current tick and moves it on.
func (c *clock) emit(t *track) error {
	k := t.phase
	u := risk.PriceUpdate{Instrument: t.instrument, Mark: t.markPath.price[k], Last: t.last.price[k], Gap: k == 0}
	if t.indexed.n > 0 {
		u.Index = t.indexed.price[k]
	}
	u.BidDepth, u.AskDepth = t.depth.at(t.next)
	t.market.rest(u.BidDepth)
	c.tick.Prices = append(c.tick.Prices, u)
	t.given = uint8(k)
	c.phase, c.opened = append(c.phase, t.given), append(c.opened, k == 0)
	if k == 0 {
		t.market.add(&t.bar)
	}
	t.phase++
	if t.phase == t.last.n {
		t.ranges.add(&t.bar)
		t.recent.add(&t.bar)
		return c.load(t)
	}
	t.next = phaseTime(&t.bar, t.phase, t.last.n)
	return nil
}

// traded reports whether the bar that holds a time at or before its present one reached a price.
func (t *track) traded(at market.Time, price market.Price) bool {
	b := &t.bar
	if at < b.time {
		b = &t.before
	}
	return price >= b.low && price <= b.high
}

// add takes a bar into the instrument's summary.
func (m *InstrumentMarket) add(b *bar) {
	if m.Bars == 0 {
		m.Open, m.High, m.Low, m.LowTime, m.Interval = b.open, b.high, b.low, b.time, b.interval
	}
	if b.low < m.Low {
		m.Low, m.LowTime = b.low, b.time
	}
	m.High, m.Close, m.Interval = max(m.High, b.high), b.close, min(m.Interval, b.interval)
	m.Bars++
}

// rest takes the depth of a tick into the instrument's summary.
func (m *InstrumentMarket) rest(depth market.Quote) {
	if depth <= 0 {
		return
	}
	if m.DepthFirst == 0 {
		m.DepthFirst, m.DepthLeast = depth, depth
	}
	m.DepthLeast = min(m.DepthLeast, depth)
}
