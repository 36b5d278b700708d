package replay

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

func law(kind string) impactLaw {
	return impactLaw{kind: kind, coefficient: 0.01, halfLife: 5 * market.Minute, cap: 0.5,
		profile: risk.Profile{{Distance: 500_000, Notional: 1_000_000}, {Distance: 1_000_000, Notional: 2_000_000}}}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12 {
		t.Errorf("%s: %v, expected %v", what, got, want)
	}
}

// TestDisplacementByHand: sales of 4 depths at 1% of impact displace by -4% under the linear law and by -2% under the square root;
// purchases of the same the other way. A profile with 1 million within 0.5% and 2 within 1% has a depth of 2 million: half of
// it stands at 0.5%, and two depths are beyond it, at the cap. After a half-life half of the displacement is left; under
// the square root a quarter of the flow. A permanent half keeps half.
func TestDisplacementByHand(t *testing.T) {
	for _, c := range []struct {
		kind       string
		flow, want float64
	}{
		{scenario.ImpactLinear, 4, -0.04}, {scenario.ImpactLinear, -4, 0.04}, {scenario.ImpactSquareRoot, 4, -0.02}, {scenario.ImpactSquareRoot, -4, 0.02},
		{scenario.ImpactProfile, 0.5, -0.005}, {scenario.ImpactProfile, -0.75, 0.0075}, {scenario.ImpactProfile, 2, -0.5}, {scenario.ImpactLinear, 0, 0},
	} {
		l := law(c.kind)
		near(t, c.kind, l.of(c.flow), c.want)
	}
	for kind, after := range map[string][2]float64{scenario.ImpactLinear: {-0.04, -0.02}, scenario.ImpactSquareRoot: {-0.02, -0.01}} {
		l := law(kind)
		var d displacement
		d.push(4)
		near(t, kind+" at once", d.target(&l), after[0])
		d.decay(&l, 5*market.Minute)
		near(t, kind+" after a half-life", d.target(&l), after[1])
		l.share = 0.5
		near(t, kind+" with a permanent half", d.target(&l), 0.5*after[0]+0.5*after[1])
	}
	l := law(scenario.ImpactLinear)
	d := displacement{transient: 100}
	if got := d.target(&l); got != -0.5 || !d.capped {
		t.Errorf("100 depths: %v, capped %v; expected the cap, -0.5", got, d.capped)
	}
}

// TestMovesOfADisplacement: what decays goes with the base path, what is still to come waits for the rounds, and a round moves by
// at most a step.
func TestMovesOfADisplacement(t *testing.T) {
	for _, c := range []struct{ applied, target, reverted float64 }{
		{-0.02, -0.01, -0.01}, {-0.02, -0.03, -0.02}, {-0.02, 0.01, -0.02}, {0.02, 0.01, 0.01}, {0.02, 0.03, 0.02}, {0.02, -0.01, 0.02}, {0, -0.01, 0},
	} {
		d := displacement{applied: c.applied}
		d.revert(c.target)
		if d.applied != c.reverted {
			t.Errorf("%v toward %v: reverted to %v, expected %v", c.applied, c.target, d.applied, c.reverted)
		}
	}
	d := displacement{}
	for _, want := range []float64{-0.001, -0.002, -0.0025} {
		d.toward(-0.0025, 0.001)
		near(t, "step", d.applied, want)
	}
	d.toward(0.5, 0)
	near(t, "without a step", d.applied, 0.5)
}

// TestShiftedPrices: 1% of 101,516.5 is 1,015.165: the mark moves by all of it, the last price by 1,015.1, on its tick of 0.1. Less than
// a tick is no move, no displacement is none at all, and nothing falls to 0.
func TestShiftedPrices(t *testing.T) {
	p := market.MustParse[market.Price]
	for _, c := range []struct {
		price string
		by    float64
		unit  market.Price
		want  string
	}{
		{"101516.5", -0.01, 1, "100501.335"}, {"101516.5", -0.01, 10_000_000, "100501.4"}, {"101516.5", 0.01, 10_000_000, "102531.6"},
		{"101516.5", 0.0000005, 10_000_000, "101516.5"}, {"101516.51", 0, 10_000_000, "101516.51"}, {"0.00000002", -0.9, 1, "0.00000001"},
	} {
		if got := shifted(p(c.price), c.by, c.unit); got != p(c.want) {
			t.Errorf("%s by %v in units of %v: %v, expected %s", c.price, c.by, c.unit, got, c.want)
		}
	}
}

// TestFlowCountsOnceHoweverItComes: a flow in parts displaces as far as in one, and never less than before another sale.
func TestFlowCountsOnceHoweverItComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := law(rapid.SampledFrom([]string{scenario.ImpactLinear, scenario.ImpactSquareRoot, scenario.ImpactProfile}).Draw(t, "kind"))
		l.share = rapid.Float64Range(0, 1).Draw(t, "share")
		var parts displacement
		sum, before := 0.0, 0.0
		for range rapid.IntRange(1, 20).Draw(t, "parts") {
			x := rapid.Float64Range(0, 3).Draw(t, "flow")
			sum += x
			parts.push(x)
			if now := parts.target(&l); now > before {
				t.Fatalf("a sale of %v moved the displacement up, from %v to %v", x, before, now)
			} else {
				before = now
			}
		}
		var whole displacement
		whole.push(sum)
		if a, b := parts.target(&l), whole.target(&l); math.Abs(a-b) > 1e-9 {
			t.Fatalf("in parts %v, at once %v", a, b)
		}
	})
}
