package replay

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// same compares everything that two runs said.
func same(t *testing.T, what string, a, b *tape) {
	t.Helper()
	for _, d := range []string{cmp.Diff(a.events, b.events), cmp.Diff(a.steps, b.steps), cmp.Diff(a.accounts, b.accounts)} {
		if d != "" {
			t.Fatalf("%s: %s", what, d)
		}
	}
}

const thinBook = "execution: {half_spread: 0.01%, impact: 0.5%, exponent: 0.5, cap: 10%, depth: 2000000, depth_model: {halves_at: 0.5%}, depth_of: [{symbol: ETHUSDT, depth: 500000}]}\n"

// An unaltered counterfactual is history, event for event, step for step and account for account, whatever moves depth and
// however bars are walked; a feedback without impact is too, and moves nothing.
func TestUnalteredIsHistory(t *testing.T) {
	c := crash(t)
	thin := strings.Replace(market2, market2[strings.Index(market2, "execution:"):strings.Index(market2, "probes:")], thinBook, 1)
	for _, text := range []string{market2, thin} {
		for _, intrabar := range []string{"nearest_first", "bridge"} {
			in := func(mode string) string { return text + "prices: {intrabar: " + intrabar + ", mode: " + mode + "}\n" }
			_, history := replay(t, c, in("history"), 1)
			r, unaltered := replay(t, c, in("counterfactual"), 2)
			same(t, intrabar+", counterfactual", history, unaltered)
			if i := r.Impact; i.Moves != 0 || !i.Induced.IsZero() || i.Forced.IsZero() || i.Before != i.Run {
				t.Errorf("%s: nothing altered, and yet %d moves, %v of %v induced, %+v became %+v", intrabar, i.Moves, i.Induced, i.Forced, i.Before, i.Run)
			}
			r, still := replay(t, c, in("feedback, feedback: {coefficient: 0}"), 2)
			same(t, intrabar+", feedback without impact", history, still)
			if r.Impact.Moves != 0 {
				t.Errorf("%s: %d moves without impact", intrabar, r.Impact.Moves)
			}
		}
	}
}

// The envelope's runs are counterfactuals of their own each.
func TestUnalteredEnvelopeIsTheEnvelope(t *testing.T) {
	c := crash(t)
	a, history := replay(t, c, market2+"prices: {intrabar: envelope}\n", 1)
	b, unaltered := replay(t, c, market2+"prices: {intrabar: envelope, mode: counterfactual}\n", 1)
	same(t, "envelope", history, unaltered)
	if d := cmp.Diff(a.Envelope, b.Envelope); d != "" {
		t.Error(d)
	}
}

// The same run twice, and with other numbers of workers, tells the same story where orders move prices.
func TestWorkersChangeNothingInAnyMode(t *testing.T) {
	c := crash(t)
	for _, mode := range []string{"prices: {mode: feedback}\n", "prices: {mode: counterfactual}\ncounterfactual: {set: [crowd.cross_share=0.9, crowd.stop.share=0.3]}\n"} {
		a, first := replay(t, c, market2+mode, 1)
		b, second := replay(t, c, market2+mode, 3)
		same(t, mode, first, second)
		if d := cmp.Diff(a.Notes, b.Notes); d != "" {
			t.Error(d)
		}
		if a.Impact.Moves == 0 || a.Impact.Induced.IsZero() {
			t.Errorf("%s: the run is too tame to tell: %+v", mode, a.Impact)
		}
	}
}

// ladder is a scenario of probes of 0.02 BTC from 50,000 at 10x, 9.5x and 3x, which liquidate at 45,180.72, 44,916.5 and far
// below. Without slippage, steps and stops, their forced orders meet a depth of 90,000 with a linear impact of 100%.
const ladder = `
execution: {half_spread: 0, impact: 0, exponent: 1, cap: 1%, depth: 90000}
prices: {step: 0, mode: feedback, feedback: {impact: linear, coefficient: 100%, half_life: 20s, flow: all}}
insurance_fund: {opening: 1000, floor: 0}
probes:
  entries: {kind: at, time: 2025-10-10T12:00:00Z, symbols: BTCUSDT}
  rules:
    - {name: ten, equity: 1000, sizing: {kind: fixed_notional, notional: 1000}, leverage: 10}
    - {name: nine, equity: 1000, sizing: {kind: fixed_notional, notional: 1000}, leverage: 9.5}
    - {name: three, equity: 1000, sizing: {kind: fixed_notional, notional: 1000}, leverage: 3}
`

