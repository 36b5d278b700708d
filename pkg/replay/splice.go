package replay

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// piece is a stretch of a path that follows history: at a time t of [at, at+length) what happened at t - at + from.
type piece struct {
	at, from, length market.Time
	scale            float64 // of the log-returns within; 1 is history
	fresh            bool    // history begins anew at from, after a hole: what the price did over it is no return
}

// pieces yields the pieces of one path in their order, without a gap; ok is false after the last. Everybody who reads a
// path has pieces of his own, which are a function of seed and path alone: nobody waits for anybody, and a path takes no
// memory.
type pieces interface{ next() (p piece, ok bool) }

// course follows one instrument's price from piece to piece. Within a piece the price is history's times level/base, the
// path's price over history's at its start, so that log-returns are history's. The ratio is of integers: a path that has
// followed history from the start equals it, and no function of floats decides a price. A scaled piece raises history's
// ratio to a power.
type course struct {
	of     *chronicle
	pieces pieces
	now    piece
	base   market.Price // history's last close before the piece, or else the open of its first bar
	level  market.Price // the path's price there, with all decimals
	end    market.Price // the path's price at the piece's end, with all decimals
}

// turn goes to the next piece.
func (c *course) turn() error {
	var ok bool
	if c.now, ok = c.pieces.next(); !ok {
		return io.EOF
	}
	if c.level = c.end; c.level == 0 {
		c.level = c.of.opening
	}
	bars := c.of.bars
	lo, hi := firstAt(bars, c.now.from), firstAt(bars, c.now.from+c.now.length)
	c.end = c.level
	if len(bars) == 0 {
		c.base = c.level
		return nil
	}
	if c.base = bars[0].open; lo > 0 {
		c.base = bars[lo-1].close
	}
	if lo == hi {
		return nil
	}
	if c.now.fresh {
		c.base = bars[lo].open
	}
	var fits bool
	if c.end, fits = c.price(bars[hi-1].close); !fits {
		return c.beyond(c.now.at)
	}
	return nil
}

func (c *course) beyond(at market.Time) error {
	return fmt.Errorf("%s: by %s the path's price has grown beyond what a price can be, %v; use a smaller scale or volatility, or a shorter window", c.of.symbol, at, market.Price(math.MaxInt64))
}

// same reports whether the path stands where history stood.
func (c *course) same() bool { return c.level == c.base && c.now.scale == 1 }

// price returns the path's price where history's is h, rounded to the nearest decimal, at least the smallest; ok is false
// where it is no price any more. A higher h never gives a lower price.
func (c *course) price(h market.Price) (p market.Price, ok bool) {
	switch {
	case c.same():
		return h, true
	case c.now.scale == 0:
		return c.level, true
	case c.now.scale != 1:
		y := float64(c.now.scale * log2(float64(h)/float64(c.base)))
		if y > 900 {
			return 0, false
		}
		power := exp2(max(y, -900))
		x := math.Floor(float64(float64(c.level)*power) + 0.5)
		if !(x < 1<<62) {
			return 0, false
		}
		return max(market.Price(x), 1), true
	}
	if h > math.MaxInt64/2 {
		return 0, false
	}
	twice, ok := market.MulDivFloor(2*int64(h), int64(c.level), int64(c.base))
	if !ok || twice >= 1<<62 {
		return 0, false
	}
	return max(market.Price(twice+1)/2, 1), true
}

// spliced streams one series of an instrument along a path: its bars, its mark's or its index'. All of them are multiplied
// by the ratio of the last price, so that the mark keeps its distance from it.
type spliced struct {
	course course
	bars   []bar
	tick   market.Price // of the last price; 0 for prices with all decimals
	row    int
	end    int
	err    error
}

// next implements stream.
func (s *spliced) next(b *bar) error {
	for s.err == nil && s.row == s.end {
		if s.err = s.course.turn(); s.err == nil {
			s.row, s.end = firstAt(s.bars, s.course.now.from), firstAt(s.bars, s.course.now.from+s.course.now.length)
		}
	}
	if s.err != nil {
		return s.err
	}
	h := &s.bars[s.row]
	s.row++
	*b = *h
	b.time += s.course.now.at - s.course.now.from
	if s.course.same() {
		return nil
	}
	for _, q := range []*market.Price{&b.open, &b.high, &b.low, &b.close} {
		v, ok := s.course.price(*q)
		if !ok {
			s.err = s.course.beyond(b.time)
			return s.err
		}
		*q = nearestTick(v, s.tick)
	}
	return nil
}

// nearestTick rounds to the nearest multiple of a tick, half up, and to one tick at least; a tick of 0 rounds nothing.
func nearestTick(p, tick market.Price) market.Price {
	if tick == 0 {
		return p
	}
	return max((p+tick/2)/tick*tick, tick)
}

// whence tells which moment of history a moment of a path follows; it is asked for ascending times.
type whence struct {
	pieces pieces
	now    piece
	ended  bool
}

// of returns the moment; after the last piece it is the path's own.
func (w *whence) of(t market.Time) market.Time {
	for !w.ended && t >= w.now.at+w.now.length {
		if q, ok := w.pieces.next(); ok {
			w.now = q
		} else {
			w.ended = true
		}
	}
	if w.ended || t < w.now.at {
		return t
	}
	return t - w.now.at + w.now.from
}

// settled returns the funding of a path: history's times of settlement, each at the rate of the next settlement after the
// moment of history that the path follows, the last where there is none.
// Settlements before and after the path are history's.
func (w *whence) settled(f *market.Funding) *market.Funding {
	if f == nil {
		return nil
	}
	path := &market.Funding{}
	for i, t := range f.Time {
		k, _ := slices.BinarySearch(f.Time, w.of(t))
		k = min(k, f.Len()-1)
		path.Time = append(path.Time, t)
		path.Rate = append(path.Rate, f.Rate[k])
		path.IntervalHours = append(path.IntervalHours, f.IntervalHours[i])
	}
	return path
}
