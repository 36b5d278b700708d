// Package scenario reads the files that describe a run: which data, which window, which venue, how prices become
// ticks, who trades (a crowd and the rules under test), and what is compared.
//
// A file is YAML. Unknown keys are refused with line, column and the nearest known key; values are checked before
// anything runs, and an error names the place and the remedy. Canonical is the file with every default written out;
// Hash identifies it.
package scenario

import "github.com/liquidation-lab/backtest/pkg/market"

// Schema is the version that a scenario file names.
const Schema = "backtest/scenario/v1"

// Scenario describes one run completely, together with the data and the rulebook that it names.
type Scenario struct {
	Schema      string `yaml:"schema"`
	Name        string `yaml:"name"`
	Title       string `yaml:"title"`
	Description string `yaml:"description,omitempty"`

	Data   string `yaml:"data,omitempty"` // name of a data set that ships with the program
	Window Window `yaml:"window"`         // empty: all that the data has
	// Over names stretches of history on which the scenario is run one after the other, in place of Data and Window.
	Over  []Episode `yaml:"over,omitempty"`
	Venue string    `yaml:"venue"` // rulebook, such as binance/2025-10
	// Rules change the rulebook for this run: a policy, a parameter, or a lever such as max_leverage (venue.Rulebook.Change).
	Rules       map[string]string `yaml:"rules,omitempty"`
	Instruments []string          `yaml:"instruments,omitempty"` // symbols; empty: all that data and rulebook have
	Seed        uint64            `yaml:"seed"`

	Prices        Prices        `yaml:"prices"`
	Execution     Execution     `yaml:"execution"`
	InsuranceFund InsuranceFund `yaml:"insurance_fund"`

	Counterfactual *Counterfactual `yaml:"counterfactual,omitempty"` // what is altered in mode counterfactual
	Contagion      *Contagion      `yaml:"contagion,omitempty"`      // several venues under one clock

	Outages      []Outage      `yaml:"outages,omitempty"`
	Collateral   *Collateral   `yaml:"collateral,omitempty"` // assets beside quote currency
	Crowd        *Crowd        `yaml:"crowd,omitempty"`
	Probes       *Probes       `yaml:"probes,omitempty"`
	Paths        *Paths        `yaml:"paths,omitempty"` // synthetic paths in the place of history
	Events       Events        `yaml:"events"`
	Comparisons  Comparisons   `yaml:"comparisons"`
	Expectations []Expectation `yaml:"expectations,omitempty"`
	Statistics   Statistics    `yaml:"statistics"`

	source source // where values stand in the file, for errors
}

// Window is the time that is replayed: ticks with From <= time < To. Zero means the data's own end.
type Window struct {
	From market.Time `yaml:"from,omitempty"`
	To   market.Time `yaml:"to,omitempty"`
}

// Prices says how bars become ticks.
type Prices struct {
	Mode     string `yaml:"mode"`     // history, feedback, counterfactual; docs/adr/0005-price-modes.md
	Intrabar string `yaml:"intrabar"` // nearest_first, low_first, high_first, bridge, envelope
	Mark     string `yaml:"mark"`     // auto: the mark series where the data has one; last: always the last price
	// Step is the largest move of a price between two ticks inside a bar, as a share of the price: larger ones are
	// walked in steps, at most one a second, as venues publish mark prices. 0 jumps from extreme to extreme.
	Step market.Rate `yaml:"step"`
	// Feedback says how forced orders move prices in the modes feedback and counterfactual.
	Feedback *Feedback `yaml:"feedback,omitempty"`
}

// InsuranceFund is the fund's balance before the first tick and the balance that it never goes below.
type InsuranceFund struct {
	Opening market.Quote `yaml:"opening"`
	Floor   market.Quote `yaml:"floor"`
}

