package strategy_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

func signal(t rapid.TB, name string, p strategy.Params) strategy.Entry {
	t.Helper()
	e, err := strategy.NewRegistry().Entry(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// onBars is a window of one symbol whose bars are known.
func onBars(b strategy.BarList) strategy.Window {
	return strategy.Window{From: b[0].Time, To: b[len(b)-1].End + 1, Symbols: []string{"BTCUSDT"}, Bars: func(_ string, visit func(strategy.Bar) error) error {
		for _, x := range b {
			if err := visit(x); err != nil {
				return err
			}
		}
		return nil
	}}
}

// closes makes one-minute bars whose high and low are the close.
func closes(values ...string) strategy.BarList {
	var hlc [][3]string
	for _, v := range values {
		hlc = append(hlc, [3]string{v, v, v})
	}
	return rows(hlc...)
}

// signalsOf lists the minute at which each setup is entered, shorts negative.
func signalsOf(t rapid.TB, e strategy.Entry, w strategy.Window) []int {
	t.Helper()
	setups, err := e.Setups(w)
	if err != nil {
		t.Fatal(err)
	}
	got := []int{}
	for i, s := range setups {
		if s.ID != int32(i) {
			t.Errorf("setup %d has ID %d", i, s.ID)
		}
		got = append(got, int(s.Time/market.Minute)*int(s.Side))
	}
	return got
}

func TestEntriesOnBarsByHand(t *testing.T) {
	for _, c := range []struct {
		name   string
		params strategy.Params
		closes string
		want   []int
	}{
		// SMA2 and SMA3: after bar 3 (closes 3 2 1): 1.5 < 2; after 2: 1.5 < 1.67; after 4: 3 > 2.33: crossed at the end of the
		// fifth bar, minute 5; after 1: 2.5 > 2.33; after another 1: 1 < 2: crossed back at minute 7.
		{"ma_cross", strategy.Params{"fast": "2", "slow": "3", "side": "both"}, "3 2 1 2 4 1 1", []int{5, -7}},
		{"ma_cross", strategy.Params{"fast": "2", "slow": "3"}, "3 2 1 2 4 1 1", []int{5}},
		// Above the high of the two bars before, once; then inside, then below the low.
		{"breakout", strategy.Params{"period": "2", "side": "both"}, "5 6 7 8 8 5 4", []int{3, -6}},
		// Last three closes 10 10 4: mean 8, deviation sqrt(8) = 2.83, z = -1.41; then 10 4 4: mean 6, z = -0.71; then 4 4 10: z = 1.41.
		{"mean_reversion", strategy.Params{"period": "3", "deviations": "1.4", "side": "both"}, "10 10 10 4 4 10", []int{4, -6}},
		{"mean_reversion", strategy.Params{"period": "3", "deviations": "1.42", "side": "both"}, "10 10 10 4 4 10", []int{}},
		// 10% below the high of the two bars before: 97 is not, 90 is (of 100), 80 says nothing new, 85 is inside (of 90).
		{"dip", strategy.Params{"period": "2", "fall": "10%"}, "100 100 97 90 80 85 76", []int{4, 7}},
		{"dip", strategy.Params{"period": "2", "fall": "10%", "side": "short"}, "100 100 110 100", []int{-3}},
		// Joined to two minutes: 6, 8, 5 against the high of one bar before: 8 > 6 at the end of minute 4.
		{"breakout", strategy.Params{"period": "1", "interval": "2m"}, "5 6 9 8 7 5", []int{4}},
	} {
		got := signalsOf(t, signal(t, c.name, c.params), onBars(closes(strings.Fields(c.closes)...)))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %v on %s: %s", c.name, c.params, c.closes, diff)
		}
	}
}

// A longer bar whose last minutes are missing is over at its end, and not before.
func TestJoinedBarsEndOnTime(t *testing.T) {
	b := closes("5", "6", "9", "9", "7", "7")
	b = slices.Delete(b, 3, 4)
	if diff := cmp.Diff([]int{4}, signalsOf(t, signal(t, "breakout", strategy.Params{"period": "1", "interval": "2m"}), onBars(b))); diff != "" {
		t.Error(diff)
	}
	_, err := signal(t, "breakout", strategy.Params{"interval": "30s"}).Setups(onBars(b))
	if err == nil || !strings.Contains(err.Error(), "shorter than the bars") {
		t.Errorf("%v", err)
	}
}

var onBarEntries = []struct {
	name   string
	params strategy.Params
}{
	{"ma_cross", strategy.Params{"fast": "2", "slow": "5", "side": "both"}},
	{"breakout", strategy.Params{"period": "4", "side": "both"}},
	{"mean_reversion", strategy.Params{"period": "5", "deviations": "1", "side": "both"}},
	{"dip", strategy.Params{"period": "4", "fall": "1%", "side": "both"}},
	{"breakout", strategy.Params{"period": "2", "side": "both", "interval": "3m"}},
}

// TestEntriesDoNotLookAhead: whatever happens after a time, the setups up to that time are the same. Bars that end later
// are replaced by others, and those that end by it are kept.
func TestEntriesDoNotLookAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(8, 60).Draw(t, "bars")
		draw := func(label string) strategy.BarList {
			var b strategy.BarList
			for i := range n {
				x := market.Price(rapid.Int64Range(95e8, 105e8).Draw(t, label))
				at := market.Time(i) * market.Minute
				b = append(b, strategy.Bar{Time: at, End: at + market.Minute, Open: x, Close: x, High: x + 1e7, Low: x - 1e7})
			}
			return b
		}
		cut := rapid.IntRange(1, n-1).Draw(t, "cut")
		past, other := draw("close"), draw("other")
		changed := append(slices.Clone(past[:cut]), other[cut:]...)
		until := past[cut-1].End
		for _, c := range onBarEntries {
			known := func(b strategy.BarList) []strategy.Setup {
				all, err := signal(t, c.name, c.params).Setups(onBars(b))
				if err != nil {
					t.Fatal(err)
				}
				return slices.DeleteFunc(all, func(s strategy.Setup) bool { return s.Time > until })
			}
			if diff := cmp.Diff(known(past), known(changed), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s %v: what happens after %s changed setups before: %s", c.name, c.params, until, diff)
			}
		}
	})
}

