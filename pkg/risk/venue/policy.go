package venue

import (
	"maps"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Policies are the named rules that a rulebook combines. docs/MODEL.md says what each of them does; no code knows a
// venue's name.
type Policies struct {
	Trigger           string // when a scope is liquidatable: inclusive (equity <= requirement) or strict (<)
	Tiers             string // what a tier's rate applies to: marginal, whole_position, linear_in_size
	TierBy            string // what selects the tier: mark_notional, entry_notional, size
	TierBound         string // to which tier a boundary belongs: cap_exclusive (the upper), cap_inclusive (the lower)
	IsolatedValuation string // notional that an isolated position's maintenance margin is taken of: mark, entry
	IsolatedFee       string // closing fee within an isolated requirement: none, taker_at_mark, taker_at_bankruptcy
	CrossFee          string // closing fee within a cross requirement: likewise
	InitialMargin     string // leverage, or open_interest_scaled where that asks for more

	LiquidationStep  string // how much a forced order closes: whole, fraction_first, tier_step_down, tier_step_down_above_first, to_maintenance, to_initial_margin, per_block, takeover
	LiquidationOrder string // which position of a scope comes first
	LiquidationPrice string // market, or an order limited to zero_price or fillable
	LiquidationFee   string // how the fee is bounded: capped_at_equity, capped_at_improvement
	FeeTo            string // fund, income
	Remainder        string // what is left of a scope that was closed whole at market goes to: trader, fund
	Backstop         string // none, takes_scope (below a fraction of maintenance margin)
	Bankruptcy       string // how a bankruptcy price is found for several positions

	FundScope  string // one insurance fund for the venue, for each group of contracts, for each instrument
	ADLTrigger string // what the fund pays before ADL: fund_exhausted, drawdown_from_peak, instrument_drawdown_from_peak, drawdown_below_average, negative_equity
	ADLScore   string // ranking of counterparties
	// ADLAllocation shares ADL out: by score (queue), or pooled over a round by pro_rata_pnl, pro_rata_equity,
	// pro_rata_contracts, capped_pro_rata, risk_pro_rata, min_max_fraction, leverage_draining.
	ADLAllocation string
	ADLPrice      string // bankruptcy, mark, previous_mark, bankruptcy_near_mark
	ADLFee        string // of the counterparty: none, maker

	FundingPrice string // of a payment: mark, index (the venue's oracle)
	FundingRate  string // formula of the rate: premium_and_interest, premium_and_interest_by_interval, premium_only
	PremiumMean  string // of the premium samples: arithmetic, linear_weights
	FundingLimit string // of the rate: none, contract (the contract's cap and floor), maintenance_factor, margin_difference_factor

	PriceRounding string // of a displayed liquidation or bankruptcy price to the tick: none, nearest, against_holder (longs up, shorts down), contract_value_against_holder (likewise, the value of one inverse contract first to 1e-8)
}

// Parameters are the numbers of policies. A rulebook gives exactly those that its policies use.
type Parameters struct {
	TiersPerStep       int          // tier_step_down: tiers that one order goes down; positions within the lowest so many are taken over
	StepFraction       market.Rate  // fraction_first: share of the position that the first order closes; to_maintenance: that an order closes at least
	StepThreshold      market.Quote // fraction_first: positions of at most this notional are closed whole
	Cooldown           market.Time  // fraction_first: time in milliseconds after a partial order in which orders are whole
	BlockFraction      market.Rate  // per_block: share of a position that one order closes
	BlockMinimum       market.Quote // per_block: notional that an order closes at least
	BackstopFraction   market.Rate  // takes_scope: of maintenance margin; a contract may have its own
	FillableAdjustment market.Rate  // fillable: bankruptcy adjustment
	FillableSpread     market.Rate  // fillable: spread to maintenance margin ratio
	ADLDrawdown        market.Rate  // drawdown_*: share that the fund may lose
	ADLDrawdownStop    market.Rate  // drawdown_from_peak: share at which ADL ends again
	ADLAbsolute        market.Quote // drawdown_below_average: loss that is always allowed
	ADLCap             market.Rate  // capped_pro_rata: largest share of a position that is taken while others have less
	ADLMarkDistance    market.Rate  // bankruptcy_near_mark: further from mark than this share, mark is the price
	FundingInterest    market.Rate  // per 8 hours
	FundingClamp       market.Rate  // of interest less premium
	FundingLimitFactor market.Rate  // maintenance_factor: of the lowest tier's maintenance margin rate, for one interval; margin_difference_factor: of initial less maintenance margin rate, for 8 hours
}

// choice is one value of a policy and the parameters that it needs.
type choice struct {
	name  string
	needs []string
}

// policyField is one key under "policies" of the file.
type policyField struct {
	key       string
	into      func(*Policies) *string
	choices   []choice
	otherwise string // the value where the file does not have the key; empty: the key is required
}

func plain(names ...string) []choice {
	c := make([]choice, len(names))
	for i, n := range names {
		c[i].name = n
	}
	return c
}

// policyFields lists the policies in the order in which a position meets them.
var policyFields = []policyField{
	{"trigger", func(p *Policies) *string { return &p.Trigger }, plain("inclusive", "strict"), ""},
	{"tiers", func(p *Policies) *string { return &p.Tiers }, plain("marginal", "whole_position", "linear_in_size"), ""},
	{"tier_by", func(p *Policies) *string { return &p.TierBy }, plain("mark_notional", "entry_notional", "size"), "mark_notional"},
	{"tier_bound", func(p *Policies) *string { return &p.TierBound }, plain("cap_exclusive", "cap_inclusive"), "cap_exclusive"},
	{"isolated_valuation", func(p *Policies) *string { return &p.IsolatedValuation }, plain("mark", "entry"), "mark"},
	{"isolated_fee", func(p *Policies) *string { return &p.IsolatedFee }, plain("none", "taker_at_mark", "taker_at_bankruptcy"), "none"},
	{"cross_fee", func(p *Policies) *string { return &p.CrossFee }, plain("none", "taker_at_mark", "taker_at_bankruptcy"), "none"},
	{"initial_margin", func(p *Policies) *string { return &p.InitialMargin }, plain("leverage", "open_interest_scaled"), "leverage"},
	{"liquidation_step", func(p *Policies) *string { return &p.LiquidationStep }, []choice{
		{name: "whole"}, {name: "fraction_first", needs: []string{"step_fraction", "step_threshold", "cooldown_seconds"}},
		{name: "tier_step_down", needs: []string{"tiers_per_step"}}, {name: "tier_step_down_above_first", needs: []string{"tiers_per_step"}}, {name: "to_maintenance", needs: []string{"step_fraction"}}, {name: "to_initial_margin"},
		{name: "per_block", needs: []string{"block_fraction", "block_minimum"}}, {name: "takeover"}}, "whole"},
	{"liquidation_order", func(p *Policies) *string { return &p.LiquidationOrder }, plain("largest_maintenance_margin"), ""},
	{"liquidation_price", func(p *Policies) *string { return &p.LiquidationPrice }, []choice{
		{name: "market"}, {name: "zero_price"}, {name: "fillable", needs: []string{"fillable_adjustment", "fillable_spread"}}}, "market"},
	{"liquidation_fee", func(p *Policies) *string { return &p.LiquidationFee }, plain("capped_at_equity", "capped_at_improvement"), ""},
	{"fee_to", func(p *Policies) *string { return &p.FeeTo }, plain("fund", "income"), "fund"},
	{"remainder", func(p *Policies) *string { return &p.Remainder }, plain("trader", "fund"), "trader"},
	{"backstop", func(p *Policies) *string { return &p.Backstop }, []choice{{name: "none"}, {name: "takes_scope", needs: []string{"backstop_fraction"}}}, "none"},
	{"bankruptcy", func(p *Policies) *string { return &p.Bankruptcy }, plain("split_by_maintenance_margin"), ""},
	{"fund_scope", func(p *Policies) *string { return &p.FundScope }, plain("venue", "group", "instrument"), "venue"},
	{"adl_trigger", func(p *Policies) *string { return &p.ADLTrigger }, []choice{
		{name: "fund_exhausted"}, {name: "drawdown_from_peak", needs: []string{"adl_drawdown", "adl_drawdown_stop"}},
		{name: "instrument_drawdown_from_peak", needs: []string{"adl_drawdown", "adl_drawdown_stop"}},
		{name: "drawdown_below_average", needs: []string{"adl_drawdown", "adl_absolute"}}, {name: "negative_equity"}}, "fund_exhausted"},
	{"adl_score", func(p *Policies) *string { return &p.ADLScore }, plain("binance_leverage_pnl", "pnl_percent_times_leverage",
		"pnl_over_notional_times_leverage", "price_gain_times_leverage", "random_start"), ""},
	{"adl_allocation", func(p *Policies) *string { return &p.ADLAllocation }, []choice{{name: "queue"}, {name: "pro_rata_pnl"}, {name: "pro_rata_equity"},
		{name: "pro_rata_contracts"}, {name: "capped_pro_rata", needs: []string{"adl_cap"}}, {name: "risk_pro_rata"}, {name: "min_max_fraction"},
		{name: "leverage_draining"}}, "queue"},
	{"adl_price", func(p *Policies) *string { return &p.ADLPrice }, []choice{
		{name: "bankruptcy"}, {name: "mark"}, {name: "previous_mark"}, {name: "bankruptcy_near_mark", needs: []string{"adl_mark_distance"}}}, ""},
	{"adl_fee", func(p *Policies) *string { return &p.ADLFee }, plain("none", "maker"), "none"},
	{"funding_price", func(p *Policies) *string { return &p.FundingPrice }, plain("mark", "index"), ""},
	{"funding_rate", func(p *Policies) *string { return &p.FundingRate }, []choice{
		{name: "premium_and_interest", needs: []string{"funding_interest", "funding_clamp"}},
		{name: "premium_and_interest_by_interval", needs: []string{"funding_interest", "funding_clamp"}}, {name: "premium_only"}}, "premium_only"},
	{"premium_mean", func(p *Policies) *string { return &p.PremiumMean }, plain("arithmetic", "linear_weights"), "arithmetic"},
	{"funding_limit", func(p *Policies) *string { return &p.FundingLimit }, []choice{
		{name: "none"}, {name: "contract"}, {name: "maintenance_factor", needs: []string{"funding_limit_factor"}},
		{name: "margin_difference_factor", needs: []string{"funding_limit_factor"}}}, "none"},
	{"price_rounding", func(p *Policies) *string { return &p.PriceRounding }, plain("none", "nearest", "against_holder", "contract_value_against_holder"), "none"},
}

func (f *policyField) choice(name string) (choice, bool) {
	i := slices.IndexFunc(f.choices, func(c choice) bool { return c.name == name })
	if i < 0 {
		return choice{}, false
	}
	return f.choices[i], true
}

func (f *policyField) names() string {
	names := make([]string, len(f.choices))
	for i, c := range f.choices {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// parameterField is one key under "parameters" of the file. Least and most are in units of 1e-8.
type parameterField struct {
	key         string
	into        func(*Parameters, int64)
	least, most int64
	expected    string
	whole       bool // no fraction
}

const (
	wholeRate = int64(market.Scale)
	anyAmount = int64(1) << 62
)

var parameterFields = []parameterField{
	{"tiers_per_step", func(p *Parameters, v int64) { p.TiersPerStep = int(v / market.Scale) }, wholeRate, 100 * wholeRate, "a whole number from 1 to 100", true},
	{"step_fraction", func(p *Parameters, v int64) { p.StepFraction = market.Rate(v) }, 1, wholeRate, "a fraction above 0 and at most 1", false},
	{"step_threshold", func(p *Parameters, v int64) { p.StepThreshold = market.Quote(v) }, 0, anyAmount, "an amount of at least 0", false},
	{"cooldown_seconds", func(p *Parameters, v int64) { p.Cooldown = market.Time(v / (market.Scale / 1000)) }, 0, 86400 * wholeRate, "seconds from 0 to 86400", false},
	{"block_fraction", func(p *Parameters, v int64) { p.BlockFraction = market.Rate(v) }, 1, wholeRate, "a fraction above 0 and at most 1", false},
	{"block_minimum", func(p *Parameters, v int64) { p.BlockMinimum = market.Quote(v) }, 0, anyAmount, "an amount of at least 0", false},
	{"backstop_fraction", func(p *Parameters, v int64) { p.BackstopFraction = market.Rate(v) }, 1, wholeRate, "a fraction above 0 and at most 1", false},
	{"fillable_adjustment", func(p *Parameters, v int64) { p.FillableAdjustment = market.Rate(v) }, wholeRate, 100 * wholeRate, "a factor from 1 to 100", false},
	{"fillable_spread", func(p *Parameters, v int64) { p.FillableSpread = market.Rate(v) }, 1, 100 * wholeRate, "a factor above 0 and at most 100", false},
	{"adl_drawdown", func(p *Parameters, v int64) { p.ADLDrawdown = market.Rate(v) }, 1, wholeRate, "a fraction above 0 and at most 1", false},
	{"adl_drawdown_stop", func(p *Parameters, v int64) { p.ADLDrawdownStop = market.Rate(v) }, 0, wholeRate, "a fraction of at least 0 and at most adl_drawdown", false},
	{"adl_absolute", func(p *Parameters, v int64) { p.ADLAbsolute = market.Quote(v) }, 0, anyAmount, "an amount of at least 0", false},
	{"adl_cap", func(p *Parameters, v int64) { p.ADLCap = market.Rate(v) }, 1, wholeRate, "a fraction above 0 and at most 1", false},
	{"adl_mark_distance", func(p *Parameters, v int64) { p.ADLMarkDistance = market.Rate(v) }, 0, wholeRate, "a fraction from 0 to 1", false},
	{"funding_interest", func(p *Parameters, v int64) { p.FundingInterest = market.Rate(v) }, -wholeRate, wholeRate, "a rate per 8 hours between -1 and 1", false},
	{"funding_clamp", func(p *Parameters, v int64) { p.FundingClamp = market.Rate(v) }, 0, wholeRate, "a rate from 0 to 1", false},
	{"funding_limit_factor", func(p *Parameters, v int64) { p.FundingLimitFactor = market.Rate(v) }, 1, 100 * wholeRate, "a factor above 0 and at most 100", false},
}

// policies reads the named policies and the parameters that they need, no more and no fewer.
func (b *builder) policies() {
	for _, key := range slices.Sorted(maps.Keys(b.file.Policies)) {
		if !slices.ContainsFunc(policyFields, func(f policyField) bool { return f.key == key }) {
			b.find("policies.%s: unknown policy, expected one of %s", key, policyKeys())
		}
	}
	needed := map[string]string{} // parameter -> the policy that needs it
	for i := range policyFields {
		f := &policyFields[i]
		v, given := b.file.Policies[f.key]
		if !given {
			if f.otherwise == "" {
				b.find("policies.%s is missing, expected one of %s", f.key, f.names())
				continue
			}
			v = policy{Is: f.otherwise, Source: unsourcedKey, Reason: "not stated by the rulebook, taken as " + f.otherwise}
		}
		c, known := f.choice(v.Is)
		if !known {
			b.find("policies.%s is %q, expected one of %s", f.key, v.Is, f.names())
			continue
		}
		b.fact("policies."+f.key, v.Is, v.Source, v.Reason)
		*f.into(&b.book.Policies) = v.Is
		b.since(f.key, v)
		for _, n := range c.needs {
			needed[n] = f.key + ": " + v.Is
		}
	}
	b.parameters(needed)
	b.combinations()
}

// since reads the time from which a formula that divides the funding rate by the interval is in force.
func (b *builder) since(key string, v policy) {
	if v.From == "" {
		return
	}
	t, err := market.ParseTime(v.From)
	switch {
	case key != "funding_rate" || v.Is != "premium_and_interest_by_interval":
		b.find("policies.%s.from: expected with funding_rate: premium_and_interest_by_interval only", key)
	case err != nil:
		b.find("policies.%s.from is %q, expected a UTC time such as 2025-09-18T08:01:00Z", key, v.From)
	default:
		b.book.FundingDividedFrom = t
	}
}

func policyKeys() string {
	keys := make([]string, len(policyFields))
	for i := range policyFields {
		keys[i] = policyFields[i].key
	}
	return strings.Join(keys, ", ")
}

func (b *builder) parameters(needed map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(b.file.Parameters)) {
		if _, used := needed[key]; !used {
			b.find("parameters.%s: no policy of this rulebook uses it, expected it to be left out", key)
		}
	}
	for i := range parameterFields {
		f := &parameterFields[i]
		by, used := needed[f.key]
		if !used {
			continue
		}
		n, given := b.file.Parameters[f.key]
		if !given {
			b.find("parameters.%s is missing, expected %s for %s", f.key, f.expected, by)
			continue
		}
		v, ok := read(b, "parameters."+f.key, n.Value)
		if ok && (int64(v) < f.least || int64(v) > f.most || f.whole && v%market.Scale != 0) {
			b.find("parameters.%s is %s, expected %s", f.key, v, f.expected)
		}
		b.fact("parameters."+f.key, v.String(), n.Source, n.Reason)
		f.into(&b.book.Parameters, int64(v))
	}
}

// combinations refuses policies that contradict each other.
func (b *builder) combinations() {
	p := &b.book.Policies
	switch {
	case p.Tiers == "linear_in_size" && p.TierBy != "size":
		b.find("policies.tier_by is %q, expected size with tiers: linear_in_size", p.TierBy)
	case p.Tiers == "marginal" && p.TierBy == "size":
		b.find("policies.tier_by is size, expected mark_notional or entry_notional with tiers: marginal (deductions are amounts of quote currency)")
	case p.IsolatedValuation == "entry" && p.TierBy == "mark_notional":
		b.find("policies.tier_by is mark_notional, expected entry_notional or size with isolated_valuation: entry")
	case strings.HasPrefix(p.LiquidationStep, "tier_step_down") && p.Tiers == "linear_in_size":
		b.find("policies.liquidation_step is tier_step_down, expected another step with tiers: linear_in_size, which has no tiers to go down")
	case p.LiquidationStep == "per_block" && p.LiquidationPrice == "market":
		b.find("policies.liquidation_price is market, expected zero_price or fillable with liquidation_step: per_block")
	case strings.HasPrefix(p.LiquidationStep, "to_") && p.LiquidationPrice != "market":
		b.find("policies.liquidation_price is %s, expected market with liquidation_step: %s, whose size is found for a price at market", p.LiquidationPrice, p.LiquidationStep)
	case b.book.Parameters.ADLDrawdownStop > b.book.Parameters.ADLDrawdown:
		b.find("parameters.adl_drawdown_stop is %s, expected at most adl_drawdown, %s", b.book.Parameters.ADLDrawdownStop, b.book.Parameters.ADLDrawdown)
	}
}
