package scan

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// tick is one moment of the exchange.
type tick struct {
	at         market.Time
	mark, last market.Price
	ordinal    int32       // within its bar, 0 for the open
	settled    int32       // settlements that are over
	gap        bool        // a bar's open: the price jumped here
	own        bool        // of the data; otherwise a step on the way to one
	depth      market.Time // of the latest price of the data, as of which depth is known
}

// cursor walks the ticks of one bar and of the gap after it, as replay's clock and stepper do (docs/MODEL.md section 7).
type cursor struct {
	s          *Series
	bar        int
	t          tick
	phase      int          // of the latest price of the data
	k, n       int          // step k of n on the way to the next one; n is 0 elsewhere
	mark, last market.Price // where those steps lead
	at         market.Time  // of the latest tick of the data
	target     market.Time  // of the one that the steps lead to
}

// cursor returns a bar's open tick.
func (s *Series) cursor(bar int) cursor {
	mark, last := s.o.Mark.Open[bar], s.o.Last.Open[bar]
	at := s.o.Time[bar]
	return cursor{s: s, bar: bar, at: at, t: tick{at: at, mark: mark, last: last, settled: s.settled(bar), gap: true, own: true, depth: at}}
}

// next moves to the next tick; it returns false after the last one before the next bar.
func (c *cursor) next() bool {
	c.t.ordinal++
	if c.n > 0 {
		c.step()
		return true
	}
	s := c.s
	e := c.t.settled
	waiting := e < s.first[c.bar+1]
	if c.phase == 3 {
		if !waiting {
			return false
		}
		c.settle()
		return true
	}
	c.target = s.phaseTime(c.bar, c.phase+1)
	if waiting && s.events[e] < c.target {
		c.settle()
		return true
	}
	c.mark, c.last = s.corner(c.bar, c.phase+1)
	c.n, c.k = c.steps(), 0
	c.step()
	return true
}

// settle is a tick of a settlement between two prices.
func (c *cursor) settle() {
	c.at = c.s.events[c.t.settled]
	c.t.at, c.t.own = c.at, true
	c.t.settled++
}

// step takes one step on the way to the next price of the data, or arrives there.
func (c *cursor) step() {
	c.k++
	t := &c.t
	t.gap = false
	if c.k < c.n {
		left := market.Price(c.n - c.k + 1)
		t.mark += (c.mark - t.mark) / left
		t.last += (c.last - t.last) / left
		t.at, t.own = c.at+(c.target-c.at)*market.Time(c.k)/market.Time(c.n), false
		return
	}
	t.mark, t.last = c.mark, c.last
	t.at, t.own, t.depth = c.target, true, c.target
	if e := t.settled; e < c.s.first[c.bar+1] && c.s.events[e] == c.target {
		t.settled++
	}
	c.at = c.target
	c.phase++
	c.n = 0
}

// steps returns in how many steps the move to the next price is walked.
func (c *cursor) steps() int {
	if c.s.o.Step <= 0 {
		return 1
	}
	move := max(math.Abs(float64(c.mark)/float64(c.t.mark)-1), math.Abs(float64(c.last)/float64(c.t.last)-1))
	seconds := int((c.target - c.t.depth) / market.Second)
	n := max(1, min(int(math.Ceil(move/market.Float(c.s.o.Step)-1e-9)), seconds))
	return min(n, max(int(c.target-c.at), 1))
}

// corner returns the prices of a bar's phase: open, first extreme, second extreme, close.
func (s *Series) corner(bar, phase int) (mark, last market.Price) {
	m, l := &s.o.Mark, &s.o.Last
	switch {
	case phase == 0:
		return m.Open[bar], l.Open[bar]
	case phase == 3:
		return m.Close[bar], l.Close[bar]
	case (phase == 1) == s.o.LowFirst[bar]:
		return m.Low[bar], l.Low[bar]
	}
	return m.High[bar], l.High[bar]
}

// phaseTime returns when a phase happens: equally spaced from the bar's open, the last one in its last millisecond.
func (s *Series) phaseTime(bar, phase int) market.Time {
	if phase == 3 {
		return s.o.End[bar] - 1
	}
	return s.o.Time[bar] + (s.o.End[bar]-s.o.Time[bar])*market.Time(phase)/3
}

// NearestFirst returns Options.LowFirst where a bar visits the extreme nearer to its open first; ties: the low.
func NearestFirst(last Bars) []bool {
	low := make([]bool, len(last.Open))
	for i := range low {
		low[i] = last.Open[i]-last.Low[i] <= last.High[i]-last.Open[i]
	}
	return low
}
