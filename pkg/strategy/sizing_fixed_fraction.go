package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// FixedFraction holds a notional in proportion to equity: size = equity * Fraction * Exposure / price. With Exposure
// equal to the leverage, Fraction is the share of equity that serves as initial margin.
type FixedFraction struct {
	Fraction market.Rate // of equity
	Exposure market.Rate // notional per unit of that share
}

var fixedFractionDoc = Doc{
	Summary: "a notional in proportion to equity",
	Formula: "size = equity * fraction * exposure / price",
	Source:  "R. Vince, Portfolio Management Formulas (1990), fixed fractional trading",
	Params: []Param{
		{Name: "fraction", Unit: "share of equity", Help: "share of equity put to work, at most 100%"},
		{Name: "exposure", Unit: "multiple", Default: "1", Help: "notional held per unit of that share; the leverage, if fraction is to be the margin"},
	},
}

func newFixedFraction(p Params) (Sizing, error) {
	fraction, err := p.Fraction("fraction", market.Scale)
	if err != nil {
		return nil, err
	}
	exposure, err := p.Multiple("exposure")
	return FixedFraction{fraction, exposure}, err
}

// Size implements Sizing.
func (f FixedFraction) Size(c *Context, _ StopOrder) (market.Qty, error) {
	share, ok := f.Fraction.OfFloor(c.Equity)
	if !ok {
		return 0, fmt.Errorf("%w: %s of an equity of %s does not fit", ErrImpossible, f.Fraction, c.Equity)
	}
	notional, ok := f.Exposure.OfFloor(share)
	if !ok {
		return 0, fmt.Errorf("%w: %sx of %s does not fit", ErrImpossible, f.Exposure, share)
	}
	return sizeOf(notional, c.Price)
}
