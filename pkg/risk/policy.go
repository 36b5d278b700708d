package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// checkPolicies refuses a rulebook that names a rule which this engine does not apply: a venue's name on numbers made by
// another venue's rules would be worse than none.
func checkPolicies(r *venue.Rulebook) error {
	for _, p := range []struct{ field, is, applied string }{
		{"tiers", r.Tiers, "marginal"},
		{"liquidation_order", r.LiquidationOrder, "largest_maintenance_margin"},
		{"liquidation_fee", r.LiquidationFee, "capped_at_equity"},
		{"bankruptcy", r.Bankruptcy, "split_by_maintenance_margin"},
		{"adl_score", r.ADLScore, "binance_leverage_pnl"},
		{"adl_price", r.ADLPrice, "bankruptcy"},
		{"funding_price", r.FundingPrice, "mark"},
	} {
		if p.is != p.applied {
			return fmt.Errorf("rulebook %s: policies.%s is %q; the exchange applies %q only", r.ID, p.field, p.is, p.applied)
		}
	}
	return nil
}
