package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// RiskSizing loses the same money at every stop, before fees and slippage: size = risk / distance, where the distance
// is the stop's, or Reference when there is one. Twins that differ only in their stop take the same Reference and
// therefore the same size. (Van K. Tharp, Trade Your Way to Financial Freedom, calls it the percent risk model.)
type RiskSizing struct {
	Risk      market.Quote // money lost at the distance; 0: Fraction of equity
	Fraction  market.Rate
	Reference Distance // zero: the stop's distance
}

var riskSizingDoc = Doc{
	Summary: "the same loss at every stop, before fees and slippage",
	Formula: "size = risk / distance",
	Source:  "Van K. Tharp, Trade Your Way to Financial Freedom (1999), the percent risk model",
	Params: []Param{
		{Name: "risk", Unit: "quote or share of equity", Help: `money lost at the distance ("100"), or a share of equity with a percent sign ("1%")`},
		{Name: "reference", Unit: "distance", Optional: true, Help: `distance used instead of the stop's, so that rules with other stops or none have the same size: "2%" or "1.5 atr(14)"`},
	},
}

func newRiskSizing(p Params) (Sizing, error) {
	var r RiskSizing
	var err error
	if r.Risk, r.Fraction, err = p.quoteOrShare("risk"); err != nil {
		return nil, err
	}
	r.Reference, err = p.DistanceOrNone("reference")
	return r, err
}

// Size implements Sizing. It fails with ErrImpossible when there is neither an active stop nor a Reference.
func (r RiskSizing) Size(c *Context, stop StopOrder) (market.Qty, error) {
	risk, err := c.amount(r.Risk, r.Fraction)
	if err != nil {
		return 0, err
	}
	distance := stop.Risked()
	switch {
	case !r.Reference.IsZero():
		if distance, err = r.Reference.From(c); err != nil {
			return 0, err
		}
	case !stop.Active:
		return 0, fmt.Errorf("%w: risk sizing divides by the distance to the stop and this rule has none: give sizing a reference distance", ErrImpossible)
	}
	return sizeOf(risk, distance)
}
