package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/internal/spell"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// newStrategyCommand groups what works on the parts of rules.
func newStrategyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "strategy",
		Short: "List and show the parts of rules, and try a script",
		Long: `A rule under test is made of parts: an entry, a sizing, a leverage, a stop, a take-profit and what is done with the
position afterwards. List and show print what the program knows of each, with formula, source, parameters, units and
defaults; test runs a Starlark file against made-up situations.`,
	}
	c.AddCommand(newStrategyListCommand(), newStrategyShowCommand(), newStrategyTestCommand())
	return c
}

// partEntry is a part as `strategy list` and `strategy show` print it.
type partEntry struct {
	Kind    string       `json:"kind"`
	Name    string       `json:"name"`
	Summary string       `json:"summary"`
	Formula string       `json:"formula"`
	Source  string       `json:"source"`
	Warning string       `json:"warning,omitempty"`
	Params  []paramEntry `json:"parameters"`
}

type paramEntry struct {
	Name     string `json:"name"`
	Unit     string `json:"unit"`
	Default  string `json:"default,omitempty"`
	Required bool   `json:"required"`
	Help     string `json:"help"`
}

// partEntries describes the parts of a registry, of all kinds or of those that are named.
func partEntries(r *strategy.Registry, kinds ...strategy.Kind) []partEntry {
	var all []partEntry
	for _, kind := range strategy.Kinds() {
		if len(kinds) > 0 && !slices.Contains(kinds, kind) {
			continue
		}
		for _, name := range r.Names(kind) {
			d, _ := r.Doc(kind, name)
			e := partEntry{Kind: string(kind), Name: name, Summary: d.Summary, Formula: d.Formula, Source: d.Source, Warning: d.Warning, Params: []paramEntry{}}
			for _, p := range d.Params {
				e.Params = append(e.Params, paramEntry{p.Name, p.Unit, p.Default, p.Default == "" && !p.Optional, p.Help})
			}
			all = append(all, e)
		}
	}
	return all
}

// kindOf reads the name of a kind.
func kindOf(name string) (strategy.Kind, error) {
	var known []string
	for _, k := range strategy.Kinds() {
		if string(k) == name {
			return k, nil
		}
		known = append(known, string(k))
	}
	near := ""
	if guess, ok := spell.Nearest(name, known); ok {
		near = fmt.Sprintf("; did you mean %s?", guess)
	}
	return "", usagef("unknown kind %q%s; expected one of %v", name, near, known)
}

func completeKind(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var kinds []string
	for _, k := range strategy.Kinds() {
		kinds = append(kinds, string(k))
	}
	return kinds, cobra.ShellCompDirectiveNoFileComp
}
