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
	Formula: "max { L = 1 + i*step, L <= limit : abs(entry - liquidation price(L)) >= multiple * ATR(period) }",
	Source:  "docs/MODEL.md section 1 (liquidation price); Wilder 1978 (average true range)",
	Params: []Param{
		{Name: "multiple", Unit: "average true ranges", Help: "how far away liquidation has to be"},
		{Name: "period", Unit: "bars", Default: "14", Help: "period of the average true range"},
		stepParam, maxParam,
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
	l.Max, err = readMax(p)
	return l, err
}

// Leverage implements Leverage. It fails with ErrImpossible when liquidation is nearer even at 1x.
func (l LiquidationDistance) Leverage(c *Context, size market.Qty) (market.Rate, error) {
	away, err := l.Away.From(c)
	if err != nil {
		return 0, err
	}
	return c.farthest(size, away, l.Away.String(), l.Step, l.Max)
}

// farthest returns the largest leverage in steps above 1x, at most the venue's limit and most (0: none), whose
// liquidation price is at least a distance from the entry. what describes the distance.
func (c *Context) farthest(size market.Qty, away market.Price, what string, step, most market.Rate) (market.Rate, error) {
	limit, err := c.leverageLimit(size, most)
	if err != nil {
		return 0, err
	}
	steps := int((limit-market.Scale)/step) + 1
	tooNear := sort.Search(steps, func(i int) bool {
		leverage := market.Scale + market.Rate(i)*step
		price, ok := c.Exchange.LiquidationPrice(c.Setup.Symbol, c.Setup.Side, size, c.Price, leverage)
		return ok && market.Price(c.Setup.Side)*(c.Price-price) < away
	})
	if tooNear == 0 {
		return 0, fmt.Errorf("%w: liquidation of %s %s %s at %s is nearer than %s (%s) even at 1x",
			ErrImpossible, c.Setup.Side, size, c.Setup.Symbol, c.Price, what, away)
	}
	return market.Scale + market.Rate(tooNear-1)*step, nil
}

// leverageLimit returns the venue's limit at a size, or most where that is less and not 0.
func (c *Context) leverageLimit(size market.Qty, most market.Rate) (market.Rate, error) {
	notional, ok := market.ValueCeil(size, c.Price)
	if !ok {
		return 0, fmt.Errorf("%w: %s %s at %s does not fit", ErrImpossible, size, c.Setup.Symbol, c.Price)
	}
	limit := market.Rate(c.Exchange.MaxLeverage(c.Setup.Symbol, notional)) * market.Scale
	if most > 0 {
		limit = min(limit, most)
	}
	if limit < market.Scale {
		return 0, fmt.Errorf("%w: the venue allows no leverage for %s at a notional of %s", ErrImpossible, c.Setup.Symbol, notional)
	}
	return limit, nil
}

// readMax reads the optional parameter max: at least 1x, 0 where it is absent.
func readMax(p Params) (most market.Rate, err error) {
	if !p.Has("max") {
		return 0, nil
	}
	if most, err = p.Multiple("max"); err == nil && most < market.Scale {
		err = p.errorf("max", "at least 1x")
	}
	return most, err
}

var (
	stepParam = Param{Name: "step", Unit: "multiple", Default: "1", Help: "steps in which leverage can be set, counted from 1x"}
	maxParam  = Param{Name: "max", Unit: "multiple", Optional: true, Help: "upper limit besides the venue's"}
)
