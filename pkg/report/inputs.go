package report

import (
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Inputs are what a run is made from; all of them go into its manifest.
type Inputs struct {
	Scenario  *scenario.Scenario
	Catalog   *columnar.Catalog
	Rulebook  *venue.Rulebook
	TradeList *TradeList // nil: entries come from no file
	Positions *Positions // nil: the crowd comes from no file
	Scripts   []Script   // that parts of the scenario are made of, in the order of Scenario.Scripts
	Coupled   *Coupled   // nil: the run is not one of several venues under one clock
	Command   Command
	Version   string // of the program
}

// Copy is a file of a result's directory that holds an input as it was read.
type Copy struct {
	Name string
	Data []byte
}

// Copies are the files that stand beside a result for its inputs: the canonical scenario, the rulebook, and whatever file
// entries, crowd and parts of rules come from. Nothing else is read when the result is made again from its directory.
func (in Inputs) Copies() []Copy {
	list := []Copy{{ScenarioFile, in.Scenario.Canonical()}, {RulebookFile, in.Rulebook.YAML()}}
	if l := in.TradeList; l != nil {
		list = append(list, Copy{l.file(), l.Data})
	}
	for i, s := range in.Scripts {
		list = append(list, Copy{scriptFile(i), s.Source})
	}
	if p := in.Positions; p != nil {
		list = append(list, Copy{p.file(), p.Data})
	}
	return list
}

// Command is how the run was asked for, as far as running it again needs it. Overrides of the scenario are already
// applied in scenario.yaml and are kept for the reader.
type Command struct {
	Scenario string   `json:"scenario"`
	Data     string   `json:"data,omitempty"`  // directory of the catalog; empty for data that ships with the program
	Venue    string   `json:"venue,omitempty"` // as given, where it replaced the scenario's
	Set      []string `json:"set,omitempty"`
	WhatIf   []string `json:"what_if,omitempty"`
}
