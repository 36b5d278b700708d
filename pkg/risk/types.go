package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// MarginMode says what backs a position.
type MarginMode uint8

// Isolated positions are backed by their own margin only; Cross positions share the account's wallet.
const (
	Isolated MarginMode = iota
	Cross
)

// String prints "isolated" or "cross".
func (m MarginMode) String() string {
	if m == Cross {
		return "cross"
	}
	return "isolated"
}

// Watch is the price that a stop or take-profit looks at.
type Watch uint8

// The three prices of an instrument.
const (
	WatchMark Watch = iota
	WatchLast
	WatchIndex
)

// String prints "mark", "last" or "index".
func (w Watch) String() string { return [...]string{"mark", "last", "index"}[w] }

// Execution prices forced and stop orders.
type Execution interface {
	// Slippage returns how far, as a fraction of the reference price, an order of this notional fills against its
	// sender. depth is the notional resting within one percent on the side that the order hits, 0 where unknown. It
	// must be at least 0, below 1, must not fall with notional and must not rise with depth.
	Slippage(i market.InstrumentID, notional, depth market.Quote) market.Rate
}

// Options describe an exchange.
type Options struct {
	Rulebook       *venue.Rulebook
	Instruments    []market.Instrument // ordered by symbol; an InstrumentID is an index into it
	Execution      Execution
	InsuranceFund  market.Quote // opening balance
	InsuranceFloor market.Quote // the fund pays nothing that would take it below
	// FundWeights split opening balance and floor over the funds of a rulebook that has several, by instrument; nil or a
	// sum of zero: each instrument counts once.
	FundWeights   []market.Quote
	Seed          uint64 // of policies that draw: adl_score: random_start
	FundingEvents bool   // one Funding event for each settlement of a position
	// Outage says what keeps the orders of an account, reached at since, from being executed now; nil: nothing ever. It must be a
	// function of its arguments.
	Outage func(a AccountID, since, now market.Time) Hold
	// Participation bounds what the liquidation engine sends into the books; its zero value does not (docs/MODEL.md section 14).
	Participation Participation
	// Exempt says whose forced orders and takeovers are not bounded and use no capacity up; nil: nobody's. It must be a function of
	// its argument. Events carry it.
	Exempt func(a AccountID) bool
	// Collateral are the assets that accounts may hold beside quote currency, ordered by symbol. Their InstrumentIDs follow those of
	// Instruments, in ticks, events and what Execution is asked too (docs/MODEL.md section 15).
	Collateral []Collateral
	Events     func(*Event) // called for each event in order; the pointer is valid during the call only
}

// Participation is the part of a book that the liquidation engine's own orders may take.
type Participation struct {
	Share    market.Rate  // of the depth within one percent, at least 0; above 1 orders reach beyond one percent; 0: no bound
	Interval market.Time  // in which they may take it; 0: a tick
	Depth    market.Quote // where an instrument has none, as with Execution
}

// Collateral is an asset that counts toward the equity of cross scopes at its price less a haircut.
type Collateral struct {
	Symbol  string
	Haircut market.Rate // 0 to below 1
	Tick    market.Price
	Lot     market.Qty
}

// Order opens or adds to a position at a known fill price.
type Order struct {
	Account    AccountID
	Instrument market.InstrumentID
	Size       market.Qty   // signed
	Price      market.Price // of the fill
	Mode       MarginMode
	Leverage   market.Rate  // 10x is 10e8; the initial margin is notional / leverage
	Margin     market.Quote // isolated margin; 0 means the initial margin
	Fee        bool         // charge the taker fee (positions that exist before the replay paid theirs earlier)
}

// StopOrder closes a position, or a part of it, when a price is reached. Kind is Stop or TakeProfit.
type StopOrder struct {
	Account    AccountID
	Instrument market.InstrumentID
	Kind       Kind
	Trigger    market.Price
	Trail      market.Price // distance of a trailing stop from the peak; 0 means the trigger stands still. Trigger is then ignored.
	Watch      Watch
	Size       market.Qty   // > 0: closes at most so much of the position; 0: all of it
	Peak       market.Price // of a trailing stop: the best price so far, where that is better than the watched price now; 0: none
	// Limit makes a stop a limit order whose price lies Offset beyond its trigger: a long is sold at no less, a short bought
	// back at no more. Where the market fills worse than that when the stop is reached, the order rests at its limit until
	// the last price comes back to it.
	Limit  bool
	Offset market.Price
	// Guaranteed fills a stop at its trigger without slippage, over a gap too. No venue does; it is what slippage is
	// compared with.
	Guaranteed bool
}

// PriceUpdate is an instrument's new prices, or a collateral asset's, of which Mark and Last are the same and Index is 0 or that too.
type PriceUpdate struct {
	Instrument market.InstrumentID
	Mark       market.Price
	Last       market.Price
	Index      market.Price // 0 means the mark price
	Gap        bool         // the price jumped here (a bar's open); otherwise it moved continuously from the previous tick
	BidDepth   market.Quote // notional resting within 1% below; 0 keeps the previous value
	AskDepth   market.Quote // within 1% above
}

// FundingUpdate is a settlement of funding that is due; a positive rate means longs pay shorts.
type FundingUpdate struct {
	Instrument market.InstrumentID
	Rate       market.Rate
}

// Tick is everything that changes at one moment. An instrument appears at most once in Prices.
type Tick struct {
	Time    market.Time
	Prices  []PriceUpdate
	Funding []FundingUpdate
}

// Refusal is an order that the rules of the exchange do not accept. It is a result of the game, not a defect: nothing
// changed.
type Refusal struct {
	Account AccountID
	Symbol  string
	Rule    string // what was broken, with the values and what would be accepted
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("account %d, %s: order refused: %s", r.Account, r.Symbol, r.Rule)
}

// OverflowError reports a product, or a sum of them, that does not fit 1e-8 units in 64 bits.
type OverflowError struct {
	Account AccountID
	Symbol  string
	What    string
}

func (e *OverflowError) Error() string {
	if e.Account == TheExchange {
		return fmt.Sprintf("the liquidation engine, %s: %s exceeds 92,233,720,368 quote; check the price and how much is held", e.Symbol, e.What)
	}
	return fmt.Sprintf("account %d, %s: %s exceeds 92,233,720,368 quote; use a smaller position or check the price", e.Account, e.Symbol, e.What)
}

// Account is a view of an account at the current marks.
type Account struct {
	Deposited         market.Quote // collateral at what it counted then
	Wallet            market.Quote // without isolated margins, less pending funding of cross positions
	Equity            market.Quote // of everything the account has
	MaintenanceMargin market.Quote // of all its positions
	Positions         int          // holdings of collateral among them
}

// Position is a view of one position at the current mark.
type Position struct {
	Size              market.Qty
	Mode              MarginMode
	Leverage          market.Rate
	EntryPrice        market.Price // cost / size
	Cost              market.Quote
	Margin            market.Quote // isolated margin less pending funding; 0 for cross
	UnrealizedPnL     market.Quote // of collateral by what it counts, haircut off
	MaintenanceMargin market.Quote
}
