package risk

import (
	"math"
	"math/big"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"pgregory.net/rapid"
)

// A level of leverage asks a claim for the same in 64 bits as in numbers of any length, and less the higher it is; the level that
// is found is the least that asks for no more than there is to give.
func TestDrainingLevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draining{mark: market.Price(rapid.Int64Range(1, 1e13).Draw(t, "mark")), lot: rapid.SampledFrom([]int64{1, 1000, 1e8}).Draw(t, "lot")}
		capacity := int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "claims") {
			c := rapid.Int64Range(1, 1000).Draw(t, "capacity")
			d.claims = append(d.claims, claim{capacity: c})
			d.equity = append(d.equity, rapid.SampledFrom([]int64{0, 1, 17, 1e8, 1e12, math.MaxInt64}).Draw(t, "equity"))
			capacity += c
		}
		slow := func(k int, level *big.Int) int64 {
			kept := new(big.Int).Mul(level, big.NewInt(d.equity[k]))
			kept.Quo(kept, big.NewInt(int64(d.mark))).Quo(kept, big.NewInt(d.lot))
			if kept.Cmp(big.NewInt(d.claims[k].capacity)) >= 0 {
				return 0
			}
			return d.claims[k].capacity - kept.Int64()
		}
		sum := func(level *big.Int) (asked int64) {
			for k := range d.claims {
				v := d.asked(k, level)
				if want := slow(k, level); v != want {
					t.Fatalf("level %v asks claim %d for %d, expected %d", level, k, v, want)
				}
				asked += v
			}
			return asked
		}
		top := new(big.Int).Lsh(big.NewInt(rapid.Int64Range(0, math.MaxInt64).Draw(t, "top")), uint(rapid.IntRange(0, 40).Draw(t, "shift")))
		most := sum(new(big.Int).Add(top, big.NewInt(1)))
		lots := rapid.Int64Range(most, max(most, capacity)).Draw(t, "lots") // what the highest level leaves can always be given
		low, high := d.level(top, lots)
		if got := sum(high); got > lots {
			t.Fatalf("level %v asks for %d of %d", high, got, lots)
		}
		if low.Sign() >= 0 && sum(low) <= lots || low.Sign() < 0 && high.Sign() > 0 {
			t.Fatalf("level %v is not the least: %v asks for %d of %d", high, low, sum(low), lots)
		}
	})
}
