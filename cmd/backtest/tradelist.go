package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// beside returns where a file that a scenario names is. A relative name is found beside the scenario's file and nowhere
// else; beside a scenario that ships there is no place, so it is the working directory.
func beside(s *scenario.Scenario, command, name string) string {
	if _, err := scenario.Text(command); err == nil || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(s.File()), name)
}

// loadTradeList reads the file of entries of kind list, nil for entries of other kinds.
func loadTradeList(s *scenario.Scenario, command string) (*report.TradeList, error) {
	if s.Probes == nil || s.Probes.Entries.Kind != "list" {
		return nil, nil
	}
	name := s.Probes.Entries.Params["file"]
	if name == "" {
		return &report.TradeList{}, nil // the registry says what is missing
	}
	text, err := os.ReadFile(beside(s, command, name))
	if err != nil {
		return nil, &usageError{s.At("probes.entries", fmt.Errorf("trade list: %w; a relative name is looked for beside the scenario", err))}
	}
	return &report.TradeList{Name: name, Data: text}, nil
}

// loadScripts reads the scripts that a scenario names.
func loadScripts(s *scenario.Scenario, command string) ([]report.Script, error) {
	var all []report.Script
	for _, f := range s.Scripts() {
		source, err := os.ReadFile(beside(s, command, f.Name))
		if err != nil {
			return nil, &usageError{s.At(f.Path, fmt.Errorf("script: %w; a relative name is looked for beside the scenario", err))}
		}
		all = append(all, report.Script{Name: f.Name, Source: source})
	}
	return all, nil
}
