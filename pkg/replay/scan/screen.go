package scan

import "github.com/liquidation-lab/backtest/pkg/market"

// band is what to look for in the tree of one tier.
type band struct {
	tree *minima
	x    float64
}

// A screen names bars in which a position may be liquidatable: all of them, and few others. A long is liquidatable where,
// for some tier,
//
//	margin + q·M − C − q·(F − F0) <= q·M·rate − amount,  that is  M·(1 − rate) − F <= (C − margin − amount)/q − F0,
//
// and a short of |q| where M·(1 + rate) − F >= (margin − C + amount)/|q| − F0 (docs/MODEL.md section 1: maintenance
// margin is the largest over the tiers, so some tier is enough). Of the tiers only those can be first that are so for some
// value that F takes from the entry on; as F changes, the first line moves in one direction through the tiers.
type screen struct {
	bands [4]band
	used  int
	more  []band // where the funding of a long life touches more than four tiers
}

// screen prepares the search for a position.
func (s *Series) screen(p *position) screen {
	tiers := s.o.Contract.Tiers
	side, n := 0, float64(p.size.Abs())
	sign := 1.0
	if p.size < 0 {
		side, sign = 1, -1
	}
	paid := sign * float64(p.cost-p.margin) // C − margin of a long, margin − C of a short
	f0 := s.fundFloat[p.settled]
	line := func(t int) float64 {
		return (paid-sign*float64(tiers[t].MaintenanceAmount))*(market.Scale/n) - f0
	}
	price := func(t int, f float64) float64 {
		return (line(t) + f) / (1 - sign*market.Float(tiers[t].MaintenanceMarginRate))
	}
	// The line that a falling (rising) price reaches first is the highest (lowest); along the tiers their prices have one
	// peak (valley), because the margin is convex.
	first := func(t int, f float64) int {
		at := sign * price(t, f)
		for t+1 < len(tiers) {
			next := sign * price(t+1, f)
			if next < at {
				break
			}
			t, at = t+1, next
		}
		for t > 0 {
			next := sign * price(t-1, f)
			if next < at {
				break
			}
			t, at = t-1, next
		}
		return t
	}
	low := first(0, s.least[p.settled])
	high := first(low, s.most[p.settled])
	var c screen
	// Rounding makes equity and margin differ from the lines by at most four units of quote; floats by less than 1e-12.
	slack := 8*market.Scale/n + 1
	for t := min(low, high); t <= max(low, high); t++ {
		x := line(t)
		margin := slack + 1e-12*(abs(x)+abs(f0)+abs(paid)*(market.Scale/n)+s.highest)
		b := band{s.tier(side, t), sign*x + margin}
		if c.used < len(c.bands) {
			c.bands[c.used] = b
			c.used++
		} else {
			c.more = append(c.more, b)
		}
	}
	return c
}

func abs(x float64) float64 { return max(x, -x) }

// first returns the first bar from i to limit that a tree names, limit+1 where there is none.
func (c *screen) first(i, limit int) int {
	at := limit + 1
	for k := range c.used {
		at = c.bands[k].tree.first(i, at-1, c.bands[k].x)
	}
	for _, b := range c.more {
		at = b.tree.first(i, at-1, b.x)
	}
	return at
}

// tier returns the tree of a side and tier: the least that M·(1 − rate) − F of longs, or F − M·(1 + rate) of shorts, is in
// each bar and the gap after it. The mark's extreme is combined with the extreme of F, whether they coincide or not.
func (s *Series) tier(side, t int) *minima {
	entry := &s.tiers[side][t]
	entry.once.Do(func() {
		rate := market.Float(s.o.Contract.Tiers[t].MaintenanceMarginRate)
		values := make([]float64, s.bars)
		for i := range values {
			f := s.fundFloat[s.settled(i)]
			low, high := f, f
			for e := s.settled(i) + 1; e <= s.first[i+1]; e++ {
				low, high = min(low, s.fundFloat[e]), max(high, s.fundFloat[e])
			}
			if side == 0 {
				values[i] = float64(s.o.Mark.Low[i])*(1-rate) - high
			} else {
				values[i] = low - float64(s.o.Mark.High[i])*(1+rate)
			}
		}
		entry.tree = newMinima(values)
	})
	return entry.tree
}
