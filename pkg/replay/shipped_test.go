package replay

import (
	"context"
	"testing"
	"time"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

func TestShipped(t *testing.T) {
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := columnar.OpenDir("../../data/" + s.Data)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		rec := &counter{groups: map[string]map[string]int{}, pnl: map[string]float64{}}
		r, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: rulebook(t), Workers: 2, Recorder: rec})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(name, time.Since(began), "ticks", r.Ticks, "bars", r.Candles, "events", rec.events, "steps", rec.steps)
		for _, g := range r.Groups {
			t.Log(g, rec.groups[g], rec.pnl[g])
		}
		t.Log("long", rec.long, "short", rec.short, "share", rec.long/(rec.long+rec.short), "adl", rec.adl)
		t.Log("fund", r.FundOpening, r.FundInflow, r.FundOutflow, r.FundClosing, r.FundLow, r.FundLowTime, "imbalance", r.Ledger.Imbalance, "rounds", r.RoundsMax)
		for _, m := range r.Market {
			t.Logf("%+v", m)
		}
		for _, n := range r.Notes {
			t.Log(n)
		}
	}
}

