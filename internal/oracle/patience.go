package oracle

import "github.com/liquidation-lab/backtest/pkg/risk"

// patience is what a scope remembers from one tick to the next.
type patience struct {
	waits bool // liquidatable after its orders, and not looked at again before the next tick
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

// wake ends all waiting: a tick begins.
func (x *Exchange) wake() {
	for _, s := range x.scopes() {
		s.patience().waits = false
	}
}
