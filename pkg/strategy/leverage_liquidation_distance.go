package strategy

import (
	"fmt"
	"sort"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// LiquidationDistance is the largest leverage, in whole steps above 1x, whose liquidation price is at least Away from
// the entry:
//
//	max { L = 1 + i*Step, L <= venue's limit, L <= Max : |entry - liquidation price(L)| >= Away }
//
// More leverage never moves the liquidation price away from the entry, so the steps are searched by bisection.
type LiquidationDistance struct {
	Away Distance
	Step market.Rate // 1x is market.Scale
	Max  market.Rate // 0: the venue's limit
}

var liquidationDistanceDoc = Doc{
	Summary: "the largest leverage whose liquidation price is at least `multiple` average true ranges from the entry",
	Params: []Param{
		{Name: "multiple", Unit: "average true ranges", Help: "how far away liquidation has to be"},
		{Name: "period", Unit: "bars", Default: "14", Help: "period of the average true range"},
		{Name: "step", Unit: "multiple", Default: "1", Help: "steps in which leverage can be set, counted from 1x"},
		{Name: "max", Unit: "multiple", Optional: true, Help: "upper limit besides the venue's"},
	},
}

func newLiquidationDistance(p Params) (Leverage, error) {
	var l LiquidationDistance
	var err error
	if l.Away.Rate, err = p.Multiple("multiple"); err != nil {
		return nil, err
	}
	if l.Away.Period, err = p.Count("period", 1, maxPeriod); err != nil {
		return nil, err
	}
	if l.Step, err = p.Multiple("step"); err != nil {
		return nil, err
	}
	if p.Has("max") {
		if l.Max, err = p.Multiple("max"); err == nil && l.Max < market.Scale {
			err = p.errorf("max", "at least 1x")
		}
	}
	return l, err
}

// Leverage implements Leverage. It fails with ErrImpossible when liquidation is nearer even at 1x.
func (l LiquidationDistance) Leverage(c *Context, size market.Qty) (market.Rate, error) {
	away, err := l.Away.From(c)
	if err != nil {
		return 0, err
	}
	notional, ok := market.ValueCeil(size, c.Price)
	if !ok {
		return 0, fmt.Errorf("%w: %s %s at %s does not fit", ErrImpossible, size, c.Setup.Symbol, c.Price)
	}
	limit := market.Rate(c.Exchange.MaxLeverage(c.Setup.Symbol, notional)) * market.Scale
	if l.Max > 0 {
		limit = min(limit, l.Max)
	}
	if limit < market.Scale {
		return 0, fmt.Errorf("%w: the venue allows no leverage for %s at a notional of %s", ErrImpossible, c.Setup.Symbol, notional)
	}
	steps := int((limit-market.Scale)/l.Step) + 1
	tooNear := sort.Search(steps, func(i int) bool {
		leverage := market.Scale + market.Rate(i)*l.Step
		price, ok := c.Exchange.LiquidationPrice(c.Setup.Symbol, c.Setup.Side, size, c.Price, leverage)
		return ok && market.Price(c.Setup.Side)*(c.Price-price) < away
	})
	if tooNear == 0 {
		return 0, fmt.Errorf("%w: liquidation of %s %s %s at %s is nearer than %s (%s) even at 1x",
			ErrImpossible, c.Setup.Side, size, c.Setup.Symbol, c.Price, l.Away, away)
	}
	return market.Scale + market.Rate(tooNear-1)*l.Step, nil
}
