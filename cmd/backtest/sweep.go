package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/sweep"
)

// sweepFlags are what `sweep` was asked for.
type sweepFlags struct {
	runFlags
	grid          []string
	design        string
	samples       int64
	designSeed    uint64
	engine, shard string
	venue         string
}

func newSweepCommand() *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use:   "sweep SCENARIO --grid KEY=VALUES...",
		Short: "Carry out many variants of a scenario",
		Long: `Sweep carries out variants of a scenario and writes a new directory with results.parquet (a row for each variant and
group), summary.json, report.html and manifest.json. Each --grid is an axis: a key of the scenario, as for --set, and its
values: a YAML list, or LOW..HIGH/STEP. The design "grid" is every combination; "random" and "sobol" draw --samples from them.

While it works, finished parts stand in OUT.partial. A sweep that was killed goes on from there when it is asked for again in
the same words. The bytes are the same for any number of workers, with or without interruptions, and for shards that
` + "`backtest sweep merge`" + ` puts together.`,
		Example: `  backtest sweep october-10-2025 --grid 'probes.factors.leverage=[2, 5, 10, 20]' --grid 'probes.factors.stop=[none, 1%, 2%, 5%]'
  backtest sweep my-rule.yaml --grid 'probes.factors.leverage=2..50/0.5' --grid 'probes.factors.stop=0.2%..10%/0.1%'
  backtest sweep red-monday-2025-09-22 --design sobol --samples 64 --grid 'crowd.long_share=0.3..0.7/0.01' --grid 'insurance_fund.opening=0..2000000000/1000000'
  backtest sweep my-rule.yaml --grid 'probes.factors.leverage=2..50/0.5' --shard 3/8 --out shards/3
  backtest sweep merge shards/1 shards/2 shards/3 --out merged`,
		Args:              arguments(1, 1, "the name of a scenario or a file; `backtest scenario list` lists names"),
		ValidArgsFunction: completeScenario,
		RunE:              func(c *cobra.Command, args []string) error { return f.sweep(c, args[0]) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.grid, "grid", nil, "KEY=[VALUE, ...] or KEY=LOW..HIGH/STEP, an axis; repeatable")
	flags.StringVar(&f.design, "design", sweep.Grid, "grid, random or sobol")
	flags.Int64Var(&f.samples, "samples", 0, "variants of a random or sobol design")
	flags.Uint64Var(&f.designSeed, "design-seed", 0, "seed of a random design")
	flags.StringVar(&f.engine, "engine", sweep.EngineAuto, "auto, exchange (a full run of each variant) or scan (docs/SWEEPS.md)")
	flags.StringVar(&f.shard, "shard", "", "carry out the share `I/N` only; 'backtest sweep merge' puts shares together")
	f.runFlags.register(c, flagWords{out: "directory to write; must not exist (default runs/NAME-sweep-HASH, numbered if taken)", set: " for all variants", workers: "variants at a time",
		json: "print summary.json instead of tables", quiet: "the directory"})
	flags.StringVar(&f.venue, "venue", "", "rulebook, such as binance/2025-10, or a rulebook file (default: the scenario's)")
	c.AddCommand(newSweepMergeCommand(), newSweepJudgeCommand())
	return c
}

func (f *sweepFlags) sweep(c *cobra.Command, name string) error {
	if f.workers < 1 {
		return usagef("--workers %d; expected at least 1", f.workers)
	}
	o, err := f.options(c, name)
	if err != nil {
		return err
	}
	defer f.runFlags.data.close()
	bar := newProgress(c.ErrOrStderr(), f.quiet)
	o.Progress = func(done, total int64) { bar.update(done, total, market.Time(0)) }
	outcome, err := sweep.Run(c.Context(), o)
	bar.close()
	if errors.Is(err, context.Canceled) && c.Context().Err() != nil {
		if _, none := os.Stat(sweep.Partial(o.Dir)); none == nil {
			return &interrupted{sweep.Partial(o.Dir)}
		}
	}
	if err != nil {
		return err
	}
	if !f.quiet {
		if outcome.Resumed > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "%d variants were done before\n", outcome.Resumed)
		}
		if outcome.Reason != "" {
			fmt.Fprintf(c.ErrOrStderr(), "every variant is a run of the whole exchange: %s\n", outcome.Reason)
		}
	}
	if outcome.Summary == nil {
		_, err = fmt.Fprintln(c.OutOrStdout(), o.Dir)
		return err
	}
	return printResult(c.OutOrStdout(), outcome.Summary, o.Dir, f.json, f.quiet)
}

