package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// FixedNotional holds the same notional at every entry: size = notional / price.
type FixedNotional struct {
	Notional market.Quote
}

var fixedNotionalDoc = Doc{
	Summary: "the same notional at every entry",
	Formula: "size = notional / price",
	Source:  "by definition",
	Params:  []Param{{Name: "notional", Unit: "quote", Help: "value of the position at entry"}},
}

func newFixedNotional(p Params) (Sizing, error) {
	notional, err := p.Quote("notional")
	return FixedNotional{notional}, err
}

// Size implements Sizing.
func (f FixedNotional) Size(c *Context, _ StopOrder) (market.Qty, error) {
	return sizeOf(f.Notional, c.Price)
}

// sizeOf returns notional / price rounded down: never more exposure than asked for.
func sizeOf(notional market.Quote, price market.Price) (market.Qty, error) {
	size, ok := market.MulDivFloor(int64(notional), market.Scale, int64(price))
	if !ok {
		return 0, fmt.Errorf("%w: a notional of %s at a price of %s does not fit", ErrImpossible, notional, price)
	}
	return market.Qty(size), nil
}
