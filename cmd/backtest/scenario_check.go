package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

func newScenarioCheckCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "check SCENARIO...",
		Short: "Find what is wrong with scenarios, and what is missing in them",
		Long: `Check reads scenarios, their rulebooks and their data and lists all findings with line, column and remedy: values that the
format refuses, parts of rules that are not what STRATEGIES.md says, data that does not ship or lacks an instrument, a window outside of it, metrics that no summary has, a crowd that
an expectation needs. Warnings say what a run does without: open interest, depth, the quality of a source. Errors end with exit
code 2, warnings alone with 0. What depends on single prices, such as a stop on the wrong side, is found when a run begins.`,
		Example: `  backtest scenario check my.yaml
  backtest scenario check my.yaml --data DIR
  backtest scenario check scenarios/*.yaml`,
		Args:              arguments(1, 1000, "names of scenarios or files"),
		ValidArgsFunction: completeScenario,
		RunE: func(c *cobra.Command, args []string) error {
			var wrong []string
			total := 0
			for _, name := range args {
				check := &scenarioCheck{name: name, path: path}
				check.run()
				for _, f := range check.findings {
					fmt.Fprintln(c.OutOrStdout(), f)
				}
				if check.errors > 0 {
					wrong = append(wrong, name)
					total += check.errors
					continue
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: ok (%s, sha256 %s%s)\n", name, check.scenario.Title, check.scenario.Hash()[:8], check.warned())
			}
			if len(wrong) > 0 {
				return usagef("scenario check: %s in %s; correct what is listed", several(total, "error"), strings.Join(wrong, ", "))
			}
			return nil
		},
	}
	c.Flags().StringVar(&path, "data", "", "catalog in place of the data that ships")
	return c
}

// scenarioCheck collects the findings of one scenario.
type scenarioCheck struct {
	name, path string // of the scenario; of --data, empty for the data that ships
	scenario   *scenario.Scenario
	findings   []string
	errors     int
}

// wrong adds an error, which has its place already.
func (k *scenarioCheck) wrong(err error) {
	k.errors++
	k.findings = append(k.findings, "error   "+err.Error())
}

// each adds an error, and each of those that are joined in it as a finding of its own.
func (k *scenarioCheck) each(err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		k.wrong(err)
		return
	}
	for _, e := range joined.Unwrap() {
		k.each(e)
	}
}

// warn adds what a run does without.
func (k *scenarioCheck) warn(path, format string, args ...any) {
	k.findings = append(k.findings, "warning "+k.scenario.At(path, fmt.Errorf(format, args...)).Error())
}

// refuse adds an error about the value at a path.
func (k *scenarioCheck) refuse(path, format string, args ...any) {
	k.wrong(k.scenario.At(path, fmt.Errorf(format, args...)))
}

// warned ends the line of a scenario without errors.
func (k *scenarioCheck) warned() string {
	if len(k.findings) == 0 {
		return ""
	}
	return "; " + several(len(k.findings), "warning")
}

func (k *scenarioCheck) run() {
	s, err := scenario.Load(k.name)
	if err != nil {
		k.each(err)
		return
	}
	k.scenario = s
	if err := replay.CheckRules(s, nil); err != nil {
		k.each(err)
	}
	episodes, err := s.Episodes()
	if err != nil {
		k.wrong(err)
		return
	}
	if len(episodes) == 0 {
		k.stretch()
		return
	}
	for _, e := range episodes {
		on := &scenarioCheck{name: k.name, path: k.path, scenario: s.Clone()}
		if err := on.scenario.Set(e.Assignments...); err != nil {
			on.wrong(err)
		} else {
			on.stretch()
		}
		k.adopt(on, e.Name)
	}
}

// adopt takes in the findings of a part of the scenario.
func (k *scenarioCheck) adopt(on *scenarioCheck, name string) {
	k.errors += on.errors
	for _, f := range on.findings {
		k.findings = append(k.findings, f+" (on "+name+")")
	}
}

// venues checks the rulebooks of coupled venues, which take the place of the scenario's own.
func (k *scenarioCheck) venues(symbols []string) {
	list, err := k.scenario.CoupledVenues()
	if err != nil {
		k.wrong(err)
	}
	for _, v := range list {
		on := &scenarioCheck{name: k.name, path: k.path, scenario: v.Scenario}
		if book := on.rulebook(); book != nil {
			on.contracts(symbols, book)
		}
		k.adopt(on, v.Name)
	}
}

// stretch checks the scenario on its data and window.
func (k *scenarioCheck) stretch() {
	if k.scenario.Contagion != nil {
		symbols := k.data(nil)
		k.expectations(symbols)
		k.venues(symbols)
		return
	}
	book := k.rulebook()
	if _, err := loadPositions(k.scenario, k.name); err != nil {
		k.wrong(err)
	}
	k.expectations(k.data(book))
}

// rulebook loads the rules and applies the scenario's changes; nil after an error.
func (k *scenarioCheck) rulebook() *venue.Rulebook {
	book, err := loadRulebook(k.scenario.Venue)
	if err != nil {
		k.refuse("venue", "%w", err)
		return nil
	}
	changed, err := book.Change(k.scenario.Rules)
	if err != nil {
		k.refuse("rules", "%w", err)
		return nil
	}
	return changed
}

