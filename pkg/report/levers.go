package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

// LeversSchema is the version that levers.json names.
const LeversSchema = "backtest/levers/v1"

// Files of a set of levers beside its run directories.
const (
	LeversFile     = "levers.json"
	LeversHTMLFile = "levers.html"
)

// Levers is levers.json: what single changes of a scenario do to the exchange. Money is in decimal strings, exact. It is extended by
// adding only.
type Levers struct {
	Schema   string       `json:"schema"`
	Scenario ScenarioInfo `json:"scenario"` // of the baseline
	Data     DataInfo     `json:"data"`
	Rulebook RulebookInfo `json:"rulebook"` // of the baseline
	Baseline LeverFigures `json:"baseline"`
	Runs     []LeverRun   `json:"levers"`
	LeftOut  []LeftOut    `json:"left_out"` // of the levers that are tried by default
	Notes    []string     `json:"notes"`
}

// LeverRun is one lever: what it sets, the run with it, and the run less the baseline.
type LeverRun struct {
	Lever          string       `json:"lever"` // in words
	Asked          string       `json:"asked"` // as --lever takes it
	Set            []string     `json:"set"`   // keys of the scenario, as --set takes them
	Run            string       `json:"run"`   // run directory within the set
	ScenarioSHA256 string       `json:"scenario_sha256"`
	RulebookSHA256 string       `json:"rulebook_sha256"`
	Figures        LeverFigures `json:"figures"`
	Difference     LeverFigures `json:"difference"` // less the baseline's
	Answer         string       `json:"answer"`
	Notes          []string     `json:"notes"`
}

// LeverFigures are what levers are judged by; differences of them have the same fields. FundChange is closing less opening, so that a
// fund that merely begins larger is not taken for one that loses less.
type LeverFigures struct {
	FundClosing        string `json:"fund_closing"`
	FundChange         string `json:"fund_change"`
	ADLNotional        string `json:"adl_notional"`
	ADLAccounts        int    `json:"adl_accounts"`
	SocializedLoss     string `json:"socialized_loss"`
	LiquidatedNotional string `json:"liquidated_notional"`
	LiquidatedAccounts int    `json:"liquidated_accounts"`
}

// LeftOut is a lever of the default list that this scenario or rulebook does not have.
type LeftOut struct {
	Asked  string `json:"asked"`
	Reason string `json:"reason"`
}

// NewLevers begins the answers with the run without any lever.
func NewLevers(base *Summary) (*Levers, error) {
	figures, err := leverFigures(base)
	if err != nil {
		return nil, err
	}
	return &Levers{Schema: LeversSchema, Scenario: base.Scenario, Data: base.Data, Rulebook: base.Rulebook, Baseline: figures,
		Runs: []LeverRun{}, LeftOut: []LeftOut{}, Notes: leverNotes(base)}, nil
}

// Add appends a lever: r names it, s is the run with it.
func (l *Levers) Add(r LeverRun, s *Summary) (err error) {
	r.ScenarioSHA256, r.RulebookSHA256 = s.Scenario.SHA256, s.Rulebook.SHA256
	if r.Figures, err = leverFigures(s); err != nil {
		return err
	}
	if r.Difference, err = r.Figures.less(l.Baseline); err != nil {
		return err
	}
	r.Notes = append(append([]string{}, r.Notes...), carriedNotes(s)...)
	r.Answer = r.answer()
	l.Runs = append(l.Runs, r)
	return nil
}

// JSON returns the answers as levers.json holds them.
func (l *Levers) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("levers: %w", err)
	}
	return append(b, '\n'), nil
}

func leverFigures(s *Summary) (f LeverFigures, err error) {
	f = LeverFigures{FundClosing: s.InsuranceFund.Closing, ADLNotional: s.ADL.Notional, ADLAccounts: s.ADL.Accounts, SocializedLoss: s.Socialized,
		LiquidatedNotional: s.Liquidations.Notional, LiquidatedAccounts: s.Liquidations.Accounts}
	f.FundChange, err = subtract(s.InsuranceFund.Closing, s.InsuranceFund.Opening)
	return f, err
}

