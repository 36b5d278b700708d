package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/calibrate"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// calibrateFlags are what `calibrate` was asked for.
type calibrateFlags struct {
	run             runFlags
	params, targets []string
	out             string
	runs, accounts  int
	seed            uint64
	title           string
}

func newCalibrateCommand() *cobra.Command {
	var f calibrateFlags
	c := &cobra.Command{
		Use:   "calibrate SCENARIO --param KEY=LOW..HIGH --out FILE",
		Short: "Fit values of a scenario to its expectations",
		Long: `Calibrate changes the named values of a scenario, within the bounds that are given, until the metrics of its
expectations lie in their bands, and writes the scenario with the values that it found. It never overwrites.

A target's loss is how far its metric lies outside of the band, in units of the band's width or a tenth of the value,
whichever is larger; the search makes the sum of their squares small, in at most --runs runs, and is seeded: the same
request gives the same file. It says which targets are not met, which ones no parameter moves, and which parameters move
nothing or cannot be told apart. Without --target all expectations are fitted to; the others are printed as held out.
What was fitted to is marked so in the file and in every report of it: it is no test of the model any more.`,
		Example: `  backtest calibrate my.yaml --param crowd.open_interest_share=0.2..1 --param crowd.notional.tail=0.4..1.5 --out fitted.yaml
  backtest calibrate my.yaml --param crowd.leverage_tilt.long=-1..1 --target liquidations.by_group.crowd.long_share --out fitted.yaml`,
		Args:              arguments(1, 1, "the name of a scenario or a file"),
		ValidArgsFunction: completeScenario,
		RunE:              func(c *cobra.Command, args []string) error { return f.calibrate(c, args[0]) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.params, "param", nil, "KEY=LOW..HIGH, a value of the scenario and its bounds; repeatable")
	flags.StringArrayVar(&f.targets, "target", nil, "metric of an expectation to fit to (default: all of them); repeatable")
	flags.StringVar(&f.out, "out", "", "scenario file to write; must not exist")
	flags.IntVar(&f.runs, "runs", 120, "runs at most")
	flags.IntVar(&f.accounts, "accounts", 0, "accounts of the crowd while searching (default: the scenario's)")
	flags.Uint64Var(&f.seed, "search-seed", 1, "of the search; the runs keep the scenario's seed")
	flags.StringVar(&f.title, "title", "", "title of the fitted scenario (default: the scenario's, with \"calibrated\")")
	flags.StringVar(&f.run.data.path, "data", "", "catalog to run on (default: the data that ships with the scenario)")
	flags.StringArrayVar(&f.run.set, "set", nil, "KEY=VALUE, changes a value of the scenario first; repeatable")
	flags.IntVar(&f.run.workers, "workers", runtime.GOMAXPROCS(0), "goroutines that decode data ahead; results do not depend on it")
	return c
}

// fitting is a calibration under way.
type fitting struct {
	flags   *calibrateFlags
	inputs  report.Inputs
	params  []calibrate.Parameter
	fitted  []int // expectations that are targets, by their place in the scenario
	scratch string
	count   int
}

func (f *calibrateFlags) calibrate(c *cobra.Command, name string) error {
	if f.out == "" {
		return usagef("calibrate: --out is missing; expected the scenario file to write, such as fitted.yaml")
	}
	if ext := filepath.Ext(f.out); ext != ".yaml" && ext != ".yml" {
		return usagef("--out %s: expected a file name that ends in .yaml", f.out)
	}
	if _, err := os.Lstat(f.out); err == nil {
		return usagef("%s exists already and is not overwritten: name another file", f.out)
	}
	if f.accounts < 0 || f.run.workers < 1 {
		return usagef("--accounts %d, --workers %d; expected none below 1", f.accounts, f.run.workers)
	}
	in, err := f.run.inputs(name, "")
	if err != nil {
		return err
	}
	defer f.run.data.close()
	w := &fitting{flags: f, inputs: in}
	if err := w.parameters(); err != nil {
		return err
	}
	if err := w.choose(); err != nil {
		return err
	}
	if w.scratch, err = os.MkdirTemp("", "backtest-calibrate-*"); err != nil {
		return err
	}
	defer os.RemoveAll(w.scratch)
	return w.fit(c)
}

// parameters reads --param and checks that each names a value that takes decimals.
func (w *fitting) parameters() error {
	s := w.inputs.Scenario
	for _, text := range w.flags.params {
		key, bounds, ok := strings.Cut(text, "=")
		low, high, ok2 := strings.Cut(bounds, "..")
		a, err1 := strconv.ParseFloat(low, 64)
		b, err2 := strconv.ParseFloat(high, 64)
		if !ok || !ok2 || err1 != nil || err2 != nil || !(a < b) {
			return usagef("--param %s: expected KEY=LOW..HIGH with the low end first, such as crowd.notional.tail=0.4..1.5", text)
		}
		if slices.ContainsFunc(w.params, func(p calibrate.Parameter) bool { return p.Key == key }) {
			return usagef("--param %s: %s is given twice; keep one", text, key)
		}
		start, stated := w.start(key)
		if !stated {
			return usagef("--param %s: the scenario does not state %s, so that there is nothing to begin from; give a value with --set %s=VALUE", text, key, key)
		}
		for _, value := range []string{low, high} {
			if _, err := changed(s, []string{key + "=" + value}); err != nil {
				return &usageError{fmt.Errorf("--param %s: %w", text, err)}
			}
		}
		w.params = append(w.params, calibrate.Parameter{Key: key, Low: a, High: b, Start: start})
	}
	if len(w.params) == 0 {
		return usagef("calibrate: no --param is given; expected KEY=LOW..HIGH, such as crowd.notional.tail=0.4..1.5")
	}
	return nil
}

// start is the value that the scenario has of a key; one that is left out is 0 where to state that changes nothing. An unknown key
// is told with its bounds.
func (w *fitting) start(key string) (text string, stated bool) {
	s := w.inputs.Scenario
	for _, v := range s.Values() {
		if v.Path == key {
			return strings.Trim(v.Text, `"`), true
		}
	}
	zero, err := changed(s, []string{key + "=0"})
	return "0", !s.Has(key) || err == nil && zero.Hash() == s.Hash()
}

// choose reads --target: each is an expectation of the scenario, and none counts twice.
func (w *fitting) choose() error {
	list := w.inputs.Scenario.Expectations
	var metrics []string
	for i, e := range list {
		if slices.Contains(metrics, e.Metric) {
			return usagef("scenario %s has two expectations of %s; a figure may be a target once", w.inputs.Scenario.Name, e.Metric)
		}
		metrics = append(metrics, e.Metric)
		if len(w.flags.targets) == 0 {
			w.fitted = append(w.fitted, i)
		}
	}
	for _, t := range w.flags.targets {
		i := slices.Index(metrics, t)
		switch {
		case i < 0:
			return usagef("--target %s: the scenario has no expectation of it; expected one of %s", t, strings.Join(metrics, ", "))
		case slices.Contains(w.fitted, i):
			return usagef("--target %s is given twice; a figure may be a target once", t)
		}
		w.fitted = append(w.fitted, i)
	}
	if len(w.fitted) == 0 {
		return usagef("scenario %s has no expectations to fit to; docs/SCENARIOS.md says how to write them", w.inputs.Scenario.Name)
	}
	return nil
}

// changed is a copy of a scenario with some values changed.
func changed(s *scenario.Scenario, assignments []string) (*scenario.Scenario, error) {
	copied := s.Clone()
	return copied, copied.Set(assignments...)
}

// assignments gives the parameters their values.
func (w *fitting) assignments(values []string) []string {
	var list []string
	for i, v := range values {
		list = append(list, w.params[i].Key+"="+v)
	}
	return list
}

// evaluate carries out a run and returns the summary's expectations.
func (w *fitting) evaluate(ctx context.Context, assignments []string) ([]report.Expectation, error) {
	s, err := changed(w.inputs.Scenario, append(assignments, "statistics.resamples=0"))
	if err != nil {
		return nil, &usageError{err}
	}
	in := w.inputs
	in.Scenario = s
	w.count++
	dir := filepath.Join(w.scratch, strconv.Itoa(w.count))
	summary, err := execution{inputs: in, workers: w.flags.run.workers, progress: newProgress(nil, true)}.into(ctx, dir)
	if err != nil {
		return nil, err
	}
	return summary.Expectations, os.RemoveAll(dir)
}

// fit searches, and evaluates start and result once more as they are written.
func (w *fitting) fit(c *cobra.Command) error {
	list := w.inputs.Scenario.Expectations
	targets := make([]calibrate.Target, len(w.fitted))
	for k, i := range w.fitted {
		targets[k] = calibrate.Target{Metric: list[i].Metric, Low: list[i].Low, High: list[i].High}
	}
	var fewer []string
	if w.flags.accounts > 0 {
		fewer = []string{fmt.Sprintf("crowd.accounts=%d", w.flags.accounts)}
	}
	problem := calibrate.Problem{Parameters: w.params, Targets: targets, Runs: w.flags.runs, Seed: w.flags.seed,
		Evaluate: func(ctx context.Context, values []string) ([]float64, error) {
			all, err := w.evaluate(ctx, append(w.assignments(values), fewer...))
			if err != nil {
				return nil, err
			}
			out := make([]float64, len(w.fitted))
			for k, i := range w.fitted {
				out[k] = float64(all[i].Value)
			}
			return out, nil
		}}
	if width := terminalWidth(c.ErrOrStderr()); width > 0 {
		problem.Progress = func(run int, loss float64) { fmt.Fprintf(c.ErrOrStderr(), "\rrun %d, loss %.4g   ", run, loss) }
		defer fmt.Fprintln(c.ErrOrStderr())
	}
	found, err := calibrate.Solve(c.Context(), problem)
	if err != nil {
		if usage := (*usageError)(nil); !errors.As(err, &usage) && strings.HasPrefix(err.Error(), "calibrate: ") {
			return &usageError{err}
		}
		return err
	}
	out := fittedScenario{fitting: w, fit: found}
	if out.before, err = w.evaluate(c.Context(), nil); err != nil {
		return err
	}
	if out.after, err = w.evaluate(c.Context(), w.assignments(found.After.Parameters)); err != nil {
		return err
	}
	text, err := out.text()
	if err != nil {
		return err
	}
	if err := writeNew(w.flags.out, text); err != nil {
		return err
	}
	out.print(c.OutOrStdout())
	return nil
}

// loss is the target's loss of an expectation.
func loss(e report.Expectation) float64 {
	return calibrate.Target{Metric: e.Metric, Low: float64(e.Low), High: float64(e.High)}.Loss(float64(e.Value))
}

func shortNumber(x report.Number) string {
	if math.IsNaN(float64(x)) {
		return "none"
	}
	return strconv.FormatFloat(float64(x), 'g', 6, 64)
}
