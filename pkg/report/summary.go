package report

import (
	"encoding/json"
	"fmt"
)

// SummarySchema is the version that summary.json names.
const SummarySchema = "backtest/summary/v1"

// Summary is summary.json: money and prices as decimal strings, statistics as numbers (null where there is none), times
// in RFC 3339 UTC. It is extended by adding only.
type Summary struct {
	Schema          string              `json:"schema"`
	Scenario        ScenarioInfo        `json:"scenario"`
	Data            DataInfo            `json:"data"`
	Rulebook        RulebookInfo        `json:"rulebook"`
	Market          MarketSummary       `json:"market"`
	Liquidations    Liquidations        `json:"liquidations"`
	InsuranceFund   FundSummary         `json:"insurance_fund"`
	OpenInterest    OpenInterestSummary `json:"open_interest"`
	ADL             ADLSummary          `json:"adl"`
	Socialized      string              `json:"socialized_loss"`
	FundingPaid     string              `json:"funding_paid"`     // by traders to the rest of the market, net
	Fees            string              `json:"fees"`             // of trades within the window, to the exchange
	LiquidationFees string              `json:"liquidation_fees"` // to the insurance fund; groups' fees are both
	Ledger          LedgerSummary       `json:"ledger"`
	Crowd           *CrowdInfo          `json:"crowd,omitempty"`
	Setups          int                 `json:"setups"` // entries offered to every rule; the exchange may refuse some of them to some
	Groups          []Group             `json:"groups"`
	ByLeverage      []LeverageRow       `json:"liquidation_by_leverage"`
	Comparisons     []Comparison        `json:"comparisons"`
	Experiments     []Experiment        `json:"experiments,omitempty"` // at most one
	Expectations    []Expectation       `json:"expectations"`
	Envelope        *Envelope           `json:"envelope,omitempty"`
	Impact          *Impact             `json:"impact,omitempty"`     // where orders move prices
	Collateral      *Collateral         `json:"collateral,omitempty"` // where accounts may hold assets
	LargestEvents   []LargestEvent      `json:"largest_events"`
	Assumptions     []string            `json:"assumptions"`
	Unsourced       []string            `json:"unsourced"` // fields of the rulebook without a source
}

// ScenarioInfo says what was run.
type ScenarioInfo struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	From        string `json:"from"`
	To          string `json:"to"`
	Seed        uint64 `json:"seed"`
	PriceMode   string `json:"price_mode"`
	Intrabar    string `json:"intrabar"`
	Venue       string `json:"venue"`
	SHA256      string `json:"sha256"`
}

// DataInfo says what it was run on.
type DataInfo struct {
	Name       string `json:"name"`
	Title      string `json:"title,omitempty"`
	Provenance string `json:"provenance"` // "reconstructed" for data made from published points
	Series     int    `json:"series"`
}

// Reconstructed reports whether the prices are made, not recorded.
func (d DataInfo) Reconstructed() bool { return d.Provenance == "reconstructed" }

// MarketSummary is what prices did.
type MarketSummary struct {
	Ticks       int64              `json:"ticks"`
	Candles     int64              `json:"candles"`
	Instruments []InstrumentMarket `json:"instruments"`
}

// InstrumentMarket is one instrument's last price over the window.
type InstrumentMarket struct {
	Symbol     string `json:"symbol"`
	Open       string `json:"open"`
	High       string `json:"high"`
	Low        string `json:"low"`
	LowTime    string `json:"low_time"` // of the bar
	Close      string `json:"close"`
	Interval   string `json:"interval"`
	MarkSource string `json:"mark_source"`
	Bars       int64  `json:"bars"`
	Fall       Number `json:"fall"`       // low / open - 1
	DepthFall  Number `json:"depth_fall"` // of the resting notional within 1%: 1 - least/first; null where the data has none
}

// Liquidations counts positions that the exchange closed: events of kind liquidation and takeover.
type Liquidations struct {
	Accounts int `json:"accounts"` // that had at least one
	Flow
	ByInstrument []InstrumentFlow `json:"by_instrument"`
	ByGroup      []GroupFlow      `json:"by_group"`
	ByMinute     []MinuteFlow     `json:"by_minute"` // of all groups; minutes without liquidations are left out
	RoundsMax    int32            `json:"rounds_max"`
	Timing       Timing           `json:"timing"`
	ByWindow     []WindowFlow     `json:"by_window"` // of statistics.windows
	// TakeoverShare is the part of the notional that the exchange took over at the bankruptcy price instead of selling it for
	// the account.
	TakeoverShare Number `json:"takeover_share"`
}

