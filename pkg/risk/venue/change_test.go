package venue

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

func TestChange(t *testing.T) {
	book := load(t, "binance/2025-10")
	same, err := book.Change(nil)
	if err != nil || same != book {
		t.Fatalf("no change: %v, %v", same, err)
	}
	changed, err := book.Change(map[string]string{"adl_allocation": "capped_pro_rata", "adl_cap": "0.25", "max_leverage": "20x", "liquidation_fee_rate": "0.002",
		"maintenance_factor": "1.5", "liquidation_step": "fraction_first", "step_fraction": "0.2", "step_threshold": "100000", "cooldown_seconds": "30"})
	if err != nil {
		t.Fatal(err)
	}
	btc, err := changed.Contract("BTCUSDT")
	if err != nil {
		t.Fatal(err)
	}
	// One and a half times the rates: at 1,000,000 (0.65%, amount 1,500: 5,000) 7,500.
	if mm, ok := btc.MaintenanceMargin(Exposure{Notional: market.MustParse[market.Quote]("1000000")}); !ok || mm != market.MustParse[market.Quote]("7500") {
		t.Errorf("maintenance margin of a million is %v; expected 7500", mm)
	}
	if got := btc.MaxLeverage(Exposure{Notional: 1}); got != 20 {
		t.Errorf("largest leverage %d; expected 20", got)
	}
	if changed.ID != "binance/2025-10+" || changed.Policies.ADLAllocation != "capped_pro_rata" || changed.Parameters.ADLCap != 25_000_000 || btc.LiquidationFee != 200_000 {
		t.Errorf("id %s, policies %+v, parameters %+v, fee %v", changed.ID, changed.Policies, changed.Parameters, btc.LiquidationFee)
	}
	if !strings.Contains(changed.Title, "adl_allocation capped_pro_rata") || changed.Hash() == book.Hash() {
		t.Errorf("title %q, hash %s", changed.Title, changed.Hash())
	}
	if was, _ := book.Contract("BTCUSDT"); was.Tiers[0].MaxLeverage != 150 || was.LiquidationFee != 1_250_000 {
		t.Errorf("the original changed: %+v", was)
	}
	// A policy that needs no parameters takes those of the one before it along.
	plain, err := changed.Change(map[string]string{"liquidation_step": "whole"})
	if err != nil || plain.Parameters.StepFraction != 0 || plain.ID != changed.ID {
		t.Errorf("back to whole orders: %v, %+v", err, plain)
	}
}

func TestChangeRefuses(t *testing.T) {
	book := load(t, "binance/2025-10")
	for _, c := range []struct {
		key, value string
		want       []string
	}{
		{"adl_alocation", "queue", []string{"rules.adl_alocation", "unknown rule", "max_leverage"}},
		{"adl_allocation", "fair", []string{`"fair"`, "queue, pro_rata_pnl"}},
		{"adl_allocation", "capped_pro_rata", []string{"adl_cap is missing"}},
		{"max_leverage", "0.5", []string{"0.5", "at least 1"}},
		{"taker", "much", []string{"much"}},
		{"maintenance_factor", "10", []string{"1 or more"}},
		{"step_fraction", "0.5", []string{"no policy of this rulebook uses it"}},
		{"step_fraction", "2", []string{"above 0 and at most 1"}},
		{"funding_interest", "1e999999999", []string{"1e999999999"}},
	} {
		_, err := book.Change(map[string]string{c.key: c.value})
		if err == nil {
			t.Errorf("%s %s: accepted", c.key, c.value)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: %v does not name %q", c.key, c.value, err, want)
			}
		}
	}
}
