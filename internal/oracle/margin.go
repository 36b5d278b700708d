package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// value is V(P) = q·P, floor of the signed value.
func (p *position) value(price decimal.Decimal) decimal.Decimal { return floor(p.size.Mul(price)) }

// unrealized is U = V(M) − C.
func (p *position) unrealized(mark decimal.Decimal) decimal.Decimal { return p.value(mark).Sub(p.cost) }

// maintenance is MM = ceil(N·rate) − amount of N's tier: floor inclusive, cap exclusive, above the last cap the last.
func (p *position) maintenance(mark decimal.Decimal) decimal.Decimal {
	n := notional(p.size, mark)
	tiers := p.listing.contract.Tiers
	t := tiers[len(tiers)-1]
	for _, candidate := range tiers {
		if !n.LessThan(market.Decimal(candidate.Floor)) && n.LessThan(market.Decimal(candidate.Cap)) {
			t = candidate
		}
	}
	return ceil(n.Mul(market.Decimal(t.MaintenanceMarginRate))).Sub(market.Decimal(t.MaintenanceAmount))
}

// initial is the margin that the position would need to be opened at its mark.
func (p *position) initial(mark decimal.Decimal) decimal.Decimal {
	return divCeil(notional(p.size, mark), p.leverage)
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
func (s scope) maintenance(at marks) decimal.Decimal {
	sum := decimal.Zero
	for _, p := range s.positions() {
		sum = sum.Add(p.maintenance(at(p.listing)))
	}
	return sum
}

// liquidatable is the trigger: E ≤ MM, or E < MM under a strict rulebook, and something to liquidate.
func (x *Exchange) liquidatable(s scope, at marks) bool {
	if len(s.positions()) == 0 {
		return false
	}
	c := s.equity(at).Cmp(s.maintenance(at))
	return c < 0 || c == 0 && x.options.Rulebook.Inclusive
}
