package report

import (
	"errors"
	"slices"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

// Every metric of the scenarios that ship can be found.
func TestShippedMetricsExist(t *testing.T) {
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range s.Expectations {
			if err := CheckMetric(e.Metric, s, nil); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// What CheckMetric accepts and refuses, by keys that are in the documentation of summary.json and some that are not.
func TestCheckMetric(t *testing.T) {
	s, err := scenario.Load("red-monday-2025-09-22-predicted")
	if err != nil {
		t.Fatal(err)
	}
	symbols := []string{"BTCUSDT", "ETHUSDT"}
	for metric, key := range map[string]string{
		"liquidations.notional":                               "-",
		"liquidations.long_share":                             "-", // of an embedded struct
		"market.instruments.BTCUSDT.low":                      "-",
		"market.instruments.0.low":                            "-",
		"liquidations.by_window.main-hour.share":              "-",
		"liquidations.by_group.crowd.long_losses.gini":        "-",
		"adl.notional - liquidations.notional / adl.accounts": "-",
		"adl.fraction_of_profit.p95":                          "-",
		"adl.overshoot / adl.needed":                          "-",
		"adl.largest.fraction_of_position":                    "-",
		"adl.by_group.crowd.haircut":                          "-",
		"adl.waves.largest.0.needed":                          "-",
		"adl.fraction_of_profit":                              "",
		"market.instruments.SOLUSDT.low":                      "SOLUSDT",
		"liquidations.by_window.lunch.share":                  "lunch",
		"liquidations.by_group.probes.long_share":             "probes",
		"liquidations.notionl":                                "notionl",
		"liquidations.notional.low":                           "low",
		"liquidations.notional / adl.total":                   "total",
		"market":                                              "",
		"":                                                    "",
	} {
		err := CheckMetric(metric, s, symbols)
		var found *MetricError
		switch {
		case key == "-" && err != nil:
			t.Errorf("%q: %v", metric, err)
		case key != "-" && (!errors.As(err, &found) || found.Key != key):
			t.Errorf("%q: %v; expected the key %q to be refused", metric, err, key)
		}
	}
	var found *MetricError
	if err := CheckMetric("liquidations.notionl", s, symbols); !errors.As(err, &found) || !slices.Contains(found.Known, "notional") {
		t.Errorf("%v; expected notional among the known keys", err)
	}
}
