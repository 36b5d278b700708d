package replay

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// together replays the venues of a scenario, of which some can be left out, and returns a tape for each by name.
func together(t *testing.T, c *columnar.Catalog, text string, workers int, names ...string) (*CoupledResult, map[string]*tape) {
	t.Helper()
	s := parseScenario(t, text)
	venues, err := s.CoupledVenues()
	if err != nil {
		t.Fatal(err)
	}
	o := CoupledOptions{Scenario: s, Catalog: c, Workers: workers}
	tapes := map[string]*tape{}
	for _, v := range venues {
		if len(names) > 0 && !slices.Contains(names, v.Name) {
			continue
		}
		tapes[v.Name] = &tape{}
		o.Venues = append(o.Venues, CoupledVenue{VenueScenario: v, Rulebook: bookOf(t, v.Scenario), Recorder: tapes[v.Name]})
	}
	r, err := RunCoupled(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r, tapes
}

func bookOf(t *testing.T, s *scenario.Scenario) *venue.Rulebook {
	t.Helper()
	book, err := venue.Load(s.Venue)
	if err == nil {
		book, err = book.Change(s.Rules)
	}
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// apartFrom replays one venue of a scenario as a run of its own.
func apartFrom(t *testing.T, c *columnar.Catalog, text, name string) (*Result, *tape) {
	t.Helper()
	venues, err := parseScenario(t, text).CoupledVenues()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range venues {
		if v.Name == name {
			rec := &tape{}
			r, err := Run(context.Background(), Options{Scenario: v.Scenario, Catalog: c, Rulebook: bookOf(t, v.Scenario), Workers: 1, Recorder: rec})
			if err != nil {
				t.Fatal(err)
			}
			return r, rec
		}
	}
	t.Fatalf("no venue %s", name)
	return nil, nil
}

// twoVenues is a market on which all venues have enough to force for their prices to come apart.
const twoVenues = market2 + `
prices: {mode: feedback, feedback: {coefficient: 0.5%, half_life: 10m}}
contagion:
  arbitrage: ARBITRAGE
  own_mark: OWN_MARK
  venues: [VENUES]
`

const (
	onBinance     = "{venue: binance/2025-10, share: 60%}"
	onHyperliquid = "{venue: hyperliquid/2025-10, share: 30%, depth_share: 15%, insurance_fund: {opening: 20000}}"
	onBybit       = "{venue: bybit/2025-10, share: 10%, set: [crowd.leverage_tilt.long=0.3]}"
)

func coupledText(arbitrage, ownMark string, venues ...string) string {
	return filled(twoVenues, arbitrage, ownMark, venues...)
}

// filled puts values in the place of the words that stand for them.
func filled(text, arbitrage, ownMark string, venues ...string) string {
	return strings.NewReplacer("ARBITRAGE", arbitrage, "OWN_MARK", ownMark, "VENUES", strings.Join(venues, ", ")).Replace(text)
}

// One venue coupled to none is its own run with feedback, whatever its mark is made of.
func TestOneVenueAloneIsItsRun(t *testing.T) {
	c := crash(t)
	text := coupledText("5s", "30%", onBinance, onHyperliquid)
	for _, name := range []string{"binance", "hyperliquid"} {
		want, alone := apartFrom(t, c, text, name)
		r, tapes := together(t, c, text, 1, name)
		same(t, name, alone, tapes[name])
		v := r.Venues[0]
		if a, b := want.Impact.Apart, v.Result.Impact.Apart; a == nil || b == nil || *a != *b || v.Apart == nil || *v.Apart != (Apart{}) {
			t.Errorf("%s: liquidated in one run alone: %+v, coupled %+v, and %+v of the run alone", name, a, b, v.Apart)
		}
		want.Impact.Apart, v.Result.Impact.Apart = nil, nil
		if a, b := fmt.Sprintf("%+v", *want.Impact), fmt.Sprintf("%+v", *v.Result.Impact); a != b {
			t.Errorf("%s: %s", name, cmp.Diff(a, b))
		}
		if v.Alone != v.Coupled || v.Coupled != want.Impact.Run || v.AtData != want.Impact.Before || v.AtData == v.Alone {
			t.Errorf("%s: at the data's prices %+v, alone %+v, coupled %+v", name, v.AtData, v.Alone, v.Coupled)
		}
	}
}

// Without arbitrage, and with marks of their own, venues have nothing to do with each other; nor has one that is cut off all the
// time, and the others are then as if it were not there.
func TestUncoupledVenuesAreRunsOfTheirOwn(t *testing.T) {
	c := crash(t)
	text := coupledText("none", "100%", onBinance, onHyperliquid, onBybit)
	_, tapes := together(t, c, text, 2)
	for name, rec := range tapes {
		_, alone := apartFrom(t, c, text, name)
		same(t, name, alone, rec)
	}
	cut := strings.Replace(onHyperliquid, "share: 30%", "share: 30%, cut_off: [{from: 2025-10-01T00:00:00Z, to: 2025-11-01T00:00:00Z}]", 1)
	text = coupledText("10s", "100%", onBinance, cut, onBybit)
	_, tapes = together(t, c, text, 2)
	_, alone := apartFrom(t, c, text, "hyperliquid")
	same(t, "cut off", alone, tapes["hyperliquid"])
	_, others := together(t, c, text, 2, "binance", "bybit")
	same(t, "beside one that is cut off", others["binance"], tapes["binance"])
	same(t, "beside one that is cut off", others["bybit"], tapes["bybit"])
	_, apart := apartFrom(t, c, text, "binance")
	if slices.Equal(apart.events, tapes["binance"].events) {
		t.Error("arbitrage between the two others changed nothing: the run is too tame to tell")
	}
}

// Assets that leave parity and a bound on what the liquidation engine sends are each venue's own too.
func TestUncoupledVenuesWithAssetsAndABound(t *testing.T) {
	c := crash(t)
	text := coupledText("none", "100%", onBinance, onHyperliquid)
	text = strings.Replace(text, "crowd:\n", "crowd:\n  collateral: {share: 50%, part: 80%, assets: [{symbol: COIN, weight: 1}]}\n", 1)
	text = strings.Replace(text, "execution: {", "execution: {participation: 10%, ", 1)
	text += "collateral:\n  assets:\n    - {symbol: COIN, haircut: 5%, depth: 1000000, tick: 0.0001, lot: 0.01, path: [{time: 2025-10-10T13:00:00Z, share: 1}, {time: 2025-10-10T13:10:00Z, share: 0.6}]}\n"
	_, tapes := together(t, c, text, 2)
	for name, rec := range tapes {
		r, alone := apartFrom(t, c, text, name)
		same(t, name, alone, rec)
		if len(r.Assets) != 1 || r.Inventory == nil || r.Assets[0].Lowest == r.Assets[0].Opening {
			t.Errorf("%s: the run is too tame to tell: %+v", name, r.Assets)
		}
	}
}

// Without impact there is nothing to move: every venue is as at the data's prices.
func TestCouplingWithoutImpactIsHistory(t *testing.T) {
	c := crash(t)
	text := coupledText("0s", "50%", onBinance, onHyperliquid)
	still := strings.Replace(text, "coefficient: 0.5%", "coefficient: 0", 1)
	r, tapes := together(t, c, still, 1)
	_, history := together(t, c, strings.Replace(text, "mode: feedback", "mode: history", 1), 1)
	for name := range tapes {
		same(t, name, history[name], tapes[name])
	}
	for _, i := range r.Instruments {
		if i.Distance != (Distance{}) || len(i.Trace) > 0 {
			t.Errorf("%s: displaced without impact: %+v, %d rows", i.Symbol, i.Distance, len(i.Trace))
		}
	}
}

// Neither the order of venues in the file nor the number of workers changes what happens on any of them.
func TestOrderOfVenuesChangesNothing(t *testing.T) {
	c := crash(t)
	a, first := together(t, c, coupledText("20s", "40%", onBinance, onHyperliquid, onBybit), 1)
	b, second := together(t, c, coupledText("20s", "40%", onBybit, onBinance, onHyperliquid), 3)
	for name := range first {
		same(t, name, first[name], second[name])
	}
	moved := false
	for i := range a.Instruments {
		x, y := a.Instruments[i], b.Instruments[i]
		if x.Distance != y.Distance || x.Moved != y.Moved || len(x.Trace) != len(y.Trace) {
			t.Errorf("%+v, in another order %+v", x.Distance, y.Distance)
		}
		for k := range x.Trace {
			if x.Trace[k].Displacement[0] != y.Trace[k].Displacement[1] {
				t.Fatalf("trace of %s at %v: %v, in another order %v", x.Symbol, x.Trace[k].Time, x.Trace[k].Displacement, y.Trace[k].Displacement)
			}
		}
		moved = moved || x.Moved > 0 && x.Distance.Largest > 0
	}
	if a.Venues[0].Name != "binance" || b.Venues[0].Name != "bybit" || !moved {
		t.Errorf("venues %s and %s first; something moved: %v", a.Venues[0].Name, b.Venues[0].Name, moved)
	}
}

// Two venues that are the same in everything, their crowds' seed included, do the same at every moment.
func TestTwinVenuesDoTheSame(t *testing.T) {
	c := crash(t)
	twin := func(name string) string {
		return "{name: " + name + ", venue: bybit/2025-10, share: 50%, set: [crowd.seed=11]}"
	}
	for _, arbitrage := range []string{"0s", "45s", "none"} {
		r, tapes := together(t, c, coupledText(arbitrage, "30%", twin("one"), twin("two")), 1)
		same(t, arbitrage, tapes["one"], tapes["two"])
		_, alone := apartFrom(t, c, coupledText(arbitrage, "30%", twin("one"), twin("two")), "one")
		same(t, arbitrage+", alone", alone, tapes["one"])
		for _, i := range r.Instruments {
			if i.Distance.Largest != 0 || i.Moved != 0 {
				t.Errorf("%s: twins came apart: %+v, %v moved", arbitrage, i.Distance, i.Moved)
			}
		}
	}
}

// twoLadders splits the ladder of modes_test.go: the 10x long stands on one venue, the 9.5x long on another, each with half of the
// depth of 90,000.
const twoLadders = ladder + `
contagion:
  arbitrage: ARBITRAGE
  own_mark: OWN_MARK
  venues:
    - {name: near, venue: binance/2025-10, share: 50%, set: [probes.rules.1.leverage=3]}
    - {name: far, venue: binance/2025-10, share: 50%, set: [probes.rules.0.leverage=3]}
`

// TestContagionByHand: at 45,000 the 10x long falls on one venue; 900 sold are 2% of its 45,000. The 9.5x long of the other venue falls
// at 44,916.5.
//
// With arbitrage at once, both have 1%, as one book of 90,000 would: the mark is 44,550 on both, the 9.5x long falls, its 891 at
// the mark bring both to 44,104.5, as in TestFeedbackByHand.
//
// Without arbitrage the first venue is at 44,100. With half of its mark its own, the other is displaced by half of the mean, 0.5%:
// 44,775, where the 9.5x long falls. Its sale of 895.5 is 1.99% of its depth: the last price there goes to 44,104.5, the mean to 1.995%,
// and its mark to 44,103.375, that of the first venue to 44,101.125, where everybody lives.
//
// With marks of their own and no arbitrage, the other venue hears nothing.
func TestContagionByHand(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, [4]float64{50000, 50000, 45000, 46000})}, nil)
	atLow := func(rec *tape) string {
		for _, s := range rec.steps {
			if strings.Contains(s, fmt.Sprint("Time:", start+100*market.Second, " ")) {
				return s
			}
		}
		return "no step at the low"
	}
	for _, test := range []struct {
		arbitrage, ownMark, far string
		near, farAt             string // marks at the low
		moved                   float64
	}{
		{"0s", "100%", OutcomeLiquidated, "Mark:44104.5 Last:44104.5", "Mark:44104.5 Last:44104.5", 450 + 445.5},
		{"0s", "0", OutcomeLiquidated, "Mark:44104.5 Last:44104.5", "Mark:44104.5 Last:44104.5", 450 + 445.5},
		{"none", "50%", OutcomeLiquidated, "Mark:44101.125 Last:44100 ", "Mark:44103.375 Last:44104.5", 0},
		{"none", "100%", OutcomeOpen, "Mark:44100 Last:44100 ", "Mark:45000 Last:45000 ", 0},
	} {
		r, tapes := together(t, c, filled(twoLadders, test.arbitrage, test.ownMark), 1)
		what := test.arbitrage + ", " + test.ownMark
		if near, far := tapes["near"].rows[0], tapes["far"].rows[1]; near.Outcome != OutcomeLiquidated || near.OutcomePrice.String() != "45000" || far.Outcome != test.far {
			t.Errorf("%s: near %s at %v, far %s at %v, expected %s", what, near.Outcome, near.OutcomePrice, far.Outcome, far.OutcomePrice, test.far)
		}
		if near, far := atLow(tapes["near"]), atLow(tapes["far"]); !strings.Contains(near, test.near) || !strings.Contains(far, test.farAt) {
			t.Errorf("%s: near %s, expected %s\nfar %s, expected %s", what, near, test.near, far, test.farAt)
		}
		if i := r.Instruments[0]; math.Abs(i.Moved-test.moved) > 1e-6 {
			t.Errorf("%s: %v was moved, expected %v", what, i.Moved, test.moved)
		}
		if a, b := r.Venues[0], r.Venues[1]; a.Alone.Accounts != 1 || b.Alone.Accounts != 0 || a.AtData.Accounts != 1 || b.AtData.Accounts != 0 {
			t.Errorf("%s: alone %+v and %+v", what, a.Alone, b.Alone)
		}
	}
	// The displacement of 2% on one venue and 0 on the other is the furthest they come apart.
	r, _ := together(t, c, filled(twoLadders, "none", "100%"), 1)
	if d := r.Instruments[0].Distance; d.Largest.String() != "0.02" || d.High != "far" || d.Low != "near" || d.Time != start+100*market.Second {
		t.Errorf("%+v", d)
	}
}

