package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// newVenueCommand groups what works on rulebooks.
func newVenueCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "venue",
		Short: "List, show, check and import venues' rulebooks",
		Long: `A rulebook is a dated YAML file of one venue's rules: margin tiers, fees, and the policies by which it liquidates,
insures and deleverages. Every value has a source with its date, or says why it has none.`,
	}
	c.AddCommand(newVenueListCommand(), newVenueShowCommand(), newVenueCheckCommand(), newVenueImportCommand())
	return c
}

// venueEntry is a line of `venue list`.
type venueEntry struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	AsOf       string `json:"as_of"`
	Settlement string `json:"settlement"`
	Contracts  int    `json:"contracts"`
	Values     int    `json:"values"`
	Unsourced  int    `json:"unsourced"`
	SHA256     string `json:"sha256"`
}

func newVenueListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the rulebooks that ship with the program",
		Example: `  backtest venue list
  backtest venue list --json`,
		Args: arguments(0, 0, "none"),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []venueEntry
			for _, id := range venue.IDs() {
				book, err := venue.Load(id)
				if err != nil {
					return err
				}
				all = append(all, venueEntry{ID: book.ID, Title: book.Title, AsOf: book.AsOf, Settlement: book.Settlement,
					Contracts: len(book.Symbols()), Values: len(book.Facts()), Unsourced: len(book.Unsourced()), SHA256: book.Hash()})
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), all)
			}
			printVenues(c.OutOrStdout(), all)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printVenues(w io.Writer, all []venueEntry) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"id", "title", "as of", "contracts", "unsourced"})
	for _, e := range all {
		t.AppendRow(table.Row{e.ID, e.Title, e.AsOf, e.Contracts, fmt.Sprintf("%d of %d", e.Unsourced, e.Values)})
	}
	fmt.Fprintln(w, t.Render())
	fmt.Fprintln(w, "A venue alone is its newest rulebook. `backtest venue show ID` prints each value with its source.")
}

func newVenueCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check RULEBOOK...",
		Short: "List every finding in rulebooks",
		Long: `Check reads rulebooks (files, or ids of those that ship) and lists all that is wrong with each: tiers with gaps, that
overlap or go backwards, maintenance amounts that do not follow from the rates, unknown keys and policies, parameters
that are missing or of no use, values without a source. The exit code is 2 if there is any finding.`,
		Example: `  backtest venue check my.yaml
  backtest venue check binance/2025-10`,
		Args:              arguments(1, 1000, "files or ids of rulebooks"),
		ValidArgsFunction: completeVenue,
		RunE: func(c *cobra.Command, args []string) error {
			findings, wrong := 0, 0
			for _, name := range args {
				book, list, err := checkRulebook(name)
				switch {
				case err != nil:
					return err
				case len(list) > 0:
					wrong++
					findings += len(list)
					for _, f := range list {
						fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", name, f)
					}
				default:
					fmt.Fprintf(c.OutOrStdout(), "%s: ok (%s; %s, %d of %d values unsourced, sha256 %.8s)\n", name, book.Title, several(len(book.Symbols()), "contract"), len(book.Unsourced()), len(book.Facts()), book.Hash())
				}
			}
			if findings > 0 {
				return usagef("venue check: %d findings in %d of %d rulebooks: expected none; correct what is listed", findings, wrong, len(args))
			}
			return nil
		},
	}
}

func completeVenue(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return venue.IDs(), cobra.ShellCompDirectiveDefault
}

// isFile says whether a rulebook is named by its file.
func isFile(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}
