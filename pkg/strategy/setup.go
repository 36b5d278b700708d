package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Setup is one entry into the market, shared by every rule under test.
type Setup struct {
	ID     int32 // unique within one Entry; the key that pairs rules
	Time   market.Time
	Symbol string
	Side   market.Side
	Price  market.Price // 0: at the market's price then
	Size   market.Qty   // base, unsigned; 0: by the rule's sizing
	Exit   market.Time  // closed then at the latest; 0: none
}

// Window is the part of history an entry may use. Setups have From <= Time < To.
type Window struct {
	From, To market.Time
	Symbols  []string               // what the data holds, ascending
	First    map[string]market.Time // first price of a symbol whose data start after From
	Seed     uint64
	// Instruments are what the symbols are, for those who look at sizes; nil where that is not known.
	Instruments map[string]market.Instrument
	// Bars visits a symbol's bars in time order, from some time before From until To; a bar is known from its End on. It
	// is nil where no bars are given.
	Bars func(symbol string, visit func(Bar) error) error
	// Funding visits a symbol's settlements of funding before To in time order; a rate is known from its settlement on.
	// It is nil where none are given.
	Funding func(symbol string, visit func(market.Time, market.Rate) error) error
}

// start returns when symbol can first be traded in the window.
func (w *Window) start(symbol string) market.Time { return max(w.From, w.First[symbol]) }

// Entry produces setups in time order, those of one time in the order of their ID. It fails when the window cannot
// hold what was asked for.
type Entry interface {
	Setups(window Window) ([]Setup, error)
}
