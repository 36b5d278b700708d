// Package ledger is the exchange's double-entry book: cash moves from one holder to another and is never made.
//
// Balances are 128-bit sums of 1e-8 quote units. Individual traders live in the exchange's columns; here they are one
// control account, which a full re-count of the columns must reproduce.
package ledger

import "github.com/liquidation-lab/backtest/pkg/market"

// Holder is one of the places where cash can be.
type Holder uint8

// The holders. Engine is cash in transit while a position is taken over; after every tick it is minus what was paid for what
// the liquidation engine carries. External is
// what depositors brought in, as a negative balance.
const (
	Traders Holder = iota
	Provider
	Engine
	InsuranceFund
	FeeIncome
	Socialized
	External
	holderCount
)

// Ledger holds the balances. The zero value is an empty book.
type Ledger struct {
	balances [holderCount]market.Sum
}

// Post moves amount from one holder to another; a negative amount moves it back.
func (l *Ledger) Post(from, to Holder, amount market.Quote) {
	l.balances[from].Sub(amount)
	l.balances[to].Add(amount)
}

// Balance returns what a holder has.
func (l *Ledger) Balance(h Holder) market.Sum { return l.balances[h] }

// Trial returns the sum of all balances; anything but zero is a defect of this package.
func (l *Ledger) Trial() market.Sum {
	var s market.Sum
	for _, b := range l.balances {
		s.AddSum(b)
	}
	return s
}
