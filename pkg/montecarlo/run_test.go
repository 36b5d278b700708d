package montecarlo

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// options are the shipped crash with few entries and paths.
func options(t testing.TB, workers int, set ...string) Options {
	t.Helper()
	s, err := scenario.Load("red-monday-2025-09-22")
	if err != nil {
		t.Fatal(err)
	}
	set = append([]string{"paths.count=6", "crowd.accounts=300", "probes.entries={kind: random, count: 30, side: long}", "instruments=[BTCUSDT, SOLUSDT]"}, set...)
	if err := s.Set(set...); err != nil {
		t.Fatal(err)
	}
	files, _ := data.Catalog(s.Data)
	c, err := columnar.Open(files, s.Data)
	if err != nil {
		t.Fatal(err)
	}
	book, err := venue.Load("binance/2025-10")
	if err != nil {
		t.Fatal(err)
	}
	return Options{Workers: workers, Replay: replay.Options{Scenario: s, Catalog: c, Rulebook: book, Workers: workers}}
}

func run(t testing.TB, o Options) *Outcome {
	t.Helper()
	out, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The rows do not depend on the number of workers, and those of a path not on how many paths there are.
func TestRowsAreTheirPathsOwn(t *testing.T) {
	for _, set := range []string{"paths.kind=bootstrap", "paths.kind=jump_diffusion", "paths.crowd=true"} {
		one, three := run(t, options(t, 1, set)), run(t, options(t, 3, set))
		if !slices.Equal(one.Rows, three.Rows) || !slices.Equal(one.History, three.History) {
			t.Errorf("%s: rows depend on the number of workers", set)
		}
		few := run(t, options(t, 2, set, "paths.count=2"))
		if !slices.Equal(few.Rows, one.Rows[:len(few.Rows)]) {
			t.Errorf("%s: the first paths depend on how many follow", set)
		}
		if len(one.Rows) != 6*len(one.Rules) || slices.Contains(one.Rules, replay.CrowdGroup) != (set == "paths.crowd=true") {
			t.Errorf("%s: %d rows of rules %v", set, len(one.Rows), one.Rules)
		}
	}
}

// A shock that changes nothing has history's row.
func TestZeroShockHasHistorysRow(t *testing.T) {
	out := run(t, options(t, 1, "paths.count=1", "paths.shock={at: 2025-09-22T06:00:00Z, length: 10m}", "paths.kind=shock"))
	for i, r := range out.Rows {
		h := out.History[i]
		h.Path = r.Path
		if h != r {
			t.Errorf("row %+v, history's is %+v", r, h)
		}
	}
}

// An error is that of the lowest path, whoever found one first, and a run that is stopped says so.
func TestLowestErrorIsTold(t *testing.T) {
	set := []string{"paths.count=20", "paths.kind=jump_diffusion", "paths.jump_diffusion={volatility: 500, drift: 900, jumps: {per_day: 3000, mean: 300%}}"}
	_, lowest := Run(context.Background(), options(t, 1, set...))
	for range 3 {
		if _, err := Run(context.Background(), options(t, 4, set...)); err == nil || lowest == nil || err.Error() != lowest.Error() || !strings.HasPrefix(err.Error(), "path ") {
			t.Fatalf("%v; expected %v, as of one worker", err, lowest)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Run(ctx, options(t, 2)); err == nil {
		t.Error("a run that is stopped has no error")
	}
}

// Four entries that made 10, -4, -6 and 5 in the order in which they ended: the fall is 10. One was refused, one liquidated.
func TestRowOfAPath(t *testing.T) {
	q := newTally([]string{"a"})
	for i, r := range []replay.AccountRow{
		{PnL: 5 * market.Scale, Outcome: replay.OutcomeOpen},
		{PnL: -6 * market.Scale, Outcome: replay.OutcomeLiquidated, OutcomeTime: 300},
		{PnL: 10 * market.Scale, Outcome: replay.OutcomeClosed, OutcomeTime: 100},
		{Outcome: replay.OutcomeRefused},
		{PnL: -4 * market.Scale, Outcome: replay.OutcomeStopped, OutcomeTime: 200},
	} {
		r.ID, r.Rule = risk.AccountID(i), "a"
		if err := q.Account(&r); err != nil {
			t.Fatal(err)
		}
	}
	got := q.rows(7, &replay.Result{FundLow: 3 * market.Scale})[0]
	want := Row{Path: 7, Rule: "a", Entered: 4, Refused: 1, Liquidated: 1, Stopped: 1, LiquidationProbability: 0.25, PnLMean: 1.25, PnLMedian: 0.5,
		ExpectedShortfall: -6, Drawdown: 10, FundLow: 3}
	if got != want {
		t.Errorf("%+v; expected %+v", got, want)
	}
	if none := newTally([]string{"a"}).rows(0, &replay.Result{})[0]; !math.IsNaN(none.PnLMean) || !math.IsNaN(none.LiquidationProbability) {
		t.Errorf("%+v; what does not exist is NaN", none)
	}
}

// BenchmarkPaths replays paths of each kind beside plain replays of history, which decode Parquet each time.
func BenchmarkPaths(b *testing.B) {
	plain := options(b, 1)
	plain.Replay.Scenario.Paths, plain.Replay.Scenario.Crowd = nil, nil
	b.Run("plain replays", func(b *testing.B) {
		for b.Loop() {
			if _, err := replay.Run(context.Background(), plain.Replay); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "replays/s")
	})
	for _, set := range []string{"paths.bootstrap={block: 1h}", "paths.kind=jump_diffusion"} {
		p, err := replay.OpenPaths(options(b, 1, set).Replay)
		if err != nil {
			b.Fatal(err)
		}
		rules, _ := p.Rules()
		b.Run(set, func(b *testing.B) {
			k := 0
			for b.Loop() {
				if _, err := p.Replay(context.Background(), k, newTally(rules)); err != nil {
					b.Fatal(err)
				}
				k++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "paths/s")
		})
	}
}
