package oracle

import "github.com/liquidation-lab/backtest/pkg/market"

// 10 long from 100 with an isolated margin of 100, bankrupt at 90, at a mark of 89.9: equity -1. Slipping by 2% a sale
// fills at 88.1 (88.102), 881 for what was taken over for 900: a loss of 19.
var fundCases = []handCase{
	{
		// Account 1 is short 10 from 100. The fund would have 19 but pays nothing for a scope below zero: 1 buys at 90.
		name: "negative equity goes to counterparties", slip: "0.02", deposits: "200 1000", fund: "1000",
		is:    map[string]string{"adl_trigger": "negative_equity"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 100 cross 10\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 adl short 10 at 90 of 1: 100`,
	},
	{
		// At the mark 1 pays 899 for what cost 900; the fund pays the 1. Maker fee 0.0002·899.
		name: "at the mark, with a fee", slip: "0.02", deposits: "200 1000", fund: "1000",
		is:    map[string]string{"adl_trigger": "negative_equity", "adl_price": "mark", "adl_fee": "maker"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 100 cross 10\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 adl short 10 at 89.9 of 1: 101, fee 0.1798
			1 insurance long 10 at 89.9 of the exchange: -1, fund -1`,
	},
	{
		// The fund has 0.4 of the 1.
		name: "at the mark, the fund runs out", slip: "0.02", deposits: "200 1000", fund: "0.4",
		is:    map[string]string{"adl_trigger": "negative_equity", "adl_price": "mark"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 100 cross 10\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 adl short 10 at 89.9 of 1: 101
			1 insurance long 10 at 89.9 of the exchange: -0.4, fund -0.4
			1 socialized_loss long 10 at 89.9 of the exchange: -0.6`,
	},
	{
		// The mark before was 95: 950 for what cost 900.
		name: "at the previous mark", slip: "0.02", deposits: "200 1000",
		is:    map[string]string{"adl_price": "previous_mark"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 100 cross 10\ntick 95\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 adl short 10 at 95 of 1: 50
			1 insurance long 10 at 95 of the exchange: 50, fund 50`,
	},
	{
		// 90 is 0.1 from 89.9, and 0.0011·89.9 = 0.09889 is less.
		name: "bankruptcy too far from the mark", slip: "0.02", deposits: "200 1000",
		is:      map[string]string{"adl_price": "bankruptcy_near_mark"},
		numbers: map[string]string{"adl_mark_distance": "0.0011"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 100 cross 10\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 adl short 10 at 89.9 of 1: 101
			1 socialized_loss long 10 at 89.9 of the exchange: -1`,
	},
	{
		// 0.0012·89.9 = 0.10788 is more.
		name: "bankruptcy near the mark", slip: "0.02", deposits: "200 1000",
		is:      map[string]string{"adl_price": "bankruptcy_near_mark"},
		numbers: map[string]string{"adl_mark_distance": "0.0012"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 100 cross 10\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 adl short 10 at 90 of 1: 100`,
	},
	{
		// Account 1 is short from 91 with 1.5: at 89.9 it has 12.5 and is bankrupt at 911.5/10. Buying at the mark before,
		// 100, is worse than that, so nobody buys.
		name: "a counterparty is not bankrupted", slip: "0.02", deposits: "200 1000",
		is:    map[string]string{"adl_score": "random_start", "adl_price": "previous_mark"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 91 isolated 1.5\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 socialized_loss long 10 at 88.1 of the exchange: -19`,
	},
	{
		// 1 has 10.1/100 · 89.9/(10 + 10.1) = 0.4517, 2 has 10.2/190 · 179.8/(100 + 10.2) = 0.0876, 3 has 20.2/200 ·
		// 179.8/(10 + 20.2) = 0.6013. Together they are short 5; nobody takes the other 5, 440.5 for 450.
		name: "order of counterparties", slip: "0.02", deposits: "200 10 100 10",
		is: map[string]string{"adl_score": "pnl_percent_times_leverage"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 1 at 100 isolated 10\n2 sells 2 at 95 isolated 100\n" +
			"3 sells 2 at 100 isolated 10\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 adl short 2 at 90 of 3: 20
			1 adl short 1 at 90 of 1: 10
			1 adl short 2 at 90 of 2: 10
			1 socialized_loss long 5 at 88.1 of the exchange: -9.5`,
	},
	{
		// Weights 1, 8, 1 give AUSDT 10 of 100: room for 10/19 of 10, in lots 5.263: 463.6703 for 473.67. The rest,
		// 4.737 for 426.33, brings 417.3297.
		name: "a fund for each instrument", slip: "0.02", deposits: "200", fund: "100",
		is:      map[string]string{"fund_scope": "instrument"},
		weights: []market.Quote{1, 8, 1},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 insurance long 5.263 at 88.1 of the exchange: -9.9997, fund -9.9997
			1 socialized_loss long 4.737 at 88.1 of the exchange: -9.0003`,
	},
	{
		// The fund may lose 10% of 100 within 8 hours: the same 10, and ADL is on. An hour later it pays nothing, since 9.9997
		// are more than 5% of 100. Ten hours later the peak is 90.0003 and nothing is lost from it: room 9.00003,
		// in lots 4.736: 417.2416 for 426.24; the rest, 5.264 for 473.76, brings 463.7584.
		name: "drawdown from the peak", slip: "0.02", deposits: "200 200 200", fund: "100",
		is:      map[string]string{"adl_trigger": "drawdown_from_peak"},
		numbers: map[string]string{"adl_drawdown": "0.1", "adl_drawdown_stop": "0.05"},
		steps: "tick 100\n0 buys 10 at 100 isolated 100\ntick 89.9\ntick 100 at 3600\n1 buys 10 at 100 isolated 100\ntick 89.9\n" +
			"tick 100 at 36000\n2 buys 10 at 100 isolated 100\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 insurance long 5.263 at 88.1 of the exchange: -9.9997, fund -9.9997
			1 socialized_loss long 4.737 at 88.1 of the exchange: -9.0003
			1 takeover long 10 at 90 of 1: -100
			1 socialized_loss long 10 at 88.1 of the exchange: -19
			1 takeover long 10 at 90 of 2: -100
			1 insurance long 4.736 at 88.1 of the exchange: -8.9984, fund -8.9984
			1 socialized_loss long 5.264 at 88.1 of the exchange: -10.0016`,
	},
	{
		// The mean of 8 hours is 100, of which 6 may be lost and not only 1%: room 6, in lots 3.157: 278.1317 for 284.13.
		// The rest, 6.843 for 615.87, brings 602.8683. Four hours later, minute 241 after minute 0 in which 5.9983 were
		// lost: of the 480 minutes before it, 0 to 240 saw 94.0017, the other 239 100: the mean is
		// 100 - 5.9983·241/480 = 96.98835354..., room 94.0017 - 90.98835354 = 3.01334646, in lots 1.585: 139.6385 for 142.65. The rest,
		// 8.415 for 757.35, brings 741.3615.
		name: "drawdown below the average", slip: "0.02", deposits: "200 200", fund: "100",
		is:      map[string]string{"adl_trigger": "drawdown_below_average"},
		numbers: map[string]string{"adl_drawdown": "0.01", "adl_absolute": "6"},
		steps:   "tick 100\n0 buys 10 at 100 isolated 100\ntick 89.9\ntick 100 at 14460\n1 buys 10 at 100 isolated 100\ntick 89.9",
		want: `1 takeover long 10 at 90 of 0: -100
			1 insurance long 3.157 at 88.1 of the exchange: -5.9983, fund -5.9983
			1 socialized_loss long 6.843 at 88.1 of the exchange: -13.0017
			1 takeover long 10 at 90 of 1: -100
			1 insurance long 1.585 at 88.1 of the exchange: -3.0115, fund -3.0115
			1 socialized_loss long 8.415 at 88.1 of the exchange: -15.9885`,
	},
}
