package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

// What levers set, by hand, on a fund of 1,230,000,000 that the shipped scenario states, and a depth factor of 0.5.
func TestLeversSetTheirKeys(t *testing.T) {
	base, err := scenario.Load("october-10-2025")
	if err != nil {
		t.Fatal(err)
	}
	if err := base.Set("execution.depth_factor=0.5", "execution.participation=20%"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		asked, title string
		set          []string
	}{
		{"fund=x0", "insurance fund x0", []string{"insurance_fund.opening=0"}},
		{"fund=x0.5", "insurance fund x0.5", []string{"insurance_fund.opening=615000000"}},
		{"fund=2x", "insurance fund 2x", []string{"insurance_fund.opening=2460000000"}},
		{"fund=7_000", "insurance fund 7_000", []string{"insurance_fund.opening=7_000"}},
		{"max-leverage=20x", "maximum leverage 20x", []string{"rules.max_leverage=20x"}},
		{"maintenance=x1.5", "maintenance margin of every tier x1.5", []string{"rules.maintenance_factor=1.5"}},
		{"maintenance=1.5", "maintenance margin of every tier 1.5", []string{"rules.maintenance_factor=1.5"}},
		{"liquidation-fee=0.5%", "liquidation fee 0.5%", []string{"rules.liquidation_fee_rate=0.005"}},
		{"partial-steps=20%", "first liquidation step 20%", []string{"rules.liquidation_step=fraction_first", "rules.step_fraction=0.2", "rules.step_threshold=100000", "rules.cooldown_seconds=30"}},
		{"adl=pro_rata_pnl", "ADL shared out by pro_rata_pnl", []string{"rules.adl_allocation=pro_rata_pnl"}},
		{"depth=x4", "depth x4", []string{"execution.depth_factor=2"}},
		{"depth=4", "depth 4", []string{"execution.depth_factor=4"}},
		{"participation=10%", "participation of the liquidation engine 10%", []string{"execution.participation=0.1"}},
		{"participation=x2", "participation of the liquidation engine x2", []string{"execution.participation=0.4"}},
		{"stop-share=50%", "accounts with a stop 50%", []string{"crowd.stop.share=50%", "crowd.stop.distance=5%"}},
		{"crowd.long_share=0.6", "crowd.long_share=0.6", []string{"crowd.long_share=0.6"}},
	} {
		l, err := parseLever(base, c.asked)
		if err != nil {
			t.Errorf("%s: %v", c.asked, err)
			continue
		}
		if l.title != c.title || !slices.Equal(l.set, c.set) {
			t.Errorf("%s: %q sets %q; expected %q, %q", c.asked, l.title, l.set, c.title, c.set)
		}
		if err := base.Clone().Set(l.set...); err != nil {
			t.Errorf("%s: %v", c.asked, err)
		}
	}
	// Of a baseline with a factor of 2, one and a half times its maintenance margin is 3 times the rulebook's.
	if err := base.Set("rules.maintenance_factor=2"); err != nil {
		t.Fatal(err)
	}
	if l, err := parseLever(base, "maintenance=x1.5"); err != nil || !slices.Equal(l.set, []string{"rules.maintenance_factor=3"}) {
		t.Errorf("with a factor of its own: %v, error %v", l, err)
	}
	if err := base.Set("crowd.stop.distance=2%"); err != nil {
		t.Fatal(err)
	}
	if l, err := parseLever(base, "stop-share=50%"); err != nil || len(l.set) != 1 || len(l.notes) != 0 {
		t.Errorf("with a distance of its own: %v, error %v", l, err)
	}
	if err := base.Set("crowd.stop.distance=0", "crowd.stop.distances=[{distance: 2%, weight: 1}, {distance: 4%, weight: 1}]"); err != nil {
		t.Fatal(err)
	}
	if l, err := parseLever(base, "stop-share=50%"); err != nil || len(l.set) != 1 || len(l.notes) != 1 || !strings.Contains(l.notes[0], "other positions") {
		t.Errorf("with distances of its own: %v, error %v", l, err)
	}
}

func TestLeversThatAreNone(t *testing.T) {
	base, err := scenario.Load("october-10-2025")
	if err != nil {
		t.Fatal(err)
	}
	empty := base.Clone()
	if err := empty.Set("insurance_fund.opening=0"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		base        *scenario.Scenario
		asked, want string
	}{
		{base, "fund", "expected KEY=VALUE"},
		{base, "=2", "expected KEY=VALUE"},
		{base, "fund=", "expected KEY=VALUE"},
		{base, "fund=xx", "no multiple"},
		{base, "fund=x-1", "no multiple"},
		{base, "fund=x1000", "does not fit"},
		{empty, "fund=x2", "of which every multiple is 0"},
		{empty, "participation=x2", "of which there is no multiple"},
		{base, "participation=some", "no ratio"},
		{base, "liquidation-fee=high", "no ratio"},
		{base, "leverage=20x", "neither a lever (fund, max-leverage"},
		{base, "window.from=2025-10-10T13:00:00Z", "the same in all runs"},
		{base, "seed=4", "the same in all runs"},
	} {
		if _, err := parseLever(c.base, c.asked); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected to contain %q", c.asked, err, c.want)
		}
	}
}
