package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Sizing decides how much to hold, as an unsigned amount of base; Rule.Plan rounds it down to the lot.
type Sizing interface {
	Size(c *Context, stop StopOrder) (market.Qty, error)
}

// Leverage decides the leverage of a position of that unsigned size; 10x is 10*market.Scale.
type Leverage interface {
	Leverage(c *Context, size market.Qty) (market.Rate, error)
}

// Stop decides where a position is given up.
type Stop interface {
	Stop(c *Context) (StopOrder, error)
}

// StopOrder is a stop relative to the entry. The zero value is no stop, and a take-profit that watches the mark price.
type StopOrder struct {
	Active   bool
	Distance market.Price // from the entry price, above 0 when Active
	Trailing bool         // follows the best price since the entry at Distance
	Watch    Watch
}

// TakeProfit decides where a winner is closed; ok is false for never. Rule.Plan rounds the price to the tick.
type TakeProfit interface {
	TakeProfit(c *Context, stop StopOrder) (price market.Price, ok bool, err error)
}
