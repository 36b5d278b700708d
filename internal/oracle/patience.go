package oracle

import "github.com/liquidation-lab/backtest/pkg/risk"

// patience is what a scope remembers from one tick to the next.
type patience struct {
	waits bool // liquidatable after its orders, and not looked at again before a price of one of its instruments
	since int  // the tick in which it began to wait
	sent  int  // the last tick in which it sent an order of a block
}

// patience is kept with the position of an isolated scope, and with the account of a cross one.
func (s scope) patience() *patience {
	if s.mode == risk.Cross {
		return &s.account.patience
	}
	return &s.account.positions[s.instrument].patience
}

// wake ends the waiting of the scopes that hold an instrument which the tick carries a price of.
func (x *Exchange) wake() {
	for _, s := range x.scopes() {
		for _, p := range s.positions() {
			if p.listing.touched {
				s.patience().waits = false
			}
		}
	}
}
