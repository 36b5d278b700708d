package replay

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/archive"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// realCatalog imports the venue files beside the repository.
func realCatalog(t *testing.T) *columnar.Catalog {
	t.Helper()
	dir, err := filepath.Abs("../../../shared/data/binance-um")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no real data at ../shared/data beside the repository; skipped")
	}
	out := t.TempDir() + "/catalog"
	if _, err := archive.Import(context.Background(), archive.ImportOptions{Sources: []string{dir}, Out: out}); err != nil {
		t.Fatal(err)
	}
	c, err := columnar.OpenDir(out)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The lows are those of the venue's own bars: Binance USD-M, last price (shared/data/README.md).
func TestRealDataHasTheKnownLows(t *testing.T) {
	c := realCatalog(t)
	for _, run := range []struct {
		scenario string
		lows     map[string]struct{ price, at string }
	}{
		{"october-10-2025", map[string]struct{ price, at string }{
			"BTCUSDT":  {"101516.5", "2025-10-10 21:20"},
			"ETHUSDT":  {"3400", "2025-10-10 21:20"},
			"SOLUSDT":  {"141.28", "2025-10-10 21:21"},
			"XRPUSDT":  {"1.1792", "2025-10-10 21:21"},
			"DOGEUSDT": {"0.08385", "2025-10-10 21:20"},
		}},
		{"red-monday-2025-09-22", map[string]struct{ price, at string }{
			"BTCUSDT":  {"111469.2", "2025-09-22 06:02"},
			"SOLUSDT":  {"212.29", "2025-09-22 06:02"},
			"DOGEUSDT": {"0.22775", "2025-09-22 06:03"},
		}},
	} {
		s, err := scenario.Load(run.scenario)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Set("probes.entries={kind: random, count: 200}", "crowd.accounts=2000"); err != nil {
			t.Fatal(err)
		}
		rec := newCounter()
		r, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: rulebook(t), Workers: 2, Recorder: rec})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Ledger.Imbalance.IsZero() {
			t.Errorf("%s: imbalance %v", run.scenario, r.Ledger.Imbalance)
		}
		found := 0
		for _, m := range r.Market {
			want, ok := run.lows[m.Symbol]
			if !ok {
				continue
			}
			found++
			at, err := market.ParseTime(want.at)
			if err != nil {
				t.Fatal(err)
			}
			if m.Low.String() != want.price || m.LowTime != at {
				t.Errorf("%s %s: low %v at %v; the venue's own is %s at %s", run.scenario, m.Symbol, m.Low, m.LowTime, want.price, at)
			}
		}
		if found != len(run.lows) {
			t.Errorf("%s: %d of %d instruments replayed", run.scenario, found, len(run.lows))
		}
	}
}
