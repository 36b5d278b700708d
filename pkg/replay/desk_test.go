package replay

import (
	"os"
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

// A long listed at 51,500 with a stop 2% below, at 50,470, is placed where the price is 50,000: it is opened and stopped
// there, beside its twin. 0.01·(50,000 − 51,500) − 0.0005·(515 + 500).
func TestAListedTradeWhoseStopWasPassedIsStopped(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat, flat)}, nil)
	file := t.TempDir() + "/trades.csv"
	if err := os.WriteFile(file, []byte("time,symbol,side,price,size\n2025-10-10T12:01:00Z,BTCUSDT,long,51500,0.01\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, rec := replay(t, c, strings.Replace(one(", stop: 2%"), "{kind: at, time: 2025-10-10T12:00:00Z, symbols: BTCUSDT}", "{kind: list, file: "+file+"}", 1), 1)
	if a := rec.rows[0]; a.Outcome != OutcomeStopped || a.OutcomePrice != px(50000) || a.OutcomeTime != start+market.Minute || a.PnL.String() != "-15.5075" {
		t.Errorf("%s", rec.accounts[0])
	}
	for _, note := range []string{"had passed the stop of 1 of 1 listed trades", "1 of 1 listed trades have a price at which the bar of their time did not trade"} {
		if !strings.Contains(strings.Join(r.Notes, "\n"), note) {
			t.Errorf("notes %q lack %q", r.Notes, note)
		}
	}
}

func TestWatchingAnIndexThatTheDataLacksIsNoted(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	bars := minutes(market.Minute, start, flat, flat)
	for _, c := range []struct {
		rule  string
		index bool
		noted bool
	}{{", stop: {kind: percent, percent: 2%, watch: index}", false, true}, {", stop: {kind: percent, percent: 2%, watch: index}", true, false}, {", stop: 2%", false, false}} {
		all := series{btc: bars}
		if c.index {
			all[key(columnar.Index, market.Minute, "BTCUSDT")] = bars
		}
		r, _ := replay(t, catalog(t, all, nil), one(c.rule), 1)
		if noted := strings.Contains(strings.Join(r.Notes, "\n"), "1 of 1 entries watch the index price"); noted != c.noted {
			t.Errorf("%s, index series %v: notes %q", c.rule, c.index, r.Notes)
		}
	}
}
