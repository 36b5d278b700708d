package risk

import "github.com/liquidation-lab/backtest/pkg/market"

// CancelStops ends the orders of one kind on an account's position, Stop or TakeProfit, and returns how many there were.
func (x *Exchange) CancelStops(a AccountID, i market.InstrumentID, kind Kind) (cancelled int) {
	id := x.find(a, i)
	if id == none {
		return 0
	}
	for n := x.positions[id].orders; n != none; {
		next := x.orders[n].next
		if x.orders[n].kind == kind {
			x.dropOrder(n)
			cancelled++
		}
		n = next
	}
	return cancelled
}

// dropOrder ends one order of an open position.
func (x *Exchange) dropOrder(n int32) {
	o := &x.orders[n]
	at := &x.positions[o.position].orders
	for *at != n {
		at = &x.orders[*at].next
	}
	*at = o.next
	o.position = none
	o.generation++
}
