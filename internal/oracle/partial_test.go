package oracle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// TestPartsAgreeWithOracle runs the seeded scenarios with what the model says of orders on parts of a position between their steps: partial
// closes, top-ups, cancelled orders, and stops with a size, a limit, a guarantee or a peak.
func TestPartsAgreeWithOracle(t *testing.T) {
	book, strict := testRulebooks(t)
	seen := map[string]int{}
	for seed := uint64(1); seed <= 300; seed++ {
		rules := book
		if seed%8 == 0 {
			rules = strict
		}
		if err := partsAgree(newScenario(seed, rules), rand.New(rand.NewPCG(seed, 2)), seen); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	pairs := policyPairs() // and under other venues' policies
	for seed := uint64(1); seed <= 200; seed++ {
		_, rules := combined(t, pairs, seed)
		if err := partsAgree(featured(seed, rules), rand.New(rand.NewPCG(seed, 3)), seen); err != nil {
			t.Fatalf("combination %d: %v", seed, err)
		}
	}
	t.Logf("operations that both accepted: %v", seen)
	for _, what := range []string{"reduce", "top up", "cancel", "partial stop", "partial take_profit", "limit", "guaranteed", "peak", "rested and filled"} {
		if seen[what] == 0 {
			t.Errorf("no scenario led to %q: the comparison says nothing about it", what)
		}
	}
}

func partsAgree(s *scenario, r *rand.Rand, seen map[string]int) error {
	var events []risk.Event
	o := s.options
	o.Events = func(e *risk.Event) { events = append(events, *e) }
	engine, err := risk.New(o)
	if err != nil {
		return err
	}
	oracle, err := New(s.options)
	if err != nil {
		return err
	}
	for _, d := range s.deposits {
		if _, err := engine.AddAccount(d); err != nil {
			return err
		}
		oracle.AddAccount(d)
	}
	for i, step := range s.steps {
		resting := oracle.resting()
		if err := both(engine, oracle, step); err != nil {
			return fmt.Errorf("step %d, %v: %w", i, step, err)
		}
		for range r.IntN(4) * min(i, 1) {
			if err := extra(engine, oracle, r, len(s.deposits), seen); err != nil {
				return fmt.Errorf("after step %d, %v: %w", i, step, err)
			}
		}
		if want := oracle.Events(); !slices.Equal(want, events) {
			return fmt.Errorf("step %d, %v: events differ (- oracle, + engine)\n%s", i, step, cmp.Diff(want, events))
		}
		if err := sameBooks(engine, oracle, len(s.deposits)); err != nil {
			return fmt.Errorf("step %d, %v: %w", i, step, err)
		}
		if resting > oracle.resting() {
			seen["rested and filled"]++ // or liquidated; either way it was decided the same
		}
	}
	for _, e := range events {
		if e.Kind == risk.Stop || e.Kind == risk.TakeProfit {
			seen[e.Kind.String()]++
		}
	}
	return nil
}

func (x *Exchange) resting() (n int) {
	for _, a := range x.accounts {
		for _, p := range a.positions {
			for k := 0; p != nil && k < len(p.orders); k++ {
				if p.orders[k].resting {
					n++
				}
			}
		}
	}
	return n
}

// extra asks both for one more operation on an account that often has a position.
func extra(engine *risk.Exchange, oracle *Exchange, r *rand.Rand, accounts int, seen map[string]int) error {
	a, i := risk.AccountID(r.IntN(accounts)), market.InstrumentID(r.IntN(len(oracle.listings)))
	p, open := engine.Position(a, i)
	if !open && r.IntN(8) > 0 {
		return nil
	}
	var err error
	var accepted bool
	what := ""
	switch r.IntN(5) {
	case 0:
		what = "reduce"
		size := market.Qty(float64(p.Size.Abs()) * r.Float64() * 1.2)
		err, accepted = engine.Reduce(a, i, size), oracle.Reduce(a, i, size)
	case 1:
		what = "top up"
		amount := market.Quote(float64(engine.Account(a).Wallet) * r.Float64() * 1.1)
		err, accepted = engine.TopUp(a, i, amount), oracle.TopUp(a, i, amount)
	case 2:
		kind := risk.Stop + risk.Kind(r.IntN(2))
		x, y := engine.CancelStops(a, i, kind), oracle.CancelStops(a, i, kind)
		if x != y {
			return fmt.Errorf("cancelled %d orders, the oracle %d", x, y)
		}
		what, accepted = "cancel", true
	default:
		var o risk.StopOrder
		o, what = partialStop(engine, r, a, i, p)
		err, accepted = engine.PlaceStop(o), oracle.PlaceStop(o)
	}
	if refusal := new(risk.Refusal); err != nil && !errors.As(err, &refusal) {
		return err
	}
	if (err == nil) != accepted {
		return fmt.Errorf("%s of account %d: engine says %v; accepted by the oracle: %v", what, a, err, accepted)
	}
	if accepted {
		seen[what]++
	}
	return nil
}

func partialStop(engine *risk.Exchange, r *rand.Rand, a risk.AccountID, i market.InstrumentID, p risk.Position) (risk.StopOrder, string) {
	mark, last, _, _ := engine.Prices(i)
	o := risk.StopOrder{Account: a, Instrument: i, Kind: risk.Stop, Watch: risk.Watch(r.IntN(2)), Size: market.Qty(float64(p.Size.Abs()) * r.Float64())}
	now := float64([]market.Price{mark, last}[o.Watch])
	side := float64(market.SideOf(p.Size))
	o.Trigger = market.Price(now * (1 - side*0.05*r.Float64()))
	what := "partial stop"
	switch r.IntN(5) {
	case 0:
		o.Kind, o.Trigger, what = risk.TakeProfit, market.Price(now*(1+side*0.05*r.Float64())), "partial take_profit"
	case 1:
		o.Limit, o.Offset, what = true, market.Price(now*0.02*r.Float64()), "limit"
		if r.IntN(2) == 0 {
			o.Size = 0
		}
	case 2:
		o.Guaranteed, what = true, "guaranteed"
	case 3:
		o.Trail, what = market.Price(now*0.06), "peak"
		o.Peak = market.Price(now * (1 + side*0.05*r.Float64()))
	}
	return o, what
}
