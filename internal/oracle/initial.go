package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// initialMargin is max(ceil(N / leverage), ceil(N·r_oi)), and the closing fee where the requirement has it at the
// bankruptcy value. Holdings have none.
func (x *Exchange) initialMargin(l *listing, n, leverage decimal.Decimal, of market.Side, mode risk.MarginMode) decimal.Decimal {
	if l.asset {
		return decimal.Zero
	}
	margin := decimal.Max(divCeil(n, leverage), ceil(n.Mul(x.interestRate(l))))
	policy := x.policies().CrossFee
	if mode == risk.Isolated {
		policy = x.policies().IsolatedFee
	}
	if policy != "taker_at_bankruptcy" {
		return margin
	}
	bankrupt := n.Add(divCeil(n, leverage))
	if of == market.Long {
		bankrupt = n.Sub(divFloor(n, leverage))
	}
	return margin.Add(ceil(market.Decimal(x.options.Rulebook.Taker).Mul(bankrupt)))
}

// interestRate is r_oi: base, growing to 1 while open interest goes from lower to upper; an upper of 0 leaves it at base.
func (x *Exchange) interestRate(l *listing) decimal.Decimal {
	if x.policies().InitialMargin != "open_interest_scaled" {
		return decimal.Zero
	}
	m := l.contract.InterestMargin
	base, lower, upper := market.Decimal(m.Base), market.Decimal(m.Lower), market.Decimal(m.Upper)
	if upper.IsZero() {
		return base
	}
	above := decimal.Max(decimal.Zero, ceil(x.openInterest(l).Mul(l.mark)).Sub(lower))
	return decimal.Min(one, base.Add(divCeil(above.Mul(one.Sub(base)), upper.Sub(lower))))
}

// openInterest is half of what accounts hold long and short together, rounded down to units.
func (x *Exchange) openInterest(l *listing) decimal.Decimal {
	sum := decimal.Zero
	for _, a := range x.accounts {
		if p := a.positions[l.id]; p != nil {
			sum = sum.Add(p.size.Abs())
		}
	}
	return divFloor(sum, decimal.NewFromInt(2))
}
