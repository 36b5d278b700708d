package risk

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"pgregory.net/rapid"
)

// The search finds the boundary wherever the estimate lies, in a number of trials that grows with the logarithm of how far off it
// is.
func TestSearchFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := market.Qty(rapid.Int64Range(0, 1<<50).Draw(t, "most"))
		want := market.Qty(rapid.Int64Range(0, int64(most)).Draw(t, "boundary"))
		estimate := want + market.Qty(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "off"))
		trials := 0
		got := searchFrom(estimate, most, func(n market.Qty) bool {
			if trials++; n < 0 || n > most {
				t.Fatalf("tried %d of 0 to %d", n, most)
			}
			return n <= want
		})
		if got != want || trials > 44 { // 21 doublings to pass a million, 20 halvings back
			t.Fatalf("found %d in %d trials, expected %d", got, trials, want)
		}
	})
}

// A coin of a price of 0.00001 in lots of 1e-8: a unit of notional is 100,000 lots, so that an estimate by notional is that far off.
// 300 quote of it in tiers to 100 and above: 100 less one unit are left, 99.99999999/0.00001 = 9,999,999.999 coins.
func TestStepDownOfTinyLots(t *testing.T) {
	x := newExchange(t, Options{Rulebook: ruled(t, "liquidation_step", "tier_step_down", "tiers_per_step", "1", "tiers_of_all", "100:0.01,1000:0.02"),
		Instruments: []market.Instrument{{Symbol: "AAA", Tick: 1, Lot: 1}}})
	tickAt(t, x, 1, "0.00001")
	a, err := x.AddAccount(quote("1000"))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Open(Order{Account: a, Instrument: 0, Size: qty("30000000"), Price: price("0.00001"), Leverage: 10 * market.Scale, Mode: Isolated}); err != nil {
		t.Fatal(err)
	}
	if got, want := x.stepDownSize(&x.positions[0]), qty("30000000")-qty("9999999.999"); got != want {
		t.Errorf("a step down closes %v, expected %v", got, want)
	}
}
