package archive

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// sharedData finds the real data beside the repository, or skips.
func sharedData(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			data := filepath.Join(dir, "..", "shared", "data")
			if _, missing := os.Stat(data); missing == nil {
				return data
			}
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("real data is not at ../shared/data of the repository")
	return ""
}

// The lows are those that the README of the shared data lists.
func TestSharedDataKeepsTheKnownLows(t *testing.T) {
	c, report := importDir(t, sharedData(t), ImportOptions{})
	for _, w := range []struct{ series, from, to, low, at string }{
		{"candles/1m/BTCUSDT.parquet", "2025-10-10", "2025-10-11", "101516.5", "2025-10-10 21:20"},
		{"candles/5m/BTCUSDT.parquet", "2025-10-10", "2025-10-11", "101516.5", "2025-10-10 21:20"},
		{"candles/1m/SOLUSDT.parquet", "2025-10-10", "2025-10-11", "141.28", "2025-10-10 21:21"},
		{"candles/1m/XRPUSDT.parquet", "2025-10-10", "2025-10-11", "1.1792", "2025-10-10 21:21"},
		{"candles/1m/DOGEUSDT.parquet", "2025-10-10", "2025-10-11", "0.08385", "2025-10-10 21:20"},
		{"candles/5m/ETHUSDT.parquet", "2025-10-10", "2025-10-11", "3400", "2025-10-10 21:20"},
		{"mark/5m/BTCUSDT.parquet", "2025-10-10", "2025-10-11", "101877.68981743", "2025-10-10 21:20"},
		{"candles/1m/BTCUSDT.parquet", "2025-09-22", "2025-09-23", "111469.2", "2025-09-22 06:02"},
		{"candles/1m/SOLUSDT.parquet", "2025-09-22", "2025-09-23", "212.29", "2025-09-22 06:02"},
		{"candles/1m/DOGEUSDT.parquet", "2025-09-22", "2025-09-23", "0.22775", "2025-09-22 06:03"},
	} {
		k := bars(t, c, w.series)
		from, _ := market.ParseTime(w.from)
		to, _ := market.ParseTime(w.to)
		lowest := -1
		for i, at := range k.Time {
			if at >= from && at < to && (lowest < 0 || k.Low[i] < k.Low[lowest]) {
				lowest = i
			}
		}
		at, _ := market.ParseTime(w.at)
		if lowest < 0 || k.Low[lowest].String() != w.low || k.Time[lowest] != at {
			t.Errorf("%s: lowest is row %d, %s at %s, expected %s at %s", w.series, lowest, k.Low[max(lowest, 0)], k.Time[max(lowest, 0)], w.low, w.at)
		}
	}
	// Funding has its hole of days between the two windows, and nothing else.
	for _, s := range report.Series {
		if s.Kind == columnar.Funding && s.Gaps != 1 {
			t.Errorf("%s has %d gaps, expected 1", s.Path(), s.Gaps)
		}
		if s.Market == CoinMargined && !strings.HasSuffix(s.Symbol, "USD_PERP") || s.Market == Spot && s.Kind != columnar.Index {
			t.Errorf("%s of %s is out of place", s.Path(), s.Market)
		}
	}
	if len(report.Series) != 146 {
		t.Errorf("%d series, expected 146", len(report.Series))
	}
}

func TestSharedDataHasNoFaultsAndAFrozenBid(t *testing.T) {
	found, err := Check(sharedData(t), Selection{})
	if err != nil {
		t.Fatal(err)
	}
	frozen := 0
	for _, f := range found {
		if f.Severity == Fault || f.Code == "implied_price" || f.Code == "aggregate" {
			t.Errorf("%+v: the data was checked to be without", f)
		}
		if f.Code == "frozen" && strings.Contains(f.Message, "%") && strings.Contains(f.Message, "within -") {
			frozen++
		}
	}
	if frozen == 0 {
		t.Error("the frozen bid of the depth file is not found")
	}
}
