package replay

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"pgregory.net/rapid"
)

// shaped is a crowd with every refinement of its draws.
func shaped(tb failer, accounts int) crowdParams {
	p := crowdOn(tb, accounts, fourMarks)
	p.Crowd.LeverageTilt = scenario.LeverageTilt{Long: -0.5, Short: 0.5}
	p.Crowd.LeverageBySize = -0.1
	p.Crowd.Positions = []scenario.PositionsWeight{{Count: 1, Weight: 1}, {Count: 3, Weight: 1}}
	p.Crowd.SideAgreement = 0.4
	p.Crowd.Hedged = &scenario.CrowdHedged{Share: 0.25, ShortShare: 0.8, Leverage: 2e8}
	p.Crowd.Stop = scenario.CrowdStop{Share: 0.5, Distances: []scenario.DistanceWeight{{Distance: 1_000_000, Weight: 1}, {Distance: 5_000_000, Weight: 3}}}
	p.Crowd.ByInstrument = []scenario.InstrumentShare{{Symbol: "BTCUSDT", OpenInterestShare: 0.1}}
	return p
}

// However it is shaped, a crowd is alive at the opening and each side of each instrument adds up to its share of the open
// interest, to a lot.
func TestShapedCrowdProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := shaped(t, rapid.IntRange(1, 200).Draw(t, "accounts"))
		p.Seed = rapid.Uint64().Draw(t, "seed")
		p.Crowd.LeverageTilt.Long = rapid.Float64Range(-2, 2).Draw(t, "tilt")
		p.Crowd.LeverageBySize = rapid.Float64Range(-1, 0).Draw(t, "by size")
		p.Crowd.SideAgreement = rapid.Float64Range(0, 1).Draw(t, "agreement")
		p.Crowd.Hedged.Share = rapid.Float64Range(0, 1).Draw(t, "hedged")
		c, err := buildCrowd(p)
		if err != nil {
			t.Fatal(err)
		}
		for a, account := range c.Accounts {
			p.checkAccount(t, a, account)
		}
		h := p.Crowd.Hedged
		longs := (1-h.Share)*p.Crowd.LongShare + h.Share*(1-h.ShortShare)
		for i, in := range p.Instruments {
			share := 0.5
			if in.Instrument.Symbol == "BTCUSDT" {
				share = 0.1
			}
			long, short := c.sides(i)
			for _, side := range []struct {
				got  market.Qty
				part float64
			}{{long, longs}, {short, 1 - longs}} {
				want := market.Float(in.Interest) * share * side.part / max(longs, 1-longs)
				if got := market.Float(side.got); side.got != 0 && math.Abs(got-want) > 1.01*market.Float(in.Instrument.Lot)+want*1e-12 {
					t.Fatalf("%s: a side holds %v, expected %v", in.Instrument.Symbol, got, want)
				}
			}
		}
	})
}

// closeTo holds a count against a probability: within five standard errors.
func closeTo(t *testing.T, what string, got, of int, want float64) {
	t.Helper()
	if e := math.Sqrt(want * (1 - want) / float64(of)); math.Abs(float64(got)/float64(of)-want) > 5*e {
		t.Errorf("%s: %d of %d, expected %v within %v", what, got, of, want, 5*e)
	}
}

// Leverages 3, 10, 50 and 125 have weights 2, 5, 2 and 1. A tilt of 1 multiplies them by the leverage: 6, 50, 100 and 125 of
// 281; of -1: 2/3, 1/2, 1/25 and 1/125 of 1.21466.
func TestLeverageTilt(t *testing.T) {
	p := crowdOn(t, 20_000, fourMarks)
	p.Crowd.CrossShare = 0
	p.Crowd.LeverageTilt = scenario.LeverageTilt{Long: 1, Short: -1}
	b := drawn(t, p)
	counts := map[market.Side]map[market.Rate]int{market.Long: {}, market.Short: {}}
	of := map[market.Side]int{}
	for _, q := range b.drawn {
		counts[q.side][q.leverage]++
		of[q.side]++
	}
	closeTo(t, "longs at 125x", counts[market.Long][125e8], of[market.Long], 125.0/281)
	closeTo(t, "longs at 3x", counts[market.Long][3e8], of[market.Long], 6.0/281)
	closeTo(t, "shorts at 3x", counts[market.Short][3e8], of[market.Short], (2.0/3)/(2.0/3+0.5+0.04+0.008))
	closeTo(t, "shorts at 125x", counts[market.Short][125e8], of[market.Short], 0.008/(2.0/3+0.5+0.04+0.008))
}

