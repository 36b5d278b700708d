package report

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

func minuteOf(text string) market.Time {
	t, err := market.ParseTime(text)
	if err != nil {
		panic(err)
	}
	return t
}

// liquidate adds a liquidation of a long at a time, of a notional in whole quote and a loss of half of it.
func liquidate(y *tally, at string, account risk.AccountID, kind risk.Kind, notional market.Quote) {
	y.add(&risk.Event{Kind: kind, Time: minuteOf(at), Account: account, Side: market.Long, Notional: notional * market.Scale, RealizedPnL: -notional * market.Scale / 2}, "crowd")
}

// 100 at 20:10, then 300, 500 and 100 at 21:00, 21:10 and 21:29, then 200 at 21:40: the half hour from 21:00 holds 900 of
// 1,200 in all, and of 1,100 from its beginning on; one from 21:10 would hold 600 and 200 of 21:39.
func TestTimingByHand(t *testing.T) {
	y := newTally(make([]market.Instrument, 1), nil)
	liquidate(y, "2025-10-10T20:10:05Z", 1, risk.Liquidation, 100)
	liquidate(y, "2025-10-10T21:00:00Z", 2, risk.Liquidation, 300)
	liquidate(y, "2025-10-10T21:10:00Z", 2, risk.Takeover, 400)
	liquidate(y, "2025-10-10T21:10:59Z", 3, risk.Takeover, 100)
	liquidate(y, "2025-10-10T21:29:59Z", 4, risk.Liquidation, 100)
	liquidate(y, "2025-10-10T21:40:00Z", 5, risk.Liquidation, 200)
	x := y.timing()
	want := Timing{PeakMinute: "2025-10-10T21:10:00Z", PeakOfDay: 1270, PeakNotional: "500", PeakShare: 500.0 / 1200, Busiest: "2025-10-10T21:00:00Z",
		BusiestShare: 900.0 / 1200, AfterOnset: 900.0 / 1100}
	if x != want {
		t.Errorf("timing %+v, expected %+v", x, want)
	}
	l := y.liquidations([]string{"crowd"}, 1, []scenario.StatisticsWindow{{Name: "w", From: minuteOf("2025-10-10T21:00:00Z"), To: minuteOf("2025-10-10T21:29:00Z")}})
	if l.TakeoverShare != Number(500.0/1200) {
		t.Errorf("takeover share %v, expected 500 of 1200", l.TakeoverShare)
	}
	if w := l.ByWindow[0]; w.Notional != "800" || w.Events != 3 || w.Share != Number(800.0/1200) {
		t.Errorf("window %+v, expected 3 events of 800, two thirds of all", w)
	}
	// Account 2 lost 350, the others 50, 50, 50 and 100; the largest hundredth is one of five.
	if g := l.ByGroup[0]; g.LongLosses.Accounts != 5 || g.LongLosses.Top1 != Number(350.0/600) || g.Notionals.Top1 != Number(700.0/1200) {
		t.Errorf("losses %+v, notionals %+v; expected 350 of 600 and 700 of 1200 with the largest", g.LongLosses, g.Notionals)
	}
	if empty := newTally(nil, nil).timing(); empty.PeakMinute != "" || empty.PeakOfDay.Exists() || empty.AfterOnset.Exists() {
		t.Errorf("timing of nothing %+v, expected none", empty)
	}
}

// 10 at 100, then 8 at 90: 20% less in base, 28% less in quote. Beside it 100 at 2, unchanged at 1. Together 1200 and 820.
func TestOpenInterestByHand(t *testing.T) {
	var a, b interest
	a.step(&replay.Step{OpenInterest: 10e8, Mark: 100e8})
	a.step(&replay.Step{OpenInterest: 8e8, Mark: 90e8})
	b.step(&replay.Step{OpenInterest: 100e8, Mark: 2e8})
	b.step(&replay.Step{OpenInterest: 100e8, Mark: 1e8})
	var liquidated market.Sum
	liquidated.Add(180e8)
	o := openInterest([]interest{a, b}, []market.Instrument{{Symbol: "A"}, {Symbol: "B"}}, liquidated)
	near := func(what string, got Number, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 1e-12 {
			t.Errorf("%s = %v, expected %v", what, got, want)
		}
	}
	if o.Opening != "1200" || o.Closing != "820" || o.ByInstrument[0].ClosingValue != "720" || o.ByInstrument[1].OpeningValue != "200" {
		t.Errorf("%+v, expected 1200 to 820, A to 720, B from 200", o)
	}
	near("fall", o.Fall, 1-820.0/1200)
	near("fall in base", o.FallInBase, 200.0/1200)
	near("fall of A", o.ByInstrument[0].Fall, 0.2)
	near("liquidated", o.Liquidated, 180.0/1200)
}

func TestMetricsMayBeSumsAndRatios(t *testing.T) {
	var tree any
	text := `{"a": "6", "b": 2, "rules": [{"name": "10x / none", "x": 5}], "n": null}`
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	for metric, want := range map[string]float64{"a": 6, "a / b": 3, "a + b": 8, "a - b": 4, "a - b + b - a + b": 2, "a + b / a - b": 2, "rules.10x / none.x": 5} {
		if got := evaluate(tree, metric); got != want {
			t.Errorf("%s = %v, expected %v", metric, got, want)
		}
	}
	for _, metric := range []string{"n", "a / n", "a + nothing", "a / b - b", ""} {
		if got := evaluate(tree, metric); !math.IsNaN(got) {
			t.Errorf("%q = %v, expected none", metric, got)
		}
	}
}
