package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// A trade list in Parquet says what the same list says in CSV, and each is kept under the ending of its kind.
func TestTradeListInParquet(t *testing.T) {
	var file bytes.Buffer
	w, err := columnar.NewTable(&file, []columnar.Column{{Name: "time", Type: columnar.Time}, {Name: "symbol", Type: columnar.String}, {Name: "side", Type: columnar.String}, {Name: "size", Type: columnar.Float64}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AppendRow(market.Time(1760131200000), "BTCUSDT", "short", 0.25); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	window := strategy.Window{From: 1760131200000, To: 1760131200001, Symbols: []string{"BTCUSDT"}}
	for name, data := range map[string][]byte{"trades.parquet": file.Bytes(), "trades.csv": []byte("time,symbol,side,size\n2025-10-10T21:20:00Z,BTCUSDT,short,0.25\n")} {
		list := &TradeList{Name: "mine", Data: data}
		entry, err := Inputs{TradeList: list}.Registry().Entry("list", strategy.Params{"file": "mine"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		setups, err := entry.Setups(window)
		if err != nil || len(setups) != 1 || setups[0].Size.String() != "0.25" || setups[0].Side != market.Short || list.file() != name {
			t.Errorf("%s: %+v, %v, kept as %s", name, setups, err, list.file())
		}
	}
	if _, err := (Inputs{}).Registry().Sizing("script", strategy.Params{"file": "other.star"}); err == nil || !strings.Contains(err.Error(), "not among the inputs of the run") {
		t.Errorf("%v; expected a file that is no input to be refused", err)
	}
}