// options loads what the sweep is made from and checks the request.
func (f *sweepFlags) options(c *cobra.Command, name string) (o sweep.Options, err error) {
	if f.engine != sweep.EngineAuto && f.engine != sweep.EngineExchange && f.engine != sweep.EngineScan {
		return o, usagef("--engine %q; expected auto, exchange or scan", f.engine)
	}
	if o.Shard, err = parseShard(f.shard); err != nil {
		return o, err
	}
	for _, text := range f.grid {
		axis, err := sweep.ParseAxis(text)
		if err != nil {
			return o, usagef("--grid %w", err)
		}
		o.Axes = append(o.Axes, axis)
	}
	f.runFlags.data.input = c.InOrStdin()
	if o.Inputs.Inputs, err = f.inputs(name, f.venue); err != nil {
		return o, err
	}
	o.Design = sweep.Design{Kind: f.design, Samples: f.samples, Seed: f.designSeed}
	o.Engine, o.Workers, o.FindRulebook = f.engine, f.workers, rulebookOf
	plan, err := sweep.Check(&o)
	if err != nil {
		return o, err
	}
	if o.Dir = f.out; o.Dir == "" {
		name := o.Scenario.Name + "-sweep-" + plan.ID()[:8]
		if o.Shard.Count > 0 {
			name += fmt.Sprintf("-shard-%d-of-%d", o.Shard.Index, o.Shard.Count)
		}
		o.Dir, err = freeDirectory(filepath.Join("runs", name))
	}
	return o, err
}

// rulebookOf returns the rulebook that a variant names, with the rules that it changes.
func rulebookOf(s *scenario.Scenario) (*venue.Rulebook, error) {
	book, err := loadRulebook(s.Venue)
	if err != nil {
		return nil, err
	}
	return book.Change(s.Rules)
}

// parseShard reads I/N.
func parseShard(text string) (s sweep.Shard, err error) {
	if text == "" {
		return s, nil
	}
	index, count, ok := strings.Cut(text, "/")
	s.Index, err = strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if s.Count = n; !ok || err != nil || err2 != nil || s.Count < 1 || s.Index < 1 || s.Index > s.Count {
		return s, usagef("--shard %q; expected I/N, such as 3/8", text)
	}
	return s, nil
}

// interrupted is the end of a sweep by a signal.
type interrupted struct{ partial string }

func (e *interrupted) Error() string {
	return fmt.Sprintf("interrupted; what was done stands in %s, and the same command goes on from there", e.partial)
}

func newSweepMergeCommand() *cobra.Command {
	var out string
	var asJSON, quiet bool
	c := &cobra.Command{
		Use:   "merge SHARD... --out DIR",
		Short: "Put the shards of a sweep together",
		Long: `Merge writes the directory of a whole sweep from those of all of its shards. The bytes are the ones that a sweep without
--shard writes. The shards' own directories are left as they are.`,
		Example: `  backtest sweep merge shards/1 shards/2 shards/3 --out merged`,
		Args:    arguments(1, 1<<20, "at least one directory that `backtest sweep --shard` wrote"),
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return usagef("sweep merge: --out is missing; expected the directory to write")
			}
			for _, dir := range args {
				if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
					return usagef("%s does not exist; expected a directory that `backtest sweep --shard` wrote", dir)
				}
			}
			summary, err := sweep.Merge(args, out)
			if err != nil {
				return err
			}
			return printResult(c.OutOrStdout(), summary, out, asJSON, quiet)
		},
	}
	flags := c.Flags()
	flags.StringVar(&out, "out", "", "directory to write; must not exist")
	flags.BoolVar(&asJSON, "json", false, "print summary.json instead of tables")
	flags.BoolVarP(&quiet, "quiet", "q", false, "print only the name of the directory")
	_ = c.MarkFlagDirname("out") // the flag exists
	return c
}
