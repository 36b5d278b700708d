package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// loadTradeList reads the file of entries of kind list, nil for entries of other kinds. A relative name is found beside
// the scenario's file and nowhere else; beside a scenario that ships there is no place, so it is the working directory.
func loadTradeList(s *scenario.Scenario, command string) (*report.TradeList, error) {
	if s.Probes == nil || s.Probes.Entries.Kind != "list" {
		return nil, nil
	}
	name := s.Probes.Entries.Params["file"]
	path := name
	if _, err := scenario.Text(command); err != nil && !filepath.IsAbs(name) {
		path = filepath.Join(filepath.Dir(s.File()), name)
	}
	if name == "" {
		return &report.TradeList{}, nil // the registry says what is missing
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &usageError{s.At("probes.entries", fmt.Errorf("trade list: %w; a relative name is looked for beside the scenario", err))}
	}
	return &report.TradeList{Name: name, CSV: text}, nil
}
