package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// reportFlags are what `report` was asked for.
type reportFlags struct {
	verify, json bool
	data         dataSource
	workers      int
}

func newReportCommand() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Print a finished run again, or verify it",
		Long: `Report prints the summary of a run directory. With --verify it checks the hash of every file, carries the run out
again from the scenario and the rulebook in the directory, and compares all files byte for byte. Of coupled venues the directory
that holds them all is verified.`,
		Example: `  backtest report runs/october-10-2025-1a2b3c4d
  backtest report runs/october-10-2025-1a2b3c4d --verify
  backtest report runs/real --verify --data /mnt/catalogs/october`,
		Args: arguments(1, 1, "a run directory"),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.verify, "verify", false, "carry the run out again and compare byte for byte")
	flags.StringVar(&f.data.path, "data", "", "with --verify: where the run's data is (default: where it was)")
	flags.StringVar(&f.data.symbol, "symbol", "", "with --verify: instrument of a single --data file, as for run")
	flags.IntVar(&f.workers, "workers", 1, "with --verify: goroutines that decode data ahead")
	flags.BoolVar(&f.json, "json", false, "print summary.json")
	return c
}

// directoryOfRun refuses what is no directory at all; what is in one is for those who read it.
func directoryOfRun(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("%s does not exist; expected a run directory as `backtest run` writes it", dir)
	}
	if err == nil && !info.IsDir() {
		return usagef("%s is a file; expected the run directory that it is in", dir)
	}
	return nil
}

func (f *reportFlags) run(c *cobra.Command, dir string) error {
	for _, name := range []string{"data", "symbol", "workers"} {
		if c.Flags().Changed(name) && !f.verify {
			return usagef("--%s is of use with --verify only; a finished run is printed as it is, `backtest run` makes another", name)
		}
	}
	if f.workers < 1 {
		return usagef("--workers %d; expected at least 1", f.workers)
	}
	if err := directoryOfRun(dir); err != nil {
		return err
	}
	if f.verify {
		if set, err := report.OpenCoupledSet(dir); set != nil || err != nil {
			return f.verifySet(c, set, err)
		}
	}
	run, err := report.OpenRun(dir)
	if wrong := (*report.NoRunError)(nil); errors.As(err, &wrong) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	if k := run.Manifest.Coupled; f.verify && k != nil {
		return usagef("%s is venue %s of %d that were replayed together, and cannot be computed alone; verify all of them with `backtest report %s --verify`", dir, k.Venue, len(k.Venues), filepath.Dir(filepath.Clean(dir)))
	}
	stdout := c.OutOrStdout()
	if f.verify {
		bar := newProgress(c.ErrOrStderr(), f.json)
		err := f.again(c.Context(), run, bar)
		bar.close()
		if err != nil {
			return err
		}
	}
	switch {
	case f.json:
		text, err := run.Summary.JSON()
		if err != nil {
			return err
		}
		_, err = stdout.Write(text)
		return err
	case f.verify:
		_, err = fmt.Fprintf(stdout, "%s: verified, %d files are the same byte for byte\n", dir, len(run.Manifest.Files)+1)
		return err
	}
	return run.Summary.Print(stdout, textOn(stdout, dir))
}

// again carries a finished run out once more, beside it in the directory for temporary files, and compares.
func (f *reportFlags) again(ctx context.Context, run *report.Finished, bar *progress) error {
	if err := run.CheckFiles(); err != nil {
		return err
	}
	s, err := run.Scenario()
	if err != nil {
		return err
	}
	book, err := run.Rulebook()
	if err != nil {
		return err
	}
	list, err := run.TradeList()
	if err != nil {
		return err
	}
	scripts, err := run.Scripts()
	if err != nil {
		return err
	}
	held, err := run.Positions()
	if err != nil {
		return err
	}
	defer f.data.close()
	catalog, err := f.catalog(run.Manifest, s.Data)
	if err != nil {
		return err
	}
	if err := sameData(run.Manifest, catalog); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "backtest-verify-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	second := filepath.Join(scratch, "again")
	in := report.Inputs{Scenario: s, Catalog: catalog, Rulebook: book, TradeList: list, Scripts: scripts, Positions: held, Command: run.Manifest.Command, Version: version}
	if _, err := (execution{inputs: in, workers: f.workers, progress: bar}).into(ctx, second); err != nil {
		return err
	}
	if err := report.Verify(run.Dir, second); err != nil {
		return fmt.Errorf("%s: not reproduced: %w", run.Dir, err)
	}
	return nil
}

// catalog opens the data that a run was made from, under the name that the run knows it by.
func (f *reportFlags) catalog(m *report.Manifest, shipped string) (*columnar.Catalog, error) {
	if f.data.path == "" {
		f.data.path = m.Command.Data
	}
	if f.data.path == "-" {
		return nil, usagef("the run read its candles from standard input; say where they are now with --data FILE --symbol SYMBOL")
	}
	catalog, err := f.data.open(m.Data.Name, shipped)
	if err != nil {
		return nil, fmt.Errorf("the run's data: %w; say where it is with --data", err)
	}
	return catalog, nil
}

// sameData compares a catalog with the hashes that a run was made from.
func sameData(m *report.Manifest, c *columnar.Catalog) error {
	have := map[string]string{}
	for _, s := range c.Series() {
		have[s.Path] = s.SHA256
	}
	for _, want := range m.Data.Files {
		if have[want.Path] != want.SHA256 {
			return fmt.Errorf("data %s: %s is not what the run was made from (SHA-256 %.8s..., expected %.8s...); give the original catalog with --data DIR", m.Data.Name, want.Path, have[want.Path], want.SHA256)
		}
	}
	if len(have) != len(m.Data.Files) {
		return fmt.Errorf("data %s has %d series, the run was made from %d; give the original catalog with --data DIR", m.Data.Name, len(have), len(m.Data.Files))
	}
	return nil
}
