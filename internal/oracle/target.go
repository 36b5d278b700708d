package oracle

import "github.com/shopspring/decimal"

// targetHolds says whether a scope's liquidation has reached its end: nothing is left, or the scope is safe, and under
// to_initial_margin has its initial margins again.
func (x *Exchange) targetHolds(s scope) bool { return x.target(s.positions(), s.equity(current)) }

// target is the same of positions and an equity that need not exist.
func (x *Exchange) target(held []*position, equity decimal.Decimal) bool {
	maintenance, initial, empty := decimal.Zero, decimal.Zero, true
	for _, p := range held {
		if p.size.IsZero() {
			continue
		}
		empty = false
		maintenance = maintenance.Add(x.maintenanceOf(p, p.listing.mark))
		if !p.listing.asset {
			initial = initial.Add(divCeil(notional(p.size, p.listing.mark), p.leverage))
		}
	}
	switch {
	case empty:
		return true
	case x.triggered(equity, maintenance):
		return false
	}
	return x.policies().LiquidationStep != "to_initial_margin" || !equity.LessThan(initial)
}

// targetAfter says whether it would hold after a forced order, filled and its fee paid.
func (x *Exchange) targetAfter(f *forced) bool {
	held := f.scope.positions()
	for i, p := range held {
		if p == f.position {
			held[i] = p.without(f.size)
		}
	}
	return x.target(held, f.after.Sub(x.fee(f)))
}
