package replay

import "github.com/liquidation-lab/backtest/internal/scenario"

// LoadScenario reads a scenario that ships with the program, by its name, or a file, by its path. It is how modules outside
// of this one come by what Options want: the scenario's own package is internal, its values are not.
func LoadScenario(nameOrPath string) (*scenario.Scenario, error) { return scenario.Load(nameOrPath) }
