package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// InverseVolatility gives less leverage to what moves more: Target / sigma, in whole steps above 1x, within the limits.
type InverseVolatility struct {
	Target    market.Rate
	Period    int
	Step, Max market.Rate // 1x is market.Scale; Max 0: the venue's limit
}

var inverseVolatilityDoc = Doc{
	Summary: "less leverage for what moves more: target / annual volatility, within 1x and the venue's limit",
	Formula: "leverage = 1 + step * floor((target / sigma - 1) / step), at least 1x, at most min(max, venue's limit); sigma as under volatility_target",
	Source:  "Moreira, Muir, Volatility-Managed Portfolios, Journal of Finance 72 (2017)",
	Params: []Param{
		{Name: "target", Unit: "share a year", Help: `volatility of leverage times price, such as "500%": 10x where the price has 50% a year`},
		volatilityPeriod, stepParam, maxParam,
	},
}

func newInverseVolatility(p Params) (Leverage, error) {
	var l InverseVolatility
	var err error
	if l.Target, err = p.Fraction("target", 1000*market.Scale); err != nil {
		return nil, err
	}
	if l.Period, err = p.Count("period", 2, maxPeriod-1); err != nil {
		return nil, err
	}
	if l.Step, err = p.Multiple("step"); err != nil {
		return nil, err
	}
	l.Max, err = readMax(p)
	return l, err
}

// Leverage implements Leverage.
func (l InverseVolatility) Leverage(c *Context, size market.Qty) (market.Rate, error) {
	limit, err := c.leverageLimit(size, l.Max)
	if err != nil {
		return 0, err
	}
	wanted, err := c.overVolatility(l.Target, l.Period)
	if err != nil {
		return 0, err
	}
	wanted = max(min(wanted, limit), market.Scale)
	return wanted - (wanted-market.Scale)%l.Step, nil
}