// less returns the figures less those of the baseline.
func (f LeverFigures) less(base LeverFigures) (LeverFigures, error) {
	d := LeverFigures{ADLAccounts: f.ADLAccounts - base.ADLAccounts, LiquidatedAccounts: f.LiquidatedAccounts - base.LiquidatedAccounts}
	for _, x := range []struct {
		to   *string
		a, b string
	}{{&d.FundClosing, f.FundClosing, base.FundClosing}, {&d.FundChange, f.FundChange, base.FundChange}, {&d.ADLNotional, f.ADLNotional, base.ADLNotional},
		{&d.SocializedLoss, f.SocializedLoss, base.SocializedLoss}, {&d.LiquidatedNotional, f.LiquidatedNotional, base.LiquidatedNotional}} {
		var err error
		if *x.to, err = subtract(x.a, x.b); err != nil {
			return d, err
		}
	}
	return d, nil
}

// subtract is a - b of decimal strings, exactly.
func subtract(a, b string) (string, error) {
	x, err := decimal.NewFromString(a)
	if err != nil {
		return "", fmt.Errorf("levers: amount %q of a summary: %w", a, err)
	}
	y, err := decimal.NewFromString(b)
	if err != nil {
		return "", fmt.Errorf("levers: amount %q of a summary: %w", b, err)
	}
	return x.Sub(y).String(), nil
}

// answer is the lever in one line.
func (r *LeverRun) answer() string {
	f, d := &r.Figures, &r.Difference
	return fmt.Sprintf("with %s (%s) the fund would have ended at %s (%s), ADL would have taken %s (%s) from %s accounts (%s), socialized loss %s (%s), liquidated %s (%s)",
		r.Lever, strings.Join(r.Set, ", "), leverAmount(f.FundClosing), change(d.FundClosing), leverAmount(f.ADLNotional), change(d.ADLNotional),
		count(f.ADLAccounts), countChange(d.ADLAccounts), leverAmount(f.SocializedLoss), change(d.SocializedLoss), leverAmount(f.LiquidatedNotional), change(d.LiquidatedNotional))
}

// leverAmount prints an amount with about three digits; what is less than a cent, and not nothing, as that.
func leverAmount(decimal string) string {
	if x, err := strconv.ParseFloat(decimal, 64); err == nil && x != 0 && math.Abs(x) < 0.01 {
		if x < 0 {
			return "−<0.01"
		}
		return "<0.01"
	}
	return shortOf(decimal)
}

// change prints a difference with its sign; "unchanged" only where it is exactly zero.
func change(decimal string) string {
	switch {
	case decimal == "0":
		return "unchanged"
	case strings.HasPrefix(decimal, "-"):
		return leverAmount(decimal)
	}
	return "+" + leverAmount(decimal)
}

func countChange(n int) string {
	switch {
	case n == 0:
		return "unchanged"
	case n > 0:
		return "+" + count(n)
	}
	return count(n)
}

// leverNotes say how the answers are to be read.
func leverNotes(base *Summary) []string {
	var notes []string
	switch base.Scenario.PriceMode {
	case scenario.ModeHistory:
		notes = append(notes, "prices.mode is history: the price does not react to any lever, every run follows the path of the data; --set prices.mode=feedback or counterfactual lets it")
	case scenario.ModeFeedback:
		notes = append(notes, "prices.mode is feedback: forced orders of each run move the price on top of the path of the data, which contains what forced orders did once already")
	case scenario.ModeCounterfactual:
		notes = append(notes, "prices.mode is counterfactual: each lever alters the scenario, and the price differs from the data's by what its forced orders do otherwise; the baseline follows the data")
	}
	notes = append(notes,
		"every lever is pulled alone, against the same baseline: effects do not add up, and two levers together need a run of their own",
		"an exhausted fund has lost all it had, whatever its size: what it could not bear is in ADL and in the socialized loss",
		"a lever that bounds what may be held (maximum leverage, maintenance margin) also changes the positions of the drawn crowd, their margins, and the entries that are accepted; what traders would do otherwise is not modeled",
		"differences are of one draw of the crowd under one seed and have no interval; another --set seed=N shows how far they depend on it")
	if base.Data.Reconstructed() {
		notes = append(notes, "RECONSTRUCTED DATA: prices were made from published points; the path between them is not recorded")
	}
	return append(notes, carriedNotes(base)...)
}

// carriedNotes says of a run what its fund's balance is without.
func carriedNotes(s *Summary) []string {
	v := s.InsuranceFund.Inventory
	if v == nil || v.Closing == "0" {
		return nil
	}
	return []string{fmt.Sprintf("the liquidation engine still carries %s at the end, worth %s against what was paid: the fund's figures are without it", leverAmount(v.Closing), leverAmount(v.ClosingResult))}
}
