package replay

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// A bar from 100 to 104 with a low of 98 and a high of 107: the low is 2 from the open, the high 7.
func TestPathsVisitTheExtremesInTheStatedOrder(t *testing.T) {
	b := bar{time: start, interval: market.Minute, open: 100, high: 107, low: 98, close: 104}
	even := bar{time: start, interval: market.Minute, open: 100, high: 102, low: 98, close: 101}
	for _, c := range []struct {
		policy policy
		bar    bar
		want   []market.Price
	}{
		{nearestFirst, b, []market.Price{100, 98, 107, 104}},
		{lowFirst, b, []market.Price{100, 98, 107, 104}},
		{highFirst, b, []market.Price{100, 107, 98, 104}},
		{nearestFirst, even, []market.Price{100, 98, 102, 101}}, // a tie: the low first
	} {
		p := walker{policy: c.policy}.shape(0, &c.bar).walk(&c.bar)
		if !slices.Equal(p.price[:p.n], c.want) {
			t.Errorf("%v of %+v: %v, expected %v", c.policy, c.bar, p.price[:p.n], c.want)
		}
	}
}

// Ticks of a minute: its open, a third, two thirds, its last millisecond.
func TestPhaseTimes(t *testing.T) {
	b := bar{time: start, interval: market.Minute}
	for k, want := range []market.Time{0, 20_000, 40_000, 59_999} {
		if got := phaseTime(&b, k, phases) - start; got != want {
			t.Errorf("phase %d at %d ms, expected %d", k, got, want)
		}
	}
	second := bar{time: start, interval: market.Second}
	for k, want := range []market.Time{0, 333, 666, 999} {
		if got := phaseTime(&second, k, phases) - start; got != want {
			t.Errorf("phase %d of a second at %d ms, expected %d", k, got, want)
		}
	}
}

// A bridge begins at the open, ends at the close, touches low and high, never leaves the bar, and depends on seed,
// instrument and time alone.
func TestBridgeStaysWithinItsBar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Int64Range(1, 1<<50).Draw(t, "low")
		width := rapid.Int64Range(0, 1<<50).Draw(t, "width")
		at := func(name string) market.Price {
			return market.Price(low + rapid.Int64Range(0, width).Draw(t, name))
		}
		b := bar{time: market.Time(rapid.Int64Range(0, 1<<41).Draw(t, "time")), interval: market.Minute,
			open: at("open"), close: at("close"), low: market.Price(low), high: market.Price(low + width)}
		w := walker{policy: bridge, seed: rapid.Uint64().Draw(t, "seed")}
		p := w.shape(3, &b).walk(&b)
		prices := p.price[:p.n]
		if p.n != bridgePhases || prices[0] != b.open || prices[p.n-1] != b.close {
			t.Fatalf("%d ticks from %v to %v, expected %d from %v to %v", p.n, prices[0], prices[p.n-1], bridgePhases, b.open, b.close)
		}
		if slices.Min(prices) != b.low || slices.Max(prices) != b.high {
			t.Fatalf("bridge spans %v to %v, the bar %v to %v", slices.Min(prices), slices.Max(prices), b.low, b.high)
		}
		if again := w.shape(3, &b).walk(&b); again != p {
			t.Fatal("the same bar took two paths")
		}
	})
}

func TestBridgesOfInstrumentsDiffer(t *testing.T) {
	b := bar{time: start, interval: market.Minute, open: 1000, high: 2000, low: 500, close: 1500}
	w := walker{policy: bridge, seed: 1}
	if w.shape(0, &b).walk(&b) == w.shape(1, &b).walk(&b) {
		t.Error("two instruments took the same path")
	}
}
