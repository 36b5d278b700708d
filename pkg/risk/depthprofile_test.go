package risk

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

const million = 1_000_000 * market.Scale

// 1 million rests within 0.5%, another within 1%, two more within 2%.
var book = Profile{{500_000, million}, {1_000_000, 2 * million}, {2_000_000, 4 * million}}

// TestWalkingAProfile: worked by hand. The depth within one percent is 2 million, so share 0.25 is half a million: it reaches half way into
// the first band, 0.25%, and fills at 0.125% on average. Share 1.5 is 3 million: one at 0.25%, one at 0.75%, one at
// 1.25%, on average 0.75%, and leaves the price at 1.5%. Share 2.5 is 5 million: 1·0.25 + 1·0.75 + 2·1.5 + 1·5 (beyond) = 9, 1.8%.
func TestWalkingAProfile(t *testing.T) {
	if book.WithinOnePercent() != 2*million {
		t.Fatalf("within one percent: %v", book.WithinOnePercent())
	}
	for _, c := range []struct{ share, average, last float64 }{
		{0, 0, 0}, {0.25, 0.00125, 0.0025}, {1, 0.005, 0.01}, {1.5, 0.0075, 0.015}, {2, 0.01, 0.02}, {2.5, 0.018, 0.05},
	} {
		if got := book.Average(c.share, 0.05); math.Abs(got-c.average) > 1e-15 {
			t.Errorf("share %v: average %v, expected %v", c.share, got, c.average)
		}
		if got := book.Last(c.share, 0.05); math.Abs(got-c.last) > 1e-15 {
			t.Errorf("share %v: last %v, expected %v", c.share, got, c.last)
		}
	}
	m := Impact{HalfSpread: 10_000, Cap: 5_000_000, DefaultDepth: 2 * million, Profile: book}
	for _, c := range []struct {
		notional, depth market.Quote
		slip            market.Rate
	}{
		{3 * million, 0, 760_000},               // 0.75% and half the spread
		{3 * million, 4 * million, 385_000},     // twice the depth is half the order: 1 at 0.25% and 0.5 at 0.625%
		{100 * million, 2 * million, 4_870_000}, // 4 million cost 0.04, the other 96 million fill at 5%: 4.84%
	} {
		if c.notional == 100*million {
			c.slip = market.Rate(math.Ceil((0.04+96*0.05)/100*1e8)) + 10_000
		}
		if got := m.Slippage(0, c.notional, c.depth); got != c.slip && got != c.slip+1 {
			t.Errorf("%v at depth %v: %v, expected %v", c.notional, c.depth, got, c.slip)
		}
	}
}

func TestAProfileOutOfOrderIsRefused(t *testing.T) {
	for _, p := range []Profile{{{0, 1}}, {{5, 5}, {5, 6}}, {{5, 5}, {6, 5}}, {{market.Scale, 5}}} {
		if p.Check() == nil {
			t.Errorf("%v was accepted", p)
		}
	}
	if err := book.Check(); err != nil {
		t.Error(err)
	}
}

// TestSlippageOfAProfileIsMonotone: more notional or less depth never fills better by more than one unit of 1e-8, which is the
// last digit of the float.
func TestSlippageOfAProfileIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Profile
		var b Band
		for range rapid.IntRange(1, 5).Draw(t, "bands") {
			b.Distance += market.Rate(rapid.Int64Range(1, 1_000_000).Draw(t, "distance"))
			b.Notional += market.Quote(rapid.Int64Range(1, 10*million).Draw(t, "notional"))
			p = append(p, b)
		}
		m := Impact{Cap: 6_000_000, DefaultDepth: 1, Profile: p}
		n := market.Quote(rapid.Int64Range(0, 100*million).Draw(t, "order"))
		more := n + market.Quote(rapid.Int64Range(0, 100*million).Draw(t, "more"))
		depth := market.Quote(rapid.Int64Range(1, 10*million).Draw(t, "depth"))
		deeper := depth + market.Quote(rapid.Int64Range(0, 10*million).Draw(t, "deeper"))
		if m.Slippage(0, more, depth)+1 < m.Slippage(0, n, depth) || m.Slippage(0, n, deeper) > m.Slippage(0, n, depth)+1 {
			t.Fatalf("%v: %v then %v; depth %v then %v", p, n, more, depth, deeper)
		}
	})
}
