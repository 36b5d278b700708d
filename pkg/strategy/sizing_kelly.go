package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// KellySizing risks the share of equity that maximizes the expected logarithm of wealth for a bet that is won with
// probability Win and then pays Payoff times what it risks, times Fraction, at most Cap.
type KellySizing struct {
	Win       market.Rate
	Payoff    market.Rate
	Fraction  market.Rate // 1: full Kelly
	Cap       market.Rate // of equity at risk
	Reference Distance    // zero: the stop's distance
}

var kellyDoc = Doc{
	Summary: "the share of equity at risk that maximizes expected log wealth, times a fraction, capped",
	Formula: "f = win - (1 - win) / payoff; size = equity * min(fraction * f, cap) / distance",
	Source:  "J. L. Kelly, A New Interpretation of Information Rate (1956); fractional: MacLean, Thorp, Ziemba, Good and Bad Properties of the Kelly Criterion (2010)",
	Params: []Param{
		{Name: "win", Unit: "share", Help: "probability that the trade is won; an estimate, and Kelly bets too much where it is too high"},
		{Name: "payoff", Unit: "multiple", Help: "what is won, per unit of what is lost"},
		{Name: "fraction", Unit: "share", Default: "50%", Help: "of the Kelly share; 100% is full Kelly"},
		{Name: "cap", Unit: "share of equity", Default: "2%", Help: "most that is put at risk"},
		{Name: "reference", Unit: "distance", Optional: true, Help: `distance used instead of the stop's: "2%" or "1.5 atr(14)"`},
	},
}

func newKelly(p Params) (Sizing, error) {
	var k KellySizing
	var err error
	if k.Win, err = p.Fraction("win", market.Scale-1); err != nil {
		return nil, err
	}
	if k.Payoff, err = p.Multiple("payoff"); err != nil {
		return nil, err
	}
	if k.Fraction, err = p.Fraction("fraction", market.Scale); err != nil {
		return nil, err
	}
	if k.Cap, err = p.Fraction("cap", market.Scale); err != nil {
		return nil, err
	}
	if k.Reference, err = p.DistanceOrNone("reference"); err != nil {
		return nil, err
	}
	if k.share() <= 0 {
		return nil, fmt.Errorf("%w: win: %s of bets won that pay %s each lose money: the Kelly share is not above 0 and the only size is none", ErrParam, p["win"], p["payoff"])
	}
	return k, nil
}

// share is min(fraction * f, cap), rounded down.
func (k KellySizing) share() market.Rate {
	lost, ok := market.MulDivCeil(int64(market.Scale-k.Win), market.Scale, int64(k.Payoff))
	if !ok || int64(k.Win) <= lost {
		return 0
	}
	part, _ := market.MulDivFloor(int64(k.Win)-lost, int64(k.Fraction), market.Scale) // both at most 1
	return min(market.Rate(part), k.Cap)
}

// Size implements Sizing. It fails with ErrImpossible when there is neither an active stop nor a Reference.
func (k KellySizing) Size(c *Context, stop StopOrder) (market.Qty, error) {
	return RiskSizing{Fraction: k.share(), Reference: k.Reference}.Size(c, stop)
}
