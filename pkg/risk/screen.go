package risk

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// screen holds an instrument's positions in queues by the moment at which they may become liquidatable. It decides
// nothing: it is allowed to yield a position too early, never too late, and what it yields is evaluated exactly.
//
// Isolated positions. With equity W + qM − C − q(F − F0) and the maintenance line of tier t, q·M·r − a for a long, the
// trigger is M(1 − r) − F ≤ (C − W − a)/q − F0. The left side is one moving quantity for all longs of that tier, the
// right side a constant of the position: its key. Shorts mirror it: M(1 + r) − F ≥ (W − C + a)/|q| − F0. Maintenance
// is the maximum over the tiers' lines, so the tier that triggers first gives the key. Which tier that is depends on F;
// guards are keys in F at which it has to be looked up again.
//
// Cross positions. The scope's slack, equity less maintenance, is a budget. Each position gets a price band such that
// even if all bands were used up at once the slack would not be; a band that is left means: evaluate, and file again.
// A tenth of the budget is kept for funding, as bands in F. Isolated positions whose requirement is no line that others share
// are filed in the same way: where the rate grows with the size, and where margin of the whole position jumps at a tier's
// boundary, which then ends the band.
type screen struct {
	tiers []tierQueues
	// crossFalling and crossRising hold cross longs and shorts by the mark at which their band ends.
	crossFalling, crossRising queue
	// fundingRising and fundingFalling hold guards and cross funding bands by F.
	fundingRising, fundingFalling queue
	// refileLow and refileHigh bound the F for which guards further away than the horizon were left out.
	refileLow, refileHigh float64
	rates                 []float64 // by tier, of mark: what an isolated requirement grows by per unit of notional
	banded                bool      // isolated positions have bands
	jumps                 bool      // margin jumps where the notional at mark reaches a boundary
}

type tierQueues struct{ long, short queue }

// crossPriceShare is the part of a cross scope's slack that covers price moves; the rest covers funding.
const crossPriceShare = 0.9

func (s *screen) init(c *venue.Contract) {
	m := &c.Margin
	s.jumps = m.Whole && !m.Linear && !m.ByEntry && !m.BySize
	// A tier that stays while the mark moves lets the requirement end at 0: no line either.
	s.banded = m.Linear || s.jumps || !m.Whole && m.ByEntry && !m.AtEntry
	s.tiers = make([]tierQueues, len(c.Tiers))
	for _, t := range c.Tiers {
		rate := market.Float(t.MaintenanceMarginRate)
		if m.AtEntry {
			rate = 0
		}
		if m.IsolatedFee == venue.FeeAtMark {
			rate += market.Float(m.Taker)
		}
		s.rates = append(s.rates, rate)
	}
	s.refileLow, s.refileHigh = math.Inf(1), math.Inf(-1) // set at the first filing
}

// horizon is how far F may move, as a share of the mark price, before every position of the instrument is filed again. What
// lies beyond it needs no place in a queue, which spares most guards and funding bands; at usual rates it takes months.
const horizon = 0.01

// remember sets the range of F in which what is filed now is complete, where none is set.
func (s *screen) remember(l *listing) {
	if f := l.fundingFloat; f < s.refileLow || f > s.refileHigh {
		reach := horizon * float64(l.mark)
		s.refileLow, s.refileHigh = f-reach, f+reach
	}
}

// collect appends to hits every position that the current prices may have made liquidatable, and whatever has to be
// filed anew.
func (s *screen) collect(hits []int32, l *listing, positions []position) []int32 {
	mark, f := float64(l.mark), l.fundingFloat
	take := func(q *queue, x float64) {
		for {
			e, ok := q.next(clampKey(x))
			if !ok {
				return
			}
			if positions[e.id].generation == e.generation {
				hits = append(hits, e.id)
			}
		}
	}
	for t := range s.tiers {
		take(&s.tiers[t].long, -math.Floor(float64(mark*(1-s.rates[t]))-f))
		take(&s.tiers[t].short, math.Ceil(float64(mark*(1+s.rates[t]))-f))
	}
	take(&s.crossFalling, -mark)
	take(&s.crossRising, mark)
	take(&s.fundingRising, math.Ceil(f))
	take(&s.fundingFalling, -math.Floor(f))
	return hits
}

func clampKey(x float64) int64 {
	switch {
	case x >= math.MaxInt64/2:
		return math.MaxInt64 / 2
	case x <= math.MinInt64/2:
		return math.MinInt64 / 2
	}
	return int64(x)
}

