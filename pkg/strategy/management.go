package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Management decides what happens to a position after its entry. A rule may have several.
type Management interface {
	// Attend begins to manage the position that a plan opens. It holds what belongs to this position only.
	Attend(c *Context, p *Plan) (Attendant, error)
}

// Attendant manages one position. It is called when something happens that concerns the position or that it asked for,
// never merely because a price moved, and answers with actions, which are carried out in their order.
type Attendant interface {
	On(o *Occasion) ([]Action, error)
}

// Occasion is what an Attendant is told. It is valid during the call only.
type Occasion struct {
	Kind   OccasionKind
	Time   market.Time
	Tag    int          // of the request that is answered
	Price  market.Price // of the fill; of a wake-up, the price that was reached
	Mark   market.Price // now
	Last   market.Price
	How    Ending       // of Closed
	Wallet market.Quote // free, without isolated margins
	Equity market.Quote // of the whole account at mark
	// Position is what is left of the position; zero after it was closed.
	Position Holding
	Context  *Context // what is known now: bars, the average true range, the venue
}

// Holding is an open position.
type Holding struct {
	Size             market.Qty   // signed
	EntryPrice       market.Price // average
	Leverage         market.Rate
	Margin           market.Quote // isolated, without pending funding
	LiquidationPrice market.Price // 0: no price liquidates it, or it is cross and that depends on the account
}

// OccasionKind says what happened.
type OccasionKind uint8

// The occasions. Every attendant of an account hears of Opened, Added, Reduced and Closed; the rest only if it asked.
const (
	Opened         OccasionKind = iota // the entry was filled; also a re-entry
	Added                              // an order added to the position
	Reduced                            // a part of the position was closed
	Closed                             // nothing is left of it
	PriceReached                       // WakeAtPrice
	TimeReached                        // WakeAtTime
	FundingSettled                     // WakeAtFunding, once for each request
)

var occasionNames = [...]string{"opened", "added", "reduced", "closed", "price", "time", "funding"}

// String prints the occasion as scripts name it.
func (k OccasionKind) String() string { return occasionNames[int(k)%len(occasionNames)] }

// Ending says how a position was closed.
type Ending uint8

// The endings.
const (
	EndedByExit Ending = iota // at market: a timed exit, or an action
	EndedByStop
	EndedByTakeProfit
	EndedByLiquidation
	EndedByADL
)

var endingNames = [...]string{"exit", "stop", "take_profit", "liquidation", "adl"}

// String prints the ending as scripts name it.
func (e Ending) String() string { return endingNames[int(e)%len(endingNames)] }

// Action is what an Attendant wants done. Which fields count depends on Kind.
type Action struct {
	Kind   ActionKind
	Tag    int
	Watch  Watch
	Price  market.Price
	Time   market.Time
	Size   market.Qty // > 0
	Amount market.Quote
	Symbol string
	Ratio  market.Rate
}

// ActionKind says what is to be done.
type ActionKind uint8

// The actions. What the exchange does not accept is not done and counted in the notes of the run.
const (
	// WakeAtPrice asks for PriceReached when Watch reaches Price, from whichever side it is on now.
	WakeAtPrice ActionKind = iota
	// WakeAtTime asks for TimeReached at the first tick at or after Time.
	WakeAtTime
	// WakeAtFunding asks for FundingSettled at the instrument's next settlement.
	WakeAtFunding
	// AddAt rests a limit order of Size, on the position's side, that fills at Price when the last price reaches it.
	AddAt
	// AddNow adds Size at market.
	AddNow
	// Reduce closes Size of the position at market, at most all of it.
	Reduce
	// CloseOut closes the position at market.
	CloseOut
	// MoveStop replaces the stop by one at Price that watches Watch.
	MoveStop
	// MoveTakeProfit replaces the take-profit by one at Price that watches Watch.
	MoveTakeProfit
	// TopUp moves Amount from the wallet to the isolated margin.
	TopUp
	// Reenter opens the rule's position again, planned anew at the present price; only after Closed.
	Reenter
	// Hedge opens the opposite side in Symbol for Ratio times the position's notional. It is closed with the position.
	Hedge
)

var actionNames = [...]string{"wake_at_price", "wake_at_time", "wake_at_funding", "add_at", "add", "reduce", "close", "move_stop", "move_take_profit", "top_up", "reenter", "hedge"}

// String prints the action as scripts name it.
func (k ActionKind) String() string { return actionNames[int(k)%len(actionNames)] }
