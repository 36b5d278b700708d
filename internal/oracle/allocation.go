package oracle

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// claim is a candidate of a pool: what it may give and what it is asked for, in lots.
type claim struct {
	position       *position
	capacity, lots decimal.Decimal
	weight, rest   decimal.Decimal
}

// pool keeps what the fund left of a takeover until the round's scopes are worked through. A pool is exempt when all
// of it is.
func (x *Exchange) pool(v *inventory) {
	for _, p := range x.pools {
		if p.listing == v.listing && sideOf(p.size) == sideOf(v.size) {
			p.size, p.cost, p.exempt = p.size.Add(v.size), p.cost.Add(v.cost), p.exempt && v.exempt
			return
		}
	}
	x.pools = append(x.pools, v)
}

// allocatePools closes what a round left, by instrument, longs first.
func (x *Exchange) allocatePools() {
	slices.SortFunc(x.pools, func(a, b *inventory) int {
		if a.listing != b.listing {
			return int(a.listing.id) - int(b.listing.id)
		}
		return b.size.Cmp(a.size)
	})
	for _, v := range x.pools {
		x.allocate(v)
		x.socialize(v)
	}
	x.pools = nil
}

// allocate closes a pool against its candidates: lots first, then what is less than a lot.
func (x *Exchange) allocate(v *inventory) {
	var claims []*claim
	for _, a := range x.accounts {
		p := a.positions[v.listing.id]
		if p != nil && p.side() != sideOf(v.size) && !x.queued[p.scope()] && p.unrealized(p.listing.mark).IsPositive() {
			claims = append(claims, &claim{position: p, capacity: lotsOf(p.size.Abs(), v.listing)})
		}
	}
	x.giveOut(claims, lotsOf(v.size.Abs(), v.listing))
	d := x.agreed(v)
	for _, c := range claims {
		x.closeClaim(v, c.position, d, c.lots.Mul(v.listing.lot))
	}
	for _, c := range claims {
		x.closeClaim(v, c.position, d, v.size.Abs())
	}
	x.settleDeal(v, d)
}

// lotsOf is how many whole lots a size has.
func lotsOf(size decimal.Decimal, l *listing) decimal.Decimal {
	n, _ := size.QuoRem(l.lot, 0)
	return n
}

func (x *Exchange) closeClaim(v *inventory, p *position, d *deal, size decimal.Decimal) {
	if decimal.Min(size, p.size.Abs(), v.size.Abs()).IsPositive() {
		x.deleverageOne(v, p, d, size)
	}
}

// giveOut shares lots by the rulebook's allocation.
func (x *Exchange) giveOut(claims []*claim, lots decimal.Decimal) {
	policy := x.policies().ADLAllocation
	total := decimal.Zero
	for _, c := range claims {
		c.weight = x.weight(policy, c)
		total = total.Add(c.weight)
	}
	if total.IsZero() {
		for _, c := range claims {
			c.weight = c.capacity
		}
	}
	switch policy {
	case "leverage_draining":
		x.drain(claims, lots)
	case "capped_pro_rata":
		full := map[*claim]decimal.Decimal{}
		for _, c := range claims {
			full[c] = c.capacity
			c.capacity = c.capacity.Mul(market.Decimal(x.options.Rulebook.Parameters.ADLCap)).Floor()
		}
		lots = fill(claims, lots, false)
		for _, c := range claims {
			c.capacity = full[c]
		}
		fill(claims, lots, false)
	default:
		fill(claims, lots, policy == "min_max_fraction")
	}
}

func (x *Exchange) weight(policy string, c *claim) decimal.Decimal {
	p := c.position
	switch policy {
	case "pro_rata_pnl", "capped_pro_rata":
		return decimal.Max(decimal.Zero, p.unrealized(p.listing.mark))
	case "pro_rata_equity":
		return decimal.Max(decimal.Zero, p.scope().equity(current))
	case "risk_pro_rata":
		equity := decimal.Max(unit, p.scope().equity(current))
		return c.capacity.Mul(divFloor(notional(p.size, p.listing.mark), equity))
	}
	return c.capacity
}

// fill shares lots by weight, nobody more than there is, and returns what nobody could take.
func fill(claims []*claim, lots decimal.Decimal, even bool) decimal.Decimal {
	for {
		var open []*claim
		total := decimal.Zero
		for _, c := range claims {
			if c.lots.LessThan(c.capacity) && c.weight.IsPositive() {
				open = append(open, c)
				total = total.Add(c.weight)
			}
		}
		if len(open) == 0 || !lots.IsPositive() {
			return lots
		}
		given := decimal.Zero
		for _, c := range open {
			if room := c.capacity.Sub(c.lots); !lots.Mul(c.weight).LessThan(room.Mul(total)) {
				c.lots = c.capacity
				given = given.Add(room)
			}
		}
		if given.IsPositive() {
			lots = lots.Sub(given)
			continue
		}
		left := lots
		for _, c := range open {
			share, rest := lots.Mul(c.weight).QuoRem(total, 0)
			c.lots, c.rest = c.lots.Add(share), rest
			left = left.Sub(share)
		}
		for ; left.IsPositive(); left = left.Sub(one) {
			giveOne(open, even)
		}
		return decimal.Zero
	}
}

// giveOne gives a lot to the largest remainder, or to whoever has given the smallest fraction after it.
func giveOne(open []*claim, even bool) {
	var best *claim
	for _, c := range open {
		if !c.lots.LessThan(c.capacity) {
			continue
		}
		if best == nil || !even && c.rest.GreaterThan(best.rest) ||
			even && c.lots.Add(one).Mul(best.capacity).LessThan(best.lots.Add(one).Mul(c.capacity)) {
			best = c
		}
	}
	best.lots, best.rest = best.lots.Add(one), one.Neg()
}

// drain takes the most levered down to a common leverage.
func (x *Exchange) drain(claims []*claim, lots decimal.Decimal) {
	at := func(level decimal.Decimal) (each []decimal.Decimal, sum decimal.Decimal) {
		for _, c := range claims {
			p := c.position
			equity := decimal.Max(decimal.Zero, p.scope().equity(current))
			kept := divFloor(level.Mul(equity), p.listing.mark) // base, in units
			d := decimal.Max(decimal.Zero, c.capacity.Sub(lotsOf(kept, p.listing)))
			each, sum = append(each, d), sum.Add(d)
		}
		return each, sum
	}
	low, high := unit.Neg(), decimal.Zero
	for _, c := range claims {
		p := c.position
		high = decimal.Max(high, divFloor(notional(p.size, p.listing.mark), decimal.Max(unit, p.scope().equity(current))).Add(unit))
	}
	for high.Sub(low).GreaterThan(unit) {
		middle := floor(low.Add(high).Div(decimal.NewFromInt(2)))
		if _, sum := at(middle); sum.GreaterThan(lots) {
			low = middle
		} else {
			high = middle
		}
	}
	each, sum := at(high)
	left := lots.Sub(sum)
	for i, c := range claims {
		c.lots = each[i]
	}
	if low.IsNegative() {
		return
	}
	more, _ := at(low)
	for i, c := range claims {
		extra := decimal.Min(more[i].Sub(each[i]), left)
		c.lots, left = c.lots.Add(extra), left.Sub(extra)
	}
}
