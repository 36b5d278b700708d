package report

import (
	"encoding/json"
	"fmt"
)

// MonteCarloSchema is the version that montecarlo.json names.
const MonteCarloSchema = "backtest/montecarlo/v1"

// Files of a directory of many paths.
const (
	PathsFile          = "paths.parquet"
	MonteCarloFile     = "montecarlo.json"
	MonteCarloHTMLFile = "montecarlo.html"
)

// MetricDrawdown is a metric of paths beside those of comparisons: the deepest fall of a rule's realized profit and loss.
const MetricDrawdown = "drawdown"

// MonteCarlo is montecarlo.json: what became of each rule over many paths. A path gives one figure, since paths are
// independent of one another and the entries of one path are not. Money is in quote; statistics are numbers or null. It is
// extended by adding only.
type MonteCarlo struct {
	Schema      string           `json:"schema"`
	Scenario    ScenarioInfo     `json:"scenario"`
	Data        DataInfo         `json:"data"`
	Rulebook    RulebookInfo     `json:"rulebook"`
	Paths       PathsInfo        `json:"paths"`
	Setups      int              `json:"setups"`      // entries that every rule takes, in history
	Own         bool             `json:"own_entries"` // entries look at prices or funding: every path has its own
	Rules       []PathRule       `json:"rules"`
	Comparisons []PathComparison `json:"comparisons"`
	Notes       []string         `json:"notes"`
}

// PathsInfo says what paths were made.
type PathsInfo struct {
	Count     int    `json:"count"`
	Kind      string `json:"kind"`
	Crowd     bool   `json:"crowd"`
	Precision Number `json:"precision"` // half width wanted: of a probability, and of amounts as a share of the rule's equity
}

// PathRule is one rule, or the crowd, over the paths.
type PathRule struct {
	Name    string                  `json:"name"`
	Equity  string                  `json:"equity,omitempty"` // of an account before its entry; absent for the crowd
	Paths   int                     `json:"paths"`            // with an entry that the exchange accepted
	Entries int64                   `json:"entries"`          // accepted, over all paths
	Refused int64                   `json:"refused"`
	Ruinous int                     `json:"paths_with_liquidation"`
	Losing  Interval                `json:"losing_paths"`                   // share of paths with a mean P&L below zero
	WorstOf Interval                `json:"pnl_mean_expected_shortfall_95"` // mean of the worst 5% of the paths' mean P&L
	Metrics map[string]Distribution `json:"metrics"`
}

// Distribution is how one metric of a path is spread over the paths.
type Distribution struct {
	Mean          Interval    `json:"mean"` // over paths
	StandardError Number      `json:"standard_error"`
	Deviation     Number      `json:"deviation"`
	Min           Number      `json:"min"`
	P05           Number      `json:"p05"`
	P25           Number      `json:"p25"`
	Median        Interval    `json:"median"` // order statistics
	P75           Number      `json:"p75"`
	P95           Number      `json:"p95"`
	Max           Number      `json:"max"`
	History       Number      `json:"history"`           // the same metric on the data itself
	HalfWidth     Number      `json:"half_width_wanted"` // null for a metric without a wanted precision
	PathsNeeded   *int        `json:"paths_needed"`      // for it; null where the paths do not differ
	Convergence   []RunningAt `json:"convergence"`
}

// RunningAt is the estimate from the first paths only.
type RunningAt struct {
	Paths         int    `json:"paths"`
	Mean          Number `json:"mean"`
	StandardError Number `json:"standard_error"`
}

// PathComparison is the difference a - b of two rules, path by path.
type PathComparison struct {
	A       string                    `json:"a"`
	B       string                    `json:"b"`
	Paths   int                       `json:"paths"`      // on which both entered
	Better  Interval                  `json:"pnl_better"` // share of paths on which a's mean P&L is above b's
	Metrics map[string]PathDifference `json:"metrics"`
}

// PathDifference is the mean difference over paths with its interval (Student) and p-value.
type PathDifference struct {
	Interval
	PValue   Number `json:"p_value"`
	Adjusted Number `json:"p_adjusted"` // for all metrics and comparisons (Holm)
}

// JSON returns the summary as montecarlo.json holds it.
func (m *MonteCarlo) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", MonteCarloFile, err)
	}
	return append(b, '\n'), nil
}
