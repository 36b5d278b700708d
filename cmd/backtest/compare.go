package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/report"
)

// compareFlags are what `compare` was asked for.
type compareFlags struct {
	json bool
	html string
}

func newCompareCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare RUN RUN...",
		Short: "Put finished runs side by side",
		Long: `Compare reads run directories and prints them side by side: the rulebook, what was liquidated, the insurance fund,
auto-deleveraging, and each group's liquidation probability and P&L. The first run is the baseline. Where two runs offered the
same setups to rules of the same names, it adds paired differences with intervals; where they did not, it says why. It lists
the keys of the scenario, the data and the rules that the runs do not share.`,
		Example: `  backtest compare runs/october-10-2025-1a2b3c4d runs/october-10-2025-5e6f7a8b
  backtest compare runs/venues/binance-2025-10 runs/venues/hyperliquid-2025-10 --html side-by-side.html
  backtest compare runs/a runs/b runs/c --json | jq .paired`,
		Args: arguments(2, 1000, "at least two run directories"),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	c.Flags().BoolVar(&f.json, "json", false, "print the comparison as JSON")
	c.Flags().StringVar(&f.html, "html", "", "write the comparison as a page of its own; the file must not exist")
	return c
}

func (f *compareFlags) run(c *cobra.Command, dirs []string) error {
	for _, dir := range dirs {
		if err := directoryOfRun(dir); err != nil {
			return err
		}
	}
	if f.html != "" {
		if _, err := os.Lstat(f.html); err == nil {
			return usagef("%s exists already and is not overwritten: name another file", f.html)
		}
	}
	comparison, err := report.CompareRuns(dirs)
	if wrong := (*report.NoRunError)(nil); errors.As(err, &wrong) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	if f.html != "" {
		page, err := comparison.HTML(false)
		if err != nil {
			return err
		}
		if err := writeNew(f.html, page); err != nil {
			return err
		}
	}
	stdout := c.OutOrStdout()
	if f.json {
		text, err := comparison.JSON()
		if err != nil {
			return err
		}
		_, err = stdout.Write(text)
		return err
	}
	return comparison.Print(stdout, textOn(stdout, ""))
}
