package risk

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// forceOrders sends forced orders for an evaluated scope, position by position, until its target holds or its positions are
// gone. It returns false when what is left has to be taken over (docs/MODEL.md section 5, step 2).
func (x *Exchange) forceOrders(s *scope) bool {
	cooling := x.coolingDown(s.account)
	exempt := x.exempt(s.account)
	rested := false
	for _, c := range x.work.close {
		for again := true; again && x.positions[c.position].size != 0; {
			if x.rules.step == stepTierDownAboveFirst && s.equity <= x.firstTierMargin(s) {
				return false
			}
			d := x.orderSize(s, c.position, cooling)
			if d == 0 {
				break // passed over
			}
			// What nothing is left of goes the way of an order that the book does not take.
			if d = x.passes(x.positions[c.position].instrument, d, exempt); d == 0 {
				if x.rules.limit == limitNone {
					return false
				}
				rested = true
				break
			}
			f := x.workOut(s, c.position, d)
			switch f.outcome {
			case takeover:
				return false
			case rests:
				rested, again = true, false
				continue
			}
			if x.rules.step == stepFractionFirst && d != x.positions[c.position].size {
				x.coolDown(s.account)
			}
			x.fill(s, &f)
			if !x.evaluate(s) || x.targetHolds(s) {
				return true
			}
			again = x.rules.step.down()
		}
		if x.rules.step == stepPerBlock {
			break
		}
	}
	if x.rules.step.down() && !rested {
		return false
	}
	if x.rules.mayWait() {
		x.waiting[waitKey{s.account, s.position}] = struct{}{}
	}
	return true
}

// down reports whether orders go down the tiers.
func (r stepRule) down() bool { return r == stepTierDown || r == stepTierDownAboveFirst }

// targetHolds reports whether the forced orders of an evaluated scope may end.
func (x *Exchange) targetHolds(s *scope) bool {
	if x.liquidatable(s) {
		return false
	}
	return x.rules.step != stepToInitialMargin || s.equity >= x.initialOf(s)
}

// initialOf returns the initial margins of a scope's positions at their marks, by leverage.
func (x *Exchange) initialOf(s *scope) (sum market.Quote) {
	x.each(*s, func(id int32) { sum += x.shareByLeverage(&x.positions[id]) })
	return sum
}

// shareByLeverage returns a position's notional at mark over its leverage, rounded up; 0 for no size and for collateral.
func (x *Exchange) shareByLeverage(p *position) market.Quote {
	if x.isCollateral(p.instrument) {
		return 0
	}
	n := x.notional(p.account, p.instrument, p.size, x.listings[p.instrument].mark)
	v, ok := market.MulDivCeil(int64(n), market.Scale, int64(p.leverage))
	return x.must(market.Quote(v), ok, p.account, p.instrument, "initial margin")
}

// firstTierMargin returns what a scope's positions would require in their first tiers.
func (x *Exchange) firstTierMargin(s *scope) (sum market.Quote) {
	x.each(*s, func(id int32) {
		p := &x.positions[id]
		l := &x.listings[p.instrument]
		v, ok := l.contract.FirstTierMargin(x.exposure(p, l.mark))
		sum += x.must(v, ok, p.account, p.instrument, "maintenance margin")
	})
	return sum
}

// orderSize returns how much of a position the next forced order closes; 0 passes it over.
func (x *Exchange) orderSize(s *scope, id int32, cooling bool) market.Qty {
	p := &x.positions[id]
	var size market.Qty // without sign
	switch x.rules.step {
	case stepFractionFirst:
		n := x.notional(p.account, p.instrument, p.size, x.listings[p.instrument].mark)
		if n <= x.rules.StepThreshold || cooling {
			return p.size
		}
		size = x.upToLot(p, x.share(p, x.rules.StepFraction))
	case stepTierDown, stepTierDownAboveFirst:
		return x.stepDownSize(p)
	case stepToMaintenance:
		size = max(x.leastSize(s, id).Abs(), x.upToLot(p, x.share(p, x.rules.StepFraction)))
	case stepToInitialMargin:
		return x.leastSize(s, id)
	case stepPerBlock:
		size = x.upToLot(p, max(x.share(p, x.rules.BlockFraction), x.blockMinimum(p)))
	default:
		return p.size
	}
	return min(size, p.size.Abs()) * market.Qty(market.SideOf(p.size))
}

