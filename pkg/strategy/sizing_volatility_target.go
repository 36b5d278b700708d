package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// VolatilityTarget holds the notional whose expected volatility is a share of equity: size = equity * Target / sigma /
// price, sigma being the annual volatility of the instrument.
type VolatilityTarget struct {
	Target market.Rate // annual volatility of the position, as a share of equity
	Period int         // bars
	Max    market.Rate // largest notional per unit of equity; 0: none
}

var volatilityTargetDoc = Doc{
	Summary: "a notional whose annual volatility is a share of equity",
	Formula: "size = equity * min(target / sigma, max) / price; sigma = sqrt(sum r^2 / period * year / bar), r = close / previous close - 1",
	Source:  "Moreira, Muir, Volatility-Managed Portfolios, Journal of Finance 72 (2017); R. Carver, Systematic Trading (2015)",
	Params: []Param{
		{Name: "target", Unit: "share of equity a year", Help: `annual volatility of the position, such as "40%"`},
		volatilityPeriod,
		{Name: "max", Unit: "multiple", Optional: true, Help: "largest notional per unit of equity"},
	},
}

func newVolatilityTarget(p Params) (Sizing, error) {
	var v VolatilityTarget
	var err error
	if v.Target, err = p.Fraction("target", 100*market.Scale); err != nil {
		return nil, err
	}
	if v.Period, err = p.Count("period", 2, maxPeriod-1); err != nil {
		return nil, err
	}
	if p.Has("max") {
		v.Max, err = p.Multiple("max")
	}
	return v, err
}

// Size implements Sizing.
func (v VolatilityTarget) Size(c *Context, _ StopOrder) (market.Qty, error) {
	exposure, err := c.overVolatility(v.Target, v.Period)
	if err != nil {
		return 0, err
	}
	if v.Max > 0 {
		exposure = min(exposure, v.Max)
	}
	notional, ok := exposure.OfFloor(c.Equity)
	if !ok {
		return 0, fmt.Errorf("%w: %sx of an equity of %s does not fit", ErrImpossible, exposure, c.Equity)
	}
	return sizeOf(notional, c.Price)
}
