package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// runFlags are what `run` was asked for.
type runFlags struct {
	data        dataSource
	out         string
	venues, set []string
	whatIf      []string
	adl         []string
	workers     int
	json, quiet bool
}

func newRunCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Replay a scenario and write its report",
		Long: `Run replays a scenario and writes a new directory with report.html, summary.json, events.parquet, steps.parquet,
accounts.parquet and manifest.json. The directory appears when everything is in it, and never replaces another.

By default prices are the data's. With --what-if the scenario runs as it is and then altered, and the prices of the second run differ from the
data's by the impact of what its forced orders do otherwise.

SCENARIO is a name from ` + "`backtest scenario list`" + ` or a file. Without --data, a scenario that ships runs on the data that
ships with it, which is reconstructed from published points; --data replaces it with a catalog of real data
(` + "`backtest data import`" + `), or with the candles of one instrument in a Parquet or Arrow file or stream. The same scenario,
data and seed give the same bytes, for any number of workers.

With --venue more than once, the same crowd and the same entries are put on each of the venues. The directory then holds a
run directory for each of them and their comparison; the first venue is the baseline. --adl more than once does the same for ways
of sharing out auto-deleveraging. A scenario with ` + "`over`" + ` is run on each of its episodes in the same way, and one with ` + "`contagion`" + ` on all of its venues at
once, under one clock.`,
		Example: `  backtest run october-10-2025
  backtest run october-10-2025 --data data/october --out runs/real
  backtest run october-10-2025 --set crowd.accounts=20000 --set 'probes.factors.leverage=[5, 10]'
  backtest run october-10-2025 --venue binance --venue hyperliquid
  backtest run my-rule.yaml --json | jq .groups
  backtest run october-10-2025 --what-if insurance_fund.opening=0 --what-if crowd.stop.share=50% --what-if crowd.stop.distance=5%
  make-candles | backtest run my-rule.yaml --data - --symbol BTCUSDT`,
		Args:              arguments(1, 1, "the name of a scenario or a file; `backtest scenario list` lists names"),
		ValidArgsFunction: completeScenario,
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	flags := c.Flags()
	f.register(c, flagWords{out: "run directory to write; must not exist (default runs/NAME-HASH, numbered if taken)", workers: "goroutines that decode data ahead",
		json: "print summary.json (of several venues: comparison.json) instead of tables", quiet: "the run directory"})
	flags.StringArrayVar(&f.venues, "venue", nil, "rulebook, such as binance/2025-10, or a rulebook file (default: the scenario's); repeat to compare venues")
	flags.StringArrayVar(&f.adl, "adl", nil, "how auto-deleveraging is shared out, short for --set rules.adl_allocation=NAME (queue, pro_rata_pnl, ...); repeat to compare")
	flags.StringArrayVar(&f.whatIf, "what-if", nil, "KEY=VALUE, alters a value in a second run whose prices differ from the data's by what its forced orders do otherwise; repeatable (prices.mode: counterfactual)")
	return c
}

func (f *runFlags) run(c *cobra.Command, name string) error {
	if f.workers < 1 {
		return usagef("--workers %d; expected at least 1", f.workers)
	}
	f.data.input = c.InOrStdin()
	defer f.data.close()
	if len(f.venues) > 1 || len(f.adl) > 1 {
		return f.runVenues(c, name)
	}
	venue := ""
	if len(f.venues) == 1 {
		if venue = f.venues[0]; venue == "" {
			return usagef("--venue is empty; expected a rulebook, such as binance/2025-10, or a rulebook file")
		}
	}
	in, err := f.request(name, venue)
	if err != nil {
		return err
	}
	if in.Scenario.Contagion != nil {
		return f.runCoupled(c, name, in)
	}
	if len(in.Scenario.Over) > 0 {
		return f.runEpisodes(c, name, venue, in)
	}
	if in.Catalog, err = f.catalog(in.Scenario); err != nil {
		return err
	}
	return f.runOne(c, in)
}

