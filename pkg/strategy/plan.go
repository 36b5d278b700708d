package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Plan is what a rule does with a setup: all a replay needs to place it. Prices are on the instrument's tick.
type Plan struct {
	Size       market.Qty // signed, a multiple of the lot, never 0
	Leverage   market.Rate
	Margin     MarginMode
	Stop       market.Price // trigger at the entry; 0: none
	Trail      market.Price // distance kept from the best watched price since the entry; 0: the stop stands still
	TakeProfit market.Price // 0: none
	Watch      Watch        // what Stop and TakeProfit watch
	Exit       market.Time  // closed then at the latest; 0: never
	Peak       market.Price // best price that a trailing stop starts from; 0: the price at the entry
	Fill       Fill         // of the stops
	Limit      market.Price // distance of a limit stop's price beyond its trigger; 0 with FillLimit: at the trigger
	NearStop   PartialOrder // closes a part of the position before Stop; zero: none
	Targets    []PartialOrder
	// EquityFloor closes the position where the whole account's equity is at or below it; 0: never.
	EquityFloor market.Quote
	Notes       []Note
}

// PartialOrder closes a part of a position at a price.
type PartialOrder struct {
	Price market.Price
	Size  market.Qty // > 0
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
	// StopBeyondLiquidation: liquidation comes first and the stop is never reached.
	StopBeyondLiquidation NoteKind = iota
)

// String prints the kind as reports name it.
func (k NoteKind) String() string { return "stop_beyond_liquidation" }
