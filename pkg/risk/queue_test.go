package risk

import (
	"slices"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"pgregory.net/rapid"
)

// TestQueueAgainstSortedList files and takes at random; the twin is a list that is sorted at each look.
func TestQueueAgainstSortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var twin []entry
		id := int32(0)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			for range rapid.IntRange(0, 120).Draw(t, "filed") {
				e := entry{key: rapid.Int64Range(-50, 50).Draw(t, "key"), id: id}
				id++
				q.push(e)
				twin = append(twin, e)
			}
			slices.SortFunc(twin, compare)
			x := rapid.Int64Range(-60, 60).Draw(t, "x")
			for {
				e, ok := q.next(x)
				if ok != (len(twin) > 0 && twin[0].key <= x) {
					t.Fatalf("next(%d) = %v, %v; twin %v", x, e, ok, twin)
				}
				if !ok {
					break
				}
				if e != twin[0] {
					t.Fatalf("next(%d) = %v, expected %v", x, e, twin[0])
				}
				twin = twin[1:]
			}
			if q.size() != len(twin) {
				t.Fatalf("size %d, expected %d", q.size(), len(twin))
			}
		}
	})
}

// TestExtremesAgainstScan compares the stack with the maximum over a remembered list.
func TestExtremesAgainstScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := extremes{wanted: true}
		values := rapid.SliceOfN(rapid.Int64Range(0, 20), 1, 60).Draw(t, "values")
		for _, v := range values {
			e.add(v)
		}
		n := rapid.IntRange(0, len(values)-1).Draw(t, "since")
		if got, ok := e.since(int32(n)); !ok || got != slices.Max(values[n:]) {
			t.Fatalf("since(%d) = %d, %v; expected %d", n, got, ok, slices.Max(values[n:]))
		}
	})
}

// TestSlippageIsMonotone: twice the depth never worsens a fill, a larger order never improves it.
func TestSlippageIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Impact{HalfSpread: 1000, Coefficient: rapid.Float64Range(0, 10).Draw(t, "coefficient"), SquareRoot: rapid.Bool().Draw(t, "root"),
			Cap: rate("0.3"), DefaultDepth: quote("100000")}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		n := market.Quote(rapid.Int64Range(0, 1e17).Draw(t, "notional"))
		d := market.Quote(rapid.Int64Range(1, 1e17).Draw(t, "depth"))
		s := m.Slippage(0, n, d)
		if deep := m.Slippage(0, n, 2*d); deep > s {
			t.Fatalf("slippage %v at depth %v, %v at twice that", s, d, deep)
		}
		if large := m.Slippage(0, 2*n, d); large < s {
			t.Fatalf("slippage %v for %v, %v for twice that", s, n, large)
		}
		p := market.Price(rapid.Int64Range(1, 1e15).Draw(t, "price"))
		tick := market.Price(rapid.Int64Range(1, 1e8).Draw(t, "tick"))
		if buy := Slipped(p, s, market.Long, tick); buy < p || buy%tick != 0 {
			t.Fatalf("a purchase from %v fills at %v, tick %v", p, buy, tick)
		}
		if sale := Slipped(p, s, market.Short, tick); sale > p && sale != tick || sale%tick != 0 {
			t.Fatalf("a sale from %v fills at %v, tick %v", p, sale, tick)
		}
	})
}
