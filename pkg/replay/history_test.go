package replay

import (
	"fmt"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// A five-minute bar that is under way at an end of the window tells of the time after it. At the start only the minutes
// before it are history; at the end only the minutes before it are replayed.
func TestBarsAcrossTheEndsOfTheWindow(t *testing.T) {
	flat, wild := [4]float64{50000, 50000, 50000, 50000}, [4]float64{50000, 70000, 30000, 50000}
	five := minutes(5*market.Minute, start-5*market.Minute, flat, wild, flat, wild)
	for _, fine := range []bool{true, false} {
		all := series{key(columnar.Candles, 5*market.Minute, "BTCUSDT"): five}
		end := start + 10*market.Minute
		if fine {
			var rows [][4]float64
			for range 14 {
				rows = append(rows, flat)
			}
			all[btc], end = minutes(market.Minute, start-2*market.Minute, rows...), start+12*market.Minute
		}
		text := strings.Replace(one(""), "{kind: at, time: 2025-10-10T12:00:00Z", "{kind: at, time: 2025-10-10T12:05:00Z", 1) +
			"window: {from: 2025-10-10T12:02:00Z, to: 2025-10-10T12:12:00Z}\n"
		c := catalog(t, all, nil)
		p, err := prepare(Options{Scenario: parseScenario(t, text), Catalog: c, Rulebook: rulebook(t)})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.history[0].bars) == 0 || p.history[0].inside {
			t.Errorf("fine %v: no history", fine)
		}
		for _, b := range p.history[0].bars {
			if b.high != px(50000) {
				t.Errorf("fine %v: the history knows of %v", fine, b.high)
			}
		}
		r, _ := replay(t, c, text, 1)
		if m := r.Market[0]; m.Low != px(50000) {
			t.Errorf("fine %v: low %v of a bar that ends after the window", fine, m.Low)
		}
		note := fmt.Sprintf("BTCUSDT has no bars from %s on", end)
		if noted := strings.Contains(strings.Join(r.Notes, "\n"), note); noted == fine {
			t.Errorf("fine %v: notes %q; expected %q only without minutes", fine, r.Notes, note)
		}
	}
}

// Where the data begins with the window, the bars of the window itself make the average true range known: after three
// bars with a range of 100 a stop of one average lies 100 below the entry.
func TestRangesBeginWithTheWindow(t *testing.T) {
	row := [4]float64{50000, 50050, 49950, 50000}
	text := strings.Replace(one(", stop: {kind: atr, multiple: 1, period: 3}"), "time: 2025-10-10T12:00:00Z", "time: 2025-10-10T12:03:00Z", 1)
	_, rec := replay(t, catalog(t, series{btc: minutes(market.Minute, start, row, row, row, row)}, nil), text, 1)
	if a := rec.rows[0]; a.StopPrice != px(49900) || a.Refusal != "" {
		t.Errorf("stop at %v, refusal %q; expected 49900", a.StopPrice, a.Refusal)
	}
}