// runOne carries out one run and prints what it amounted to.
func (f *runFlags) runOne(c *cobra.Command, in report.Inputs) (err error) {
	out := f.out
	if out == "" {
		if out, err = freeDirectory(filepath.Join("runs", in.Scenario.Name+"-"+in.Scenario.Hash()[:8])); err != nil {
			return err
		}
	}
	bar := newProgress(c.ErrOrStderr(), f.quiet)
	summary, err := execution{inputs: in, workers: f.workers, progress: bar}.into(c.Context(), out)
	bar.close()
	if errors.Is(err, report.ErrExists) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	return printResult(c.OutOrStdout(), summary, out, f.json, f.quiet)
}

// inputs loads what a run on one venue is made from; an empty venue is the scenario's.
func (f *runFlags) inputs(name, venue string) (in report.Inputs, err error) {
	if in, err = f.request(name, venue); err != nil {
		return in, err
	}
	if err := oneStretch(in); err != nil {
		return in, err
	}
	in.Catalog, err = f.catalog(in.Scenario)
	return in, err
}

// request loads everything that a run on one venue is made from but the data.
func (f *runFlags) request(name, venue string) (in report.Inputs, err error) {
	set := f.set
	if len(f.adl) == 1 {
		set = append(slices.Clip(set), "rules.adl_allocation="+f.adl[0])
	}
	return f.requestWith(name, venue, set)
}

// requestWith is request with given changes of the scenario.
func (f *runFlags) requestWith(name, venue string, set []string) (in report.Inputs, err error) {
	s, err := loadScenario(name)
	if err != nil {
		return in, err
	}
	changes := set
	if venue != "" {
		changes = append([]string{"venue=" + venue}, changes...)
	}
	changes = append(slices.Clone(changes), asWhatIf(s, f.whatIf)...)
	if len(changes) > 0 {
		if err := s.Set(changes...); err != nil {
			return in, &usageError{err}
		}
	}
	book, err := loadRulebook(s.Venue)
	if err != nil {
		return in, err
	}
	if book, err = book.Change(s.Rules); err != nil {
		return in, &usageError{err}
	}
	list, err := loadTradeList(s, name)
	if err != nil {
		return in, err
	}
	scripts, err := loadScripts(s, name)
	if err != nil {
		return in, err
	}
	held, err := loadPositions(s, name)
	if err != nil {
		return in, err
	}
	return report.Inputs{Scenario: s, Rulebook: book, TradeList: list, Scripts: scripts, Positions: held, Version: version,
		Command: report.Command{Scenario: name, Data: f.data.path, Venue: venue, Set: set, WhatIf: f.whatIf}}, nil
}

// catalog opens the data that a scenario is run on.
func (f *runFlags) catalog(s *scenario.Scenario) (*columnar.Catalog, error) {
	c, err := f.data.open("", s.Data)
	if errors.Is(err, errNoData) {
		err = usagef("scenario %s names data %q, which does not ship; expected one of %v, or your own with --data", s.Name, s.Data, data.Names())
	}
	return c, err
}

// freeDirectory returns the name, or the name with the first free number from 2 on.
func freeDirectory(name string) (string, error) {
	for n, candidate := 2, name; ; n++ {
		if _, err := os.Lstat(candidate); errors.Is(err, fs.ErrNotExist) {
			return candidate, nil
		} else if err != nil {
			return "", err
		}
		candidate = fmt.Sprintf("%s-%d", name, n)
	}
}

// execution is a run that is ready to be carried out.
type execution struct {
	inputs   report.Inputs
	workers  int
	progress *progress
}

// into carries the run out and writes its directory, or leaves nothing.
func (e execution) into(ctx context.Context, dir string) (*report.Summary, error) {
	run, err := report.Create(dir, e.inputs)
	if err != nil {
		return nil, err
	}
	defer run.Abort()
	held, err := e.inputs.Held()
	if err != nil {
		return nil, err
	}
	result, err := replay.Run(ctx, replay.Options{Positions: held, Scenario: e.inputs.Scenario, Catalog: e.inputs.Catalog, Rulebook: e.inputs.Rulebook,
		Registry: e.inputs.Registry(), Workers: e.workers, Progress: e.progress.update, Recorder: run})
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return run.Commit(result)
}
