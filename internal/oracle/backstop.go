package oracle

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// mustTakeOver is the end of step 1: reasons to take over a whole scope before any order.
func (x *Exchange) mustTakeOver(s scope) bool {
	equity, policies := s.equity(current), x.policies()
	switch {
	case policies.LiquidationStep == "takeover":
		return true
	case policies.Backstop == "takes_scope" && equity.LessThan(x.backstop(s)):
		return true
	case equity.IsNegative() && (policies.ADLTrigger == "negative_equity" || policies.LiquidationPrice != "market"):
		return true
	}
	return x.stepsDown() && x.nothingToStepDown(s)
}

// backstop is Σ floor(MM_i·f_i).
func (x *Exchange) backstop(s scope) decimal.Decimal {
	sum := decimal.Zero
	for _, p := range s.positions() {
		if p.listing.asset {
			continue
		}
		sum = sum.Add(floor(x.maintenanceOf(p, p.listing.mark).Mul(market.Decimal(p.listing.contract.BackstopFraction))))
	}
	return sum
}

func (x *Exchange) stepsDown() bool {
	return strings.HasPrefix(x.policies().LiquidationStep, "tier_step_down")
}

func (x *Exchange) nothingToStepDown(s scope) bool {
	for _, p := range s.positions() {
		if !x.passedOver(p) {
			return false
		}
	}
	return true
}

// belowFirstTier is E ≤ Σ of the requirements with the first tier's rate and amount.
func (x *Exchange) belowFirstTier(s scope) bool {
	sum := decimal.Zero
	for _, p := range s.positions() {
		if p.listing.asset {
			continue
		}
		sum = sum.Add(x.maintenanceUnder(p, p.listing.mark, x.ofTier(p.listing.contract, 1)))
	}
	return !s.equity(current).GreaterThan(sum)
}
