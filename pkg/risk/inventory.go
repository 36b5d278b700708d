package risk

import "github.com/liquidation-lab/backtest/pkg/market"

// Inventory is what the liquidation engine carries of an instrument and side: it paid Cash for the signed Size (docs/MODEL.md section 14).
type Inventory struct {
	Size market.Qty
	Cash market.Quote
}

// Inventory returns what the liquidation engine carries of an instrument, bought from longs and from shorts.
func (x *Exchange) Inventory(i market.InstrumentID) (long, short Inventory) {
	return Inventory{}, Inventory{}
}
