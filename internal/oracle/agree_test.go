package oracle

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// TestEngineAgreesWithOracle runs seeded scenarios through both: every event, every wallet, every position, every
// balance, after every step. It does so under the artificial rulebook, under random combinations of policies, with features under
// those that have most to do with them, and under each rulebook that the program comes with. ORACLE_SEEDS=100000 asks for more than the few hundred of an ordinary run;
// ORACLE_SEED=n for one; ORACLE_BOOK=artificial, features, combined or a rulebook's id for one of them.
func TestEngineAgreesWithOracle(t *testing.T) {
	book, strict := testRulebooks(t)
	only := os.Getenv("ORACLE_BOOK")
	run := func(name string, seeds uint64, of func(seed uint64) *scenario, check func(*testing.T, uint64, map[risk.Kind]int)) {
		c := coverage{}
		if only != "" && only != name {
			return
		}
		t.Run(name, func(t *testing.T) {
			from, to := uint64(1), seeds
			if v, err := strconv.ParseUint(os.Getenv("ORACLE_SEEDS"), 10, 64); err == nil {
				to = v
			}
			if v, err := strconv.ParseUint(os.Getenv("ORACLE_SEED"), 10, 64); err == nil {
				from, to = v, v
			}
			for seed := from; seed <= to; seed++ {
				check(t, seed, agreeOrShrink(t, of(seed), c))
			}
			c.report(t, seeds > 100 && os.Getenv("ORACLE_SEEDS")+os.Getenv("ORACLE_SEED") == "")
			check(t, 0, nil)
		})
	}

	seen := map[risk.Kind]int{}
	run("artificial", 300, func(seed uint64) *scenario {
		if seed%8 == 0 {
			return featured(seed, strict)
		}
		return featured(seed, book)
	}, func(t *testing.T, seed uint64, kinds map[risk.Kind]int) {
		for k, n := range kinds {
			seen[k] += n
		}
		if seed == 0 {
			everyKind(t, seen)
		}
	})

	pairs, under := policyPairs(), map[pair]map[risk.Kind]int{}
	run("features", 400, func(seed uint64) *scenario {
		return bounded(seed, decisive(t, pairs, seed))
	}, func(*testing.T, uint64, map[risk.Kind]int) {})
	run("combined", 400, func(seed uint64) *scenario {
		_, rules := combined(t, pairs, seed)
		return featured(seed, rules)
	}, func(t *testing.T, seed uint64, kinds map[risk.Kind]int) {
		if seed == 0 {
			everyPolicy(t, pairs, under)
			return
		}
		c, _ := combined(t, pairs, seed)
		for _, p := range pairs {
			if c.is[p.key] != p.value {
				continue
			}
			if under[p] == nil {
				under[p] = map[risk.Kind]int{}
			}
			for k, n := range kinds {
				under[p][k] += n
			}
		}
	})

	for _, entry := range venue.List() {
		rules, err := venue.Load(entry.ID)
		if err != nil {
			t.Fatal(err)
		}
		forced := 0
		run(entry.ID, 30, func(seed uint64) *scenario { return featured(seed, rules) }, func(t *testing.T, seed uint64, kinds map[risk.Kind]int) {
			forced += kinds[risk.Liquidation] + kinds[risk.Takeover]
			if seed == 0 && forced == 0 && os.Getenv("ORACLE_SEED") == "" {
				t.Error("no scenario led to a liquidation: the comparison says nothing about this rulebook")
			}
		})
	}
}

// everyKind reports events that the scenarios never led to.
func everyKind(t *testing.T, seen map[risk.Kind]int) {
	t.Helper()
	t.Logf("events compared: %v", seen)
	for k := range risk.KindNames() {
		if seen[risk.Kind(k)] == 0 && os.Getenv("ORACLE_SEED") == "" {
			t.Errorf("no scenario led to %v: the comparison says nothing about it", risk.Kind(k))
		}
	}
}

// everyPolicy reports values of policies under which too little happened. Whether the value had a part in it says
// TestEveryPolicyDecides.
func everyPolicy(t *testing.T, pairs []pair, under map[pair]map[risk.Kind]int) {
	t.Helper()
	for _, p := range pairs {
		n := under[p]
		t.Logf("%-60v %6d liquidations, %6d takeovers, %6d insurance, %6d adl, %6d socialized", p, n[risk.Liquidation], n[risk.Takeover],
			n[risk.Insurance], n[risk.ADL], n[risk.SocializedLoss])
		forced := n[risk.Liquidation] + n[risk.Takeover]
		if (forced == 0 || n[risk.ADL] == 0) && os.Getenv("ORACLE_SEED") == "" && (os.Getenv("ORACLE_SEEDS") == "" || forced == 0) {
			t.Errorf("%v: %d liquidations and takeovers, %d adl; expected some of both", p, forced, n[risk.ADL])
		}
	}
}

// agreeOrShrink fails with the smallest scenario that still disagrees, and its rulebook where that is a combination.
func agreeOrShrink(t *testing.T, s *scenario, c coverage) map[risk.Kind]int {
	t.Helper()
	kinds, err := agree(s, c)
	if err != nil {
		shrunk := shrink(s)
		if _, smaller := agree(shrunk, coverage{}); smaller != nil {
			err = smaller
		}
		t.Fatalf("%v\nafter %v", err, shrunk)
	}
	return kinds
}