// margin of safety of a key, in units of price: the exact test rounds amounts by a few units of quote, which is more
// per unit of base the smaller the position, and floats carry 53 bits.
func keySlack(key, size float64) float64 {
	return 16 + 32*market.Scale/size + float64(math.Abs(key)*1e-12)
}

// fileIsolated files a position by its liquidation line.
func (x *Exchange) fileIsolated(id int32) {
	p := &x.positions[id]
	l := &x.listings[p.instrument]
	s := &l.screen
	l.dirty = true
	size := math.Abs(float64(p.size))
	side := 1.0
	if p.size < 0 {
		side = -1
	}
	f0 := int128Float(p.funding) / fundingScale
	base := float64(side*(float64(p.cost)-float64(p.margin))) * market.Scale / size
	// The liquidation price at today's F, by tier: the first line to trigger is the highest for a long, the lowest
	// for a short. Where the tier does not move with the mark there is one line.
	var e venue.Exposure
	if !l.contract.Margin.OfNotional {
		e = x.exposure(p, l.mark)
	}
	first, last := 0, len(s.rates)-1
	if fixed := l.contract.Margin.ByEntry || l.contract.Margin.BySize; fixed {
		first = l.contract.Tier(l.contract.Measure(e))
		last = first
	}
	tier, price, key := 0, math.Inf(-1), 0.0
	for t := first; t <= last; t++ {
		a := float64(x.allowance(p, l.contract, &e, t)) * market.Scale / size
		k := base - float64(side*a) - f0
		lp := (k + l.fundingFloat) / (1 - float64(side*s.rates[t]))
		if float64(side*lp) > price {
			tier, price, key = t, float64(side*lp), k
		}
	}
	price *= side
	slack := keySlack(math.Abs(key)+math.Abs(f0)+math.Abs(base), size)
	q, k := &s.tiers[tier].long, -(key + slack)
	if side < 0 {
		q, k = &s.tiers[tier].short, key-slack
	}
	q.push(entry{clampKey(math.Floor(k)), id, p.generation})
	if first == last {
		s.remember(l)
		return
	}
	s.fileGuards(id, p, l, tier, key, size, side, slack)
}

// allowance returns what is taken off rate times notional at mark in a tier's line: its amount, less what the requirement
// has that does not move with the mark.
func (x *Exchange) allowance(p *position, c *venue.Contract, e *venue.Exposure, tier int) market.Quote {
	a := market.Quote(0)
	if !c.Margin.Whole {
		a = c.Tiers[tier].MaintenanceAmount
	}
	if c.Margin.AtEntry {
		v, ok := c.Tiers[tier].MaintenanceMarginRate.OfCeil(e.Entry)
		a -= x.must(v, ok, p.account, p.instrument, "maintenance margin")
	}
	if c.Margin.IsolatedFee == venue.FeeAtBankruptcy {
		v, ok := c.BankruptcyFee(*e)
		a -= x.must(v, ok, p.account, p.instrument, "closing fee")
	}
	return a
}

// fileGuards files the values of F at which another tier's line would trigger first.
func (s *screen) fileGuards(id int32, p *position, l *listing, tier int, key, size, side, slack float64) {
	s.remember(l)
	factor := 1 - float64(side*s.rates[tier])
	lower := float64(l.contract.Tiers[tier].Floor)*market.Scale/size*factor - key
	upper := float64(l.contract.Tiers[tier].Cap)*market.Scale/size*factor - key
	if tier+1 < len(s.tiers) && upper-slack < s.refileHigh {
		s.fundingRising.push(entry{clampKey(math.Floor(upper - slack)), id, p.generation})
	}
	if tier > 0 && lower+slack > s.refileLow {
		s.fundingFalling.push(entry{clampKey(-math.Ceil(lower + slack)), id, p.generation})
	}
}

