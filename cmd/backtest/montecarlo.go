package main

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/montecarlo"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// monteCarloFlags are what `montecarlo` was asked for.
type monteCarloFlags struct {
	request runFlags // scenario, data, venue and changes, as for run
	paths   int
	kind    string
}

func newMonteCarloCommand() *cobra.Command {
	var f monteCarloFlags
	c := &cobra.Command{
		Use:   "montecarlo SCENARIO",
		Short: "Replay a scenario along many synthetic paths",
		Long: `Montecarlo replays a scenario's rules along synthetic paths and writes a new directory with montecarlo.html, montecarlo.json,
paths.parquet and manifest.json: for each rule how liquidation probability, P&L, expected shortfall and drawdown are spread
over the paths, with intervals, the Monte Carlo error, and how many paths a stated precision takes.

The scenario's section ` + "`paths`" + ` says how paths are made: bootstrap joins blocks of history, all instruments of a moment
together; shock moves, scales or repeats a crash that history has; jump_diffusion is Merton's model. Without the section,
blocks of an hour are joined. --paths and --kind are short for --set paths.count and paths.kind. The same scenario, data
and seed give the same bytes, for any number of workers.`,
		Example: `  backtest montecarlo october-10-2025 --paths 200
  backtest montecarlo red-monday-2025-09-22 --paths 500 --set 'paths.bootstrap={block: 30m, lengths: fixed}'
  backtest montecarlo october-10-2025 --kind shock --paths 100 --set 'paths.shock={at: 2025-10-10T20:50:00Z, length: 40m, scale: {low: 0.5, high: 1.5}}'
  backtest montecarlo my-rule.yaml --kind jump_diffusion --json | jq '.rules[].metrics.pnl_mean.mean'`,
		Args:              arguments(1, 1, "the name of a scenario or a file; `backtest scenario list` lists names"),
		ValidArgsFunction: completeScenario,
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	flags := c.Flags()
	r := &f.request
	r.register(c, flagWords{out: "directory to write; must not exist (default runs/NAME-paths-HASH, numbered if taken)", workers: "paths under way at once",
		json: "print montecarlo.json instead of tables", quiet: "the directory"})
	flags.StringArrayVar(&r.venues, "venue", nil, "rulebook, such as binance/2025-10, or a rulebook file (default: the scenario's)")
	flags.IntVar(&f.paths, "paths", 0, "how many paths, short for --set paths.count=N")
	flags.StringVar(&f.kind, "kind", "", "bootstrap, shock or jump_diffusion, short for --set paths.kind=NAME")
	return c
}

// inputs loads what the paths are made from.
func (f *monteCarloFlags) inputs(c *cobra.Command, name string) (in report.Inputs, err error) {
	r := &f.request
	if r.workers < 1 {
		return in, usagef("--workers %d; expected at least 1", r.workers)
	}
	if len(r.venues) > 1 {
		return in, usagef("--venue is given %d times; expected one venue for paths", len(r.venues))
	}
	// Changes are checked together: what says the kind of paths comes after what the kind needs.
	if c.Flags().Changed("paths") {
		r.set = append(r.set, "paths.count="+strconv.Itoa(f.paths))
	}
	if f.kind != "" {
		r.set = append(r.set, "paths.kind="+f.kind)
	}
	venue := ""
	if len(r.venues) == 1 {
		if venue = r.venues[0]; venue == "" {
			return in, usagef("--venue is empty; expected a rulebook, such as binance/2025-10, or a rulebook file")
		}
	}
	if in, err = r.request(name, venue); err != nil {
		return in, err
	}
	if err := oneStretch(in); err != nil {
		return in, err
	}
	if in.Scenario.Paths == nil {
		// The section with its defaults, as if the file had it.
		if err := in.Scenario.Set("paths.kind=bootstrap"); err != nil {
			return in, &usageError{err}
		}
	}
	in.Catalog, err = r.catalog(in.Scenario)
	return in, err
}

func (f *monteCarloFlags) run(c *cobra.Command, name string) error {
	r := &f.request
	r.data.input = c.InOrStdin()
	defer r.data.close()
	in, err := f.inputs(c, name)
	if err != nil {
		return err
	}
	out := r.out
	if out == "" {
		if out, err = freeDirectory(filepath.Join("runs", in.Scenario.Name+"-paths-"+in.Scenario.Hash()[:8])); err != nil {
			return err
		}
	}
	bar := newProgress(c.ErrOrStderr(), r.quiet)
	summary, err := f.into(c.Context(), out, in, bar)
	bar.close()
	if errors.Is(err, report.ErrExists) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	return printResult(c.OutOrStdout(), summary, out, r.json, r.quiet)
}

// into replays the paths and writes their directory, or leaves nothing.
func (f *monteCarloFlags) into(ctx context.Context, dir string, in report.Inputs, bar *progress) (*report.MonteCarlo, error) {
	set, err := report.CreatePaths(dir, in)
	if err != nil {
		return nil, err
	}
	defer set.Abort()
	held, err := in.Held()
	if err != nil {
		return nil, err
	}
	outcome, err := montecarlo.Run(ctx, montecarlo.Options{Workers: f.request.workers,
		Progress: func(done, count int) { bar.update(int64(done), int64(count), 0) },
		Replay: replay.Options{Positions: held, Scenario: in.Scenario, Catalog: in.Catalog, Rulebook: in.Rulebook, Registry: in.Registry(),
			Workers: f.request.workers}})
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return set.Commit(outcome)
}