// Flow is what was liquidated.
type Flow struct {
	Events        int64  `json:"events"`
	Notional      string `json:"notional"`
	LongNotional  string `json:"long_notional"`
	ShortNotional string `json:"short_notional"`
	LongShare     Number `json:"long_share"` // of notional
}

// InstrumentFlow is what was liquidated of one instrument.
type InstrumentFlow struct {
	Symbol string `json:"symbol"`
	Flow
	Share Number `json:"share"` // of all liquidated notional
}

// GroupFlow is what was liquidated of one group of accounts.
type GroupFlow struct {
	Group    string `json:"group"`
	Accounts int    `json:"accounts"`
	Flow
	Notionals  Concentration `json:"notional_by_account"` // liquidated notional of the accounts that had any
	LongLosses Concentration `json:"long_losses"`         // realized losses of liquidated long positions, one figure an account and instrument
}

// MinuteFlow is what was liquidated within a minute.
type MinuteFlow struct {
	Time          string `json:"time"`
	LongNotional  string `json:"long_notional"`
	ShortNotional string `json:"short_notional"`
}

// FundSummary is the insurance fund's account.
type FundSummary struct {
	Opening string `json:"opening"`
	Inflow  string `json:"inflow"`
	Outflow string `json:"outflow"`
	Closing string `json:"closing"`
	Low     string `json:"low"`
	LowTime string `json:"low_time"`
	Used    string `json:"used"`       // opening less closing; negative where the fund gained
	UsedOf  Number `json:"used_share"` // of the opening balance
	// Inventory is what the liquidation engine carried, where execution.participation bounds it.
	Inventory *Inventory `json:"inventory,omitempty"`
}

// LedgerSummary is the trial balance; Imbalance is "0", always.
type LedgerSummary struct {
	OpeningTotal  string `json:"opening_total"`
	ClosingTotal  string `json:"closing_total"`
	ExternalFlows string `json:"external_flows"`
	Imbalance     string `json:"imbalance"`
}

// Interval is an estimate between its bounds.
type Interval struct {
	Estimate Number `json:"estimate"`
	Low      Number `json:"low"`
	High     Number `json:"high"`
	Level    Number `json:"level"`
	Method   string `json:"method"`
}

// Group is what became of one group of accounts. Probabilities are of the accounts that had a position: refused
// entries are left out of them, and of the statistics of P&L.
type Group struct {
	Name                   string            `json:"name"`
	Accounts               int               `json:"accounts"`
	Refused                int               `json:"refused"`
	Liquidated             int               `json:"liquidated"`
	Stopped                int               `json:"stopped"`
	Deleveraged            int               `json:"deleveraged"`
	Outcomes               []OutcomeCount    `json:"outcomes"`
	LiquidationProbability Interval          `json:"liquidation_probability"`
	PnL                    PnL               `json:"pnl"`
	Return                 Quantiles         `json:"return"`   // P&L over deposit
	Deposits               string            `json:"deposits"` // of the accounts that had a position
	Fees                   string            `json:"fees"`
	Funding                string            `json:"funding"`
	LossGini               Number            `json:"loss_gini"` // concentration of losses over the accounts that lost
	TimeToLiquidation      TimeToLiquidation `json:"time_to_liquidation"`
	Survival               *GroupSurvival    `json:"survival,omitempty"`   // of runs; sweeps do not estimate it
	Excursions             *Excursions       `json:"excursions,omitempty"` // of rules, not of the crowd
}

// OutcomeCount is how many accounts ended in one way.
type OutcomeCount struct {
	Outcome  string `json:"outcome"`
	Accounts int    `json:"accounts"`
}

// PnL are statistics of final equity less deposit, after fees and funding, in quote currency; Total is exact.
// ExpectedShortfall is the mean of the worst twentieth in the same sign: negative is a loss. The crowd's includes what its
// positions had gained or lost before the replay.
type PnL struct {
	Mean              Number `json:"mean"`
	Median            Number `json:"median"`
	P05               Number `json:"p05"`
	P95               Number `json:"p95"`
	ExpectedShortfall Number `json:"expected_shortfall_95"`
	Total             string `json:"total"`
}

// Quantiles describe a distribution; type 7 of Hyndman and Fan.
type Quantiles struct {
	P05    Number `json:"p05"`
	P25    Number `json:"p25"`
	Median Number `json:"median"`
	P75    Number `json:"p75"`
	P95    Number `json:"p95"`
}

// TimeToLiquidation is over the accounts that were liquidated, from their entry. The crowd's positions are from before the
// replay: its times count from when the account is opened in it, which is the replay's start.
type TimeToLiquidation struct {
	MedianSeconds Number `json:"median_seconds"`
}