// fileBands files all positions of an evaluated scope by the bands that its slack allows.
func (x *Exchange) fileBands(sc scope) {
	var loss, total, paying float64 // per unit of relative price move; notional; of what funding is due on
	count := 0
	slack := float64(sc.equity) - float64(sc.maintenance)
	x.each(sc, func(id int32) {
		p := &x.positions[id]
		n := math.Abs(float64(p.size)) * float64(x.listings[p.instrument].mark) / market.Scale
		total += n
		if !x.isCollateral(p.instrument) {
			paying += n
		}
		loss += float64(n * x.lossPerMove(p, n+math.Max(slack, 0)))
		count++
	})
	// Rounding of the exact test and of the floats here.
	slack = slack*(1-1e-9) - float64(32*count) - total*1e-12
	if slack <= 0 {
		// Without slack there is nothing to share out: look again at the next tick, whichever way prices go.
		x.each(sc, func(id int32) {
			l := &x.listings[x.positions[id].instrument]
			l.dirty = true
			l.screen.crossRising.push(entry{clampKey(math.Inf(-1)), id, x.positions[id].generation})
		})
		return
	}
	price := crossPriceShare * slack / loss
	funding := (1 - crossPriceShare) * slack / paying
	x.each(sc, func(id int32) {
		p := &x.positions[id]
		l := &x.listings[p.instrument]
		l.dirty = true
		l.screen.remember(l)
		mark, f := float64(l.mark), l.fundingFloat
		rising := math.Inf(1)
		if l.screen.jumps {
			rising = x.nextJump(p, l)
		}
		if p.size > 0 {
			l.screen.crossFalling.push(entry{clampKey(-math.Ceil(mark - float64(mark*price))), id, p.generation})
			if !math.IsInf(rising, 1) {
				l.screen.crossRising.push(entry{clampKey(math.Floor(rising)), id, p.generation})
			}
			if band := f + float64(mark*funding); band < l.screen.refileHigh && !x.isCollateral(p.instrument) {
				l.screen.fundingRising.push(entry{clampKey(math.Floor(band)), id, p.generation})
			}
		} else {
			l.screen.crossRising.push(entry{clampKey(math.Floor(min(rising, mark+float64(mark*price)))), id, p.generation})
			if band := f - float64(mark*funding); band > l.screen.refileLow {
				l.screen.fundingFalling.push(entry{clampKey(-math.Ceil(band)), id, p.generation})
			}
		}
	})
}

// nextJump returns a mark price below the one at which the notional of a position reaches the next tier.
func (x *Exchange) nextJump(p *position, l *listing) float64 {
	c := l.contract
	t := c.Tier(x.exposure(p, l.mark).Notional)
	if t == len(c.Tiers)-1 {
		return math.Inf(1)
	}
	price := float64(c.Tiers[t].Cap) * market.Scale / math.Abs(float64(p.size))
	return price*(1-1e-12) - 2 - 2*market.Scale/math.Abs(float64(p.size))
}

// lossPerMove bounds how much slack one unit of notional loses per unit of adverse relative move: a long loses its
// value while its maintenance margin falls; a short's maintenance margin grows with the rate of the highest tier that
// it could reach while the slack lasts, or the one that its size or entry has.
func (x *Exchange) lossPerMove(p *position, reachable float64) float64 {
	if p.size > 0 {
		return 1
	}
	c := x.listings[p.instrument].contract
	loss := 1.0
	if c.Margin.Fee(p.mode == Cross) == venue.FeeAtMark {
		loss += market.Float(c.Margin.Taker)
	}
	if c.Margin.Linear || c.Margin.ByEntry || c.Margin.BySize {
		rate, _, ok := c.Rate(x.exposure(p, x.listings[p.instrument].mark))
		x.must(0, ok, p.account, p.instrument, "maintenance margin rate")
		return loss + market.Float(rate)
	}
	t := len(c.Tiers) - 1
	for t > 0 && float64(c.Tiers[t].Floor) > reachable*1.000001 {
		t--
	}
	return loss + market.Float(c.Tiers[t].MaintenanceMarginRate)
}

// file puts a scope back into the queues after anything about it changed; older entries become stale.
func (x *Exchange) file(s scope) {
	x.each(s, func(p int32) { x.positions[p].generation++ })
	if s.position != none {
		if x.positions[s.position].size == 0 {
			return
		}
		if !x.listings[x.positions[s.position].instrument].screen.banded {
			x.fileIsolated(s.position)
			return
		}
	}
	if x.evaluate(&s) {
		x.fileBands(s)
	}
}

// refile files every position of an instrument again when F has left the range for which guards were complete.
func (x *Exchange) refile(l *listing) {
	if l.fundingFloat >= l.screen.refileLow && l.fundingFloat <= l.screen.refileHigh || len(l.members) == 0 {
		return
	}
	l.screen.refileLow, l.screen.refileHigh = math.Inf(1), math.Inf(-1)
	for _, id := range l.members {
		if x.positions[id].size != 0 {
			x.file(x.scopeOf(id))
		}
	}
}

func int128Float(v market.Int128) float64 { return float64(v.Hi)*(1<<64) + float64(v.Lo) }
