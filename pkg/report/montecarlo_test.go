package report

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/montecarlo"
)

const twoRules = `schema: backtest/scenario/v1
name: test
title: Test
probes:
  entries: {kind: random, count: 10, side: long}
  rules:
    - {name: stop, equity: 100, sizing: {kind: fixed_notional, notional: 100}, leverage: 5, stop: 2%}
    - {name: none, equity: 100, sizing: {kind: fixed_notional, notional: 100}, leverage: 5}
paths: {count: 5, kind: bootstrap, precision: 5%}
`

// fivePaths is an outcome by hand: rule stop is never liquidated; on path 4 rule none had no entry accepted.
func fivePaths() *montecarlo.Outcome {
	o := &montecarlo.Outcome{From: 0, To: market.Hour, Rules: []string{"stop", "none"}, Paths: 5, Setups: 10,
		History: []montecarlo.Row{{Rule: "stop", Entered: 10, PnLMean: -1}, {Rule: "none", Entered: 10, PnLMean: -9, LiquidationProbability: 0.5}}}
	for k, v := range [][2]float64{{1, 3}, {2, 0}, {-1, -7}, {0, -4}, {3, math.NaN()}} {
		a := montecarlo.Row{Path: k, Rule: "stop", Entered: 10, PnLMean: v[0], ExpectedShortfall: -2, Drawdown: 5}
		b := montecarlo.Row{Path: k, Rule: "none", Entered: 10, PnLMean: v[1], LiquidationProbability: float64(k) / 10, Liquidated: k, ExpectedShortfall: -50, Drawdown: 50}
		if k == 4 {
			b = montecarlo.Row{Path: k, Rule: "none", Refused: 10, PnLMean: math.NaN(), LiquidationProbability: math.NaN(), ExpectedShortfall: math.NaN(), Drawdown: math.NaN()}
		}
		o.Rows = append(o.Rows, a, b)
	}
	return o
}

func near(t *testing.T, what string, got Number, want float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s: %v, expected %v", what, got, want)
	}
}

func fiveSummary(t *testing.T) *MonteCarlo {
	s, err := scenario.Parse("test", []byte(twoRules))
	if err != nil {
		t.Fatal(err)
	}
	in := inputs(t)
	in.Scenario = s
	return newMonteCarlo(in, fivePaths())
}

// By hand: of 1, 2, -1, 0, 3 the mean is 1 and s² is 2.5; t(0.975, 4) = 2.7764451052. A half width of 5% of 100 is 5, which takes
// (1.959964·1.581139/5)² < 1, so 2 paths. Of rule none's 0, .1, .2, .3 s² is 1/60 and (1.959964·0.1290994/0.05)² = 25.6.
func TestDistributionsOverPaths(t *testing.T) {
	m := fiveSummary(t)
	p := m.Rules[0].Metrics[MetricPnLMean]
	near(t, "mean", p.Mean.Estimate, 1)
	near(t, "standard error", p.StandardError, math.Sqrt(0.5))
	near(t, "low", p.Mean.Low, 1-2.7764451052*math.Sqrt(0.5))
	near(t, "median", p.Median.Estimate, 1)
	near(t, "25%", p.P25, 0)
	near(t, "history", p.History, -1)
	near(t, "half width", p.HalfWidth, 5)
	if p.PathsNeeded == nil || *p.PathsNeeded != 2 {
		t.Errorf("paths needed %v, expected 2", p.PathsNeeded)
	}
	l := m.Rules[1].Metrics[MetricLiquidationProbability]
	near(t, "liquidated", l.Mean.Estimate, 0.15)
	if l.PathsNeeded == nil || *l.PathsNeeded != 26 || m.Rules[1].Paths != 4 || m.Rules[1].Refused != 10 || m.Rules[1].Ruinous != 3 {
		t.Errorf("%+v of %+v", l, m.Rules[1])
	}
	// Never liquidated on 5 paths: Wilson's upper end is z²/(5+z²).
	never := m.Rules[0].Metrics[MetricLiquidationProbability]
	z := 1.959963984540054
	near(t, "never liquidated", never.Mean.High, z*z/(5+z*z))
	if never.PathsNeeded != nil {
		t.Error("of paths that do not differ nothing says how many are needed")
	}
	near(t, "losing paths", m.Rules[0].Losing.Estimate, 0.2)
	near(t, "worst paths", m.Rules[0].WorstOf.Estimate, -1)
}

// The differences over the four paths on which both entered are -2, 2, 6, 4: mean 2.5, and on three of them stop is better.
func TestRulesAreComparedPathByPath(t *testing.T) {
	c := fiveSummary(t).Comparisons[0]
	if c.A != "stop" || c.B != "none" || c.Paths != 4 {
		t.Fatalf("%+v", c)
	}
	near(t, "difference", c.Metrics[MetricPnLMean].Estimate, 2.5)
	near(t, "better", c.Better.Estimate, 0.75)
	near(t, "liquidated", c.Metrics[MetricLiquidationProbability].Estimate, -0.15)
}

func TestMonteCarloIsWrittenWhole(t *testing.T) {
	s, err := scenario.Parse("test", []byte(twoRules))
	if err != nil {
		t.Fatal(err)
	}
	in := inputs(t)
	in.Scenario = s
	dir := t.TempDir() + "/a/b"
	set, err := CreatePaths(dir, in)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Abort()
	m, err := set.Commit(fivePaths())
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back MonteCarlo
	if err := json.Unmarshal(text, &back); err != nil || strings.Contains(string(text), "NaN") {
		t.Errorf("montecarlo.json: %v", err)
	}
	manifest, err := InputHashes(in)
	if err != nil {
		t.Fatal(err)
	}
	page, err := m.HTML(manifest)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="spread-pnl-mean"`, `id="running-liquidation-probability"`, `id="path-pnl"`, "SYNTHETIC PATHS"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("montecarlo.html lacks %s", want)
		}
	}
	if strings.Contains(string(page), "http://") || strings.Contains(string(page), "https://") || strings.Contains(strings.Split(string(page), "<script>")[0], "NaN") {
		t.Error("montecarlo.html asks for the network, or shows a figure that does not exist")
	}
	var b strings.Builder
	if err := m.Print(&b, Text{}); err != nil || strings.Contains(b.String(), "NaN") {
		t.Errorf("%v\n%s", err, b.String())
	}
	if _, err := CreatePaths(dir, in); err == nil {
		t.Error("a directory was begun where one stands")
	}
}

// Two comparisons of four metrics are eight tests: the smallest p-value is taken eight times.
func TestPathTestsAreAdjustedTogether(t *testing.T) {
	list := []PathComparison{{Metrics: map[string]PathDifference{}}, {Metrics: map[string]PathDifference{}}}
	for i := range list {
		for k, m := range pathMetrics {
			list[i].Metrics[m.name] = PathDifference{PValue: Number(0.01 * float64(1+i*len(pathMetrics)+k))}
		}
	}
	adjustPaths(list)
	if first, second := list[0].Metrics[pathMetrics[0].name].Adjusted, list[0].Metrics[pathMetrics[1].name].Adjusted; first != 0.08 || second != 0.14 {
		t.Errorf("adjusted to %v and %v; expected 8·0.01 and 7·0.02", first, second)
	}
}
