package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/report"
)

// verifySet carries coupled venues out once more and compares everything in their directory. err is that of opening it.
func (f *reportFlags) verifySet(c *cobra.Command, set *report.CoupledSet, err error) error {
	if err != nil {
		return err
	}
	if f.json {
		return usagef("--json prints the summary of one run; %s holds %d: its comparison.json has them side by side", set.Dir, len(set.Runs))
	}
	bar := newProgress(c.ErrOrStderr(), false)
	err = f.setAgain(c.Context(), set, bar)
	bar.close()
	if err != nil {
		return err
	}
	files := 3 // beside the runs
	for _, run := range set.Runs {
		files += len(run.Manifest.Files) + 1
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: verified, %d coupled venues, %d files are the same byte for byte\n", set.Dir, len(set.Runs), files)
	return err
}

// setAgain carries coupled venues out in the directory for temporary files, and compares.
func (f *reportFlags) setAgain(ctx context.Context, set *report.CoupledSet, bar *progress) (err error) {
	r := &coupledRun{scenario: set.Scenario, workers: f.workers, progress: bar}
	if r.venues, err = set.Scenario.CoupledVenues(); err != nil {
		return err
	}
	defer f.data.close()
	first := set.Runs[0]
	if r.catalog, err = f.catalog(first.Manifest, set.Scenario.Data); err != nil {
		return err
	}
	if err := sameData(first.Manifest, r.catalog); err != nil {
		return err
	}
	for i, run := range set.Runs {
		if err := run.CheckFiles(); err != nil {
			return err
		}
		in := report.Inputs{Scenario: r.venues[i].Scenario, Catalog: r.catalog, Command: run.Manifest.Command, Coupled: run.Manifest.Coupled, Version: version}
		if in.Rulebook, err = run.Rulebook(); err != nil {
			return err
		}
		if in.TradeList, err = run.TradeList(); err != nil {
			return err
		}
		if in.Scripts, err = run.Scripts(); err != nil {
			return err
		}
		r.inputs = append(r.inputs, in)
	}
	scratch, err := os.MkdirTemp("", "backtest-verify-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	again := filepath.Join(scratch, filepath.Base(filepath.Clean(set.Dir)))
	if _, err := r.into(ctx, again); err != nil {
		return err
	}
	if err := report.VerifySet(set.Dir, again, set.Names()); err != nil {
		return fmt.Errorf("%s: not reproduced: %w", set.Dir, err)
	}
	return nil
}
