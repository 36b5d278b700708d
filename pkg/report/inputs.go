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
	Command   Command
	Version   string // of the program
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
