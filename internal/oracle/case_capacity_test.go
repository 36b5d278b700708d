package oracle

import (
	"fmt"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// capacity is what cases of sections 14 and 15 say besides: the share of a stated depth, and one collateral asset D with a tick
// of 0.01 and a lot of 1. Their events show what an inventory's part lacked at mark, and after them stands what is carried.
type capacity struct {
	share, depth string
	interval     market.Time
	exempt       bool // accounts 0, 3, 6, ...
	haircut      string
}

func (c *capacity) options(o *risk.Options) {
	if c.share != "" {
		o.Participation = risk.Participation{
			Share: market.MustParse[market.Rate](c.share), Depth: market.MustParse[market.Quote](c.depth), Interval: c.interval,
		}
	}
	if c.exempt {
		o.Exempt = everyThird
	}
	if c.haircut != "" {
		o.Collateral = []risk.Collateral{{
			Symbol: "D", Haircut: market.MustParse[market.Rate](c.haircut), Tick: market.Scale / 100, Lot: market.Scale,
		}}
	}
}

// holdOf reads "ACCOUNT holds SIZE of D".
func holdOf(f []string) step {
	return step{hold: &deposit{
		account: risk.AccountID(f[0][0] - '0'), asset: market.InstrumentID(f[4][0] - 'A'), size: market.MustParse[market.Qty](f[2]),
	}}
}

// lacking is what the cases write of a deficit.
func (c *capacity) lacking(e *risk.Event) string {
	if c.share == "" && c.haircut == "" || e.Deficit == 0 {
		return ""
	}
	return fmt.Sprintf(", lacks %v", e.Deficit)
}

// carriedLines are what the cases write of inventories.
func (x *Exchange) carriedLines() []string {
	var lines []string
	for i := range x.listings {
		long, short := x.Inventory(market.InstrumentID(i))
		for _, v := range []risk.Inventory{long, short} {
			if v.Size != 0 {
				lines = append(lines, strings.Join([]string{"carried", v.Size.String(), "of", string(rune('A' + i)), "for", v.Cash.String()}, " "))
			}
		}
	}
	return lines
}

// 10 long from 100 with an isolated margin of 100 as in the cases of liquidations: bankrupt at 90, for 900.
var capacityCases = []handCase{
	{
		// Half of 724 is 362, which is 4 at 90.5. They bring 361.6, and margin 61.6 leaves equity 4.6 above 5.43 - 2.5 of 543. At 90.1 equity
		// is 2.2, below 2.906, and the minute has nothing left: taken over for 600 - 61.6 = 538.4, below the 540.6 at mark, and carried. The next
		// minute takes 362/90, in lots 4.022: 361.61802 at 89.91 for 538.4·4.022/6 = 360.90746666 of the cash. What is left is worth 178.02.
		name: "a forced order is cut, and the rest carried", slip: "0.001", deposits: "200",
		steps:    "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5\ntick 90.1\ntick 90 at 60",
		capacity: capacity{share: "0.5", depth: "724", interval: market.Minute},
		want: `1 liquidation long 4 at 90.4 of 0: -38.4
			1 takeover long 6 at 89.73333333 of 0: -61.6
			0 insurance long 4.022 at 89.91 of the exchange: 0.71055334, fund 0.71055334
			carried 1.978 of A for 177.49253334`,
	},
	{
		// The same until 90.1, where nothing is filled and the scope waits. The next minute takes 362/90.1, in lots 4.017: at 90
		// (90.0099) 361.53, above the zero price. Margin 21.43 leaves 1.7983 above 0.5% of 178.6683.
		name: "a forced order waits for the book", slip: "0.001", deposits: "200",
		is:       map[string]string{"liquidation_price": "zero_price"},
		steps:    "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5\ntick 90.1\ntick 90.1 at 60",
		capacity: capacity{share: "0.5", depth: "724", interval: market.Minute},
		want: `1 liquidation long 4 at 90.4 of 0: -38.4
			1 liquidation long 4.017 at 90 of 0: -40.17`,
	},
	{
		// 20% is 2, which pass: equity 5 - 0.2 = 4.8 is above 7.24 - 2.5. The account cools down until second 32. At 90.4 in second 20 all 8
		// go, cut to 362/90.4, in lots 4.004: 361.5612 at 90.3 (90.3096). Margin 41.9612 leaves 3.5996 above 0.5% of 361.2384. That order was not
		// whole: the cooldown lasts until second 50. At 89.9 in second 40 equity is 1.6016, below 0.5% of 359.2404: all 3.996 go at 89.81.
		name: "a cut order prolongs the cooldown", slip: "0.001", deposits: "200",
		is:       map[string]string{"liquidation_step": "fraction_first"},
		numbers:  map[string]string{"step_fraction": "0.2", "step_threshold": "100", "cooldown_seconds": "30"},
		steps:    "tick 100\n0 buys 10 at 100 isolated 100\ntick 90.5\ntick 90.4 at 20\ntick 89.9 at 40",
		capacity: capacity{share: "0.5", depth: "724"},
		want: `1 liquidation long 2 at 90.4 of 0: -19.2
			1 liquidation long 4.004 at 90.3 of 0: -38.8388
			1 liquidation long 3.996 at 89.81 of 0: -40.71924`,
	},
	{
		// Half of 899 is 5 at 89.9. Selling them at 88.1 loses 9.5 on 450; the fund has 4, in lots for 2.105: 185.4505 for
		// 189.45. What it leaves is not carried: account 1 closes 7.895 at 90, which are worth 709.7605.
		name: "a sale that the fund cannot pay", slip: "0.02", deposits: "200 1000", fund: "4",
		steps:    "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 100 cross 10\ntick 89.9",
		capacity: capacity{share: "0.5", depth: "899"},
		want: `1 takeover long 10 at 90 of 0: -100
			1 insurance long 2.105 at 88.1 of the exchange: -3.9995, fund -3.9995
			1 adl short 7.895 at 90 of 1: 78.95, lacks 0.7895`,
	},
	{
		// Half of 1798 is 10 at 89.9. Nobody pays the 19 that selling them loses, and nobody else takes them: they are sold, and the minute has
		// nothing left for account 1, whose 0.3 are below 0.448 at 89.6. Taken over for 89.3 it is carried.
		name: "what is socialized uses the book", slip: "0.02", deposits: "200 200",
		steps:    "tick 100\n0 buys 10 at 100 isolated 100\n1 buys 1 at 100 isolated 10.7\ntick 89.9\ntick 89.6",
		capacity: capacity{share: "0.5", depth: "1798", interval: market.Minute},
		want: `1 takeover long 10 at 90 of 0: -100
			1 socialized_loss long 10 at 88.1 of the exchange: -19, lacks 1
			1 takeover long 1 at 89.3 of 1: -10.7
			carried 1 of A for 89.3`,
	},
	{
		// A book of 0.01 takes nothing. 10 for 900 lack 1 at 89.9 and 2 at 89.8, which the fund has. At 89.6 they lack 4, and its 3
		// stand for 7.5 of them; the other 2.5 cost 225 and are worth 224.
		name: "what is carried falls beyond the fund", slip: "0.02", deposits: "200 1000", fund: "3",
		steps:    "tick 100\n0 buys 10 at 100 isolated 100\n1 sells 10 at 100 cross 10\ntick 89.9\ntick 89.8\ntick 89.6\ntick 2000 of B",
		capacity: capacity{share: "0.01", depth: "1"},
		want: `1 takeover long 10 at 90 of 0: -100
			0 adl short 2.5 at 90 of 1: 25, lacks 1
			carried 7.5 of A for 675`,
	},
	{
		// What account 1 had is carried; it lacks 4 at 89.6, which leaves 1 of the fund's 5. Account 0 is exempt: with 0.3 of 0.448 it is
		// taken over for 89.3 and sold at once at 87.8 (87.808), for a loss of 1.5: in lots 0.666 for the 1, 58.4748 for 59.4738. The rest brings 29.3252 for
		// 29.8262, and is worth 29.9264.
		name: "the fund bears what is carried, and an exempt account is sold at once", slip: "0.02", deposits: "200 200", fund: "5",
		steps:    "tick 100\n1 buys 10 at 100 isolated 100\n0 buys 1 at 100 isolated 10.7\ntick 89.9\ntick 89.6",
		capacity: capacity{share: "0.01", depth: "1", exempt: true},
		want: `1 takeover long 10 at 90 of 1: -100
			1 takeover long 1 at 89.3 of 0: -10.7
			1 insurance long 0.666 at 87.8 of the exchange: -0.999, fund -0.999
			1 socialized_loss long 0.334 at 87.8 of the exchange: -0.501, lacks -0.1002
			carried 10 of A for 900`,
	},
	{
		// The same where the instrument may lose 5% of a fund of 100: the 4 are its loss, and 1 of 5 is left.
		name: "what is carried is the instrument's loss", slip: "0.02", deposits: "200 200", fund: "100",
		is:       map[string]string{"adl_trigger": "instrument_drawdown_from_peak"},
		numbers:  map[string]string{"adl_drawdown": "0.05", "adl_drawdown_stop": "0.01"},
		steps:    "tick 100\n1 buys 10 at 100 isolated 100\n0 buys 1 at 100 isolated 10.7\ntick 89.9\ntick 89.6",
		capacity: capacity{share: "0.01", depth: "1", exempt: true},
		want: `1 takeover long 10 at 90 of 1: -100
			1 takeover long 1 at 89.3 of 0: -10.7
			1 insurance long 0.666 at 87.8 of the exchange: -0.999, fund -0.999
			1 socialized_loss long 0.334 at 87.8 of the exchange: -0.501, lacks -0.1002
			carried 10 of A for 900`,
	},
}

// 100 of D at 1 count 90 under a haircut of 10%, beside 10 in quote currency and a cross position of 10 long from 100. At
// 91 equity is 10, the requirement 9.1 - 2.5 = 6.6. At 0.95 D counts 85.5: equity is 5.5.
var collateralCases = []handCase{
	{
		// The position goes first: 909 at 90.9 (90.909). That leaves 4.5, and nothing is required. At 0.89 D counts 80.1, and equity is -0.9: sold at
		// 0.88 (0.88911) for 88, 2 less than it was deposited for, it leaves 7.
		name: "the position is sold, then the collateral", slip: "0.001", deposits: "10",
		steps:    "tick 100\ntick 1 of D\n0 holds 100 of D\n0 buys 10 at 100 cross 50\ntick 91\ntick 0.95 of D\ntick 0.89 of D",
		capacity: capacity{haircut: "0.1"},
		want: `1 liquidation long 10 at 90.9 of 0: -91
			1 liquidation long 100 at 0.88 of 0: -2`,
	},
	{
		// Sold at 89.18 the position would lose 18.2. It is taken over for 910 - 5.5 = 904.5, D for the 85.5 that it counts. The sales
		// bring 891.8, and 93 at 0.93 (0.931).
		name: "position and collateral are taken over", slip: "0.02", deposits: "10", fund: "20",
		steps:    "tick 100\ntick 1 of D\n0 holds 100 of D\n0 buys 10 at 100 cross 50\ntick 91\ntick 0.95 of D",
		capacity: capacity{haircut: "0.1"},
		want: `1 takeover long 10 at 90.45 of 0: -95.5
			1 insurance long 10 at 89.18 of the exchange: -12.7, fund -12.7
			1 takeover long 100 at 0.855 of 0: -4.5
			1 insurance long 100 at 0.93 of the exchange: 7.5, fund 7.5`,
	},
	{
		// A book takes 9.3. Of A that is 0.102 at 91: 9.09636 at 89.18 for what is worth 9.282 leaves 5.31436 of a requirement of
		// 9.00718 - 2.5. Of D, the next position, it is 9: 8.37 at 0.93 for what cost 8.1 and counts 7.695, which leaves 5.98936. The next
		// round has nothing left: A is taken over for 900.718 - 5.98936, D for 0.9·86.45, and both are worth more.
		name: "collateral is carried", slip: "0.02", deposits: "10", fund: "20",
		steps:    "tick 100\ntick 1 of D\n0 holds 100 of D\n0 buys 10 at 100 cross 50\ntick 91\ntick 0.95 of D",
		capacity: capacity{haircut: "0.1", share: "0.5", depth: "18.6"},
		want: `1 liquidation long 0.102 at 89.18 of 0: -1.10364
			1 liquidation long 9 at 0.93 of 0: 0.27
			2 takeover long 9.898 at 90.39489189 of 0: -95.07136
			2 takeover long 91 at 0.855 of 0: -4.095
			carried 9.898 of A for 894.72864
			carried 91 of D for 77.805`,
	},
}
