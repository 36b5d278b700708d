package strategy

import (
	"errors"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Plan is what a rule does with a setup: all a replay needs to place it. Prices are on the instrument's tick.
type Plan struct {
	Size       market.Qty // signed, a multiple of the lot, never 0
	Leverage   market.Rate
	Margin     MarginMode
	Stop       market.Price // trigger at the entry; 0: none
	Trail      market.Price // distance kept from the best price since the entry; 0: the stop stands still
	TakeProfit market.Price // 0: none
	Watch      Watch        // what Stop and TakeProfit watch
	Exit       market.Time  // closed then at the latest; 0: never
	Notes      []Note
}

// Note is a warning about a plan that can be carried out but will not do what its author may expect.
type Note struct {
	Kind NoteKind
	Text string
}

// NoteKind tells notes apart for counting.
type NoteKind uint8

// The kinds of notes.
const (
	StopBeyondLiquidation NoteKind = iota // liquidation comes first: the stop is never reached
)

// ErrImpossible reports a rule that the venue or the account cannot carry out.
var ErrImpossible = errors.New("impossible rule")

// ErrHistory reports that too few bars are completed at the entry; such a setup may be skipped for every rule alike.
var ErrHistory = errors.New("not enough history")

// Plan turns a setup into orders.
func (r *Rule) Plan(c *Context) (Plan, error) { return Plan{}, ErrImpossible }
