package risk

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"pgregory.net/rapid"
)

// TestLiquidationPriceByHand uses the small rulebook. Size 300 at 100 is tier 2 at entry (30,000: 2%, amount 100).
func TestLiquidationPriceByHand(t *testing.T) {
	book, err := venue.LoadFile("testdata/rulebook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := book.Contract("AAA")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		name, size, entry, margin, want string
	}{
		// 3000 + 300(P-100) = 0.02*300P - 100: 294P = 26900, P = 91.4965986..; notional 27,449 is tier 2.
		{"long in its tier", "300", "100", "3000", "91.49659863"},
		// 2500 + 120(P-100) with entry notional 12,000 (tier 2) reaches P = (9500-0)/(120*0.99) = 79.9663..: 9,596 is tier 1.
		{"long falls into the lower tier", "120", "100", "2500", "79.96632996"},
		// short 90 at 100 (9,000, tier 1) with 2,000: 2000 - 90(P-100) = 0.02*90P - 100: 91.8P = 11100, P = 120.915..: 10,882 is tier 2.
		{"short rises into the higher tier", "-90", "100", "2000", "120.91503268"},
		{"a long that is paid in full", "10", "100", "1000", ""},
	} {
		got, ok := LiquidationPrice(c, true, qty(v.size), price(v.entry), quote(v.margin), rate("10"))
		if ok != (v.want != "") || ok && got != price(v.want) {
			t.Errorf("%s: %v, %v; expected %s", v.name, got, ok, v.want)
		}
	}
}

// TestLiquidationPriceIsTheRoot: liquidatable there, not one unit toward safety.
func TestLiquidationPriceIsTheRoot(t *testing.T) {
	book, err := venue.Load("binance/2025-10")
	if err != nil {
		t.Fatal(err)
	}
	symbols := book.Symbols()
	rapid.Check(t, func(t *rapid.T) {
		c, err := book.Contract(rapid.SampledFrom(symbols).Draw(t, "symbol"))
		if err != nil {
			t.Fatal(err)
		}
		entry := market.Price(rapid.Int64Range(1_000, 20_000_000_000_000).Draw(t, "entry"))
		notional := rapid.Int64Range(1, 400_000_000).Draw(t, "notional") * market.Scale
		n, ok := market.MulDivFloor(notional, market.Scale, int64(entry))
		if !ok || n == 0 {
			return
		}
		size := market.Qty(n)
		if rapid.Bool().Draw(t, "short") {
			size = -size
		}
		cost, ok := market.ValueFloor(size, entry)
		if !ok {
			return
		}
		margin := market.Quote(notional / rapid.Int64Range(1, 150).Draw(t, "leverage"))
		got, ok := LiquidationPrice(c, book.Inclusive, size, entry, margin, 10*market.Scale)
		hit := func(p market.Price) bool {
			test := isolatedTest{c, book.Inclusive, size, cost, margin, 10 * market.Scale}
			return test.hit(p)
		}
		side := market.Price(market.SideOf(size))
		switch {
		case !ok && hit(1) && size > 0:
			t.Fatal("no price found, and the position is liquidatable at one unit")
		case ok && !hit(got):
			t.Fatalf("not liquidatable at %v", got)
		case ok && got+side > 0 && hit(got+side):
			t.Fatalf("already liquidatable one unit before %v", got)
		}
	})
}