func drawn(t *testing.T, p crowdParams) *crowdBuilder {
	t.Helper()
	b := &crowdBuilder{crowdParams: p, notional: newNotionalDraw(p.Crowd.Notional)}
	if err := b.target(); err != nil {
		t.Fatal(err)
	}
	b.draw()
	return b
}

// At a power of -0.5 a position of four medians has half of its leverage, of 10,000 medians a hundredth; none below 1x.
func TestLeverageBySizeByHand(t *testing.T) {
	p := crowdOn(t, 1, fourMarks) // the median is 1,000
	p.Crowd.LeverageBySize = -0.5
	b := drawn(t, p)
	for _, c := range []struct {
		notional float64
		want     market.Rate
	}{{500, 125e8}, {1000, 125e8}, {4000, 6250e6}, {10_000_000, 125e6}, {16_000_000, 1e8}} {
		// The part 0.999 belongs to the highest leverage, 125x.
		if got := b.leverageOf(0.999, market.Long, c.notional); max(got-c.want, c.want-got) > market.Scale/100 {
			t.Errorf("leverage at %v = %v, expected %v", c.notional, got, c.want)
		}
	}
}

func TestHedgedPositionsAndStopsAreDrawn(t *testing.T) {
	p := shaped(t, 20_000)
	b := drawn(t, p)
	hedged, short, stopped, far, cross, three, agree, pairs := 0, 0, 0, 0, 0, 0, 0, 0
	for a := range p.Crowd.Accounts {
		held := b.drawn[b.first[a]:b.first[a+1]]
		if b.hedged[a] {
			hedged++
			if len(held) != 1 || b.cross[a] || b.stops[a] != 0 || held[0].leverage != 2e8 {
				t.Fatalf("hedged account %d: %d positions, cross %v, stop %v, leverage %v; expected one at 2x, isolated, without a stop", a, len(held), b.cross[a], b.stops[a], held[0].leverage)
			}
			if held[0].side == market.Short {
				short++
			}
			continue
		}
		if b.stops[a] > 0 {
			stopped++
		}
		if b.stops[a] == 5_000_000 {
			far++
		}
		if b.cross[a] {
			cross++
			if len(held) == 3 {
				three++
			}
		}
		for _, q := range held[1:] {
			pairs++
			if q.side == held[0].side {
				agree++
			}
		}
	}
	closeTo(t, "hedged", hedged, 20_000, 0.25)
	closeTo(t, "hedged that are short", short, hedged, 0.8)
	closeTo(t, "stopped", stopped, 20_000-hedged, 0.5)
	closeTo(t, "stops at 5%", far, stopped, 0.75)
	closeTo(t, "cross accounts of three positions", three, cross, 0.5)
	// A further side agrees by choice, or by chance: 0.4 + 0.6/2.
	closeTo(t, "sides that agree", agree, pairs, 0.7)
}

// Hill's estimate over the largest twentieth of the draws finds the tail that was asked for. The tail ends at the maximum,
// far above what is drawn.
func TestTailExponentOfNotionals(t *testing.T) {
	for _, alpha := range []float64{0.87, 1.1, 2} {
		d := newNotionalDraw(scenario.Notional{Median: 1000e8, Tail: alpha, Min: 1e8, Max: 90_000_000_000e8})
		r := rand.New(rand.NewPCG(7, 8))
		v := make([]float64, 100_000)
		for i := range v {
			v[i] = d.draw(r)
		}
		slices.Sort(v)
		const k = 5000
		sum := 0.0
		for _, x := range v[len(v)-k:] {
			sum += math.Log(x / v[len(v)-k-1])
		}
		if got := k / sum; math.Abs(got/alpha-1) > 5/math.Sqrt(k) {
			t.Errorf("tail exponent %v of draws of %v, expected within five standard errors, 7%%", got, alpha)
		}
	}
}
