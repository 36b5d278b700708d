package report

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

func TestNoPairsGiveNoPValue(t *testing.T) {
	in := inputs(t)
	c := compare(scenario.Comparison{A: "a", B: "b"}, nil, nil, in.Scenario, epoch)
	m := c.Metrics[MetricLiquidationProbability]
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if c.Pairs != 0 || !strings.Contains(string(text), `"p_value":null`) || pvalue(m) != "–" {
		t.Errorf("%d pairs give %s, printed %s; expected a p_value of null, printed –", c.Pairs, text, pvalue(m))
	}
	var back Metric
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(back); err != nil || string(again) != string(text) {
		t.Errorf("read and written again: %s (%v), expected %s", again, err, text)
	}
}

func TestAssumptionsOfPValues(t *testing.T) {
	in, res := inputs(t), result()
	mentioned := func() bool {
		list, err := assumptions(in, res)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, "McNemar") })
	}
	if !mentioned() {
		t.Error("a run with comparisons does not say what its p-values assume")
	}
	if res.Pairs = nil; mentioned() {
		t.Error("a run without comparisons speaks of p-values")
	}
}

// Three tests of p 0.01, 0.04 and 0.03, and one without pairs, which is no test: 3·0.01, then 2·0.03, then no less than that.
func TestComparisonsAreAdjustedTogether(t *testing.T) {
	var list []*Comparison
	for _, p := range []Number{0.01, undefined, 0.04, 0.03} {
		list = append(list, &Comparison{Metrics: map[string]Metric{MetricLiquidationProbability: {PValue: &p}}})
	}
	if tests := adjustTests(list); tests != 3 {
		t.Errorf("%d tests; expected 3", tests)
	}
	for i, want := range []string{"0.0300", "–", "0.0600", "0.0600"} {
		m := list[i].Metrics[MetricLiquidationProbability]
		if got := pvalue(m); got != want {
			t.Errorf("test %d is shown as %s; expected %s", i, got, want)
		}
		text, err := json.Marshal(m)
		var back Metric
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(back); err != nil || string(again) != string(text) {
			t.Errorf("read and written again: %s, expected %s", again, text)
		}
	}
}

// What is open together belongs into one block: an entry with those that follow
// before it ends, and all that were entered at one moment, by whichever of them it is counted.
func TestBlocksHoldWhatOverlaps(t *testing.T) {
	for name, c := range map[string]struct {
		at, lasts func(i int) market.Time
		block     int
		cut       bool
	}{
		"one after the other":            {func(i int) market.Time { return market.Time(i) }, func(int) market.Time { return 1 }, 1, false},
		"each with the next":             {func(i int) market.Time { return market.Time(2 * i) }, func(int) market.Time { return 3 }, 2, false},
		"each with the next three":       {func(i int) market.Time { return market.Time(2 * i) }, func(int) market.Time { return 7 }, 4, false},
		"five at once":                   {func(i int) market.Time { return market.Time(i / 5 * 10) }, func(int) market.Time { return 5 }, 5, false},
		"ten at once, more than may be":  {func(i int) market.Time { return market.Time(i / 10 * 10) }, func(int) market.Time { return 5 }, 5, true},
		"open to the end, cut to twenty": {func(i int) market.Time { return market.Time(i) }, func(int) market.Time { return 1000 }, 5, true},
	} {
		entries, exits := make([]market.Time, 100), make([]market.Time, 100)
		for i := range entries {
			entries[i] = c.at(i)
			exits[i] = entries[i] + c.lasts(i)
		}
		if block, cut := blockLength(entries, exits); block != c.block || cut != c.cut {
			t.Errorf("%s: blocks of %d, cut %v; expected %d, %v", name, block, cut, c.block, c.cut)
		}
	}
}