// TestIndexOfTheOthersMoves: without arbitrage and with marks of their own, the sale on one venue, 2% of its depth, moves the index of
// both by 1%: from 45,000 to 44,550. A stop that watches it at 10.4% below the entry, 44,800, fires on the other venue, whose mark and
// last price stand still, and does not where the first venue is cut off. With an index of its own a venue alone has its own displacement in it.
func TestIndexOfTheOthersMoves(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	bars := minutes(market.Minute, start, flat, [4]float64{50000, 50000, 45000, 46000})
	c := catalog(t, series{btc: bars, key(columnar.Index, market.Minute, "BTCUSDT"): bars}, nil)
	text := strings.Replace(filled(twoLadders, "none", "100%"), "set: [probes.rules.0.leverage=3]",
		"set: [probes.rules.0.leverage=3, probes.rules.1.leverage=3, 'probes.rules.1.stop={kind: percent, percent: 10.4%, watch: index}']", 1)
	for cut, want := range map[string]string{"": OutcomeStopped, ", cut_off: [{from: 2025-10-10T12:00:00Z, to: 2025-10-10T13:00:00Z}]": OutcomeOpen} {
		_, tapes := together(t, c, strings.Replace(text, "{name: near, venue: binance/2025-10, share: 50%", "{name: near, venue: binance/2025-10, share: 50%"+cut, 1), 1)
		if near, far := tapes["near"].rows[0], tapes["far"].rows[1]; near.Outcome != OutcomeLiquidated || far.Outcome != want {
			t.Errorf("with%s: near %s, far %s at %v, expected %s", cut, near.Outcome, far.Outcome, far.OutcomePrice, want)
		}
	}
	r, _ := together(t, c, text, 1)
	if a := r.Venues[1].Apart; a == nil || *a != (Apart{}) || r.Venues[1].Alone.Accounts != 0 {
		t.Errorf("a stop is no liquidation: %+v", r.Venues[1])
	}
}

