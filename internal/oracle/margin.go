package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// value is what a position counts for in its scope at a price.
func (p *position) value(price decimal.Decimal) decimal.Decimal {
	return p.listing.worth(p.size, price)
}

// unrealized is U = V(M) − C.
func (p *position) unrealized(mark decimal.Decimal) decimal.Decimal { return p.value(mark).Sub(p.cost) }

// maintenanceOf is MM of a position at a mark: nothing for a position of nothing, nor for a holding.
func (x *Exchange) maintenanceOf(p *position, mark decimal.Decimal) decimal.Decimal {
	if p.size.IsZero() || p.listing.asset {
		return decimal.Zero
	}
	return x.maintenanceUnder(p, mark, x.required(p, mark))
}

// maintenanceUnder is ceil(B·rate) − amount + fee. Where the tier is that of the entry and B is at mark, the amount can
// exceed the product; such a position requires nothing but the fee.
func (x *Exchange) maintenanceUnder(p *position, mark decimal.Decimal, r requirement) decimal.Decimal {
	base := notional(p.size, mark)
	if p.mode == risk.Isolated && x.policies().IsolatedValuation == "entry" {
		base = p.cost.Abs()
	}
	margin := decimal.Max(decimal.Zero, ceil(base.Mul(r.rate)).Sub(r.amount))
	return margin.Add(x.closingFee(p, mark))
}

// closingFee is the fee of closing the position that the requirement counts in.
func (x *Exchange) closingFee(p *position, mark decimal.Decimal) decimal.Decimal {
	policy := x.policies().CrossFee
	if p.mode == risk.Isolated {
		policy = x.policies().IsolatedFee
	}
	taker := market.Decimal(x.options.Rulebook.Taker)
	switch policy {
	case "taker_at_mark":
		return ceil(taker.Mul(notional(p.size, mark)))
	case "taker_at_bankruptcy":
		entry := p.cost.Abs()
		if p.side() == market.Long {
			return ceil(taker.Mul(entry.Sub(divFloor(entry, p.leverage))))
		}
		return ceil(taker.Mul(entry.Add(divCeil(entry, p.leverage))))
	}
	return decimal.Zero
}

// marks says at which mark a position is valued; a stop in flight values its own instrument elsewhere.
type marks func(*listing) decimal.Decimal

func current(l *listing) decimal.Decimal { return l.mark }

// equity is E = W + Σ(U − G).
func (s scope) equity(at marks) decimal.Decimal {
	e := s.wallet()
	for _, p := range s.positions() {
		e = e.Add(p.unrealized(at(p.listing))).Sub(p.pendingFunding())
	}
	return e
}

// maintenance is MM of the scope.
func (x *Exchange) maintenance(s scope, at marks) decimal.Decimal {
	sum := decimal.Zero
	for _, p := range s.positions() {
		sum = sum.Add(x.maintenanceOf(p, at(p.listing)))
	}
	return sum
}

// liquidatable is the trigger, and something to liquidate.
func (x *Exchange) liquidatable(s scope, at marks) bool {
	return len(s.positions()) > 0 && x.triggered(s.equity(at), x.maintenance(s, at))
}

// triggered is E ≤ MM, or E < MM under a strict rulebook.
func (x *Exchange) triggered(equity, maintenance decimal.Decimal) bool {
	c := equity.Cmp(maintenance)
	return c < 0 || c == 0 && x.policies().Trigger == "inclusive"
}
