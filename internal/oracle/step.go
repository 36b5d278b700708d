package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// step is d: how much of a position the next forced order closes, signed as the position.
func (x *Exchange) step(s scope, p *position) decimal.Decimal {
	size := p.size.Abs()
	switch x.policies().LiquidationStep {
	case "fraction_first":
		size = x.fraction(p)
	case "tier_step_down", "tier_step_down_above_first":
		size = x.stepDown(p)
	case "to_maintenance": // but never a sliver
		least := ceilTo(ceil(market.Decimal(x.options.Rulebook.Parameters.StepFraction).Mul(size)), p.listing.lot)
		size = decimal.Min(size, decimal.Max(least, x.leastToTarget(s, p)))
	case "to_initial_margin":
		size = x.leastToTarget(s, p)
	case "per_block":
		size = x.block(p)
	}
	return p.signed(size)
}

// signed gives a size the sign of the position.
func (p *position) signed(size decimal.Decimal) decimal.Decimal {
	if p.size.IsNegative() {
		return size.Neg()
	}
	return size
}

// fraction closes a part of a large position, unless the account is cooling down from an earlier one.
func (x *Exchange) fraction(p *position) decimal.Decimal {
	r := x.options.Rulebook.Parameters
	if !notional(p.size, p.listing.mark).GreaterThan(market.Decimal(r.StepThreshold)) || p.account.coolsUntil > x.now {
		return p.size.Abs()
	}
	return decimal.Min(p.size.Abs(), ceilTo(market.Decimal(r.StepFraction).Mul(p.size.Abs()), p.listing.lot))
}

// coolDown is the end of a round: the accounts of which a partial order was filled cool down from the next round on.
func (x *Exchange) coolDown() {
	for _, a := range x.cooling {
		a.coolsUntil = x.now + x.options.Rulebook.Parameters.Cooldown
	}
	x.cooling = nil
}

// passedOver says that a step-down leaves a position alone: its tier is among the first tiers_per_step.
func (x *Exchange) passedOver(p *position) bool {
	return x.tierOf(p, p.listing.mark) <= x.options.Rulebook.Parameters.TiersPerStep
}

// stepDown closes down to the most lots that a tier so many below the present one, or a lower tier, holds.
func (x *Exchange) stepDown(p *position) decimal.Decimal {
	c, mark := p.listing.contract, p.listing.mark
	target := x.tierOf(p, mark) - x.options.Rulebook.Parameters.TiersPerStep
	within := func(lots decimal.Decimal) bool {
		rest := p.without(p.size.Sub(p.signed(lots.Mul(p.listing.lot))))
		return x.tier(c, x.measure(rest.size, rest.cost, mark)) <= target
	}
	fits, exceeds := decimal.Zero, floorTo(p.size.Abs(), p.listing.lot).Div(p.listing.lot).Add(one)
	for exceeds.Sub(fits).GreaterThan(one) {
		if middle := half(fits.Add(exceeds)); within(middle) {
			fits = middle
		} else {
			exceeds = middle
		}
	}
	return p.size.Abs().Sub(fits.Mul(p.listing.lot))
}

// leastToTarget closes the fewest lots after which the target holds, or everything.
func (x *Exchange) leastToTarget(s scope, p *position) decimal.Decimal {
	size, lot := p.size.Abs(), p.listing.lot
	low, high := decimal.Zero, ceilTo(size, lot).Div(lot)
	for high.Sub(low).GreaterThan(one) {
		middle := half(low.Add(high))
		f := x.force(s, p, p.signed(middle.Mul(lot)))
		if !f.after.IsNegative() && x.targetAfter(f) {
			high = middle
		} else {
			low = middle
		}
	}
	return decimal.Min(high.Mul(lot), size)
}

// half of a whole number, rounded down.
func half(n decimal.Decimal) decimal.Decimal { return n.Div(decimal.NewFromInt(2)).Floor() }

// block closes a share of the position, or the least size that is worth the least notional of an order.
func (x *Exchange) block(p *position) decimal.Decimal {
	r, size := x.options.Rulebook.Parameters, p.size.Abs()
	share := ceil(market.Decimal(r.BlockFraction).Mul(size))
	least := decimal.Zero
	if m := market.Decimal(r.BlockMinimum); m.IsPositive() {
		least = divFloor(m.Sub(unit), p.listing.mark).Add(unit) // ceil(d·M) reaches m once d·M is above m less one unit
	}
	return decimal.Min(size, ceilTo(decimal.Max(share, least), p.listing.lot))
}
