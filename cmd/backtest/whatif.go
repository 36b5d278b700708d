package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

// asWhatIf words alterations as changes of the scenario: those that it has already, then these.
func asWhatIf(s *scenario.Scenario, alter []string) []string {
	if len(alter) == 0 {
		return nil
	}
	all := alter
	if s.Counterfactual != nil {
		all = append(slices.Clone(s.Counterfactual.Set), alter...)
	}
	quoted := make([]string, len(all))
	for i, a := range all {
		quoted[i] = strconv.Quote(a)
	}
	return []string{"prices.mode=" + scenario.ModeCounterfactual, "counterfactual.set=[" + strings.Join(quoted, ", ") + "]"}
}
