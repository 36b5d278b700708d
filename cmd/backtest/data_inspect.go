package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/market/archive"
)

// newDataInspectCommand builds `data inspect`.
func newDataInspectCommand() *cobra.Command {
	var (
		asJSON    bool
		selection archive.Selection
	)
	c := &cobra.Command{
		Use:   "inspect PATH",
		Short: "Show schema, range, rows, gaps and hashes of a catalog or file",
		Long: `Inspect reads a catalog, a folder of venue files, or one file (.parquet, .arrow, .arrows, .csv, .zip) whole
and prints what each series holds. The hashes of a catalog are verified first.`,
		Example: `  backtest data inspect data/october
  backtest data inspect data/october --symbol BTCUSDT --json
  backtest data inspect BTCUSDT-1m-2025-10-10.zip`,
		Args: onePath("data inspect"),
		RunE: func(c *cobra.Command, args []string) error {
			i, err := archive.Inspect(args[0], selection)
			if err != nil {
				return dataError(err)
			}
			if len(selection.Symbols) > 0 {
				i.Series = slices.DeleteFunc(i.Series, func(s archive.Inspected) bool { return !slices.Contains(selection.Symbols, s.Symbol) })
				if len(i.Series) == 0 {
					return usagef("--symbol %s: %s has no such series", strings.Join(selection.Symbols, ","), args[0])
				}
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(i)
			}
			printInspection(c.OutOrStdout(), i)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringSliceVar(&selection.Symbols, "symbol", nil, "only these symbols")
	return c
}

// onePath accepts exactly one argument.
func onePath(command string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%s: expected one catalog, folder or file, got %d arguments", command, len(args))
		}
		return nil
	}
}

func printInspection(w io.Writer, i *archive.Inspection) {
	for _, key := range slices.Sorted(maps.Keys(i.Metadata)) {
		fmt.Fprintf(w, "%s: %s\n", key, i.Metadata[key])
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"series", "rows", "from", "last", "gaps", "missing", "bytes", "sha256"})
	schemas := map[string]string{}
	rows := int64(0)
	for _, s := range i.Series {
		t.AppendRow(table.Row{s.Name, s.Rows, s.From, s.To, s.Gaps, s.Missing, s.Bytes, fmt.Sprintf("%.12s", s.SHA256)})
		columns := strings.Join(s.Columns, " ")
		if _, ok := schemas[columns]; !ok {
			schemas[columns] = s.Name
		} else {
			schemas[columns] += " ..."
		}
		rows += s.Rows
	}
	fmt.Fprintln(w, t.Render())
	for _, columns := range slices.Sorted(maps.Keys(schemas)) {
		first, more, _ := strings.Cut(schemas[columns], " ")
		if more != "" {
			first += fmt.Sprintf(" and %d more", strings.Count(more, "..."))
		}
		fmt.Fprintf(w, "columns %s: %s\n", columns, first)
	}
	fmt.Fprintf(w, "%s: %d series, %s\n", i.Path, len(i.Series), several(int(rows), "row"))
}