// TestFeedbackByHand: at the low of 45,000 the 10x long falls: 900 sold are 1% of the depth, the mark moves to 44,550. There the
// 9.5x long falls, which 45,000 would have spared: its margin of 105.2631579 is gone at 44,736.842105, where it is taken over for
// 894.7368421 and sold: 891 at the mark, 1,791 in all, 1.99%: 44,104.5, where the 3x long lives. At the
// close, 19.999 s later, 2^(−0.99995) of it is left: −0.00995034. Of the fall to 44,104.5, 5,000 are the path's and 895.5 own; 891 of
// 1,791 were induced.
func TestFeedbackByHand(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, [4]float64{50000, 50000, 45000, 46000})}, nil)
	r, rec := replay(t, c, ladder, 1)
	for i, want := range []struct{ outcome, price string }{{OutcomeLiquidated, "45000"}, {OutcomeLiquidated, "44736.842105"}, {OutcomeOpen, "0"}} {
		if a := rec.rows[i]; a.Outcome != want.outcome || a.OutcomePrice.String() != want.price {
			t.Errorf("%s: %s at %v, expected %s at %s", a.Rule, a.Outcome, a.OutcomePrice, want.outcome, want.price)
		}
	}
	i := r.Impact
	m := i.Instruments[0]
	if i.Forced.String() != "1791" || i.Induced.String() != "891" || i.Moves != 2 || i.MovesMax != 2 || len(i.Minutes) != 1 || i.LimitHits != 0 || i.CapHits != 0 {
		t.Errorf("%+v", i)
	}
	if m.Low.String() != "44104.5" || m.BaseAtLow.String() != "45000" || m.BaseLow.String() != "45000" || m.Open.String() != "50000" || m.LowTime != start+100*market.Second || m.AtLow.String() != "-0.0199" {
		t.Errorf("%+v", m)
	}
	if last := rec.steps[len(rec.steps)-1]; !strings.Contains(last, "Displacement:-0.00995034") {
		t.Errorf("at the close: %s", last)
	}
	if i.Before.Accounts != 1 || i.Run.Accounts != 2 || i.Before.Liquidated.String() != "900" || i.Run.Liquidated.String() != "1794.7368421" {
		t.Errorf("before %+v, then %+v", i.Before, i.Run)
	}
	if !r.Ledger.Imbalance.IsZero() {
		t.Errorf("imbalance %v", r.Ledger.Imbalance)
	}
	// One round at a moment: the second move waits for the close, whose base is 46,000 and brings nobody down.
	r, _ = replay(t, c, strings.Replace(ladder, "flow: all", "flow: all, rounds: 1", 1), 1)
	if i := r.Impact; i.LimitHits != 1 || i.MovesMax != 1 || i.Forced.String() != "1791" {
		t.Errorf("one round: %+v", i)
	}
	// The rules are no crowd: by themselves they move nothing.
	r, _ = replay(t, c, strings.Replace(ladder, ", flow: all", "", 1), 1)
	if i := r.Impact; i.Moves != 0 || i.Run.Accounts != 1 {
		t.Errorf("flow crowd: %+v", i)
	}
}

// TestCounterfactualByHand: in the ladder at 5x, nobody falls at 45,000: the path that contains the sale of 900 stands 1% higher without it,
// at 45,450, the 9.5x long lives as it does on the path.
func TestCounterfactualByHand(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, [4]float64{50000, 50000, 45000, 46000})}, nil)
	text := strings.Replace(ladder, "mode: feedback", "mode: counterfactual", 1) + "counterfactual: {set: [probes.rules.0.leverage=5]}\n"
	r, rec := replay(t, c, text, 1)
	i := r.Impact
	if i.Before.Accounts != 1 || i.Run.Accounts != 0 || !i.Forced.IsZero() || i.Instruments[0].Highest.String() != "0.01" {
		t.Errorf("%+v", i)
	}
	if at := rec.steps[len(rec.steps)-2]; !strings.Contains(at, "Mark:45450 ") {
		t.Errorf("at the low: %s", at)
	}
}

