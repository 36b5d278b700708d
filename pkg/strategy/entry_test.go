package strategy_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
	"pgregory.net/rapid"
)

// evening is 2025-10-10 21:00 to 22:00 in BTC and in SOL, whose data start at 21:10.
func evening(t testing.TB) strategy.Window {
	return strategy.Window{
		From: moment(t, "2025-10-10 21:00"), To: moment(t, "2025-10-10 22:00"), Seed: 1,
		Symbols: []string{"BTCUSDT", "SOLUSDT"},
		First:   map[string]market.Time{"SOLUSDT": moment(t, "2025-10-10 21:10")},
	}
}

func entry(t testing.TB, name string, p strategy.Params) strategy.Entry {
	t.Helper()
	e, err := strategy.NewRegistry().Entry(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func setups(t testing.TB, e strategy.Entry, w strategy.Window) []strategy.Setup {
	t.Helper()
	s, err := e.Setups(w)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines prints setups as "0 21:00 BTCUSDT long".
func lines(setups []strategy.Setup) []string {
	var out []string
	for _, s := range setups {
		out = append(out, fmt.Sprintf("%d %s %s %s", s.ID, s.Time.UTC().Format("15:04"), s.Symbol, s.Side))
	}
	return out
}

func TestEntryAt(t *testing.T) {
	e := entry(t, "at", strategy.Params{"time": "2025-10-10 21:20, 2025-10-10T21:00:00Z", "side": "both"})
	want := []string{"0 21:00 BTCUSDT long", "1 21:00 BTCUSDT short", "2 21:20 BTCUSDT long", "3 21:20 BTCUSDT short", "4 21:20 SOLUSDT long", "5 21:20 SOLUSDT short"}
	if diff := cmp.Diff(want, lines(setups(t, e, evening(t)))); diff != "" {
		t.Error(diff)
	}
}

func TestEntryEvery(t *testing.T) {
	e := entry(t, "every", strategy.Params{"interval": "25m", "side": "short"})
	// 21:00 UTC is minute 29,335,500 since 1970, which 25 divides (29335500 = 25 * 1173420).
	want := []string{"0 21:00 BTCUSDT short", "1 21:25 BTCUSDT short", "2 21:25 SOLUSDT short", "3 21:50 BTCUSDT short", "4 21:50 SOLUSDT short"}
	if diff := cmp.Diff(want, lines(setups(t, e, evening(t)))); diff != "" {
		t.Error(diff)
	}
}

func TestEntriesRefuseWhatTheWindowCannotHold(t *testing.T) {
	for _, c := range []struct {
		name   string
		params strategy.Params
		want   string
	}{
		{"at", strategy.Params{"time": "2025-10-10 22:00"}, "outside of the window"},
		{"at", strategy.Params{"time": "2025-10-10 21:00", "symbols": "SOLUSDT"}, "before the data of SOLUSDT"},
		{"at", strategy.Params{"time": "2025-10-10 21:00", "symbols": "BTCUSD"}, `did you mean "BTCUSDT"?`},
		{"every", strategy.Params{"interval": "7d"}, "shorten the interval"},
		{"every", strategy.Params{"interval": "1h", "symbols": "ETHUSDT"}, "BTCUSDT, SOLUSDT"},
		{"random", strategy.Params{"count": "5", "min_hold": "61m"}, "lower min_hold"},
		{"random", strategy.Params{"count": "5", "min_hold": "55m", "symbols": "SOLUSDT"}, "SOLUSDT from 2025-10-10T21:10:00Z"},
	} {
		if got, err := entry(t, c.name, c.params).Setups(evening(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v = %v, %v; expected an error that says %q", c.name, c.params, lines(got), err, c.want)
		}
	}
}

func TestRandomSetupsDependOnSeedAndIDAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := evening(t)
		w.Seed = rapid.Uint64().Draw(rt, "seed")
		hold := market.Time(rapid.IntRange(0, 40).Draw(rt, "hold")) * market.Minute
		few := rapid.IntRange(1, 50).Draw(rt, "count")
		r := strategy.Random{Count: few, Sides: []market.Side{market.Long, market.Short}, MinHold: hold, Step: market.Minute}
		small := setups(t, r, w)
		r.Count += rapid.IntRange(0, 50).Draw(rt, "more")
		large := setups(t, r, w)
		ordered := slices.IsSortedFunc(large, func(a, b strategy.Setup) int {
			if a.Time != b.Time {
				return int(a.Time - b.Time)
			}
			return int(a.ID - b.ID)
		})
		kept := slices.DeleteFunc(slices.Clone(large), func(s strategy.Setup) bool { return int(s.ID) >= few })
		if !ordered || !slices.Equal(small, kept) || len(large) != r.Count {
			rt.Fatalf("ordered %v; %v, then with a larger count %v", ordered, small, kept)
		}
		for _, s := range large {
			start := max(w.From, w.First[s.Symbol])
			if s.Time < start || s.Time >= w.To || s.Time+hold > w.To || s.Time%market.Minute != 0 {
				rt.Fatalf("%s entered at %s with %s to %s and a hold of %dms", s.Symbol, s.Time, start, w.To, hold)
			}
		}
	})
}

// TestRandomSetupsAreUniform draws 100,000 setups over 60 minutes, 2 symbols and 2 sides and compares each of the 240
// cells with its expectation by Pearson's chi-squared: 239 degrees of freedom have mean 239 and deviation sqrt(478), so
// that 348 is five deviations out.
func TestRandomSetupsAreUniform(t *testing.T) {
	w := evening(t)
	w.First = nil
	count := map[string]int{}
	for _, s := range setups(t, entry(t, "random", strategy.Params{"count": "100000", "side": "both"}), w) {
		count[fmt.Sprint(s.Time, s.Symbol, s.Side)]++
	}
	expected, chi := 100000.0/240, 0.0
	for _, n := range count {
		chi += math.Pow(float64(n)-expected, 2) / expected
	}
	if len(count) != 240 || chi > 348 || chi < 130 {
		t.Errorf("%d cells, chi-squared %.0f; expected 240 cells and 239 +- 109", len(count), chi)
	}
	w.Seed++
	if a, b := setups(t, strategy.Random{Count: 50, Sides: []market.Side{1}, Step: 1}, evening(t)), setups(t, strategy.Random{Count: 50, Sides: []market.Side{1}, Step: 1}, w); slices.Equal(a, b) {
		t.Error("another seed gave the same setups")
	}
}

func BenchmarkRandomSetups(b *testing.B) {
	w := evening(b)
	r := strategy.Random{Count: 100_000, Sides: []market.Side{market.Long, market.Short}, Step: market.Minute}
	for b.Loop() {
		setups(b, r, w)
	}
	b.ReportMetric(float64(r.Count)*float64(b.N)/b.Elapsed().Seconds(), "setups/s")
}
