package main

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

func TestInstrumentOfSingleFile(t *testing.T) {
	for _, c := range []struct{ path, flag, want string }{
		{"BTCUSDT.parquet", "", "BTCUSDT"},
		{"dir/BTCUSDT-1m-2025-10-10.parquet", "", "BTCUSDT"},
		{"BTCUSDT_1m.parquet", "", "BTCUSDT"},
		{"1000PEPEUSDT_20251010.parquet", "", "1000PEPEUSDT"},
		{"BTCUSDT_251226.parquet", "", "BTCUSDT_251226"},
		{"BTCUSDT_251226_1m.parquet", "", "BTCUSDT_251226"},
		{"candles.parquet", "", ""},
		{"candles.parquet", "ETHUSDT", "ETHUSDT"},
		{"BTCUSD_PERP.parquet", "", ""},
		{"BTCUSD_PERP-1m.parquet", "", ""},
		{"BTCUSD_251226.parquet", "", ""},
		{"candles.parquet", "BTCUSD_PERP", ""},
	} {
		got, err := (&dataSource{path: c.path, symbol: c.flag}).instrument()
		var usage *usageError
		if got != c.want || (c.want == "") != errors.As(err, &usage) {
			t.Errorf("%s --symbol %q: %q, %v; expected %q", c.path, c.flag, got, err, c.want)
		}
	}
}

func TestSingleFileKeepsItsLabels(t *testing.T) {
	for _, c := range []struct {
		want string
		meta map[string]string
	}{
		{"reconstructed", map[string]string{"provenance": "reconstructed", "title": "a day"}},
		{unlabeled, nil},
	} {
		dir := filepath.Join(t.TempDir(), "catalog")
		w, err := columnar.Create(dir, c.meta)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		price := []market.Price{100 * market.Scale, 101 * market.Scale}
		bars := &market.Candles{Time: []market.Time{0, market.Minute}, Open: price, High: price, Low: price, Close: price, Volume: []float64{1, 1}}
		if err := w.Candles(columnar.Key{Kind: columnar.Candles, Interval: market.Minute, Symbol: "BTCUSDT"}, bars); err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		d := &dataSource{path: filepath.Join(dir, "candles", "1m", "BTCUSDT.parquet")}
		defer d.close()
		catalog, err := d.open("", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := catalog.Metadata(); got["provenance"] != c.want || got["title"] != c.meta["title"] {
			t.Errorf("metadata %v, expected provenance %q and title %q", got, c.want, c.meta["title"])
		}
	}
}
