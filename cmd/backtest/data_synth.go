package main

import (
	"fmt"
	"io"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/market/synth"
)

// newDataSynthCommand builds `data synth`.
func newDataSynthCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "synth POINTS",
		Short: "Reconstruct a catalog from published control points",
		Long: `Synth draws a seeded market through the prices, lows, funding rates, open interest and depth of a YAML file of control
points, each with its source, and writes it as a catalog. It passes exactly through every point; what lies between two
points is invented, and the catalog and each of its files say so (provenance: reconstructed).

The same file gives the same bytes everywhere. data/README.md describes the format by way of the catalogs that ship.`,
		Example: `  backtest data synth data/october-10-2025/points.yaml --out october
  backtest run october-10-2025 --data october`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("data synth: expected one file of control points, got %d arguments", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return usagef("data synth: --out is absent; name a directory that does not exist yet")
			}
			return synthesize(c.OutOrStdout(), args[0], out)
		},
	}
	c.Flags().StringVar(&out, "out", "", "directory of the catalog, which must not exist (required)")
	return c
}

func synthesize(w io.Writer, path, out string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return &usageError{err}
	}
	points, err := synth.Parse(path, text)
	if err != nil {
		return &usageError{err}
	}
	if _, err := os.Lstat(out); err == nil {
		return usagef("--out %s exists: a catalog is never overwritten; choose another name or remove it", out)
	}
	series, err := points.Write(out)
	if err != nil {
		return err
	}
	printSynthesis(w, points, series, out)
	return nil
}

// printSynthesis says what was made, first of all that it is no recording.
func printSynthesis(w io.Writer, p *synth.Points, series []synth.Series, out string) {
	fmt.Fprintf(w, "%s: %s\n", p.Name, p.Title)
	fmt.Fprintln(w, "RECONSTRUCTED from published control points; no row was observed, what lies between points is invented.")
	fmt.Fprintf(w, "seed %d, points sha256 %.12s, %s to %s\n", p.Seed, p.SHA256, p.From, p.To)
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"symbol", "price points", "of them assumed", "bars", "open", "low", "low at", "mark low", "close"})
	for n, s := range series {
		lowest, markLow := 0, s.Mark.Low[0]
		for k, low := range s.Candles.Low {
			if low < s.Candles.Low[lowest] {
				lowest = k
			}
			markLow = min(markLow, s.Mark.Low[k])
		}
		assumed := 0
		for _, point := range p.Instruments[n].Prices {
			if point.Quality == "assumed" {
				assumed++
			}
		}
		t.AppendRow(table.Row{s.Symbol, len(p.Instruments[n].Prices), assumed, s.Candles.Len(), s.Candles.Open[0],
			s.Candles.Low[lowest], s.Candles.Time[lowest], markLow, s.Candles.Close[s.Candles.Len()-1]})
	}
	fmt.Fprintln(w, t.Render())
	fmt.Fprintf(w, "%s: candles and mark at 1m, funding, open interest and depth of %d instruments\n", out, len(series))
}
