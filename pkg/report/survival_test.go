package report

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"pgregory.net/rapid"
)

// Four positions: liquidated after 10 s, stopped after 20 s, liquidated after 30 s, open after 40 s when the window ends.
func fourPositions() *group {
	g := &group{name: "four"}
	row := func(outcome string, after market.Time) {
		r := replay.AccountRow{Outcome: outcome, EntryTime: epoch, OutcomeTime: epoch + after}
		if outcome == replay.OutcomeOpen {
			r.OutcomeTime = 0
		}
		g.lived(&r)
	}
	row(replay.OutcomeStopped, 20*market.Second)
	row(replay.OutcomeOpen, 0)
	row(replay.OutcomeLiquidated, 30*market.Second)
	row(replay.OutcomeLiquidated, 10*market.Second)
	row(replay.OutcomeRefused, 0)
	return g
}

func TestSurvivalByHand(t *testing.T) {
	g := fourPositions()
	s := g.survival(0.95, epoch+40*market.Second)
	// Any end: S = 3/4 after 10 s, 2/4 after 20 s. Liquidation, the rest censored: 3/4 after 10 s, 3/4 x 1/2 after 30 s.
	if s.Lasting.MedianSeconds != 20 || s.Unliquidated.MedianSeconds != 30 {
		t.Errorf("medians %v and %v; expected 20 and 30 seconds", s.Lasting.MedianSeconds, s.Unliquidated.MedianSeconds)
	}
	// The longest time watched is 40 s: 1/4 + 2/4 x 1/2 liquidated, 3/4 x 1/3 stopped.
	if len(s.Incidence) != 2 {
		t.Fatalf("incidences %+v; expected one of liquidation and one of stops", s.Incidence)
	}
	for i, want := range []struct {
		outcome string
		share   float64
	}{{replay.OutcomeLiquidated, 0.5}, {replay.OutcomeStopped, 0.25}} {
		c := s.Incidence[i]
		if c.Outcome != want.outcome || math.Abs(float64(c.Estimate)-want.share) > 1e-12 || c.Seconds != 40 || c.AtRisk != 1 {
			t.Errorf("incidence %+v; expected %s %v by 40 s with one at risk", c, want.outcome, want.share)
		}
		if !(c.Low < c.Estimate && c.Estimate < c.High) {
			t.Errorf("interval %v to %v does not hold %v", c.Low, c.High, c.Estimate)
		}
	}
}

// An outcome of a name that nobody foresaw ends a position all the same.
func TestEveryOutcomeEndsAPosition(t *testing.T) {
	g := &group{}
	g.lived(&replay.AccountRow{Outcome: "sold to a museum", EntryTime: epoch, OutcomeTime: epoch + market.Second})
	s := g.survival(0.95, epoch+market.Hour)
	if len(s.Incidence) == 0 || s.Incidence[0].Outcome != replay.OutcomeClosed || s.Incidence[0].Estimate != 1 {
		t.Errorf("incidence %+v; expected closed with certainty", s.Incidence)
	}
}

// The chart's curves are those of the estimates: exact at its times, absent where nobody was watched.
func TestSurvivalChartReadsTheCurves(t *testing.T) {
	g := fourPositions()
	g.survival(0.95, epoch+40*market.Second)
	met := []bool{true, false, true, false, false}
	curve, ends := g.curvesAt([]float64{0, 9, 10, 25, 40, 41}, met)
	for i, want := range []float64{1, 1, 0.75, 0.75, 0.375, math.NaN()} {
		if got := float64(curve.Estimate[i]); math.Abs(got-want) > 1e-12 || math.IsNaN(got) != math.IsNaN(want) {
			t.Errorf("point %d: %v; expected %v", i, got, want)
		}
	}
	for i, want := range []int{4, 4, 4, 2, 1, 0} {
		if curve.AtRisk[i] != want {
			t.Errorf("point %d: %d at risk; expected %d", i, curve.AtRisk[i], want)
		}
	}
	if len(ends.Incidence) != 2 || float64(ends.Incidence[0][3]) != 0.25 || math.Abs(float64(ends.Incidence[1][3])-0.25) > 1e-12 {
		t.Errorf("ends %v; expected a quarter liquidated and a quarter stopped after 25 s", ends.Incidence)
	}
}

// The pass over the steps finds what looking at every price of every holding finds.
func TestExcursionsAgreeWithLookingAtEveryPrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		instruments := []market.Instrument{{Symbol: "A"}, {Symbol: "B"}}
		var steps []replay.Step
		for at := market.Time(0); at < 200; at++ {
			for i := range instruments {
				if random.IntN(3) > 0 {
					steps = append(steps, replay.Step{Time: at, Instrument: market.InstrumentID(i), Last: market.Price(90+random.IntN(20)) * market.Scale})
				}
			}
		}
		a := newAccounts(nil)
		var rows []replay.AccountRow
		for id := range rapid.IntRange(1, 40).Draw(t, "holdings") {
			entry := market.Time(random.IntN(210))
			r := replay.AccountRow{Setup: int32(id), Group: "g", Symbol: instruments[random.IntN(2)].Symbol, Side: market.Long, EntryTime: entry, EntryPrice: 100 * market.Scale,
				OutcomeTime: entry + market.Time(random.IntN(60)), Outcome: replay.OutcomeStopped, PnL: market.Quote(random.IntN(3)-1) * market.Scale}
			if random.IntN(2) == 0 {
				r.Side = market.Short
			}
			if random.IntN(4) == 0 {
				r.Outcome, r.OutcomeTime = replay.OutcomeOpen, 0
			}
			_, group := a.group(r.Group)
			a.held.add(&r, group)
			rows = append(rows, r)
		}
		a.held.start(instruments)
		walks := a.held.walks
		for i := range steps {
			a.held.step(&steps[i])
		}
		a.settle()
		seen := 0
		for i := range walks {
			for _, h := range walks[i].holdings {
				low, high := market.Price(math.MaxInt64), market.Price(0)
				for _, s := range steps {
					if int(s.Instrument) == i && s.Time >= h.entry && s.Time <= h.exit {
						low, high = min(low, s.Last), max(high, s.Last)
					}
				}
				if h.seen != (high > 0) || h.seen && (h.low != low || h.high != high) {
					t.Fatalf("%s from %d to %d: %v to %v; expected %v to %v", instruments[i].Symbol, h.entry, h.exit, h.low, h.high, low, high)
				}
				if h.seen {
					seen++
				}
			}
		}
		if n := len(a.groups[0].excursions); n != seen || len(rows) < seen {
			t.Fatalf("%d excursions of %d holdings that saw a price", n, seen)
		}
	})
}
