package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// loadPositions reads the file that the crowd is taken from, nil where it is drawn. A relative name is found beside the
// scenario's file; beside a scenario that ships there is no place, so it is the working directory.
func loadPositions(s *scenario.Scenario, command string) (*report.Positions, error) {
	if s.Crowd == nil || s.Crowd.File == "" {
		return nil, nil
	}
	path := s.Crowd.File
	if _, err := scenario.Text(command); err != nil && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(s.File()), path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &usageError{s.At("crowd.file", fmt.Errorf("%w; a relative name is looked for beside the scenario", err))}
	}
	if _, err := replay.ParsePositions(s.Crowd.File, data); err != nil {
		return nil, &usageError{s.At("crowd.file", err)}
	}
	return &report.Positions{Name: s.Crowd.File, Data: data}, nil
}
