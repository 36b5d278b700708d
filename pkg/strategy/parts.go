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
	Trailing bool         // follows the best price since the entry at Trail
	Trail    market.Price // distance of a trailing stop from the best price; 0: Distance. More than Distance: the best price lay beyond the entry already
	Watch    Watch
	Fill     Fill
	Offset   market.Price // of a limit order beyond the trigger
	// Near is the distance at which a share of the position is given up before the rest; 0: all goes at Distance.
	Near      market.Price
	NearShare market.Rate
	After     market.Time // closed at market after this time; 0: never. Holds without Active as well
	// Loss closes the position when this share of the account's equity at the entry is lost; 0: never. Holds without
	// Active as well.
	Loss market.Rate
}

// Risked returns the distance that the whole position loses at its stops: Distance, or the mean of both distances by
// what is given up at each, rounded up.
func (s StopOrder) Risked() market.Price {
	if s.Near == 0 {
		return s.Distance
	}
	saved, _ := market.MulDivFloor(int64(s.Distance-s.Near), int64(s.NearShare), market.Scale) // a share is at most 1
	return s.Distance - market.Price(saved)
}

// TakeProfit decides where a winner is closed; ok is false for never. Rule.Plan rounds the price to the tick.
type TakeProfit interface {
	TakeProfit(c *Context, stop StopOrder) (price market.Price, ok bool, err error)
}

// Laddered is a TakeProfit that closes a winner in parts. Where a TakeProfit is one, Rule.Plan asks for its rungs only.
type Laddered interface {
	TakeProfit
	// Rungs returns where which shares of the position are closed, the nearest first. Shares add up to at most 1; when
	// they do to 1, the last rung closes what is left.
	Rungs(c *Context, stop StopOrder) ([]Rung, error)
}

// Rung is a part of a take-profit.
type Rung struct {
	Price market.Price
	Share market.Rate // of the position at the entry
}
