package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// A requirement is what a tier, or the size, asks of a position: a rate of its notional and an amount taken off.
type requirement struct{ rate, amount decimal.Decimal }

// measure is what selects the tier of a size bought for a cost: its notional at mark or at entry, or the size itself.
func (x *Exchange) measure(size, cost, mark decimal.Decimal) decimal.Decimal {
	switch x.policies().TierBy {
	case "size":
		return size.Abs()
	case "entry_notional":
		return cost.Abs()
	}
	return notional(size, mark)
}

// tier is the number, from 1, of the tier that a measure falls in. A boundary belongs to the upper tier under
// cap_exclusive and to the lower under cap_inclusive; what is above the last cap belongs to the last tier.
func (x *Exchange) tier(c *venue.Contract, measure decimal.Decimal) int {
	for i, t := range c.Tiers {
		compared := measure.Cmp(market.Decimal(t.Cap))
		if compared < 0 || compared == 0 && x.policies().TierBound == "cap_inclusive" {
			return i + 1
		}
	}
	return len(c.Tiers)
}

// tierOf is the tier of a position at a mark. A holding, which has none, is in the first.
func (x *Exchange) tierOf(p *position, mark decimal.Decimal) int {
	if p.listing.asset {
		return 1
	}
	return x.tier(p.listing.contract, x.measure(p.size, p.cost, mark))
}

// required is the requirement of a position at a mark.
func (x *Exchange) required(p *position, mark decimal.Decimal) requirement {
	c := p.listing.contract
	if x.policies().Tiers == "linear_in_size" {
		return requirement{rate: sizeRate(c, market.Decimal(c.SizeMargin.Maintenance), p.size)}
	}
	return x.ofTier(c, x.tierOf(p, mark))
}

// ofTier is the requirement of a numbered tier. Rates apply to the whole position under whole_position, without
// deduction.
func (x *Exchange) ofTier(c *venue.Contract, number int) requirement {
	t := c.Tiers[number-1]
	r := requirement{rate: market.Decimal(t.MaintenanceMarginRate)}
	if x.policies().Tiers == "marginal" {
		r.amount = market.Decimal(t.MaintenanceAmount)
	}
	return r
}

// sizeRate is min(1, base + ceil(slope·|q|)).
func sizeRate(c *venue.Contract, base, size decimal.Decimal) decimal.Decimal {
	return decimal.Min(one, base.Add(ceil(market.Decimal(c.SizeMargin.Slope).Mul(size.Abs()))))
}

// maxLeverage is the largest leverage, in whole times, at which a size may be held that is worth n at the fill price.
// The tier by entry notional is that of n too: the fill price stands for the entry of the whole position.
func (x *Exchange) maxLeverage(c *venue.Contract, size, n decimal.Decimal) decimal.Decimal {
	measure := n
	switch {
	case x.policies().Tiers == "linear_in_size":
		quotient, _ := one.QuoRem(sizeRate(c, market.Decimal(c.SizeMargin.Initial), size), 0)
		return quotient
	case x.policies().TierBy == "size":
		measure = size.Abs()
	}
	return decimal.NewFromInt(int64(c.Tiers[x.tier(c, measure)-1].MaxLeverage))
}