// TestMeanReversionAgreesWithTwoPasses compares the moving sums with mean and deviation computed afresh.
func TestMeanReversionAgreesWithTwoPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.IntRange(2, 12).Draw(t, "period")
		var b strategy.BarList
		for i := range rapid.IntRange(period, 80).Draw(t, "bars") {
			x := market.Price(rapid.Int64Range(1, 1e14).Draw(t, "close"))
			b = append(b, strategy.Bar{Time: market.Time(i) * market.Minute, End: market.Time(i+1) * market.Minute, Close: x, High: x, Low: x})
		}
		want, before := []int{}, 0
		for i := period - 1; i < len(b); i++ {
			mean, sum := 0.0, 0.0
			for _, x := range b[i-period+1 : i+1] {
				mean += float64(x.Close) / float64(period)
			}
			for _, x := range b[i-period+1 : i+1] {
				sum += (float64(x.Close) - mean) * (float64(x.Close) - mean)
			}
			z := (float64(b[i].Close) - mean) / math.Sqrt(sum/float64(period))
			if math.Abs(math.Abs(z)-1) < 1e-9 {
				t.Skip("too near to the limit for floats to say")
			}
			side := 0
			if z <= -1 {
				side = 1
			} else if z >= 1 {
				side = -1
			}
			if side != before && side != 0 {
				want = append(want, side*(i+1))
			}
			before = side
		}
		if diff := cmp.Diff(want, signalsOf(t, signal(t, "mean_reversion", strategy.Params{"period": itoa(period), "deviations": "1", "side": "both"}), onBars(b))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func itoa(n int) string { return market.Format(market.Qty(n) * market.Scale) }

func TestFundingSign(t *testing.T) {
	w := onBars(closes("1", "1", "1", "1", "1", "1"))
	w.Funding = func(_ string, visit func(market.Time, market.Rate) error) error {
		for i, r := range []string{"0.0001", "-0.0002", "0.00005", "0"} {
			if err := visit(market.Time(i+1)*market.Minute, rate(r)); err != nil {
				return err
			}
		}
		return nil
	}
	for take, want := range map[string][]int{"receive": {-1, 2}, "pay": {1, -2}} {
		if diff := cmp.Diff(want, signalsOf(t, signal(t, "funding_sign", strategy.Params{"take": take}), w)); diff != "" {
			t.Errorf("%s: %s", take, diff)
		}
	}
}