// Crowd is the leveraged market around the rules under test: accounts drawn from distributions and scaled to the
// open interest of the data.
type Crowd struct {
	Accounts          int               `yaml:"accounts"`
	File              string            `yaml:"file,omitempty"`          // positions instead of draws
	OpenInterestShare float64           `yaml:"open_interest_share"`     // part of the data's open interest that the side with more accounts holds, 0 < share <= 1; the other side less, in the ratio of accounts
	ByInstrument      []InstrumentShare `yaml:"by_instrument,omitempty"` // other shares of single instruments
	Leverage          []LeverageWeight  `yaml:"leverage"`
	LeverageTilt      LeverageTilt      `yaml:"leverage_tilt,omitempty"`
	LeverageBySize    float64           `yaml:"leverage_by_size,omitempty"` // a notional above the median multiplies leverage by (notional/median) to this power, -1 to 0, down to 1x
	Notional          Notional          `yaml:"notional"`
	LongShare         float64           `yaml:"long_share"`               // of accounts
	CrossShare        float64           `yaml:"cross_share"`              // of accounts
	CrossPositions    int               `yaml:"cross_positions"`          // positions of a cross account
	Positions         []PositionsWeight `yaml:"positions,omitempty"`      // instead of cross_positions: a distribution
	SideAgreement     float64           `yaml:"side_agreement,omitempty"` // chance that a further position of an account takes the side of its first
	SizeAgreement     float64           `yaml:"size_agreement,omitempty"` // chance that a further position of an account has the notional of its first
	Hedged            *CrowdHedged      `yaml:"hedged,omitempty"`
	Entry             CrowdEntry        `yaml:"entry"`
	Stop              CrowdStop         `yaml:"stop"`
	Collateral        *CrowdCollateral  `yaml:"collateral,omitempty"`
	Seed              uint64            `yaml:"seed,omitempty"` // of its draws; absent: the scenario's
}

// LeverageWeight gives a leverage its relative frequency.
type LeverageWeight struct {
	Leverage market.Rate `yaml:"leverage"` // 10x is 10e8
	Weight   float64     `yaml:"weight"`
}

// Notional is the distribution of position sizes in quote: log-normal below the median, with a Pareto tail of exponent
// Tail above it, cut at Min and Max.
type Notional struct {
	Median market.Quote `yaml:"median"`
	Tail   float64      `yaml:"tail"`
	Min    market.Quote `yaml:"min"`
	Max    market.Quote `yaml:"max"`
}

// CrowdEntry says where entry prices come from: drawn from the bars of the look-back before the window, each weighted
// by its traded volume. Where the data does not reach back before the window, the first Hours of the window stand in.
type CrowdEntry struct {
	LookBack Duration `yaml:"look_back"`
	Hours    Duration `yaml:"hours"`
}

// CrowdStop gives a share of the accounts a stop at a distance from entry, which may be drawn from a distribution.
type CrowdStop struct {
	Share     float64          `yaml:"share"`
	Distance  market.Rate      `yaml:"distance"`
	Distances []DistanceWeight `yaml:"distances,omitempty"` // instead of distance
}

// Probes are the rules under test and the moments at which each of them enters.
type Probes struct {
	Entries Part    `yaml:"entries"` // kind: random, at, every, list
	Rules   []Rule  `yaml:"rules,omitempty"`
	Factors *Factor `yaml:"factors,omitempty"` // expands to rules; Expand has all
	// Experiment expands to rules too, one for each cell, and is reported by effects.
	Experiment *Experiment `yaml:"experiment,omitempty"`
}

