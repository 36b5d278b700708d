package replay

import (
	"context"
	"slices"
	"testing"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// TestShippedScenariosRun runs the shipped scenarios on the shipped data with fewer accounts: the ledger balances, every
// rule takes every entry, and the lows are the published ones (Binance USD-M last price).
func TestShippedScenariosRun(t *testing.T) {
	lows := map[string]map[string]string{
		"october-10-2025":       {"BTCUSDT": "101516.5", "SOLUSDT": "141.28", "XRPUSDT": "1.1792", "DOGEUSDT": "0.08385", "ETHUSDT": "3400"},
		"red-monday-2025-09-22": {"BTCUSDT": "111469.2", "SOLUSDT": "212.29", "DOGEUSDT": "0.22775"},

		"black-thursday-2020-03-12": {"BTCUSDT": "3621.81", "ETHUSDT": "84.23"},
		"may-19-2021":               {"BTCUSDT": "28688", "ETHUSDT": "1400.73"},
		"august-5-2024":             {"BTCUSDT": "48888", "ETHUSDT": "2112"},
		"february-3-2025":           {"BTCUSDT": "91130.3", "ETHUSDT": "2080.19"},
	}
	for _, name := range scenario.Names() {
		whole, err := scenario.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if whole.Contagion != nil {
			runShippedVenues(t, whole)
			continue
		}
		episodes, err := whole.Episodes()
		if err != nil {
			t.Fatal(err)
		}
		if len(episodes) == 0 {
			episodes = []scenario.Stretch{{Name: name}}
		}
		for _, e := range episodes {
			runShipped(t, whole, e, lows[e.Name])
		}
	}
}

// runShipped runs one scenario on one episode; lows are the published ones by symbol.
func runShipped(t *testing.T, whole *scenario.Scenario, e scenario.Stretch, lows map[string]string) {
	name, s := whole.Name+" on "+e.Name, whole.Clone()
	set := slices.Clone(e.Assignments)
	if s.Probes != nil {
		set = append(set, "probes.entries={kind: random, count: 500, side: both}")
	}
	if s.Crowd != nil {
		set = append(set, "crowd.accounts=5000")
	}
	if err := s.Set(set...); err != nil {
		t.Fatal(err)
	}
	files, ok := data.Catalog(s.Data)
	if !ok {
		t.Fatalf("%s: no shipped data %s", name, s.Data)
	}
	c, err := columnar.Open(files, s.Data)
	if err != nil {
		t.Fatal(err)
	}
	rec := newCounter()
	r, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: rulebook(t), Workers: 2, Recorder: rec})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Ledger.Imbalance.IsZero() {
		t.Errorf("%s: imbalance %v", name, r.Ledger.Imbalance)
	}
	for _, rule := range r.Rules {
		if n := rec.accounts[rule]; n != 500 {
			t.Errorf("%s: rule %q has %d accounts; it takes each of 500 entries once", name, rule, n)
		}
	}
	for _, m := range r.Market {
		if want, ok := lows[m.Symbol]; ok && m.Low.String() != want {
			t.Errorf("%s %s: low %v, published %s", name, m.Symbol, m.Low, want)
		}
	}
	if s.Crowd == nil {
		return
	}
	if rec.groups["crowd"][OutcomeLiquidated] == 0 || rec.long < rec.short {
		t.Errorf("%s: %d crowd accounts liquidated, %.0f long and %.0f short; a fall liquidates longs", name, rec.groups["crowd"][OutcomeLiquidated], rec.long, rec.short)
	}
}

// runShippedVenues runs a scenario of coupled venues: each ledger balances, a fall liquidates longs everywhere, and the cascade is damped, as
// the scenario says: less than half of what is forced is brought by moves of displacements.
func runShippedVenues(t *testing.T, whole *scenario.Scenario) {
	s := whole.Clone()
	if err := s.Set("crowd.accounts=5000"); err != nil {
		t.Fatal(err)
	}
	files, ok := data.Catalog(s.Data)
	if !ok {
		t.Fatalf("%s: no shipped data %s", s.Name, s.Data)
	}
	c, err := columnar.Open(files, s.Data)
	if err != nil {
		t.Fatal(err)
	}
	venues, err := s.CoupledVenues()
	if err != nil {
		t.Fatal(err)
	}
	o := CoupledOptions{Scenario: s, Catalog: c, Workers: 2}
	for _, v := range venues {
		o.Venues = append(o.Venues, CoupledVenue{VenueScenario: v, Rulebook: bookOf(t, v.Scenario)})
	}
	r, err := RunCoupled(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Venues {
		i := v.Result.Impact
		if !v.Result.Ledger.Imbalance.IsZero() || v.Coupled.Accounts == 0 || v.Coupled.Long.Float() < 0.5*v.Coupled.Liquidated.Float() {
			t.Errorf("%s on %s: imbalance %v, %+v; a fall liquidates longs", s.Name, v.Name, v.Result.Ledger.Imbalance, v.Coupled)
		}
		if i.Forced.IsZero() || i.Induced.Float() > 0.5*i.Forced.Float() {
			t.Errorf("%s on %s: %v of %v was induced; expected a damped cascade", s.Name, v.Name, i.Induced, i.Forced)
		}
	}
}
