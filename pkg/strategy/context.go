package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Context is what is known when a position is sized: everything at or before the entry. It is only valid during the
// call it is passed to.
type Context struct {
	Setup  Setup
	Price  market.Price // the price the position is entered at, Setup.Price or the market's then
	Equity market.Quote // 0: Rule.Equity
	// ATR returns the average true range over period of the bars completed at the entry; ok is false while there
	// are fewer than period bars. A nil ATR counts as no history.
	ATR func(period int) (atr market.Price, ok bool)
	// Bars returns the newest n bars completed at the entry, the oldest first; ok is false while there are fewer. A nil
	// Bars counts as no history.
	Bars       func(n int) (bars Bars, ok bool)
	Instrument market.Instrument
	Exchange   Exchange
	Margin     MarginMode // Rule.Margin, filled in by Rule.Plan
	Record     *Record    // of the rule's earlier setups; nil unless the rule trades in sequence
}

// Exchange answers what a rule needs of the venue; the replay supplies it.
type Exchange interface {
	// MaxLeverage is the highest leverage the venue allows at this notional, in whole multiples.
	MaxLeverage(symbol string, notional market.Quote) int
	// LiquidationPrice is the mark price that liquidates a fresh isolated position; ok is false when none does.
	// Size is unsigned, leverage 10x is 10*market.Scale.
	LiquidationPrice(symbol string, side market.Side, size market.Qty, entry market.Price, leverage market.Rate) (price market.Price, ok bool)
}
