package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/liquidation-lab/backtest/pkg/market/archive"
)

// newDataImportCommand builds `data import`.
func newDataImportCommand() *cobra.Command {
	var (
		o            archive.ImportOptions
		marketName   string
		coinMargined string
		sizes        []string
		asJSON       bool
	)
	c := &cobra.Command{
		Use:   "import SOURCE... --out DIR",
		Short: "Turn the files that venues publish into a catalog",
		Long: `Import reads klines, mark and index price klines, funding rates, open-interest metrics and book depth as
Binance's archive publishes them (USD-M, COIN-M and spot; plain or inside .zip) and the shorter layouts of
docs/DATA.md, given files or folders. Kind, interval and symbol are read from path, name and header. Several files of
one series are merged: identical repetitions are dropped and counted, contradictions are an error that names both
places. Prices survive exactly. Nothing is written unless all of it can be.

Coin-margined symbols keep their own names (BTCUSD_PERP); their volumes are contracts of a fixed number of dollars and
are converted to base, or refused with --coin-margined refuse. Spot becomes an index under its own name (AAVE-USD).`,
		Example: `  backtest data import ~/Downloads/data.binance.vision --out data/october
  backtest data import BTCUSDT-1m-2025-10-10.zip BTCUSDT-fundingRate-2025-10.zip --out data/btc
  backtest data import archive/ --symbol BTCUSDT,ETHUSDT --out data/two
  backtest data import cm/ --contract-size BTCUSD_PERP=100 --out data/coin-margined`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("data import: expected at least one file or folder of market data")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.Sources = args
			if o.Out == "" {
				return usagef("data import: --out is missing: expected the directory of the new catalog")
			}
			switch o.Market = archive.Market(marketName); o.Market {
			case "", archive.USDMargined, archive.CoinMargined, archive.Spot:
			default:
				return usagef("--market %q: expected um, cm or spot", marketName)
			}
			switch coinMargined {
			case "convert", "refuse":
				o.RefuseCoinMargin = coinMargined == "refuse"
			default:
				return usagef("--coin-margined %q: expected convert or refuse", coinMargined)
			}
			var err error
			if o.ContractSizes, err = parseContractSizes(sizes); err != nil {
				return err
			}
			o.Progress = progressLine(c.ErrOrStderr())
			report, err := archive.Import(c.Context(), o)
			if err != nil {
				return dataError(err)
			}
			for _, note := range report.Notes {
				fmt.Fprintln(c.ErrOrStderr(), "note:", note)
			}
			if len(report.Passed) > 0 {
				fmt.Fprintf(c.ErrOrStderr(), "note: passed over, neither .csv nor .zip: %s\n", strings.Join(report.Passed, " "))
			}
			if asJSON {
				return printImportJSON(c.OutOrStdout(), o.Out, report)
			}
			printImport(c.OutOrStdout(), o.Out, report)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.Out, "out", "", "directory of the new catalog; must not exist")
	f.StringSliceVar(&o.Symbols, "symbol", nil, "only these symbols, as the files name them")
	f.StringVar(&o.Title, "title", "", "a title for the catalog")
	f.StringVar(&marketName, "market", "", "um, cm or spot: the market of files whose path does not say it")
	f.StringVar(&coinMargined, "coin-margined", "convert", "convert coin-margined volumes to base, or refuse them")
	f.StringArrayVar(&sizes, "contract-size", nil, "SYMBOL=USD, dollars a coin-margined contract (default Binance's: BTC 100, others 10)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func parseContractSizes(args []string) (map[string]float64, error) {
	sizes := map[string]float64{}
	for _, arg := range args {
		symbol, text, _ := strings.Cut(arg, "=")
		size, err := strconv.ParseFloat(text, 64)
		if err != nil || symbol == "" || !(size > 0 && size <= 1e9) {
			return nil, usagef("--contract-size %q: expected SYMBOL=USD, such as BTCUSD_PERP=100", arg)
		}
		sizes[symbol] = size
	}
	return sizes, nil
}

// progressLine rewrites one line of a terminal, and is nil for anything else.
func progressLine(w io.Writer) func(done, total int, series string) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return func(done, total int, series string) {
		fmt.Fprintf(w, "\r\x1b[K%d/%d %s", done+1, total, series)
		if done+1 == total {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}

func printImport(w io.Writer, out string, r *archive.ImportReport) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"series", "market", "files", "rows", "from", "last", "repeated", "gaps", "missing"})
	rows := int64(0)
	for _, s := range r.Series {
		t.AppendRow(table.Row{s.Path(), s.Market, s.Files, s.Rows, s.From, s.To, s.Dropped, s.Gaps, s.Missing})
		rows += s.Rows
	}
	fmt.Fprintln(w, t.Render())
	fmt.Fprintf(w, "%s: %d series, %s\n", out, len(r.Series), several(int(rows), "row"))
}

func printImportJSON(w io.Writer, out string, r *archive.ImportReport) error {
	type series struct {
		Path     string         `json:"path"`
		Market   archive.Market `json:"market"`
		Files    int            `json:"files"`
		Rows     int64          `json:"rows"`
		FromText string         `json:"from"`
		ToText   string         `json:"to"`
		Repeated int            `json:"repeated"`
		Gaps     int            `json:"gaps"`
		Missing  int64          `json:"missing"`
	}
	all := make([]series, 0, len(r.Series))
	for _, s := range r.Series {
		all = append(all, series{Path: s.Path(), Market: s.Market, Files: s.Files, Rows: s.Rows, FromText: s.From.String(),
			ToText: s.To.String(), Repeated: s.Dropped, Gaps: s.Gaps, Missing: s.Missing})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"schema": "backtest/import/v1", "out": out, "series": all, "notes": r.Notes, "passed_over": r.Passed})
}
