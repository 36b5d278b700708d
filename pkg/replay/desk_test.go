package replay

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// A stop that trails a long by 45,000 would lie at -5,000 where the mark is 40,000: the entry is refused, the run goes on.
func TestAStopThatTheExchangeRefusesRefusesTheEntry(t *testing.T) {
	flat, low := [4]float64{50000, 50000, 50000, 50000}, [4]float64{40000, 40000, 40000, 40000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat), key(columnar.Mark, market.Minute, "BTCUSDT"): minutes(market.Minute, start, low, low)}, nil)
	_, rec := replay(t, c, one(", stop: {kind: trailing, distance: 90%, watch: mark}"), 1)
	if len(rec.rows) != 1 || rec.rows[0].Outcome != OutcomeRefused || !strings.Contains(rec.rows[0].Refusal, "trailing by 45000") {
		t.Errorf("%v; expected a refused entry", rec.accounts)
	}
}
