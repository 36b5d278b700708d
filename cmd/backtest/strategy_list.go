package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/strategy"
	"github.com/liquidation-lab/backtest/pkg/strategy/script"
)

func newStrategyListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [KIND]",
		Short: "List the parts that rules are made of",
		Example: `  backtest strategy list
  backtest strategy list stop
  backtest strategy list --json`,
		Args:              arguments(0, 1, "at most one kind, such as stop"),
		ValidArgsFunction: completeKind,
		RunE: func(c *cobra.Command, args []string) error {
			var kinds []strategy.Kind
			if len(args) == 1 {
				kind, err := kindOf(args[0])
				if err != nil {
					return err
				}
				kinds = append(kinds, kind)
			}
			all := partEntries(script.NewRegistry(), kinds...)
			out := c.OutOrStdout()
			if asJSON {
				return printJSON(out, all)
			}
			t := table.NewWriter()
			t.SetStyle(table.StyleLight)
			t.AppendHeader(table.Row{"kind", "name", "what it does"})
			t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, WidthMax: 90, WidthMaxEnforcer: text.WrapSoft}})
			for _, e := range all {
				summary := e.Summary
				if e.Warning != "" {
					summary = "(warning) " + summary
				}
				t.AppendRow(table.Row{e.Kind, e.Name, summary})
			}
			_, err := fmt.Fprintf(out, "%s\n`backtest strategy show NAME` prints formula, source and parameters.\n", t.Render())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