// oneSided is data for a crowd of longs alone, against the liquidity provider, on a fall.
func oneSided(t testing.TB, interest float64) *columnar.Catalog {
	doge := key(columnar.Candles, market.Minute, "DOGEUSDT")
	var rows [][4]float64
	for n := range 40 {
		o, c := 0.25-0.001*float64(n), 0.25-0.001*float64(n+1)
		r := func(x float64) float64 { return math.Round(x*1e5) / 1e5 }
		rows = append(rows, [4]float64{r(o), r(o), r(c), r(c)})
	}
	return catalog(t, series{doge: minutes(market.Minute, start, rows...)}, func(w *columnar.Writer) {
		o := &market.OpenInterest{Time: []market.Time{start - market.Hour}, Size: []market.Qty{market.Qty(interest * market.Scale)}, Value: []market.Quote{market.Quote(0.25 * interest * market.Scale)}}
		if err := w.OpenInterest("DOGEUSDT", o); err != nil {
			t.Fatal(err)
		}
	})
}

const longsOnly = `
crowd: {accounts: 400, leverage: [{leverage: 5, weight: 1}, {leverage: 10, weight: 1}, {leverage: 20, weight: 1}], notional: {median: 3000, tail: 3, min: %d, max: %d}, long_share: 1}
execution: {depth: %d}
insurance_fund: {opening: %d, floor: 0}
prices: {mode: feedback, feedback: {impact: %s}}
seed: %d
`

// sizes sums what liquidations close.
type sizes struct{ closed market.Qty }

func (s *sizes) Event(e *risk.Event) error {
	if e.Kind == risk.Liquidation || e.Kind == risk.Takeover {
		s.closed += e.Size
	}
	return nil
}
func (s *sizes) Step(*Step) error          { return nil }
func (s *sizes) Account(*AccountRow) error { return nil }

// Twice the depth never liquidates more where all that is forced goes one way. That is said of sizes: their notional is counted at the
// price of the fill, which is the better the deeper the book, so that it can rise by the slippage that is saved.
func TestDepthNeverLiquidatesMoreInAOneSidedShock(t *testing.T) {
	c := oneSided(t, 20_000_000)
	for _, kind := range []string{"linear", "square_root"} {
		for seed := range 2 {
			before := market.Qty(math.MaxInt64)
			for _, depth := range []int{250_000, 500_000, 1_000_000, 2_000_000} {
				s := &sizes{}
				text := fmt.Sprintf(longsOnly, 1000, 20_000, depth, 1_000_000, kind, seed)
				if _, err := Run(t.Context(), Options{Scenario: parseScenario(t, text), Catalog: c, Rulebook: rulebook(t), Recorder: s}); err != nil {
					t.Fatal(err)
				}
				if s.closed > before || s.closed == 0 {
					t.Errorf("%s, seed %d: %v was liquidated at a depth of %d, %v at half of it", kind, seed, s.closed, depth, before)
				}
				before = s.closed
			}
		}
	}
}

// Sizes, collateral and depth times 7 are 7 times the money at the same prices. Positions are about 5,000 DOGE in lots of 1, so that rounding
// moves a liquidation price by up to a part in 10,000, and with it who falls to which of two moves a tick apart.
func TestMoneyScales(t *testing.T) {
	for _, kind := range []string{"linear", "square_root"} {
		a, _ := replay(t, oneSided(t, 2_000_000), fmt.Sprintf(longsOnly, 3000, 3000, 100_000, 100_000, kind, 5), 1)
		b, _ := replay(t, oneSided(t, 14_000_000), fmt.Sprintf(longsOnly, 3000, 3000, 700_000, 700_000, kind, 5), 1)
		for what, f := range map[string]func(*Result) float64{
			"forced": func(r *Result) float64 { return r.Impact.Forced.Float() }, "liquidated": func(r *Result) float64 { return r.Impact.Run.Liquidated.Float() },
			"induced": func(r *Result) float64 { return r.Impact.Induced.Float() }, "fund": func(r *Result) float64 { return market.Float(r.FundClosing) }} {
			if x, y := f(a), f(b)/7; x == 0 || math.Abs(x-y) > 0.001*x {
				t.Errorf("%s, %s: %v, times 7 %v", kind, what, x, y)
			}
		}
		if x, y := a.Impact.Instruments[0].Low, b.Impact.Instruments[0].Low; x != y {
			t.Errorf("%s: low %v, at 7 times the size %v", kind, x, y)
		}
	}
}
