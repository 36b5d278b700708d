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
