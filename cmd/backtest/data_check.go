package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/market/archive"
)

// foldAfter is the number of findings of one kind in one file after which the list folds the rest into a count.
const foldAfter = 20

// newDataCheckCommand builds `data check`.
func newDataCheckCommand() *cobra.Command {
	var (
		asJSON, all bool
		selection   archive.Selection
	)
	c := &cobra.Command{
		Use:   "check PATH",
		Short: "List every finding in a catalog, a folder of venue files or a file",
		Long: `Check reads everything and lists what it finds, with its place: rows that cannot be read, reversed and
contradictory times, high below low, gaps, jumps, wicks, runs without volume, funding at odd times, bars that do not add
up to longer ones, mark prices far from the last price, frozen depth, changed files. docs/DATA.md explains each.

An error means that the data is wrong or contradicts itself, and the exit code is 1. A warning may be what happened:
judge it. A note says what the data lacks.`,
		Example: `  backtest data check data/october
  backtest data check ~/Downloads/data.binance.vision --json`,
		Args: onePath("data check"),
		RunE: func(c *cobra.Command, args []string) error {
			found, err := archive.Check(args[0], selection)
			if err != nil {
				return dataError(err)
			}
			count := map[archive.Severity]int{}
			for _, f := range found {
				count[f.Severity]++
			}
			if asJSON {
				err = printFindingsJSON(c.OutOrStdout(), args[0], found)
			} else {
				printFindings(c.OutOrStdout(), found, all)
				fmt.Fprintf(c.OutOrStdout(), "%s: %s, %s, %s\n", args[0],
					several(count[archive.Fault], "error"), several(count[archive.Warning], "warning"), several(count[archive.Note], "note"))
			}
			if err == nil && count[archive.Fault] > 0 {
				err = fmt.Errorf("%s has %s: expected none; correct or leave out the files named", args[0], several(count[archive.Fault], "error"))
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, always with every finding")
	c.Flags().BoolVar(&all, "all", false, fmt.Sprintf("list all findings of a kind in a file, not only the first %d", foldAfter))
	return c
}

func printFindingsJSON(w io.Writer, path string, found []archive.Finding) error {
	if found == nil {
		found = []archive.Finding{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"schema": "backtest/check/v1", "path": path, "findings": found})
}

func printFindings(w io.Writer, found []archive.Finding, all bool) {
	type kind struct{ file, code string }
	total, printed := map[kind]int{}, map[kind]int{}
	for _, f := range found {
		total[kind{f.File, f.Code}]++
	}
	for _, f := range found {
		k := kind{f.File, f.Code}
		printed[k]++
		if !all && printed[k] == foldAfter+1 {
			fmt.Fprintf(w, "%-7s %-16s %s: and %d more of this kind, --all lists them\n", f.Severity, f.Code, f.File, total[k]-foldAfter)
		}
		if all || printed[k] <= foldAfter {
			fmt.Fprintf(w, "%-7s %-16s %s: %s\n", f.Severity, f.Code, findingPlace(f), f.Message)
		}
	}
}

func findingPlace(f archive.Finding) string {
	place := f.File
	switch {
	case f.Line > 0:
		place += fmt.Sprintf(": line %d", f.Line)
	case f.Row != nil:
		place += fmt.Sprintf(": row %d", *f.Row)
	}
	if f.Column != "" {
		place += ", column " + f.Column
	}
	if f.Time != nil {
		place += " (" + f.Time.String() + ")"
	}
	return place
}
