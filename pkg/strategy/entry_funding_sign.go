package strategy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// FundingSign enters when funding was settled, on the side that receives it or on the side that pays.
type FundingSign struct {
	Symbols   []string
	Sides     []market.Side
	Threshold market.Rate // least absolute rate
	Pay       bool
}

var fundingSignDoc = Doc{
	Summary: "enter when funding was settled, on the side that receives it, or on the one that pays",
	Formula: "at a settlement with abs(rate) >= threshold: short where rate > 0 and long where rate < 0 (take: receive); the other way round (take: pay). The settlement itself is over by then",
	Source:  "Binance FAQ 360033525031: a positive rate means that longs pay shorts",
	Params: []Param{
		{Name: "take", Unit: "receive or pay", Default: "receive", Help: "which side of the payment is taken"},
		{Name: "threshold", Unit: "rate", Default: "0.01%", Help: "least absolute rate of a settlement"},
		symbolsParam,
		{Name: "side", Unit: "long, short or both", Default: "both", Help: "which signals are taken"},
	},
}

func newFundingSign(p Params) (Entry, error) {
	var f FundingSign
	var err error
	switch p["take"] {
	case "pay":
		f.Pay = true
	case "receive":
	default:
		return nil, p.errorf("take", "receive or pay")
	}
	if f.Threshold, err = p.Fraction("threshold", market.Scale); err != nil {
		return nil, err
	}
	if f.Symbols, err = p.Symbols("symbols"); err != nil {
		return nil, err
	}
	f.Sides, err = p.Sides("side")
	return f, err
}

// Setups implements Entry.
func (f FundingSign) Setups(w Window) ([]Setup, error) {
	symbols, err := w.choose(f.Symbols)
	if err == nil && w.Funding == nil {
		err = errors.New("it looks at funding and was given none")
	}
	if err != nil {
		return nil, fmt.Errorf("entry funding_sign: %w", err)
	}
	var setups []Setup
	for _, symbol := range symbols {
		err := w.Funding(symbol, func(at market.Time, rate market.Rate) error {
			side := market.Short
			if rate < 0 {
				side, rate = market.Long, -rate
			}
			if f.Pay {
				side = -side
			}
			if rate >= f.Threshold && at >= w.start(symbol) && at < w.To && slices.Contains(f.Sides, side) {
				setups = append(setups, Setup{Time: at, Symbol: symbol, Side: side})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("entry funding_sign: %w", err)
		}
	}
	slices.SortStableFunc(setups, func(a, b Setup) int { return cmp.Compare(a.Time, b.Time) })
	for i := range setups {
		setups[i].ID = int32(i)
	}
	return setups, nil
}
