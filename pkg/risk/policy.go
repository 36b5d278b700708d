package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// stepRule sizes forced orders (docs/MODEL.md section 5, step 2).
type stepRule uint8

const (
	stepWhole stepRule = iota
	stepFractionFirst
	stepTierDown
	stepTierDownAboveFirst
	stepToMaintenance
	stepToInitialMargin
	stepPerBlock
	stepTakeover
)

// limitRule prices forced orders.
type limitRule uint8

const (
	limitNone limitRule = iota
	limitZeroPrice
	limitFillable
)

// roomRule bounds what an insurance fund pays before ADL (step 4).
type roomRule uint8

const (
	roomBalance roomRule = iota
	roomSolventOnly
	roomFundPeak
	roomInstrumentPeak
	roomFundMean
)

// scoreRule ranks ADL counterparties.
type scoreRule uint8

const (
	scoreWalletReturnTimesRatio scoreRule = iota
	scoreReturnTimesLeverage
	scoreMarginTimesLeverage
	scorePriceGainTimesLeverage
	scoreRandomStart
)

// adlPriceRule prices ADL fills.
type adlPriceRule uint8

const (
	adlAtBankruptcy adlPriceRule = iota
	adlAtMark
	adlAtPreviousMark
	adlAtBankruptcyNearMark
)

// allocationRule says how ADL is shared out.
type allocationRule uint8

const (
	allocateByScore allocationRule = iota
	allocateByPnL
	allocateByEquity
	allocateByContracts
	allocateCapped
	allocateByRisk
	allocateMinMax
	allocateDraining
)

// rules are a rulebook's policies, looked up once.
type rules struct {
	step              stepRule
	limit             limitRule
	cappedAtGain      bool // the fee is capped at the improvement over the bankruptcy price
	feeToIncome       bool
	remainderToFund   bool
	backstop          bool
	negativeTakenOver bool // a scope below zero is taken over without orders
	room              roomRule
	score             scoreRule
	adlPrice          adlPriceRule
	allocation        allocationRule
	adlFee            bool
	fundingAtIndex    bool
	venue.Parameters
}

// compile looks the policies up. One that this engine does not apply is refused: a venue's name on numbers made by another
// venue's rules would be worse than none.
func compile(r *venue.Rulebook) (rules, error) {
	p := &r.Policies
	c := rules{Parameters: r.Parameters, cappedAtGain: p.LiquidationFee == "capped_at_improvement", feeToIncome: p.FeeTo == "income",
		remainderToFund: p.Remainder == "fund", backstop: p.Backstop == "takes_scope", adlFee: p.ADLFee == "maker", fundingAtIndex: p.FundingPrice == "index",
		negativeTakenOver: p.ADLTrigger == "negative_equity" || p.LiquidationPrice != "market"}
	var ok [6]bool
	c.step, ok[0] = map[string]stepRule{"whole": stepWhole, "fraction_first": stepFractionFirst, "tier_step_down": stepTierDown,
		"tier_step_down_above_first": stepTierDownAboveFirst, "to_maintenance": stepToMaintenance, "to_initial_margin": stepToInitialMargin,
		"per_block": stepPerBlock, "takeover": stepTakeover}[p.LiquidationStep]
	c.limit, ok[1] = map[string]limitRule{"market": limitNone, "zero_price": limitZeroPrice, "fillable": limitFillable}[p.LiquidationPrice]
	c.room, ok[2] = map[string]roomRule{"fund_exhausted": roomBalance, "negative_equity": roomSolventOnly, "drawdown_from_peak": roomFundPeak,
		"instrument_drawdown_from_peak": roomInstrumentPeak, "drawdown_below_average": roomFundMean}[p.ADLTrigger]
	c.score, ok[3] = map[string]scoreRule{"binance_leverage_pnl": scoreWalletReturnTimesRatio, "pnl_percent_times_leverage": scoreReturnTimesLeverage,
		"pnl_over_notional_times_leverage": scoreMarginTimesLeverage, "price_gain_times_leverage": scorePriceGainTimesLeverage,
		"random_start": scoreRandomStart}[p.ADLScore]
	c.adlPrice, ok[4] = map[string]adlPriceRule{"bankruptcy": adlAtBankruptcy, "mark": adlAtMark, "previous_mark": adlAtPreviousMark,
		"bankruptcy_near_mark": adlAtBankruptcyNearMark}[p.ADLPrice]
	c.allocation, ok[5] = map[string]allocationRule{"queue": allocateByScore, "pro_rata_pnl": allocateByPnL, "pro_rata_equity": allocateByEquity,
		"pro_rata_contracts": allocateByContracts, "capped_pro_rata": allocateCapped, "risk_pro_rata": allocateByRisk,
		"min_max_fraction": allocateMinMax, "leverage_draining": allocateDraining}[p.ADLAllocation]
	for i, name := range []string{"liquidation_step: " + p.LiquidationStep, "liquidation_price: " + p.LiquidationPrice, "adl_trigger: " + p.ADLTrigger,
		"adl_score: " + p.ADLScore, "adl_price: " + p.ADLPrice, "adl_allocation: " + p.ADLAllocation} {
		if !ok[i] {
			return c, fmt.Errorf("rulebook %s: policies.%s is not a rule that the exchange applies", r.ID, name)
		}
	}
	return c, nil
}

// mayWait reports whether a liquidatable scope may be left for the next tick.
func (r *rules) mayWait() bool { return r.limit != limitNone || r.step == stepPerBlock }

// asksRelease reports whether a forced order asks by what it lowers its scope's maintenance margin.
func (r *rules) asksRelease() bool {
	return r.limit != limitNone || r.cappedAtGain || r.step == stepToMaintenance || r.step == stepToInitialMargin
}