// Rule is one way to trade an entry. Every rule takes every entry.
type Rule struct {
	Name       string       `yaml:"name,omitempty"`                      // every rule of a list has one
	Group      string       `yaml:"group,omitempty"`                     // in the report; default: Name
	Equity     market.Quote `yaml:"equity"`                              // of the account before the entry
	Sizing     Part         `yaml:"sizing"`                              // kind: fixed_notional, fixed_fraction, risk
	Leverage   Part         `yaml:"leverage" short:"fixed.leverage"`     // a number, or kind: fixed, liquidation_distance
	Margin     string       `yaml:"margin"`                              // isolated, cross
	Stop       Part         `yaml:"stop" short:"percent.percent"`        // none, a percentage, or kind: percent, atr, trailing
	TakeProfit Part         `yaml:"take_profit" short:"percent.percent"` // none, a percentage, or kind: percent
	Hold       Duration     `yaml:"hold,omitempty"`                      // closes at market after this time; 0: until the window ends
	Manage     []Part       `yaml:"manage,omitempty"`                    // what is done with a position after its entry
	EquityMode string       `yaml:"equity_mode,omitempty"`               // independent (default): every setup has an account of its own; sequential: one equity for all
	// Collateral is what of the equity is held as an asset; only with margin cross.
	Collateral *RuleCollateral `yaml:"collateral,omitempty"`
}

// Factor is a full grid of rules: each leverage with each stop. Rules of one leverage are twins. A parameter of the
// sizing that is the word leverage takes the rule's: {kind: fixed_fraction, fraction: 90%, exposure: leverage}.
type Factor struct {
	Equity     market.Quote    `yaml:"equity"`
	Sizing     Part            `yaml:"sizing"`
	Leverage   []market.Rate   `yaml:"leverage"`
	Stop       []Part          `yaml:"stop" short:"percent.percent"`
	TakeProfit Part            `yaml:"take_profit" short:"percent.percent"`
	Margin     string          `yaml:"margin"`
	Hold       Duration        `yaml:"hold,omitempty"`
	Manage     []Part          `yaml:"manage,omitempty"`
	EquityMode string          `yaml:"equity_mode,omitempty"`
	Collateral *RuleCollateral `yaml:"collateral,omitempty"`
}

// Part is a replaceable piece of a rule: the name under which it is registered, and its parameters as written.
// A number is short for the kind that the place says: a stop of 2% for {kind: percent, percent: 2%}.
type Part struct {
	Kind   string
	Params map[string]string
}

// Comparisons are pairs of rules. Auto compares every rule that has a stop with its twin without one.
type Comparisons struct {
	Auto  bool         `yaml:"auto"`
	Pairs []Comparison `yaml:"pairs,omitempty"`
}

// Comparison is the difference a - b over the entries that both rules took.
type Comparison struct {
	A string `yaml:"a"`
	B string `yaml:"b"`
}

// Expectation is a published figure with which a metric of the summary is compared. It informs; it fails no run.
type Expectation struct {
	Metric  string  `yaml:"metric"`
	Low     float64 `yaml:"low"`
	High    float64 `yaml:"high"`
	Source  string  `yaml:"source"`
	Quality string  `yaml:"quality,omitempty"` // A (primary) to D
	Fitted  bool    `yaml:"fitted,omitempty"`  // parameters of the scenario were fitted to it: it is no test of them
	Note    string  `yaml:"note,omitempty"`    // what differs between the figure's coverage and the run's
}

// Events says what events.parquet lists beyond trades and liquidations.
type Events struct {
	// Funding lists every payment of funding by every account, when it is paid: at a position's next change or at the
	// end. There is one for each position, so that a run with many accounts grows.
	Funding bool `yaml:"funding"`
}

// Statistics are the settings of intervals.
type Statistics struct {
	Level     float64 `yaml:"level"`     // 0.95
	Resamples int     `yaml:"resamples"` // of the bootstrap
	// Windows are spans of time whose liquidations the summary adds up by name.
	Windows []StatisticsWindow `yaml:"windows,omitempty"`
}

// StatisticsWindow is a named span of time, From <= time < To, in whole minutes.
type StatisticsWindow struct {
	Name string      `yaml:"name"`
	From market.Time `yaml:"from"`
	To   market.Time `yaml:"to"`
}

// Duration is a length of time in milliseconds, written 90s, 5m, 8h or 2d.
type Duration market.Time