// Arbitrage moves pressure and loses none of it: depth times pressure adds up to what it was, each pressure lies between the extremes
// before, and differences shrink by the share that is kept.
func TestArbitrageConservesPressure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "venues")
		c := &coupling{halfLife: scenario.HalfLife(30 * market.Second), at: make([]market.Time, 1), moved: make([]float64, 1), cutOff: make([][]scenario.Span, n)}
		var before, after, transient, scale float64
		low, high := math.Inf(1), math.Inf(-1)
		for v := range n {
			m := &mover{places: make([]place, 1), coupled: c, seat: v}
			p := &m.places[0]
			p.depth = market.Quote(rapid.Int64Range(1, 1e17).Draw(t, "depth"))
			p.transient, p.permanent = rapid.Float64Range(-50, 50).Draw(t, "transient"), rapid.Float64Range(-50, 50).Draw(t, "permanent")
			before += market.Float(p.depth) * p.permanent
			transient += market.Float(p.depth) * p.transient
			scale += market.Float(p.depth) * 50
			low, high = min(low, p.permanent), max(high, p.permanent)
			c.movers = append(c.movers, m)
		}
		kept := rapid.Float64Range(0, 1).Draw(t, "kept")
		c.level(0, 0, kept)
		left := 0.0
		for _, m := range c.movers {
			p := &m.places[0]
			after += market.Float(p.depth) * p.permanent
			left += market.Float(p.depth) * p.transient
			if p.permanent < low-1e-9 || p.permanent > high+1e-9 {
				t.Fatalf("%v lies outside of %v to %v", p.permanent, low, high)
			}
		}
		if math.Abs(after-before) > 1e-9*scale || math.Abs(left-transient) > 1e-9*scale {
			t.Fatalf("permanent %v became %v, transient %v became %v", before, after, transient, left)
		}
		if n == 2 {
			if d := c.movers[0].places[0].permanent - c.movers[1].places[0].permanent; math.Abs(math.Abs(d)-kept*(high-low)) > 1e-9*(1+high-low) {
				t.Fatalf("a difference of %v became %v, expected %v of it", high-low, d, kept)
			}
		}
	})
}

