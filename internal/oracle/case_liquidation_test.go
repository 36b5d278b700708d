package oracle

// Nearly every case holds 10 long from 100 with an isolated margin of 100. At 90.5 equity is 5, the notional 905 and the
// maintenance margin 9.05 - 2.5 = 6.55. Slipping by 0.1% an order fills at 90.4 (90.4095 rounded down to the tick), by 1%
// at 89.59. The bankruptcy price is 90.
var liquidationCases = []handCase{
	{
		// 20% of 10 first: 180.8 for what cost 200 and is worth 181. Equity 5 - 0.2 - fee 0.002·180.8 = 4.4384 is below
		// 7.24 - 2.5 = 4.74, and the account cools down: all of the rest, 723.2 for what cost 800.
		name: "fraction first, the rest in the next round", fee: "0.002", slip: "0.001", deposits: "200",
		is:      map[string]string{"liquidation_step": "fraction_first"},
		numbers: map[string]string{"step_fraction": "0.2", "step_threshold": "100", "cooldown_seconds": "30"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want: `1 liquidation long 2 at 90.4 of 0: -19.2, fee 0.3616, fund 0.3616
			2 liquidation long 8 at 90.4 of 0: -76.8, fee 1.4464, fund 1.4464`,
	},
	{
		// The same without a cooldown: 20% of 8, which is 1.6: 144.64 for what cost 160, fee 0.28928. Equity
		// 4.4384 - 0.16 - 0.28928 = 3.98912 is above 5.792 - 2.5 = 3.292.
		name: "fraction first without cooldown", fee: "0.002", slip: "0.001", deposits: "200",
		is:      map[string]string{"liquidation_step": "fraction_first"},
		numbers: map[string]string{"step_fraction": "0.2", "step_threshold": "100", "cooldown_seconds": "0"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want: `1 liquidation long 2 at 90.4 of 0: -19.2, fee 0.3616, fund 0.3616
			2 liquidation long 1.6 at 90.4 of 0: -15.36, fee 0.28928, fund 0.28928`,
	},
	{
		// 5 - 1 = 4 is left of the scope when 10 were sold for 904: all of it goes. The fee, 0.002·904 = 1.808, is income,
		// and the remainder, 2.192, the fund's.
		name: "the remainder is taken", fee: "0.002", slip: "0.001", deposits: "200",
		is:    map[string]string{"remainder": "fund", "fee_to": "income"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want:  `1 liquidation long 10 at 90.4 of 0: -96, fee 4, fund 2.192`,
	},
	{
		// The most lots that are worth less than 500 at 90.5 are 5.524 (499.922). 4.476 are sold for 404.6304, they cost
		// 447.6; fee 0.8092608; margin 100 - 42.9696 - 0.8092608 = 56.2211392, and equity 56.2211392 - 52.478 = 3.7431392
		// is above 0.005·499.922. At 90 it is 0.9811392, below 0.005·497.16 = 2.4858, and tier 1 has nothing below:
		// taken over for 552.4 - 56.2211392 = 496.1788608, which is 89.82238609 each, and sold at 89.91 for 496.66284.
		name: "one tier down, then taken over", fee: "0.002", slip: "0.001", deposits: "200",
		is:      map[string]string{"liquidation_step": "tier_step_down"},
		numbers: map[string]string{"tiers_per_step": "1"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5\ntick 90",
		want: `1 liquidation long 4.476 at 90.4 of 0: -42.9696, fee 0.8092608, fund 0.8092608
			1 takeover long 5.524 at 89.82238609 of 0: -56.2211392
			1 insurance long 5.524 at 89.91 of the exchange: 0.4839792, fund 0.4839792`,
	},
	{
		// At 90.4 equity is 4, not above the first tier's 0.005·904 = 4.52. Taken over at 90, sold at 90.3 (90.3096).
		name: "below the first tier's requirement", slip: "0.001", deposits: "200",
		is:      map[string]string{"liquidation_step": "tier_step_down_above_first"},
		numbers: map[string]string{"tiers_per_step": "1"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.4",
		want: `1 takeover long 10 at 90 of 0: -100
			1 insurance long 10 at 90.3 of the exchange: 3, fund 3`,
	},
	{
		// d costs 0.1·d of equity and frees 0.905·d of margin: 5 - 0.1·d > 6.55 - 0.905·d from d = 1.926 on.
		// 1.926·90.4 = 174.1104 for what cost 192.6.
		name: "to maintenance margin", slip: "0.001", deposits: "200",
		is:      map[string]string{"liquidation_step": "to_maintenance"},
		numbers: map[string]string{"step_fraction": "0.1"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want:    `1 liquidation long 1.926 at 90.4 of 0: -18.4896`,
	},
	{
		// 5 - 0.1·d >= (905 - 90.5·d)/10 from d = 9.554 on. 9.554·90.4 = 863.6816 for what cost 955.4.
		name: "to initial margin", slip: "0.001", deposits: "200",
		is:    map[string]string{"liquidation_step": "to_initial_margin"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want:  `1 liquidation long 9.554 at 90.4 of 0: -91.7184`,
	},
	{
		// 10% is 1, worth less than 100; 100/90.5 = 1.1049723..., in lots 1.105, worth 100.0025 and freeing 1.000025 of
		// margin. Its share of equity is 5·1.000025/6.55 = 0.76337786..., so it may go for 99.23912214. It brings
		// 1.105·90.4 = 99.892, 0.65287786 better, less than the fee of 2%. Equity 4.23662214 stays below 5.549975: the
		// scope waits for the next tick, which moves BUSDT. The second block is as large and has the same share, since equity and
		// margin fell in proportion: 3.47324428 is left, below 4.54995. At 100 the scope is safe.
		name: "one block a tick, the improvement is the fee", fee: "0.02", slip: "0.001", deposits: "200",
		is:      map[string]string{"liquidation_step": "per_block", "liquidation_price": "zero_price", "liquidation_fee": "capped_at_improvement"},
		numbers: map[string]string{"block_fraction": "0.1", "block_minimum": "100"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5\ntick 2000 of B\ntick 100",
		want: `1 liquidation long 1.105 at 90.4 of 0: -10.608, fee 0.65287786, fund 0.65287786
			1 liquidation long 1.105 at 90.4 of 0: -10.608, fee 0.65287786, fund 0.65287786`,
	},
	{
		// Slipping by 2% to 88.69, 10 bring 886.9, less than the zero price of 905 - 5 = 900: not filled. At 89.9 equity
		// is -1: taken over at 90, and 881 (at 88.1, of 88.102) leave a loss of 19 to nobody.
		name: "no better than the zero price, then bankrupt", slip: "0.02", deposits: "200",
		is:    map[string]string{"liquidation_price": "zero_price"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 socialized_loss long 10 at 88.1 of the exchange: -19`,
	},
	{
		// E/MM = 0.76335877, a = 0.23664123, a·1.5 = 0.35496184, times 6.55 = 2.32500005: down to 902.67499995. By 0.25%
		// the price is 90.27 (90.27375): 902.7.
		name: "a fillable price", slip: "0.0025", deposits: "200",
		is:      map[string]string{"liquidation_price": "fillable"},
		numbers: map[string]string{"fillable_adjustment": "1", "fillable_spread": "1.5"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want:    `1 liquidation long 10 at 90.27 of 0: -97.3`,
	},
	{
		// By 0.26% it is 90.26 (90.2647): 902.6.
		name: "a price below the fillable", slip: "0.0026", deposits: "200",
		is:      map[string]string{"liquidation_price": "fillable"},
		numbers: map[string]string{"fillable_adjustment": "1", "fillable_spread": "1.5"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want:    ``,
	},
	{
		// 5 is below 0.9·6.55 = 5.895: the vault takes position and margin, 900 for what it sells for 904.
		name: "backstop", slip: "0.001", deposits: "200",
		is:      map[string]string{"backstop": "takes_scope"},
		numbers: map[string]string{"backstop_fraction": "0.9"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want: `1 takeover long 10 at 90 of 0: -100
			1 insurance long 10 at 90.4 of the exchange: 4, fund 4`,
	},
	{
		// 5 is not below 0.75·6.55 = 4.9125.
		name: "above the backstop", slip: "0.001", deposits: "200",
		is:      map[string]string{"backstop": "takes_scope"},
		numbers: map[string]string{"backstop_fraction": "0.75"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5",
		want:    `1 liquidation long 10 at 90.4 of 0: -96`,
	},
	{
		// Whole-position tiers: 1% of 905, 9.05, is required; equity at 90.95 is 9.5, at 90.9 9 of 9.09.
		name: "whole-position tiers", slip: "0.001", deposits: "200",
		is:    map[string]string{"tiers": "whole_position"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.95\ntick 90.9",
		want:  `1 liquidation long 10 at 90.8 of 0: -92`,
	},
	{
		// 0.05% of the bankruptcy value 1000 - 1000/10 = 900 is 0.45. At 90.7 equity is 7, and 9.07 - 2.5 + 0.45 = 7.02 are
		// required; without the fee the position would be safe.
		name: "closing fee at the bankruptcy value", slip: "0.001", deposits: "200",
		is:    map[string]string{"isolated_fee": "taker_at_bankruptcy"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.7",
		want:  `1 liquidation long 10 at 90.6 of 0: -94`,
	},
	{
		// At entry 1000: 10 - 2.5 = 7.5 at any mark; equity is 7.6 at 90.76 and 7.5 at 90.75, where the mark would ask 6.575.
		name: "requirement at entry", slip: "0.001", deposits: "200",
		is:    map[string]string{"isolated_valuation": "entry", "tier_by": "entry_notional"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.76\ntick 90.75",
		want:  `1 liquidation long 10 at 90.65 of 0: -93.5`,
	},
	{
		// 1% of the index of 99 for each of 10: 9.9, where the mark of 100 would make it 10. It is paid when the position is
		// touched, at 90: margin 90.1 and equity -9.9 are left, so it goes for 1000 - 90.1 = 909.9 and sells for 900.
		name: "funding by the index", slip: "0", deposits: "200",
		is:    map[string]string{"funding_price": "index"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\ntick 100 was 99 pays 0.01\ntick 90",
		want: `1 funding long 10 at 90 of 0: -9.9
			1 takeover long 10 at 90.99 of 0: -90.1
			1 socialized_loss long 10 at 90 of the exchange: -9.9`,
	},
}
