package report

import (
	"encoding/json"
	"fmt"
)

// ComparisonSchema is the version that comparison.json names.
const ComparisonSchema = "backtest/comparison/v1"

// RunComparison is comparison.json: finished runs side by side. The first is the baseline. Money and prices are decimal
// strings, statistics are numbers or null, as in summary.json. It is extended by adding only.
type RunComparison struct {
	Schema string            `json:"schema"`
	Runs   []RunColumn       `json:"runs"`
	Inputs []InputDifference `json:"inputs"` // that are not the same in all runs
	Rules  []InputDifference `json:"rules"`  // policies, parameters and fees of the rulebooks that are not the same in all runs
	Paired []PairedRuns      `json:"paired"` // every run but the first against it
	Notes  []string          `json:"notes"`
	// Coupling is what the venues of a run with a section contagion did to each other.
	Coupling *Coupling `json:"coupling,omitempty"`
}

// RunColumn is one run, as far as it is compared.
type RunColumn struct {
	Name            string        `json:"name"`
	ManifestSHA256  string        `json:"manifest_sha256"`
	Scenario        ScenarioInfo  `json:"scenario"`
	Data            DataInfo      `json:"data"`
	Rulebook        RulebookInfo  `json:"rulebook"`
	Liquidations    RunFlow       `json:"liquidations"`
	InsuranceFund   FundSummary   `json:"insurance_fund"`
	ADL             ADLSummary    `json:"adl"`
	Socialized      string        `json:"socialized_loss"`
	FundingPaid     string        `json:"funding_paid"`
	Fees            string        `json:"fees"`
	LiquidationFees string        `json:"liquidation_fees"`
	Ledger          LedgerSummary `json:"ledger"`
	Crowd           *CrowdInfo    `json:"crowd,omitempty"`
	Setups          int           `json:"setups"`
	Refused         int           `json:"refused_entries"` // over all rules
	Groups          []Group       `json:"groups"`
	Envelope        *Envelope     `json:"envelope,omitempty"`
	Experiments     []Experiment  `json:"experiments,omitempty"`

	coupled bool // one of several venues under one clock
}

// RunFlow is what was liquidated in a run, and of it what the crowd and the rules under test held.
type RunFlow struct {
	Accounts int `json:"accounts"`
	Flow
	ByGroup []GroupFlow `json:"by_group"`
}

// InputDifference is one input that is not the same in all runs.
type InputDifference struct {
	Kind   string   `json:"kind"` // scenario, data, trade_list, rulebook, program
	Key    string   `json:"key"`
	Values []string `json:"values"` // one a run; empty where the run does not have the key
}

// PairedRuns is what changed between the baseline and another run, setup by setup.
type PairedRuns struct {
	Run      string       `json:"run"`
	Baseline string       `json:"baseline"`
	Setups   int          `json:"setups"`             // that both runs offered to their rules
	Unpaired string       `json:"unpaired,omitempty"` // why there are no pairs
	Rules    []PairedRule `json:"rules"`
	Alone    []string     `json:"alone"` // rules that only one of the two runs has, with which
}

// PairedRule is one rule: A is the run, B the baseline, differences are A - B over the setups that both entered.
type PairedRule struct {
	Rule string `json:"rule"`
	Comparison
	// Entries that the exchange refused: in this run only, in the baseline only, in both.
	RefusedHere       int `json:"refused_here"`
	RefusedInBaseline int `json:"refused_in_baseline"`
	RefusedInBoth     int `json:"refused_in_both"`
	// Because is why the first entry that this run refused was; empty where it accepted all.
	Because string `json:"refused_because,omitempty"`
	// Pairs that were not opened alike: the venue's lot rounds a size, a rule asks the venue for a leverage.
	SizesDiffer     int    `json:"sizes_differ"`
	LargestSizeGap  Number `json:"largest_size_gap"` // |a/b - 1| of the sizes
	LeveragesDiffer int    `json:"leverages_differ"`
}

// JSON returns the comparison as comparison.json holds it.
func (c *RunComparison) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("comparison: %w", err)
	}
	return append(b, '\n'), nil
}

// Baseline is the run that the others are compared with.
func (c *RunComparison) Baseline() *RunColumn { return &c.Runs[0] }
