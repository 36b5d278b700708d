package replay

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// Last trades reach the take-profit at 51,000, the mark does not: both twins, or neither, take it.
func TestTwinsWatchTheSamePriceForTheirTakeProfit(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, [4]float64{50000, 51500, 50000, 50000}, flat),
		key(columnar.Mark, market.Minute, "BTCUSDT"): minutes(market.Minute, start, flat, flat, flat)}, nil)
	for _, v := range []struct{ watch, outcome string }{{"", OutcomeTakeProfit}, {", watch: last", OutcomeTakeProfit}, {", watch: mark", OutcomeOpen}} {
		text := one(", take_profit: 2%, stop: {kind: none" + v.watch + "}")
		text += strings.Replace(text[strings.Index(text, "    - {name: rule"):], "name: rule", "name: stopped", 1)
		last := strings.LastIndex(text, "kind: none")
		text = text[:last] + "kind: percent, percent: 5%" + text[last+len("kind: none"):]
		r, rec := replay(t, c, text, 1)
		if len(rec.rows) != 2 || rec.rows[0].Outcome != v.outcome || rec.rows[1].Outcome != v.outcome {
			t.Errorf("watch %q: %v; expected %s twice", v.watch, rec.accounts, v.outcome)
		}
		if d := cmp.Diff([]scenario.Comparison{{A: "stopped", B: "rule"}}, r.Pairs); d != "" {
			t.Errorf("watch %q: %s", v.watch, d)
		}
	}
}