// share returns a fraction of a position's size, rounded up.
func (x *Exchange) share(p *position, fraction market.Rate) market.Qty {
	v, ok := market.MulDivCeil(int64(p.size.Abs()), int64(fraction), market.Scale)
	x.must(0, ok, p.account, p.instrument, "order size")
	return market.Qty(v)
}

// upToLot rounds a size up to the lot, at most to the position's size.
func (x *Exchange) upToLot(p *position, size market.Qty) market.Qty {
	lot := max(x.listings[p.instrument].Lot, 1)
	if size >= p.size.Abs() {
		return p.size.Abs()
	}
	return min((size+lot-1)/lot*lot, p.size.Abs())
}

// blockMinimum returns the least size whose notional at mark, rounded up, reaches the smallest order.
func (x *Exchange) blockMinimum(p *position) market.Qty {
	if x.rules.BlockMinimum == 0 {
		return 0
	}
	v, ok := market.MulDivFloor(int64(x.rules.BlockMinimum-1), market.Scale, int64(x.listings[p.instrument].mark))
	if !ok {
		return p.size.Abs()
	}
	return market.Qty(v) + 1
}

// stepDownSize returns what has to be closed of a position to bring it k tiers down, 0 within the lowest k.
func (x *Exchange) stepDownSize(p *position) market.Qty {
	l := &x.listings[p.instrument]
	e := x.exposure(p, l.mark)
	target := l.contract.Tier(l.contract.Measure(e)) - x.rules.TiersPerStep
	if target < 0 {
		return 0
	}
	whole := p.size.Abs()
	side := market.Qty(market.SideOf(p.size))
	lot := max(l.Lot, 1)
	within := func(lots market.Qty) bool {
		h := x.reduced(p, p.size-lots*lot*side)
		return l.contract.Tier(l.contract.Measure(x.exposure(&h, l.mark))) <= target
	}
	most := searchFrom(stepDownEstimate(l.contract, e, target)/lot, (whole-1)/lot, within)
	return p.size - most*lot*side
}

// searchFrom returns the largest number from 0 to most for which a test holds that holds for 0 and for all numbers below one for
// which it does. It begins at an estimate and doubles its steps away from it.
func searchFrom(estimate, most market.Qty, holds func(market.Qty) bool) market.Qty {
	low, high := market.Qty(0), most+1
	at := min(max(estimate, 1), most)
	for step := market.Qty(1); high-low > 1; step *= 2 {
		if holds(at) {
			low = at
		} else {
			high = at
		}
		switch {
		case low > 0 && high <= most: // both ends were tried
			at = low + (high-low)/2
		case low > 0:
			at = min(low+step, high-1)
		default:
			at = max(high-step, low+1)
		}
	}
	return low
}

// stepDownEstimate returns about the largest size within a tier.
func stepDownEstimate(c *venue.Contract, e venue.Exposure, tier int) market.Qty {
	limit := c.Tiers[tier].Cap
	measure := c.Measure(e)
	v, ok := market.MulDivFloor(int64(limit), int64(e.Size), int64(max(measure, 1)))
	if !ok {
		return e.Size
	}
	return min(market.Qty(v), e.Size)
}

// leastSize returns the least number of lots of a position whose closing meets the target, or all of it.
func (x *Exchange) leastSize(s *scope, id int32) market.Qty {
	p := &x.positions[id]
	side := market.Qty(market.SideOf(p.size))
	lot, whole := max(x.listings[p.instrument].Lot, 1), p.size.Abs()
	low, high := market.Qty(0), (whole+lot-1)/lot
	for high-low > 1 {
		middle := (low + high) / 2
		if x.targetAfter(s, id, min(middle*lot, whole)*side) {
			high = middle
		} else {
			low = middle
		}
	}
	return min(high*lot, whole) * side
}

// targetAfter reports whether the target would hold after an order, its fee being paid.
func (x *Exchange) targetAfter(s *scope, id int32, d market.Qty) bool {
	f := x.workOut(s, id, d)
	if f.outcome != fills || f.left < 0 {
		return false
	}
	p := &x.positions[id]
	if d == p.size && x.alone(s, id) {
		return true
	}
	after := scope{equity: f.left + f.fund - f.fee, maintenance: s.maintenance - f.margin}
	if x.liquidatable(&after) {
		return false
	}
	if x.rules.step != stepToInitialMargin {
		return true
	}
	rest := x.reduced(p, d)
	return after.equity >= x.initialOf(s)-x.shareByLeverage(p)+x.shareByLeverage(&rest)
}
