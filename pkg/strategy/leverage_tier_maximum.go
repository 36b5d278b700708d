package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// TierMaximum takes all the leverage that the venue gives at the position's notional.
type TierMaximum struct{}

var tierMaximumDoc = Doc{
	Summary: "all the leverage that the venue gives at the position's notional",
	Formula: "leverage = max leverage of the tier of size * entry",
	Source:  "the rulebook's tier table",
}

func newTierMaximum(Params) (Leverage, error) { return TierMaximum{}, nil }

// Leverage implements Leverage.
func (TierMaximum) Leverage(c *Context, size market.Qty) (market.Rate, error) {
	return c.leverageLimit(size, 0)
}
