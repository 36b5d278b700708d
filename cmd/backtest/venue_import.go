package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// checkRulebook reads a rulebook and returns all that is wrong with it; err is of a name that is neither a file nor an id.
func checkRulebook(name string) (*venue.Rulebook, []string, error) {
	book, err := loadRulebook(name)
	if invalid := (*venue.Invalid)(nil); errors.As(err, &invalid) {
		return nil, invalid.Findings, nil
	}
	return book, nil, err
}

// newVenueImportCommand builds `venue import`.
func newVenueImportCommand() *cobra.Command {
	var (
		o         venue.ImportOptions
		base, out string
		asJSON    bool
	)
	c := &cobra.Command{
		Use:   "import FILE --date DATE --out BOOK.yaml",
		Short: "Turn a leverage-tier JSON file into a rulebook of your own",
		Long: `Import reads the tables of ccxt's fetch_leverage_tiers, of freqtrade's binance_leverage_tiers.json, or of Binance's
/fapi/v1/leverageBracket (a list or one object); which it is, is seen from the file. The tables become contracts on top of
a rulebook (--base), which supplies the policies, fees and whatever the file lacks. The file's name and sha256 are the source
of the tiers, --date their date. Every row is checked: contiguous from 0, rising rates, leverage that does not rise, amounts
that follow from the rates. Nothing is written unless all of it is right, and nothing is overwritten.`,
		Example: `  backtest venue import binance_leverage_tiers.json --date 2024-10-24 --out my.yaml
  backtest venue import leverageBracket.json --base binance/2025-10 --date 2026-09-02 --out my.yaml
  backtest run october-10-2025 --venue my.yaml`,
		Args: arguments(1, 1, "a JSON file of leverage tiers"),
		RunE: func(c *cobra.Command, args []string) error {
			if !isFile(out) {
				return usagef("venue import: --out %q: expected the file to write, such as my.yaml", out)
			}
			if o.Date == "" {
				return usagef("venue import: --date is missing: expected the day of the tables in %s, such as 2025-10-10", args[0])
			}
			if _, err := os.Stat(out); err == nil {
				return usagef("%s exists already and is not overwritten: name another file", out)
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return &usageError{fmt.Errorf("venue import: %w; expected a JSON file of leverage tiers", err)}
			}
			b, err := loadRulebook(base)
			if err != nil {
				return err
			}
			o.File = args[0]
			if o.ID == "" {
				o.ID = "own/" + strings.TrimSuffix(strings.TrimSuffix(filepath.Base(out), ".yaml"), ".yml")
			}
			got, err := venue.Import(b, text, o)
			if err != nil {
				return &usageError{fmt.Errorf("venue import: %w\nexpected leverage tiers as the venue serves them: fetch the file again, or correct what is listed", err)}
			}
			if err := writeNew(out, got.Rulebook.YAML()); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), importedVenue{out, got.Rulebook.ID, b.ID, got.Layout, got.Tables, got.Replaced, append([]string{}, got.Notes...), got.Rulebook.Hash()})
			}
			w := c.OutOrStdout()
			fmt.Fprintf(w, "%s: %s from %s (%s), %d of them in %s before; the rest is that of %s\n", out, several(got.Tables, "contract"), args[0], got.Layout, got.Replaced, b.ID, b.ID)
			for _, n := range got.Notes {
				fmt.Fprintf(w, "note: %s\n", n)
			}
			fmt.Fprintf(w, "`backtest venue show %s` prints it, `backtest run SCENARIO --venue %s` uses it\n", out, out)
			return nil
		},
	}
	c.Flags().StringVar(&base, "base", "binance/2025-10", "rulebook (id or file) that supplies policies and what the file lacks")
	c.Flags().StringVar(&out, "out", "", "file to write; it must not exist")
	c.Flags().StringVar(&o.Date, "date", "", "day of the tables, such as 2025-10-10")
	c.Flags().StringVar(&o.ID, "id", "", "id of the new rulebook (own/ and the name of the file)")
	c.Flags().StringVar(&o.Title, "title", "", "title of the new rulebook (made from base and file)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// importedVenue is `venue import --json`.
type importedVenue struct {
	File     string   `json:"file"`
	ID       string   `json:"id"`
	Base     string   `json:"base"`
	Layout   string   `json:"layout"`
	Tables   int      `json:"tables"`
	Replaced int      `json:"replaced"`
	Notes    []string `json:"notes"`
	SHA256   string   `json:"sha256"`
}
