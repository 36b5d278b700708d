package replay

import (
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// Options say what to replay and who listens.
type Options struct {
	Scenario  *scenario.Scenario
	Catalog   *columnar.Catalog
	Registry  *strategy.Registry // nil: the built-in rules
	Rulebook  *venue.Rulebook
	Positions *PositionList                           // the file of crowd.file
	Workers   int                                     // goroutines that decode ahead; below 1 means 1. The result does not depend on it.
	Progress  func(done, total int64, at market.Time) // bars; called now and then, may be nil
	Recorder  Recorder                                // may be nil
	Memory    *Memory                                 // of Catalog, shared by runs that replay the same bars; may be nil
}

// Recorder receives what happens, in a deterministic order, and changes nothing. Pointers are valid during the call only.
type Recorder interface {
	Event(*risk.Event) error
	Step(*Step) error
	Account(*AccountRow) error // by ascending id, after the last tick
}

// Step is one instrument after one tick that moved it, or in which something of it was liquidated: a cross account
// falls with all of its positions. Prices and phase are then the latest. Steps add up to what the events say.
type Step struct {
	Time              market.Time
	Phase             uint8 // 0 open, 1 first extreme, 2 second extreme, 3 close; a bridge has more
	Instrument        market.InstrumentID
	Mark, Last        market.Price
	FundingRate       market.Rate  // last settled
	OpenInterest      market.Qty   // of the simulated book
	LongLiquidated    market.Quote // notional of this tick
	ShortLiquidated   market.Quote
	LiquidationEvents int32
	ADLNotional       market.Quote
	Fund              market.Quote // insurance fund after the tick
	Displacement      market.Rate  // of mark and last price from the data's, where orders move prices; else 0
}

// Outcomes of an account.
const (
	OutcomeOpen        = "open"        // still open when the window ended, valued at mark
	OutcomeClosed      = "closed"      // a timed exit
	OutcomeStopped     = "stopped"     //
	OutcomeTakeProfit  = "take_profit" //
	OutcomeLiquidated  = "liquidated"  //
	OutcomeDeleveraged = "deleveraged" // closed whole by auto-deleveraging
	OutcomeRefused     = "refused"     // the exchange did not accept the entry; a result, not an error
)

// Crowd is the group of all crowd accounts, and the Setup of their rows.
const (
	CrowdGroup       = "crowd"
	CrowdSetup int32 = -1
)

// AccountRow is one account's whole story. Where a cross account has several positions, the position fields are those
// of its first, and the outcome is the worst that happened to it: liquidated before deleveraged before stopped.
type AccountRow struct {
	ID            risk.AccountID // numbers rows; refused probes have an account too
	Group, Rule   string
	Setup         int32 // the entry's number: rows of one Setup are pairs; CrowdSetup for the crowd
	Symbol        string
	Side          market.Side
	Mode          risk.MarginMode
	Leverage      market.Rate
	EntryTime     market.Time
	EntryPrice    market.Price
	Size          market.Qty   // > 0
	Deposit       market.Quote // equity before the entry
	Margin        market.Quote // isolated margin, or the initial margin of a cross position
	StopPrice     market.Price // as first placed; 0 without a stop
	Outcome       string
	OutcomeTime   market.Time  // 0 while open
	OutcomePrice  market.Price // 0 while open
	PnL           market.Quote // final equity less Deposit, after Fees and Funding
	Fees, Funding market.Quote // paid by the account
	Refusal       string       // the rule that refused it
}

// Result is what a run amounted to, beside what the recorder received.
type Result struct {
	Instruments []market.Instrument // ordered by symbol; an InstrumentID is an index into it
	From, To    market.Time
	Ticks       int64 // moments
	Candles     int64 // bars
	Market      []InstrumentMarket
	Notes       []string // what was used for whom, what the window lacks, what was assumed

	FundOpening, FundClosing, FundLow market.Quote
	FundLowTime                       market.Time
	FundInflow, FundOutflow           market.Quote
	Totals                            risk.Totals
	Ledger                            risk.Ledger
	RoundsMax                         int32
	Groups                            []string // in the order of the scenario, the crowd last
	Rules                             []string // in the order of the scenario
	Pairs                             []scenario.Comparison
	Setups                            int
	Crowd                             *CrowdCounts // nil without a crowd
	Hedges                            *HedgeCounts // nil without hedged accounts
	Deleveraging                      *Deleveraging
	Envelope                          *EnvelopeResult // only for intrabar: envelope
	Inventory                         *Inventory      // only where execution.participation bounds the liquidation engine
	Impact                            *Impact         // only for prices.mode: feedback and counterfactual
	Assets                            []AssetMarket   // of collateral, ordered by symbol; their ids follow the instruments'
}

// InstrumentMarket is what happened to one instrument's last price.
type InstrumentMarket struct {
	Symbol                 string
	Open, High, Low, Close market.Price
	LowTime                market.Time // of the bar
	Interval               market.Interval
	MarkSource             string // what the mark price was taken from
	Bars                   int64
	DepthFirst, DepthLeast market.Quote // resting notional within one percent, of the bid side; 0 where the data has none
}

// EnvelopeResult says how much the verdicts depend on the path inside the bars, which candles do not tell. The
// accounts' rows are those of nearest_first.
type EnvelopeResult struct {
	Policies []string
	Groups   []EnvelopeGroup
}

// EnvelopeGroup counts a group's accounts by how their outcome depends on the path. Those that were refused under every
// policy are left out.
type EnvelopeGroup struct {
	Name       string
	Accounts   int
	Liquidated []int // per policy
	Differ     int   // accounts whose outcome is not the same under every policy
}
