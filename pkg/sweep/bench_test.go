package sweep

import (
	"context"
	"testing"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/report"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// solo is a sweepable scenario: one instrument, one side, no crowd.
const solo = `
schema: backtest/scenario/v1
name: solo
title: One rule on one instrument
data: october-10-2025
venue: binance/2025-10
instruments: [BTCUSDT]
seed: 3
execution: {half_spread: 0.01%, impact: 0.5%, exponent: 0.5, cap: 10%, depth: 2_000_000}
insurance_fund: {opening: 1_000_000_000, floor: 0}
probes:
  entries: {kind: every, interval: 5m, side: long}
  factors:
    equity: 1_000
    sizing: {kind: fixed_fraction, fraction: 90%, exposure: leverage}
    leverage: [10]
    stop: [none]
    margin: isolated
    hold: 4h
`

func findRulebook(s *scenario.Scenario) (*venue.Rulebook, error) {
	book, err := venue.Load(s.Venue)
	if err != nil {
		return nil, err
	}
	return book.Change(s.Rules)
}

// request is a sweep of a scenario over axes.
func request(t testing.TB, text string, engine string, axes ...string) Options {
	t.Helper()
	s, err := scenario.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	files, ok := data.Catalog(s.Data)
	if !ok {
		t.Fatalf("no data %s", s.Data)
	}
	c, err := columnar.Open(files, s.Data)
	if err != nil {
		t.Fatal(err)
	}
	book, err := venue.Load(s.Venue)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Inputs: Inputs{Inputs: report.Inputs{Scenario: s, Catalog: c, Rulebook: book, Version: "test"}, Design: Design{Kind: Grid}, Engine: engine, FindRulebook: findRulebook}, Workers: 2}
	for _, text := range axes {
		a, err := ParseAxis(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Axes = append(o.Axes, a)
	}
	return o
}

// BenchmarkVariants is the cost of a variant of one instrument's half day, everything included, by the scan and, as the
// baseline, by the whole exchange.
func BenchmarkVariants(b *testing.B) {
	for _, engine := range []string{EngineScan, EngineExchange} {
		b.Run(engine, func(b *testing.B) {
			variants := int64(0)
			for b.Loop() {
				o := request(b, solo, engine, "probes.factors.leverage=2..41/1", "probes.factors.stop=0.5%..2.5%/0.5%")
				o.Dir = b.TempDir() + "/out"
				out, err := Run(context.Background(), o)
				if err != nil {
					b.Fatal(err)
				}
				variants += out.Summary.Variants
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(variants), "us/variant")
		})
	}
}
