package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// FixedLeverage is the same leverage at every entry.
type FixedLeverage struct {
	Rate market.Rate // 10x is 10*market.Scale
}

var fixedLeverageDoc = Doc{
	Summary: "the same leverage at every entry",
	Formula: "leverage = leverage",
	Source:  "by definition",
	Params:  []Param{{Name: "leverage", Unit: "multiple", Help: `"10" or "10x", at least 1`}},
}

func newFixedLeverage(p Params) (Leverage, error) {
	rate, err := p.Multiple("leverage")
	if err == nil && rate < market.Scale {
		err = p.errorf("leverage", "at least 1x")
	}
	return FixedLeverage{rate}, err
}

// Leverage implements Leverage.
func (f FixedLeverage) Leverage(*Context, market.Qty) (market.Rate, error) { return f.Rate, nil }
