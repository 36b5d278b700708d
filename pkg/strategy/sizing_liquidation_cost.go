package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// LiquidationCost holds the isolated position whose liquidation costs at most a given amount: its margin, all of which
// goes, and the fee of opening it.
type LiquidationCost struct {
	Cost     market.Quote // 0: Fraction of equity
	Fraction market.Rate
	Leverage market.Rate
}

// maxCostLeverage keeps leverage * 1e16 within 64 bits.
const maxCostLeverage = 900 * market.Scale

var liquidationCostDoc = Doc{
	Summary: "the isolated position whose liquidation costs at most a given amount",
	Formula: "size = cost / (1 / leverage + taker fee) / price",
	Source:  "docs/MODEL.md section 2: an isolated position cannot lose more than its margin and its fees",
	Params: []Param{
		{Name: "cost", Unit: "quote or share of equity", Help: `most that a liquidation costs: "50", or a share of equity with a percent sign ("5%")`},
		{Name: "leverage", Unit: "multiple", Help: "the rule's leverage; within factors the word leverage stands for it"},
	},
}

func newLiquidationCost(p Params) (Sizing, error) {
	var l LiquidationCost
	var err error
	if l.Cost, l.Fraction, err = p.quoteOrShare("cost"); err != nil {
		return nil, err
	}
	l.Leverage, err = p.Multiple("leverage")
	if err == nil && (l.Leverage < market.Scale || l.Leverage > maxCostLeverage) {
		err = p.errorf("leverage", "1x to 900x")
	}
	return l, err
}

// Size implements Sizing. It fails with ErrImpossible for cross margin, where liquidation costs the whole account.
func (l LiquidationCost) Size(c *Context, _ StopOrder) (market.Qty, error) {
	if c.Margin != Isolated {
		return 0, fmt.Errorf("%w: the liquidation of a cross position costs the whole account, whatever its size: use isolated margin", ErrImpossible)
	}
	cost, err := c.amount(l.Cost, l.Fraction)
	if err != nil {
		return 0, err
	}
	fee := int64(c.takerFee())
	notional, ok := market.MulDivFloor(int64(cost), int64(l.Leverage)*market.Scale, market.Scale*market.Scale+fee*int64(l.Leverage))
	if !ok {
		return 0, fmt.Errorf("%w: %sx of %s does not fit", ErrImpossible, l.Leverage, cost)
	}
	return sizeOf(market.Quote(notional), c.Price)
}

// takerFee returns what the venue charges for a fill; 0 where the exchange does not say.
func (c *Context) takerFee() market.Rate {
	if x, ok := c.Exchange.(interface{ TakerFee() market.Rate }); ok {
		return x.TakerFee()
	}
	return 0
}

// amount returns an amount of money, or a share of equity rounded down.
func (c *Context) amount(fixed market.Quote, share market.Rate) (market.Quote, error) {
	if fixed > 0 {
		return fixed, nil
	}
	v, ok := share.OfFloor(c.Equity)
	if !ok {
		return 0, fmt.Errorf("%w: %s of an equity of %s does not fit", ErrImpossible, share, c.Equity)
	}
	return v, nil
}
