package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/internal/spell"
	"github.com/liquidation-lab/backtest/pkg/strategy"
	"github.com/liquidation-lab/backtest/pkg/strategy/script"
)

func newStrategyShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show NAME | KIND NAME",
		Short: "Print a part's formula, source and parameters",
		Example: `  backtest strategy show chandelier
  backtest strategy show leverage fixed
  backtest strategy show risk --json`,
		Args: arguments(1, 2, "a name, or a kind and a name"),
		RunE: func(c *cobra.Command, args []string) error {
			found, err := findParts(args)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), found)
			}
			for i, e := range found {
				if i > 0 {
					fmt.Fprintln(c.OutOrStdout())
				}
				printPart(c.OutOrStdout(), e)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// findParts returns the parts of a name, of one kind or of all.
func findParts(args []string) ([]partEntry, error) {
	var kinds []strategy.Kind
	name := args[len(args)-1]
	if len(args) == 2 {
		kind, err := kindOf(args[0])
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, kind)
	}
	var found []partEntry
	var known []string
	for _, e := range partEntries(script.NewRegistry(), kinds...) {
		if e.Name == name {
			found = append(found, e)
		}
		if !slices.Contains(known, e.Name) {
			known = append(known, e.Name)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	near := ""
	if guess, ok := spell.Nearest(name, known); ok {
		near = fmt.Sprintf("; did you mean %s?", guess)
	}
	return nil, usagef("strategy show: unknown part %q%s; `backtest strategy list` has all", name, near)
}

func printPart(w io.Writer, e partEntry) {
	fmt.Fprintf(w, "%s %s: %s\n", e.Kind, e.Name, e.Summary)
	if e.Warning != "" {
		fmt.Fprintf(w, "  warning    %s\n", e.Warning)
	}
	fmt.Fprintf(w, "  formula    %s\n  source     %s\n", e.Formula, e.Source)
	for _, p := range e.Params {
		given := "optional"
		switch {
		case p.Required:
			given = "required"
		case p.Default != "":
			given = "default " + p.Default
		}
		fmt.Fprintf(w, "  %-10s %s (%s): %s\n", p.Name, p.Unit, given, p.Help)
	}
	fmt.Fprintf(w, "  scenario   %s\n", example(e))
}

// example writes a part as a scenario has it, with its required parameters to be filled in.
func example(e partEntry) string {
	words := []string{"kind: " + e.Name}
	for _, p := range e.Params {
		if p.Required {
			words = append(words, p.Name+": ...")
		}
	}
	key := e.Kind
	if e.Kind == string(strategy.KindEntry) {
		key = "entries"
	}
	part := "{" + strings.Join(words, ", ") + "}"
	if e.Kind == string(strategy.KindManagement) {
		part = "[" + part + "]"
	}
	return key + ": " + part
}
