package risk

import "github.com/liquidation-lab/backtest/pkg/market"

// AccountID numbers accounts from 0 in the order in which they were added.
type AccountID int32

// TheExchange is the account of events that concern no trader: what the insurance fund sold, socialized loss.
const TheExchange AccountID = -1

// Kind says what happened.
type Kind uint8

// The kinds of events. A position that the exchange takes over at its bankruptcy price is one Takeover of the trader,
// followed by the Insurance, ADL and SocializedLoss events that say where its size went.
const (
	Entry Kind = iota
	Add
	Close
	Stop
	TakeProfit
	Liquidation
	Takeover
	Insurance
	ADL
	SocializedLoss
	Funding
	kindCount
)

var kindNames = [kindCount]string{"entry", "add", "close", "stop", "take_profit", "liquidation", "takeover", "insurance",
	"adl", "socialized_loss", "funding"}

// String prints the kind as events.parquet does.
func (k Kind) String() string { return kindNames[k] }

// KindNames lists all kinds in their order.
func KindNames() []string { return append([]string(nil), kindNames[:]...) }

// counted is the price of the event's notional: a bankruptcy price of 0 or below, which no book has, gives way to the mark.
func (e *Event) counted() market.Price {
	if e.Price <= 0 {
		return e.Mark
	}
	return e.Price
}

// Event is one thing that happened. It is complete when it is handed out and never changes.
type Event struct {
	Time        market.Time
	Sequence    int64 // 0, 1, 2, ... over the run
	Round       int32 // liquidation round within the tick, from 1; 0 outside, and of what becomes of carried inventory before them
	Kind        Kind
	Side        market.Side // of the position that the event opens, reduces or takes over
	Instrument  market.InstrumentID
	Account     AccountID
	Size        market.Qty // > 0; for Funding the position's size
	Price       market.Price
	Mark        market.Price
	Notional    market.Quote // size times price, rounded up; at a bankruptcy price of 0 or below size times mark
	RealizedPnL market.Quote // of Account, before Fee; of the fund for Insurance; negative loss for SocializedLoss
	Fee         market.Quote // paid by Account, to fee income or, for Liquidation, to the insurance fund, with what remainder: fund takes
	FundDelta   market.Quote // change of the insurance fund
	Deficit     market.Quote // of ADL and SocializedLoss sales: cash paid for the inventory's part less its value at mark, signed (docs/MODEL.md section 17)
	BookDeficit market.Quote // likewise less what the book would have brought, as one order of all that went to ADL with it
	Book        bool         // the size was traded with the order book; of Insurance and SocializedLoss: sold there, not a gap in money
	Exempt      bool         // concerns an account that Options.Exempt names, or what was taken over from such accounts alone
}
