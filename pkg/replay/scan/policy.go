package scan

import (
	"fmt"
	"reflect"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// carried returns a rulebook's policies as they would have to be: those that concern one isolated position at the values
// that this package carries out, the others as they are. Margin here is a function of the notional at mark alone.
func carried(p venue.Policies) venue.Policies {
	return venue.Policies{
		Trigger: p.Trigger, Tiers: "marginal", TierBy: "mark_notional", TierBound: p.TierBound, IsolatedValuation: "mark", IsolatedFee: "none", CrossFee: p.CrossFee,
		InitialMargin: "leverage", LiquidationStep: "whole", LiquidationOrder: p.LiquidationOrder, LiquidationPrice: "market", LiquidationFee: "capped_at_equity",
		FeeTo: "fund", Remainder: "trader", Backstop: "none", Bankruptcy: p.Bankruptcy, FundScope: p.FundScope, ADLTrigger: "fund_exhausted",
		ADLScore: p.ADLScore, ADLAllocation: p.ADLAllocation, ADLPrice: p.ADLPrice, ADLFee: p.ADLFee, FundingPrice: "mark", FundingRate: p.FundingRate, PremiumMean: p.PremiumMean,
		FundingLimit: p.FundingLimit, PriceRounding: p.PriceRounding} // of rates and prices that a replay reads or displays, not of what it does
}

// Supports tells whether a rulebook's rules for one isolated position are the ones that this package carries out; the error
// says which is not. A policy that is new to this package is one.
func Supports(r *venue.Rulebook) error {
	want := carried(r.Policies)
	if r.Policies == want {
		return nil
	}
	is, expected := reflect.ValueOf(r.Policies), reflect.ValueOf(want)
	for i := range is.NumField() {
		if a, b := is.Field(i).Interface(), expected.Field(i).Interface(); a != b {
			return fmt.Errorf("rulebook %s: the policy %s is %q; expected %q", r.ID, is.Type().Field(i).Name, a, b)
		}
	}
	return nil
}
