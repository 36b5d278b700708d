package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// NoTakeProfit lets winners run.
type NoTakeProfit struct{}

var noTakeProfitDoc = Doc{Summary: "no take-profit", Formula: "target = none", Source: "by definition"}

func newNoTakeProfit(Params) (TakeProfit, error) { return NoTakeProfit{}, nil }

// TakeProfit implements TakeProfit.
func (NoTakeProfit) TakeProfit(*Context, StopOrder) (market.Price, bool, error) { return 0, false, nil }

// PercentTakeProfit closes a winner at entry + side * Rate * entry.
type PercentTakeProfit struct {
	Rate market.Rate
}

var percentTakeProfitDoc = Doc{
	Summary: "a target at a share of the entry price",
	Formula: "target = entry + side * percent * entry",
	Source:  "by definition",
	Params:  []Param{{Name: "percent", Unit: "share of price", Help: `"4%" or "0.04", at most 1000%; below 100% for shorts`}},
}

func newPercentTakeProfit(p Params) (TakeProfit, error) {
	rate, err := p.Fraction("percent", 10*market.Scale)
	return PercentTakeProfit{rate}, err
}

// TakeProfit implements TakeProfit.
func (t PercentTakeProfit) TakeProfit(c *Context, _ StopOrder) (market.Price, bool, error) {
	return target(c, t.Rate, c.Price)
}

// MultipleTakeProfit closes a winner at Multiple times what is risked (R): entry + side * Multiple * R, where R is the
// stop's distance, or Reference when there is one.
type MultipleTakeProfit struct {
	Multiple  market.Rate
	Reference Distance // zero: the stop's distance
}

var multipleTakeProfitDoc = Doc{
	Summary: "a target at a multiple of what is risked",
	Formula: "target = entry + side * multiple * R, R being the distance to the stop",
	Source:  "Van K. Tharp, Trade Your Way to Financial Freedom (1999), R multiples",
	Params: []Param{
		{Name: "multiple", Unit: "R", Help: "how many times the distance to the stop"},
		{Name: "reference", Unit: "distance", Optional: true, Help: `R for rules without a stop, used instead of the stop's distance: "2%" or "1.5 atr(14)"`},
	},
}

func newMultipleTakeProfit(p Params) (TakeProfit, error) {
	multiple, err := p.Multiple("multiple")
	if err != nil {
		return nil, err
	}
	reference, err := p.DistanceOrNone("reference")
	return MultipleTakeProfit{multiple, reference}, err
}

// TakeProfit implements TakeProfit. It fails with ErrImpossible when there is neither an active stop nor a Reference.
func (t MultipleTakeProfit) TakeProfit(c *Context, stop StopOrder) (market.Price, bool, error) {
	risked := stop.Risked()
	switch {
	case !t.Reference.IsZero():
		var err error
		if risked, err = t.Reference.From(c); err != nil {
			return 0, false, err
		}
	case !stop.Active:
		return 0, false, fmt.Errorf("%w: r_multiple needs the distance to a stop and this rule has none: give take_profit a reference distance", ErrImpossible)
	}
	return target(c, t.Multiple, risked)
}

// target returns entry + side * multiple * distance, the product rounded up: no target is nearer than asked for.
func target(c *Context, multiple market.Rate, distance market.Price) (market.Price, bool, error) {
	v, ok := market.MulDivCeil(int64(multiple), int64(distance), market.Scale)
	price := c.Price + market.Price(c.Setup.Side)*market.Price(v)
	if !ok || price <= 0 {
		return 0, false, fmt.Errorf("%w: a target %s times %s away from %s for a %s is never reached: ask for less",
			ErrImpossible, multiple, distance, c.Price, c.Setup.Side)
	}
	return price, true, nil
}
