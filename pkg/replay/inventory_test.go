package replay

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// bounded is the scenario of market2 with other depth and a bound.
func bounded(depth, participation, interval, rest string) string {
	t := strings.Replace(market2, "depth: 2000000}", "depth: "+depth+", participation: "+participation+", participation_interval: "+interval+"}", 1)
	return strings.Replace(t, "opening: 1000000", "opening: 20000", 1) + rest
}

// A bound that is never reached is none: the same events, steps and accounts. What there is to carry is then nothing.
func TestAmpleParticipationIsHistory(t *testing.T) {
	c := crash(t)
	for _, mode := range []string{"history", "feedback"} {
		_, free := replay(t, c, bounded("2000000", "0", "1m", "prices: {mode: "+mode+"}\n"), 1)
		r, ample := replay(t, c, bounded("2000000", "100000%", "0s", "prices: {mode: "+mode+"}\n"), 1)
		same(t, mode, free, ample)
		if v := r.Inventory; v == nil || !v.Peak.IsZero() || len(v.Left) != 0 {
			t.Errorf("%s: %+v", mode, v)
		}
	}
}

// With a bound that binds, an unaltered counterfactual is history too, a feedback without impact moves nothing, and workers change
// nothing. What is carried, sold and deleveraged later is told of the run itself.
func TestBoundedModes(t *testing.T) {
	c := crash(t)
	in := func(mode string) string {
		return bounded("200000", "5%", "1m", "prices: {mode: "+mode+"}\n")
	}
	a, history := replay(t, c, in("history"), 1)
	b, unaltered := replay(t, c, in("counterfactual"), 3)
	same(t, "counterfactual", history, unaltered)
	if !reflect.DeepEqual(a.Inventory, b.Inventory) {
		t.Errorf("%+v, and counterfactual %+v", a.Inventory, b.Inventory)
	}
	if r, still := replay(t, c, in("feedback, feedback: {coefficient: 0}"), 2); r.Impact.Moves != 0 {
		t.Errorf("%d moves without impact", r.Impact.Moves)
	} else {
		same(t, "feedback without impact", history, still)
	}
	v := a.Inventory
	if v == nil || v.Peak.IsZero() || v.Sold.IsZero() || v.Deleveraged.IsZero() || v.Lowest.Sign() >= 0 || v.PeakTime == 0 {
		t.Fatalf("the run is too tame to tell: %+v", v)
	}
	var notional, cash market.Sum
	for _, p := range v.Left {
		n, _ := market.ValueCeil(p.Size.Abs(), p.Mark)
		notional.Add(n)
		cash.Add(p.Cash)
	}
	if notional != v.Closing.Notional || cash != v.Closing.Cash {
		t.Errorf("%v for %v are left by instrument, %v for %v in all", notional, cash, v.Closing.Notional, v.Closing.Cash)
	}
	if !a.Ledger.Imbalance.IsZero() {
		t.Errorf("imbalance %v", a.Ledger.Imbalance)
	}
}

// forcedSales adds up, from the events alone, what the crowd's forced orders traded with books, and of it what had been carried.
type forcedSales struct{ all, carried market.Sum }

func (f *forcedSales) Step(*Step) error          { return nil }
func (f *forcedSales) Account(*AccountRow) error { return nil }
func (f *forcedSales) Event(e *risk.Event) error {
	sale := e.Kind == risk.Insurance || e.Kind == risk.SocializedLoss
	if e.Book && !e.Exempt && (sale || e.Kind == risk.Stop || e.Kind == risk.Liquidation) {
		n, _ := market.ValueCeil(e.Size, e.Mark)
		f.all.Add(n)
		if sale && e.Round == 0 {
			f.carried.Add(n)
		}
	}
	return nil
}

// What is carried moves prices when it is sold, and what is deleveraged of it never.
func TestSalesOfInventoryMovePrices(t *testing.T) {
	text := bounded("200000", "5%", "1m", "prices: {mode: feedback}\n")
	var f forcedSales
	r, err := Run(context.Background(), Options{Scenario: parseScenario(t, text), Catalog: crash(t), Rulebook: rulebook(t), Recorder: &f})
	if err != nil {
		t.Fatal(err)
	}
	if r.Impact.Forced != f.all || f.carried.IsZero() || r.Inventory.Deleveraged.IsZero() {
		t.Errorf("forced %v, of the events %v, of it carried before %v; %v deleveraged later", r.Impact.Forced, f.all, f.carried, r.Inventory.Deleveraged)
	}
}

// Rules under test are not bounded: without a crowd a bound changes nothing.
func TestProbesAreNotBounded(t *testing.T) {
	c := crash(t)
	alone := func(participation string) string {
		t := bounded("20000", participation, "1m", "")
		return t[strings.Index(t, "execution:"):]
	}
	_, free := replay(t, c, alone("0"), 1)
	_, tight := replay(t, c, alone("0.001%"), 1)
	same(t, "probes", free, tight)
	if all := strings.Join(free.events, ""); !strings.Contains(all, "Kind:liquidation") && !strings.Contains(all, "Kind:takeover") {
		t.Error("no probe was liquidated: nothing was tested")
	}
}

// TestInventoryByHand: 4 of what was carried are sold for 340 at a loss of 10, 2 are deleveraged for 175; what happens in a round is no
// part of it, nor is what only settles a gap.
func TestInventoryByHand(t *testing.T) {
	var v Inventory
	for _, e := range []risk.Event{
		{Kind: risk.ADL, Notional: 175},
		{Kind: risk.Insurance, Notional: 340, RealizedPnL: -10, Book: true},
		{Kind: risk.Insurance, Notional: 99, RealizedPnL: -99},
		{Kind: risk.SocializedLoss, Notional: 50, RealizedPnL: -7, Book: true},
		{Kind: risk.ADL, Notional: 99, Round: 1},
		{Kind: risk.Insurance, Notional: 99, Round: 2, Book: true},
	} {
		v.event(&e)
	}
	sum := func(q market.Quote) (s market.Sum) {
		s.Add(q)
		return s
	}
	if v.Deleveraged != sum(175) || v.Sold != sum(340) || v.SoldResult != sum(-10) || v.Socialized != sum(50) || v.SocializedResult != sum(-7) {
		t.Errorf("%+v", v)
	}
}