// data checks the catalog against the scenario and returns the instruments of the run, nil where there is none to tell.
func (k *scenarioCheck) data(book *venue.Rulebook) []string {
	s := k.scenario
	if k.path == "" && s.Data == "" {
		k.warn("data", "is absent: every run needs --data; name one of %s, or check with --data DIR", strings.Join(data.Names(), ", "))
		return nil
	}
	source := &dataSource{path: k.path}
	defer source.close()
	catalog, err := source.open("", s.Data)
	switch {
	case errors.Is(err, errNoData):
		k.refuse("data", "%q does not ship; name one of %s, or give --data DIR with a catalog of your own", s.Data, strings.Join(data.Names(), ", "))
		return nil
	case err != nil:
		k.wrong(err)
		return nil
	}
	symbols := slices.Clone(s.Instruments)
	var from, to market.Time
	has := map[columnar.Kind]map[string]bool{}
	for _, info := range catalog.Series() {
		if has[info.Kind] == nil {
			has[info.Kind] = map[string]bool{}
		}
		has[info.Kind][info.Symbol] = true
		if info.Kind != columnar.Candles {
			continue
		}
		if from == 0 || info.From < from {
			from = info.From
		}
		to = max(to, info.To+market.Time(info.Interval))
		if len(s.Instruments) == 0 && !slices.Contains(symbols, info.Symbol) {
			symbols = append(symbols, info.Symbol)
		}
	}
	slices.Sort(symbols)
	k.window(from, to)
	k.instruments(symbols, has, book)
	k.collateral(symbols, from, to)
	return symbols
}

// window compares the scenario's with the candles, which end before to.
func (k *scenarioCheck) window(from, to market.Time) {
	w := k.scenario.Window
	if w.From >= to && w.From != 0 || w.To != 0 && w.To <= from {
		k.refuse("window", "%s to %s; the candles are from %s to %s: choose a window within them, or other data", w.From, w.To, from, to)
		return
	}
	if w.From != 0 && w.From < from || w.To > to {
		k.warn("window", "the candles are from %s to %s only: what lies outside is not replayed", from, to)
	}
	if k.scenario.Crowd != nil && k.scenario.Crowd.File == "" && w.From <= from {
		k.warn("window.from", "no candles before it, so that entry prices of the crowd are drawn from the first %s of the window; begin later to draw them from before", k.scenario.Crowd.Entry.Hours)
	}
	for i, span := range k.scenario.Statistics.Windows {
		if end := w.To; span.To <= w.From || end != 0 && span.From >= end {
			k.warn(fmt.Sprintf("statistics.windows.%d", i), "%s lies outside of the window and counts nothing; move it, or remove it", span.Name)
		}
	}
}

// instruments looks for what the data has of each.
func (k *scenarioCheck) instruments(symbols []string, has map[columnar.Kind]map[string]bool, book *venue.Rulebook) {
	drawn := k.scenario.Crowd != nil && k.scenario.Crowd.File == ""
	var interest, depth []string
	for _, symbol := range symbols {
		if !has[columnar.Candles][symbol] {
			k.refuse("instruments", "%s has no candles in the data; remove it, or give --data with it", symbol)
			continue
		}
		if drawn && !has[columnar.OpenInterest][symbol] {
			interest = append(interest, symbol)
		}
		if !has[columnar.Depth][symbol] {
			depth = append(depth, symbol)
		}
	}
	if len(interest) > 0 {
		k.warn("crowd", "the data has no open interest of %s: the crowd's size is estimated from turnover; add the series, or take the crowd from a file", strings.Join(interest, ", "))
	}
	if len(depth) > 0 && k.scenario.Execution.DepthModel == nil {
		k.warn("execution", "the data has no depth of %s: orders meet the constant execution.depth; add the series, execution.depth_of or execution.depth_model", strings.Join(depth, ", "))
	}
	if book != nil {
		k.contracts(symbols, book)
	}
}

// contracts looks for the instruments in the rulebook.
func (k *scenarioCheck) contracts(symbols []string, book *venue.Rulebook) {
	var unknown []string
	for _, symbol := range symbols {
		if contract, err := book.Contract(symbol); err != nil {
			k.refuse("instruments", "%w", err)
		} else if contract.Fallback {
			unknown = append(unknown, symbol)
		}
	}
	if len(unknown) > 0 {
		k.warn("venue", "%s has no table of %s, which take its default contract", k.scenario.Venue, strings.Join(unknown, ", "))
	}
}

// expectations looks for their metrics in the summary, and for who has to be there to fill them.
func (k *scenarioCheck) expectations(symbols []string) {
	for i, e := range k.scenario.Expectations {
		path := fmt.Sprintf("expectations.%d", i)
		if e.Quality == "" {
			k.warn(path, "has no quality; say A (primary record) to D (weak or contradicted)")
		}
		err := report.CheckMetric(e.Metric, k.scenario, symbols)
		var metric *report.MetricError
		switch {
		case err == nil && k.scenario.Crowd == nil && ofTheMarket(e.Metric):
			k.warn(path+".metric", "%s is of the rules under test alone, because there is no crowd; add one to compare with a market", e.Metric)
		case errors.As(err, &metric) && metric.Key == "crowd" && k.scenario.Crowd == nil:
			k.refuse(path+".metric", "%s needs a crowd, and the scenario has none; add crowd, or remove the expectation", e.Metric)
		case err != nil:
			k.refuse(path+".metric", "%w", err)
		}
	}
}

// ofTheMarket says whether a metric adds up over all accounts, which says something of a market only where a crowd stands
// for it.
func ofTheMarket(metric string) bool {
	for _, part := range []string{"liquidations.", "open_interest.", "adl.", "insurance_fund.", "collateral."} {
		if strings.Contains(metric, part) {
			return true
		}
	}
	return false
}