// A difference of 1 between two venues of equal depth halves in 30 s, its mean of 1/2 stays. For the half hour in which both are cut off
// nobody carries anything, so that the 30 s after it do what any other 30 s do; where one alone is cut off likewise.
func TestArbitrageRestsWhileVenuesAreCutOff(t *testing.T) {
	const from, to = 10 * market.Minute, 40 * market.Minute
	cut := []scenario.Span{{From: from, To: to}}
	for name, cutOff := range map[string][][]scenario.Span{"both": {cut, cut}, "the first": {cut, nil}, "the second": {nil, cut}} {
		c := &coupling{halfLife: scenario.HalfLife(30 * market.Second), at: make([]market.Time, 1), moved: make([]float64, 1), cutOff: cutOff}
		for v := range 2 {
			m := &mover{places: make([]place, 1), coupled: c, seat: v, law: &impactLaw{kind: scenario.ImpactLinear, halfLife: market.Minute}}
			m.places[0].depth = 1000 * market.Scale
			c.movers = append(c.movers, m)
		}
		look := func(now market.Time, want float64) {
			t.Helper()
			for _, m := range c.movers {
				c.age(m, 0, now)
			}
			a, b := c.movers[0].places[0].permanent, c.movers[1].places[0].permanent
			if math.Abs(a-b-want) > 1e-12 || math.Abs(a+b-1) > 1e-12 {
				t.Errorf("%s cut off: at %v the pressures are %v and %v, expected a difference of %v", name, now, a, b, want)
			}
		}
		c.age(c.movers[0], 0, from-30*market.Second)
		c.movers[0].places[0].permanent = 1
		look(from-1, math.Exp2(-29.999/30))
		for at := from; at < to; at += 5 * market.Minute {
			look(at, math.Exp2(-29.999/30))
		}
		look(to-1, math.Exp2(-29.999/30))
		look(to-1+30*market.Second, math.Exp2(-29.999/30)/2)
	}
}