// LeverageRow is the liquidation probability of accounts of one leverage. Leverages that are not whole are rounded up.
// Rules of one leverage share their setups, so the interval is over distinct setups, not over accounts.
type LeverageRow struct {
	Population  string   `json:"population"` // "probes" or "crowd"
	Leverage    int      `json:"leverage"`   // the highest of the row
	Stop        bool     `json:"stop"`
	Accounts    int      `json:"accounts"`
	Setups      int      `json:"setups"` // distinct; of the crowd, its accounts
	Liquidated  int      `json:"liquidated"`
	Probability Interval `json:"liquidation_probability"`
}

// Comparison is the difference A - B of two rules over the setups that both entered.
type Comparison struct {
	A           string            `json:"a"`
	B           string            `json:"b"`
	Pairs       int               `json:"pairs"`
	Metrics     map[string]Metric `json:"metrics"`
	Transitions []Transition      `json:"transitions"`
	// LiquidationsAvoided counts pairs that only B lost to liquidation, LiquidationsAdded those that only A did.
	LiquidationsAvoided int `json:"liquidations_avoided"`
	LiquidationsAdded   int `json:"liquidations_added"`
	// WinnersCut counts pairs that B ended with a profit and A stopped with less.
	WinnersCut int `json:"winners_cut"`
}

// Metrics of a comparison.
const (
	MetricLiquidationProbability = "liquidation_probability"
	MetricPnLMean                = "pnl_mean"
	MetricPnLMedian              = "pnl_median"
	MetricExpectedShortfall      = "expected_shortfall_95"
)

// Metric is the difference of one statistic between two rules.
type Metric struct {
	Difference Number  `json:"difference"`
	Low        Number  `json:"low"`
	High       Number  `json:"high"`
	Level      Number  `json:"level"`
	Method     string  `json:"method"`
	A          Number  `json:"a"`
	B          Number  `json:"b"`
	PValue     *Number `json:"p_value,omitempty"` // McNemar's exact test, of the liquidation probability only; null without pairs
	// PAdjusted is PValue after Holm's correction for all tests of the same summary or comparison of runs.
	PAdjusted *Number `json:"p_adjusted,omitempty"`
}

// UnmarshalJSON implements json.Unmarshaler; a p-value of null, which is one without pairs, is told from none at all.
func (m *Metric) UnmarshalJSON(text []byte) error {
	type fields Metric
	read := struct {
		*fields
		PValue    json.RawMessage `json:"p_value"`
		PAdjusted json.RawMessage `json:"p_adjusted"`
	}{fields: (*fields)(m)}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	for _, p := range []struct {
		text json.RawMessage
		to   **Number
	}{{read.PValue, &m.PValue}, {read.PAdjusted, &m.PAdjusted}} {
		if p.text == nil {
			continue
		}
		*p.to = new(Number)
		if err := json.Unmarshal(p.text, *p.to); err != nil {
			return err
		}
	}
	return nil
}

// Transition counts the pairs that ended one way under A and another under B.
type Transition struct {
	A              string `json:"a"`
	B              string `json:"b"`
	Pairs          int    `json:"pairs"`
	MeanDifference Number `json:"mean_difference"` // of P&L, A - B
}

// Expectation compares a metric with a published figure. It informs and fails nothing.
type Expectation struct {
	Metric  string `json:"metric"`
	Value   Number `json:"value"` // null where the run has no such metric
	Low     Number `json:"low"`
	High    Number `json:"high"`
	Within  bool   `json:"within"`
	Fitted  bool   `json:"fitted"` // parameters of the scenario were fitted to it
	Source  string `json:"source"`
	Quality string `json:"quality,omitempty"`
	Note    string `json:"note,omitempty"`
}

// Envelope says how much the verdicts depend on the path inside the bars.
type Envelope struct {
	Policies []string        `json:"policies"`
	Groups   []EnvelopeGroup `json:"groups"`
}

// EnvelopeGroup is one group's part of it; Liquidated has one count a policy.
type EnvelopeGroup struct {
	Name       string `json:"name"`
	Accounts   int    `json:"accounts"`
	Liquidated []int  `json:"liquidated"`
	Differ     int    `json:"differ"`
}

// LargestEvent is one of the largest forced closes.
type LargestEvent struct {
	Time     string `json:"time"`
	Sequence int64  `json:"sequence"`
	Kind     string `json:"kind"`
	Account  int64  `json:"account"`
	Group    string `json:"group"`
	Symbol   string `json:"symbol"`
	Side     string `json:"side"`
	Size     string `json:"size"`
	Price    string `json:"price"`
	Mark     string `json:"mark_price"`
	Notional string `json:"notional"`
	PnL      string `json:"realized_pnl"`
}

// JSON returns the summary as summary.json holds it.
func (s *Summary) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	return append(b, '\n'), nil
}
