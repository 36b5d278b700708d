package venue

import "github.com/liquidation-lab/backtest/pkg/market"

// Tier returns the index of the tier that a notional falls in: floor inclusive, cap exclusive; above the last cap
// the last tier.
func (c *Contract) Tier(notional market.Quote) int {
	for i := range c.Tiers {
		if notional < c.Tiers[i].Cap {
			return i
		}
	}
	return len(c.Tiers) - 1
}

// MaintenanceMargin returns ceil(notional * rate) - amount of the notional's tier (Binance leverage and margin FAQ);
// ok is false on overflow.
func (c *Contract) MaintenanceMargin(notional market.Quote) (mm market.Quote, ok bool) {
	t := &c.Tiers[c.Tier(notional)]
	gross, ok := t.MaintenanceMarginRate.OfCeil(notional)
	return gross - t.MaintenanceAmount, ok
}

// MaxLeverage returns the highest leverage, in whole times, at which a position of this notional may be held.
func (c *Contract) MaxLeverage(notional market.Quote) int {
	return c.Tiers[c.Tier(notional)].MaxLeverage
}
