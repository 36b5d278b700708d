package replay

import (
	"context"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// A rulebook's inverse contract is refused with what to do, whatever the data calls its series.
func TestInverseContractsOfARulebookAreRefused(t *testing.T) {
	book, err := venue.Load("bitmex/2020-03")
	if err != nil {
		t.Fatal(err)
	}
	flat := [4]float64{5000, 5000, 5000, 5000}
	data := catalog(t, series{key(columnar.Candles, market.Minute, "XBTUSD"): minutes(market.Minute, start, flat, flat)}, nil)
	text := strings.Replace(one(""), "BTCUSDT", "XBTUSD", 1)
	_, err = Run(context.Background(), Options{Scenario: parseScenario(t, text), Catalog: data, Rulebook: book, Workers: 1})
	if err == nil {
		t.Fatal("an inverse contract was replayed")
	}
	for _, want := range []string{"XBTUSD is an inverse contract in rulebook bitmex/2020-03", "instruments", "backtest calc account --venue bitmex/2020-03"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %q", err, want)
		}
	}
}