// agree feeds both exchanges and returns how many events of each kind they agreed on, and counts what they met of the
// features. A panic of either is a disagreement.
func agree(s *scenario, c coverage) (kinds map[risk.Kind]int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	var events []risk.Event
	o := s.options
	o.Events = func(e *risk.Event) { events = append(events, *e) }
	engine, err := risk.New(o)
	if err != nil {
		return nil, err
	}
	oracle, err := New(s.options)
	if err != nil {
		return nil, err
	}
	for _, d := range s.deposits {
		a, err := engine.AddAccount(d)
		if b := oracle.AddAccount(d); err != nil || a != b {
			return nil, fmt.Errorf("AddAccount(%v) = %d, %v; expected %d", d, a, err, b)
		}
	}
	for i, step := range s.steps {
		before := len(events)
		if err := both(engine, oracle, step); err != nil {
			return nil, fmt.Errorf("step %d, %v: %w", i, step, err)
		}
		if want := oracle.Events(); !slices.Equal(want, events) {
			return nil, fmt.Errorf("step %d, %v: events differ (- oracle, + engine)\n%s", i, step, cmp.Diff(want, events))
		}
		if err := sameBooks(engine, oracle, len(s.deposits)); err != nil {
			return nil, fmt.Errorf("step %d, %v: %w", i, step, err)
		}
		c.tally(s, step, events[before:], oracle)
	}
	kinds = map[risk.Kind]int{}
	for _, e := range events {
		kinds[e.Kind]++
	}
	return kinds, nil
}

func both(engine *risk.Exchange, oracle *Exchange, s step) error {
	var err error
	var accepted bool
	switch {
	case s.tick != nil:
		if err := oracle.Tick(s.tick); err != nil {
			return err
		}
		return engine.Tick(s.tick)
	case s.open != nil:
		err, accepted = engine.Open(*s.open), oracle.Open(*s.open)
	case s.stop != nil:
		err, accepted = engine.PlaceStop(*s.stop), oracle.PlaceStop(*s.stop)
	case s.close != nil:
		err, accepted = engine.Close(s.close.account, s.close.instrument), oracle.Close(s.close.account, s.close.instrument)
	case s.hold != nil:
		err, accepted = engine.Hold(s.hold.account, s.hold.asset, s.hold.size), oracle.Hold(s.hold.account, s.hold.asset, s.hold.size)
	}
	if refusal := new(risk.Refusal); err != nil && !errors.As(err, &refusal) {
		return err
	}
	if (err == nil) != accepted {
		return fmt.Errorf("engine says %v; accepted by the oracle: %v", err, accepted)
	}
	return nil
}

func sameBooks(engine *risk.Exchange, oracle *Exchange, accounts int) error {
	instruments := market.InstrumentID(len(oracle.listings))
	for i := range instruments {
		wantLong, wantShort := oracle.Inventory(i)
		if long, short := engine.Inventory(i); long != wantLong || short != wantShort {
			return fmt.Errorf("of instrument %d %v and %v are carried, expected %v and %v", i, long, short, wantLong, wantShort)
		}
	}
	for a := range risk.AccountID(accounts) {
		if want, got := oracle.Account(a), engine.Account(a); want != got {
			return fmt.Errorf("account %d differs (- oracle, + engine)\n%s", a, cmp.Diff(want, got))
		}
		for i := range instruments {
			want, wantOK := oracle.Position(a, i)
			got, gotOK := engine.Position(a, i)
			got.EntryPrice = 0
			if want != got || wantOK != gotOK {
				return fmt.Errorf("account %d, instrument %d differs (- oracle, + engine)\n%s", a, i, cmp.Diff(want, got))
			}
		}
	}
	b, totals := oracle.Balances(), engine.Totals()
	for _, c := range []struct {
		name      string
		want, got decimal.Decimal
	}{
		{"provider", b.Provider, totals.Provider.Decimal()},
		{"insurance fund", b.InsuranceFund, totals.InsuranceFund.Decimal()},
		{"fee income", b.FeeIncome, totals.FeeIncome.Decimal()},
		{"socialized loss", b.SocializedLoss, totals.SocializedLoss.Decimal()},
		{"funding paid", b.FundingPaid, totals.FundingPaid.Decimal()},
	} {
		if !c.want.Equal(c.got) {
			return fmt.Errorf("%s is %s, expected %s", c.name, c.got, c.want)
		}
	}
	return nil
}

// shrink drops steps, and prices and settlements of ticks, while the two still disagree.
func shrink(s *scenario) *scenario {
	disagree := func(c *scenario) bool {
		_, err := agree(c, coverage{})
		return err != nil
	}
	best := *s
	for size := len(best.steps) / 2; size > 1; size /= 2 { // many at a time first
		for i := len(best.steps) - size; i > 0; i = min(i, len(best.steps)) - size {
			c := best
			c.steps = slices.Delete(slices.Clone(best.steps), i, i+size)
			if disagree(&c) {
				best = c
			}
		}
	}
	for again := true; again; {
		again = false
		for i := len(best.steps) - 1; i > 0; i-- { // the first tick sets the prices
			c := best
			c.steps = slices.Delete(slices.Clone(best.steps), i, i+1)
			if disagree(&c) {
				best, again = c, true
			}
		}
		for i := 1; i < len(best.steps); i++ {
			t := best.steps[i].tick
			if t == nil {
				continue
			}
			for k := len(t.Prices) - 1; k >= 0; k-- {
				c, smaller := best, *t
				smaller.Prices = slices.Delete(slices.Clone(t.Prices), k, k+1)
				c.steps = slices.Clone(best.steps)
				c.steps[i].tick = &smaller
				if disagree(&c) {
					best, t, again = c, &smaller, true
				}
			}
			if c, smaller := best, *t; len(t.Funding) > 0 {
				smaller.Funding = nil
				c.steps = slices.Clone(best.steps)
				c.steps[i].tick = &smaller
				if disagree(&c) {
					best, again = c, true
				}
			}
		}
	}
	return &best
}
