package venue

// Stated is a policy or a parameter of a rulebook, for people.
type Stated struct {
	Key     string `json:"key"` // policies.trigger
	Value   string `json:"value"`
	Meaning string `json:"meaning"`
	Source  string `json:"source"`
	Sourced bool   `json:"sourced"`
}

// Describe lists policies, then parameters, with what they mean.
func (r *Rulebook) Describe() []Stated {
	var list []Stated
	for _, f := range r.facts {
		meaning, ok := meanings[f.Path+": "+f.Value]
		if !ok {
			if meaning, ok = meanings[f.Path]; !ok {
				continue
			}
		}
		if f.Path == "policies.funding_rate" && r.FundingDividedFrom != 0 {
			meaning += ", since " + r.FundingDividedFrom.String()
		}
		list = append(list, Stated{Key: f.Path, Value: f.Value, Meaning: meaning, Source: f.Source, Sourced: f.Sourced()})
	}
	return list
}

// meanings says in a line what each policy value and each parameter does. docs/MODEL.md has the formulas.
var meanings = map[string]string{
	"policies.trigger: inclusive": "liquidatable when equity <= maintenance margin",
	"policies.trigger: strict":    "liquidatable when equity < maintenance margin",

	"policies.tiers: marginal":       "a tier's rate applies above its floor: notional x rate - amount",
	"policies.tiers: whole_position": "a tier's rate applies to the whole position; margin steps up at a boundary",
	"policies.tiers: linear_in_size": "one rate that grows with the size of the whole position",

	"policies.tier_by: mark_notional":  "the tier is that of the notional at the mark price",
	"policies.tier_by: entry_notional": "the tier is that of the notional at entry",
	"policies.tier_by: size":           "the tier, or the rate, is that of the size in base currency",

	"policies.tier_bound: cap_exclusive": "a boundary belongs to the upper tier",
	"policies.tier_bound: cap_inclusive": "a boundary belongs to the lower tier",

	"policies.isolated_valuation: mark":  "an isolated requirement is taken of the notional at mark",
	"policies.isolated_valuation: entry": "an isolated requirement is taken of the notional at entry",

	"policies.isolated_fee: none":                "an isolated requirement has no closing fee in it",
	"policies.isolated_fee: taker_at_mark":       "an isolated requirement includes the taker fee on the notional at mark",
	"policies.isolated_fee: taker_at_bankruptcy": "an isolated requirement includes the taker fee at the bankruptcy value",
	"policies.cross_fee: none":                   "a cross requirement has no closing fee in it",
	"policies.cross_fee: taker_at_mark":          "a cross requirement includes the taker fee on the notional at mark",
	"policies.cross_fee: taker_at_bankruptcy":    "a cross requirement includes the taker fee at the bankruptcy value",

	"policies.initial_margin: leverage":             "initial margin is notional / leverage",
	"policies.initial_margin: open_interest_scaled": "initial margin is at least a fraction that grows with open interest",

	"policies.liquidation_step: whole":                      "a forced order closes the whole position",
	"policies.liquidation_step: fraction_first":             "a large position is closed by a fraction first; orders in the cooldown after it are whole",
	"policies.liquidation_step: tier_step_down":             "a position is reduced tier by tier; from the lowest it is taken over",
	"policies.liquidation_step: tier_step_down_above_first": "likewise, as long as equity exceeds the first tier's requirement",
	"policies.liquidation_step: to_maintenance":             "the least size is closed after which the account is not liquidatable, but at least step_fraction of the position",
	"policies.liquidation_step: to_initial_margin":          "the least size is closed after which the account has its initial margin",
	"policies.liquidation_step: per_block":                  "a bounded part of one position is closed in each block",
	"policies.liquidation_step: takeover":                   "nothing is sold first; the venue takes the position over",

	"policies.liquidation_order: largest_maintenance_margin": "the position with the largest maintenance margin comes first",

	"policies.liquidation_price: market":     "forced orders fill at market with slippage, down to bankruptcy",
	"policies.liquidation_price: zero_price": "forced orders fill at no worse than the price that keeps equity / maintenance margin",
	"policies.liquidation_price: fillable":   "forced orders fill at no worse than a price between oracle and bankruptcy",

	"policies.liquidation_fee: capped_at_equity":      "the fee is at most what is left of the equity",
	"policies.liquidation_fee: capped_at_improvement": "the fee is at most the improvement over the bankruptcy price",

	"policies.fee_to: fund":   "liquidation fees go to the insurance fund",
	"policies.fee_to: income": "liquidation fees go to the venue's income",

	"policies.remainder: trader": "what is left after a liquidation stays with the trader",
	"policies.remainder: fund":   "what is left of an account closed whole goes to the insurance fund",

	"policies.backstop: none":        "no vault takes accounts over before bankruptcy",
	"policies.backstop: takes_scope": "below a fraction of maintenance margin a vault takes positions and margin",

	"policies.bankruptcy: split_by_maintenance_margin": "equity is split over several positions by their maintenance margins",

	"policies.fund_scope: venue":      "one insurance fund for the venue",
	"policies.fund_scope: group":      "one insurance fund for each group of contracts",
	"policies.fund_scope: instrument": "one insurance fund for each instrument",

	"policies.adl_trigger: fund_exhausted":                "ADL begins when the fund cannot pay",
	"policies.adl_trigger: drawdown_from_peak":            "ADL begins when the fund is a share below its 8-hour peak",
	"policies.adl_trigger: instrument_drawdown_from_peak": "ADL begins when an instrument has lost a share of the fund since its 8-hour best",
	"policies.adl_trigger: drawdown_below_average":        "ADL begins when the fund is below its 8-hour average by a share or an amount",
	"policies.adl_trigger: negative_equity":               "ADL begins where an account is below zero",

	"policies.adl_score: binance_leverage_pnl":             "counterparties by profit / wallet x margin ratio",
	"policies.adl_score: pnl_percent_times_leverage":       "counterparties by profit / cost x effective leverage",
	"policies.adl_score: pnl_over_notional_times_leverage": "counterparties by profit / notional x effective leverage",
	"policies.adl_score: price_gain_times_leverage":        "counterparties by mark / entry (entry / mark for shorts) x effective leverage",
	"policies.adl_score: random_start":                     "counterparties in account order from a random one, no ranking",

	"policies.adl_allocation: queue":              "counterparties are closed one after the other, in the order of the score",
	"policies.adl_allocation: pro_rata_pnl":       "what a round left is shared in proportion to unrealized profit",
	"policies.adl_allocation: pro_rata_equity":    "what a round left is shared in proportion to equity",
	"policies.adl_allocation: pro_rata_contracts": "what a round left is shared in proportion to size, by largest remainders",
	"policies.adl_allocation: capped_pro_rata":    "likewise by profit, nobody above a share of the position while others have less",
	"policies.adl_allocation: risk_pro_rata":      "what a round left is shared in proportion to size times leverage",
	"policies.adl_allocation: min_max_fraction":   "what a round left is shared so that the largest fraction of a position is the smallest",
	"policies.adl_allocation: leverage_draining":  "what a round left is taken from the most levered down to a common leverage",

	"policies.adl_price: bankruptcy":           "ADL at the bankruptcy price of the liquidated",
	"policies.adl_price: mark":                 "ADL at the mark price",
	"policies.adl_price: previous_mark":        "ADL at the mark price before the tick",
	"policies.adl_price: bankruptcy_near_mark": "ADL at the bankruptcy price, at mark if that is too far from it",

	"policies.adl_fee: none":  "ADL costs the counterparty no fee",
	"policies.adl_fee: maker": "ADL costs the counterparty the maker fee",

	"policies.funding_price: mark":  "funding is paid on the notional at mark",
	"policies.funding_price: index": "funding is paid on the notional at the index (oracle) price",

	"policies.funding_rate: premium_and_interest":             "premium + clamp(interest - premium), for the interval as it is",
	"policies.funding_rate: premium_and_interest_by_interval": "the same divided by 8 hours / interval",
	"policies.funding_rate: premium_only":                     "the mean premium",
	"policies.premium_mean: arithmetic":                       "the premium is the plain mean of its samples",
	"policies.premium_mean: linear_weights":                   "later samples of the premium weigh more: 1, 2, ..., n",
	"policies.funding_limit: none":                            "no limit of the funding rate is known",
	"policies.funding_limit: contract":                        "cap and floor are stated for contracts",
	"policies.funding_limit: maintenance_factor":              "cap and floor are a factor of the lowest maintenance margin rate",
	"policies.funding_limit: margin_difference_factor":        "cap and floor are a factor of initial less maintenance margin rate",

	"policies.price_rounding: none":           "liquidation prices are shown unrounded",
	"policies.price_rounding: nearest":        "liquidation prices are shown at the nearest tick",
	"policies.price_rounding: against_holder": "liquidation prices are shown rounded to the tick: longs up, shorts down",

	"policies.price_rounding: contract_value_against_holder": "likewise, after the value of one inverse contract is rounded to 1e-8",

	"parameters.tiers_per_step":       "tiers that one forced order goes down",
	"parameters.step_fraction":        "share of a position that a first order closes, or an order at least",
	"parameters.step_threshold":       "notional above which a position is large",
	"parameters.cooldown_seconds":     "seconds in which orders are whole after a partial one",
	"parameters.block_fraction":       "share of a position that one block closes at most",
	"parameters.block_minimum":        "notional that one block closes at least",
	"parameters.backstop_fraction":    "share of maintenance margin below which the vault takes over",
	"parameters.fillable_adjustment":  "how fast the fillable price moves to bankruptcy",
	"parameters.fillable_spread":      "how far from the oracle the fillable price goes, in maintenance margins",
	"parameters.adl_drawdown":         "share of the fund that may be lost before ADL",
	"parameters.adl_drawdown_stop":    "share at which ADL ends again",
	"parameters.adl_absolute":         "loss of the fund that is always allowed",
	"parameters.adl_cap":              "share of a position that ADL takes at most while others have less",
	"parameters.adl_mark_distance":    "share of mark beyond which mark is the ADL price",
	"parameters.funding_interest":     "interest rate per 8 hours",
	"parameters.funding_clamp":        "bound of interest less premium",
	"parameters.funding_limit_factor": "factor of the funding limit",
}
