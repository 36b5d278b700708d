package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// leversFlags are what `levers` was asked for.
type leversFlags struct {
	runFlags
	levers []string
	venue  string
}

func newLeversCommand() *cobra.Command {
	var f leversFlags
	c := &cobra.Command{
		Use:   "levers SCENARIO",
		Short: "Ask what other rules of the exchange would have changed",
		Long: `Levers runs a scenario as it is and once for each lever, and says of each in one line where the insurance fund would have
ended and what auto-deleveraging would have taken. It writes a new directory with levers.html (answers, sensitivity charts,
tables), levers.json, and a whole run directory for each run with their comparison. Everything that can be wrong with a lever
is found before anything runs.

A lever is KEY=VALUE with a key of the scenario, as for --set, or one of these names:

` + leverHelp() + `
Without --lever these are tried, as far as scenario and rulebook have them:
  ` + fmt.Sprint(defaultLevers) + `

Under prices.mode history the price does not react to a lever. With --set prices.mode=feedback the forced orders of every run
move it; with --set prices.mode=counterfactual every lever is a --what-if.`,
		Example: `  backtest levers october-10-2025
  backtest levers october-10-2025 --lever fund=x0.5 --lever max-leverage=20x --lever adl=leverage_draining
  backtest levers october-10-2025 --lever insurance_fund.opening=500000000 --set prices.mode=feedback --out runs/levers`,
		Args:              arguments(1, 1, "the name of a scenario or a file; `backtest scenario list` lists names"),
		ValidArgsFunction: completeScenario,
		RunE:              func(c *cobra.Command, args []string) error { return f.try(c, args[0]) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.levers, "lever", nil, "KEY=VALUE, a lever to try alone; repeatable (default: a list of them)")
	f.runFlags.register(c, flagWords{out: "directory to write; must not exist (default runs/NAME-levers-HASH, numbered if taken)", set: " for all runs", workers: "goroutines that decode data ahead",
		json: "print levers.json instead of lines and tables", quiet: "the directory"})
	flags.StringVar(&f.venue, "venue", "", "rulebook, such as binance/2025-10, or a rulebook file (default: the scenario's)")
	return c
}

// leverVariant is a lever with the run that tries it.
type leverVariant struct {
	lever
	variant
}

func (f *leversFlags) try(c *cobra.Command, name string) error {
	if f.workers < 1 {
		return usagef("--workers %d; expected at least 1", f.workers)
	}
	f.data.input = c.InOrStdin()
	defer f.data.close()
	base, list, out, err := f.plan(name)
	if err != nil {
		return err
	}
	dir := f.out
	if dir == "" {
		all := []variant{{Inputs: base}}
		for i := range list {
			all = append(all, list[i].variant)
		}
		if dir, err = setDirectory(all, "levers"); err != nil {
			return err
		}
	}
	set, err := report.CreateSet(dir)
	if errors.Is(err, report.ErrExists) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	defer set.Abort()
	answers, err := f.runAll(c, set, base, list)
	if err != nil {
		return err
	}
	answers.LeftOut = append(answers.LeftOut, out...)
	if err := attachLevers(set, answers); err != nil {
		return err
	}
	if _, err := set.Commit(); errors.Is(err, report.ErrExists) {
		return &usageError{err}
	} else if err != nil {
		return err
	}
	return printResult(c.OutOrStdout(), answers, dir, f.json, f.quiet)
}

// plan checks the request: the baseline, a run for every lever, and the default levers that cannot be tried.
func (f *leversFlags) plan(name string) (base report.Inputs, list []leverVariant, out []report.LeftOut, err error) {
	if base, err = f.request(name, f.venue); err != nil {
		return base, nil, nil, err
	}
	if err := oneStretch(base); err != nil {
		return base, nil, nil, err
	}
	asked := f.levers
	if len(asked) == 0 {
		asked = defaultLevers
	}
	taken := []string{baselinePlace}
	for i, text := range asked {
		if slices.Contains(asked[:i], text) {
			return base, nil, nil, usagef("--lever %s is given twice; expected every lever once", text)
		}
		v, err := f.variantOf(name, base, text)
		switch {
		case err == nil:
			v.place = freeName(report.RunName(strings.ReplaceAll(text, "%", "pct")), taken)
			taken = append(taken, v.place)
			list = append(list, v)
		case len(f.levers) > 0:
			return base, nil, nil, usagef("--lever %s: %w", text, err)
		default:
			out = append(out, report.LeftOut{Asked: text, Reason: err.Error()})
		}
	}
	if len(list) == 0 {
		return base, nil, nil, usagef("none of the default levers can be tried on %s, the first because: %s; expected some of your own with --lever", name, out[0].Reason)
	}
	if base.Catalog, err = f.catalog(base.Scenario); err != nil {
		return base, nil, nil, err
	}
	for i := range list {
		list[i].Catalog = base.Catalog
	}
	return base, list, out, nil
}

// baselinePlace is the run directory of the run without a lever.
const baselinePlace = "baseline"

// variantOf prepares the run that tries a lever. In a counterfactual the lever is an alteration, otherwise a change of the scenario.
func (f *leversFlags) variantOf(name string, base report.Inputs, text string) (v leverVariant, err error) {
	if v.lever, err = parseLever(base.Scenario, text); err != nil {
		return v, err
	}
	g, set := f.runFlags, append(slices.Clone(f.set), v.set...)
	if base.Scenario.Prices.Mode == scenario.ModeCounterfactual {
		g.whatIf, set = v.set, f.set
	}
	v.what = "lever " + text
	if v.Inputs, err = g.requestWith(name, f.venue, set); err != nil {
		return v, err
	}
	if v.Scenario.Hash() == base.Scenario.Hash() {
		return v, errors.New("the baseline has this value already")
	}
	return v, nil
}

// freeName returns the name, shortened, or with the first number from 2 on with which it is free.
func freeName(name string, taken []string) string {
	const longest = 60
	name = name[:min(len(name), longest)]
	for n, candidate := 2, name; ; n++ {
		if !slices.Contains(taken, candidate) {
			return candidate
		}
		candidate = fmt.Sprintf("%s-%d", name, n)
	}
}

// runAll carries out the baseline and every lever, one exchange in memory at a time.
func (f *leversFlags) runAll(c *cobra.Command, set *report.RunSet, base report.Inputs, list []leverVariant) (*report.Levers, error) {
	run := func(in report.Inputs, place, what string) (*report.Summary, error) {
		bar := newProgress(c.ErrOrStderr(), f.quiet)
		defer bar.close()
		s, err := execution{inputs: in, workers: f.workers, progress: bar}.into(c.Context(), set.Place(place))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		return s, nil
	}
	summary, err := run(base, baselinePlace, baselinePlace)
	if err != nil {
		return nil, err
	}
	answers, err := report.NewLevers(summary)
	if err != nil {
		return nil, err
	}
	for i := range list {
		v := &list[i]
		if summary, err = run(v.Inputs, v.place, v.what); err != nil {
			return nil, err
		}
		if err := answers.Add(report.LeverRun{Lever: v.title, Asked: v.asked, Set: v.set, Run: v.place, Notes: v.notes}, summary); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// attachLevers writes the answers beside the runs.
func attachLevers(set *report.RunSet, answers *report.Levers) error {
	text, err := answers.JSON()
	if err != nil {
		return err
	}
	page, err := answers.HTML()
	if err != nil {
		return err
	}
	return errors.Join(set.Attach(report.LeversFile, text), set.Attach(report.LeversHTMLFile, page))
}
