package oracle

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// What must hold of the engine whatever the model says, over the same scenarios but with seeds of their own.

// run is an engine on its way through a scenario.
type run struct {
	*risk.Exchange
	s      *scenario
	events []risk.Event
}

func start(t *rapid.T, s *scenario) *run {
	r := &run{s: s}
	o := s.options
	o.Events = func(e *risk.Event) { r.events = append(r.events, *e) }
	var err error
	if r.Exchange, err = risk.New(o); err != nil {
		t.Fatal(err)
	}
	for _, d := range s.deposits {
		if _, err := r.AddAccount(d); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// do takes one step; a refused order is no failure.
func (r *run) do(t *rapid.T, s step) {
	if s.tick != nil {
		if err := r.Tick(s.tick); err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		return
	}
	switch {
	case s.open != nil:
		_ = r.Open(*s.open)
	case s.stop != nil:
		_ = r.PlaceStop(*s.stop)
	case s.close != nil:
		_ = r.Close(s.close.account, s.close.instrument)
	case s.hold != nil:
		_ = r.Hold(s.hold.account, s.hold.asset, s.hold.size)
	}
}

// holding is a scope as the engine shows it: what it has and what it must have.
type holding struct {
	equity, maintenance market.Quote
	positions           []heldPosition
}

type heldPosition struct {
	instrument market.InstrumentID
	risk.Position
}

// holdings returns the scopes of an account that hold positions, keyed by instrument, the cross scope by -1.
func (r *run) holdings(a risk.AccountID) map[market.InstrumentID]*holding {
	scopes := map[market.InstrumentID]*holding{}
	for i := range r.s.listings() {
		p, ok := r.Position(a, i)
		if !ok {
			continue
		}
		key, cash := i, p.Margin
		if p.Mode == risk.Cross {
			key, cash = -1, r.Account(a).Wallet
		}
		h := scopes[key]
		if h == nil {
			h = &holding{equity: cash}
			scopes[key] = h
		}
		h.equity += p.UnrealizedPnL
		h.maintenance += p.MaintenanceMargin
		h.positions = append(h.positions, heldPosition{i, p})
	}
	return scopes
}

func drawScenario(t *rapid.T, inclusive bool) *scenario {
	book, strict := testRulebooks(t)
	if !inclusive {
		book = strict
	}
	return newScenario(rapid.Uint64Range(1<<32, 1<<40).Draw(t, "seed"), book)
}

// listings are the instruments, and the assets behind them.
func (s *scenario) listings() market.InstrumentID {
	return market.InstrumentID(len(s.options.Instruments) + len(s.options.Collateral))
}

// drawCombined draws a scenario under a random combination of policies, in half of the cases with features.
func drawCombined(t *rapid.T, pairs []pair) *scenario {
	seed := rapid.Uint64Range(1<<32, 1<<40).Draw(t, "combination")
	_, book := combined(t, pairs, seed)
	return featured(seed, book)
}

func TestMoneyAndSizesAreConserved(t *testing.T) {
	pairs := policyPairs()
	rapid.Check(t, func(t *rapid.T) {
		s := drawScenario(t, true)
		if rapid.Bool().Draw(t, "combined") {
			s = drawCombined(t, pairs)
		}
		r := start(t, s)
		external := market.Sum{}
		external.Add(s.options.InsuranceFund)
		for _, d := range s.deposits {
			external.Add(d)
		}
		lowest := min(s.options.InsuranceFund, s.options.InsuranceFloor)
		for _, step := range s.steps {
			if h := step.hold; h != nil {
				before := r.Account(h.account).Deposited
				r.do(t, step)
				external.Add(r.Account(h.account).Deposited - before)
			} else {
				r.do(t, step)
			}
			l, err := r.Reconcile()
			if err != nil || !l.Imbalance.IsZero() {
				t.Fatalf("after %v: imbalance %v, %v", step, l.Imbalance.Decimal(), err)
			}
			totals := r.Totals()
			sum := totals.Traders
			sum.AddSum(totals.Provider)
			sum.AddSum(totals.InsuranceFund)
			sum.AddSum(totals.FeeIncome)
			sum.SubSum(totals.SocializedLoss)
			for i := range s.listings() { // the engine paid for what it carries
				long, short := r.Inventory(i)
				sum.Sub(long.Cash)
				sum.Sub(short.Cash)
			}
			if sum.Cmp(external) != 0 {
				t.Fatalf("after %v: the exchange holds %v of the %v brought in", step, sum.Decimal(), external.Decimal())
			}
			if r.Fund() < lowest {
				t.Fatalf("after %v: fund %v below its floor %v", step, r.Fund(), s.options.InsuranceFloor)
			}
			for i := range market.InstrumentID(len(s.options.Instruments)) {
				var long, short market.Qty
				for a := range risk.AccountID(len(s.deposits)) {
					p, _ := r.Position(a, i)
					long, short = long+max(p.Size, 0), short+max(-p.Size, 0)
				}
				if l, sh := r.TraderInterest(i); l != long || sh != short || r.OpenInterest(i) != (long+short)/2 {
					t.Fatalf("after %v: interest %v long, %v short, %v open; positions add up to %v, %v", step, l, sh, r.OpenInterest(i), long, short)
				}
			}
		}
	})
}

// After a tick no scope is liquidatable, by what the engine itself shows of it, except scopes that wait for a better
// price; and of those none is bankrupt that had a price in the tick: it would have been taken over.
func TestNobodyIsLeftBelowMaintenance(t *testing.T) {
	pairs := policyPairs()
	waited := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawScenario(t, rapid.Bool().Draw(t, "inclusive"))
		if rapid.Bool().Draw(t, "combined") {
			s = drawCombined(t, pairs)
		}
		inclusive, waits := s.options.Rulebook.Inclusive, s.options.Rulebook.Policies.LiquidationPrice != "market"
		r := start(t, s)
		for _, step := range s.steps {
			r.do(t, step)
			if step.tick == nil {
				continue // an entry far from the mark may be liquidatable until the next tick
			}
			for a := range risk.AccountID(len(s.deposits)) {
				for _, h := range r.holdings(a) {
					if h.equity > h.maintenance || h.equity == h.maintenance && !inclusive {
						continue
					}
					switch {
					case !waits:
						t.Fatalf("after %v: account %d keeps equity %v at maintenance margin %v", step, a, h.equity, h.maintenance)
					case h.equity < 0 && h.pricedIn(step.tick):
						t.Fatalf("after %v: account %d waits with equity %v", step, a, h.equity)
					}
					waited++
				}
			}
		}
	})
	if waited == 0 {
		t.Error("no scope ever waited: nothing was tested of them")
	}
}

// pricedIn says whether a tick has a price of one of a scope's instruments.
func (h *holding) pricedIn(t *risk.Tick) bool {
	return slices.ContainsFunc(t.Prices, func(u risk.PriceUpdate) bool {
		return slices.ContainsFunc(h.positions, func(p heldPosition) bool { return p.instrument == u.Instrument })
	})
}

// Whoever is liquidated before anything else happens to him in the tick was at or below his maintenance margin at the
// tick's marks, computed here from what the engine showed before the tick.
func TestNobodyIsLiquidatedAboveMaintenance(t *testing.T) {
	liquidated := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawScenario(t, true)
		r := start(t, s)
		marks := make([]market.Price, len(s.options.Instruments))
		for _, step := range s.steps {
			if step.tick == nil {
				r.do(t, step)
				continue
			}
			before := make([]map[market.InstrumentID]*holding, len(s.deposits))
			for a := range before {
				before[a] = r.holdings(risk.AccountID(a))
			}
			for _, p := range step.tick.Prices {
				marks[p.Instrument] = p.Mark
			}
			first := len(r.events)
			r.do(t, step)
			touched := map[risk.AccountID]bool{}
			for _, e := range r.events[first:] {
				if e.Kind == risk.Funding {
					continue // only collects what is counted below
				}
				if (e.Kind == risk.Liquidation || e.Kind == risk.Takeover) && !touched[e.Account] {
					h := before[e.Account][e.Instrument]
					if h == nil {
						h = before[e.Account][-1]
					}
					equity, maintenance := r.revalue(t, h, marks, step.tick.Funding)
					// Funding is rounded once per settlement and may be counted here in two parts: two units a position.
					if slack := market.Quote(2 * len(h.positions)); equity-slack > maintenance {
						t.Fatalf("%v liquidated account %d with equity %v above maintenance margin %v", step, e.Account, equity, maintenance)
					}
					liquidated++
				}
				touched[e.Account] = true
			}
		}
	})
	if liquidated == 0 {
		t.Error("nobody was liquidated: nothing was tested")
	}
}

// revalue moves a holding to new marks and charges the funding that came due with them.
func (r *run) revalue(t *rapid.T, h *holding, marks []market.Price, due []risk.FundingUpdate) (equity, maintenance market.Quote) {
	equity = h.equity
	for _, p := range h.positions {
		mark := marks[p.instrument]
		value, ok1 := market.ValueFloor(p.Size, mark)
		n, ok2 := market.ValueCeil(p.Size.Abs(), mark)
		c, err := r.s.options.Rulebook.Contract(r.s.options.Instruments[p.instrument].Symbol)
		if err != nil || !ok1 || !ok2 {
			t.Fatal(err, ok1, ok2)
		}
		mm, _ := c.MaintenanceMargin(venue.Exposure{Notional: n})
		equity += value - p.Cost - p.UnrealizedPnL
		maintenance += mm
		for _, f := range due {
			if f.Instrument == p.instrument {
				paid, _ := f.Rate.OfCeil(value)
				equity -= paid
			}
		}
	}
	return equity, maintenance
}

// Every takeover is disposed of to the last unit; counterparties stand on the other side, and are only asked for what
// the fund cannot pay.
func TestADLIsOppositeAndLast(t *testing.T) {
	deleveraged := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawScenario(t, true)
		r := start(t, s)
		for _, step := range s.steps {
			r.do(t, step)
		}
		fund := s.options.InsuranceFund
		var taken *risk.Event
		var rest market.Qty
		var fundAtTakeover market.Quote
		for k := range r.events {
			e := &r.events[k]
			switch {
			case e.Kind == risk.Takeover:
				if rest != 0 {
					t.Fatalf("%+v while %v of the position before is nowhere", e, rest)
				}
				taken, rest, fundAtTakeover = e, e.Size, fund
			case rest > 0 && e.Kind == risk.ADL:
				if e.Instrument != taken.Instrument || e.Side == taken.Side || e.Time != taken.Time || e.Account == taken.Account {
					t.Fatalf("%+v deleverages for %+v", e, taken)
				}
				if loss := r.loss(taken); fundAtTakeover-s.options.InsuranceFloor > loss {
					t.Fatalf("%+v although the fund had %v for a loss of %v", e, fundAtTakeover, loss)
				}
				rest -= e.Size
				deleveraged++
			case rest > 0 && e.Account == risk.TheExchange && e.Side == taken.Side:
				rest -= e.Size
			case e.Kind == risk.ADL:
				t.Fatalf("%+v without anything left to take", e)
			}
			fund += e.FundDelta
		}
		if rest != 0 || fund != r.Fund() {
			t.Fatalf("%v left over; fund deltas lead to %v, the fund has %v", rest, fund, r.Fund())
		}
	})
	if deleveraged == 0 {
		t.Error("nobody was deleveraged: nothing was tested")
	}
}

// loss is what selling a taken-over position into the book would have cost, at most.
func (r *run) loss(e *risk.Event) market.Quote {
	o := r.s.options
	depth := r.depthAt(e)
	n, _ := market.ValueCeil(e.Size, e.Mark)
	price := risk.Slipped(e.Mark, o.Execution.Slippage(e.Instrument, n, depth), -e.Side, o.Instruments[e.Instrument].Tick)
	paid, _ := market.ValueCeil(e.Size, e.Price)
	got, _ := market.ValueFloor(e.Size, price)
	// The event's price is rounded by up to one unit, so the whole by up to one unit per unit of base.
	slack := market.Quote(e.Size/market.Scale) + 3
	return market.Quote(e.Side)*(paid-got) + slack
}

// depthAt is the depth on the side that closing the event's position hits.
func (r *run) depthAt(e *risk.Event) (depth market.Quote) {
	for _, step := range r.s.steps {
		if step.tick == nil || step.tick.Time > e.Time {
			continue
		}
		for _, p := range step.tick.Prices {
			given := p.BidDepth
			if e.Side == market.Short {
				given = p.AskDepth
			}
			if p.Instrument == e.Instrument && given != 0 {
				depth = given
			}
		}
	}
	return depth
}

func TestSameInputsSameEvents(t *testing.T) {
	pairs := policyPairs()
	rapid.Check(t, func(t *rapid.T) {
		s := drawCombined(t, pairs)
		a, b := start(t, s), start(t, s)
		for _, step := range s.steps {
			a.do(t, step)
			b.do(t, step)
		}
		if !slices.Equal(a.events, b.events) {
			t.Fatalf("two runs of one scenario gave %d and %d events that differ", len(a.events), len(b.events))
		}
	})
}

// With twice the depth, a first forced fill is never worse, and what the book could fill it still fills.
func TestDeeperBookNeverWorsensAFill(t *testing.T) {
	book, _ := testRulebooks(t)
	c, err := book.Contract("AUSDT")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[risk.Kind]int{}
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.SampledFrom([]market.Side{market.Long, market.Short}).Draw(t, "side")
		size := market.Qty(rapid.Int64Range(1, 200_000).Draw(t, "milli")) * (market.Scale / 1000)
		depth := market.Quote(rapid.Int64Range(1_000, 100_000).Draw(t, "depth")) * market.Scale
		move := rapid.Int64Range(4, 100).Draw(t, "per mille")
		withStop := rapid.Bool().Draw(t, "stop")
		s := &scenario{options: risk.Options{
			Rulebook: book, Instruments: []market.Instrument{c.Instrument},
			Execution: risk.Impact{
				HalfSpread: 10_000, Coefficient: rapid.Float64Range(0, 1).Draw(t, "coefficient"),
				SquareRoot: rapid.Bool().Draw(t, "root"), Cap: 30_000_000, DefaultDepth: market.Scale,
			},
		}, deposits: []market.Quote{1_000_000 * market.Scale}}
		fill := func(depth market.Quote) risk.Event {
			r := start(t, s)
			quote := func(p market.Price) *risk.Tick {
				return &risk.Tick{Time: 1, Prices: []risk.PriceUpdate{{Mark: p, Last: p, BidDepth: depth, AskDepth: depth}}}
			}
			at := market.Price(100 * market.Scale)
			r.do(t, step{tick: quote(at)})
			leverage := market.Rate(c.MaxLeverage(venue.Exposure{Notional: market.Quote(size) * 101})) * market.Scale
			if err := r.Open(risk.Order{Size: size * market.Qty(side), Price: at, Leverage: leverage}); err != nil {
				t.Fatal(err)
			}
			against := market.Price(side) * market.Price(move) * market.Scale / 10
			if withStop {
				_ = r.PlaceStop(risk.StopOrder{Kind: risk.Stop, Trigger: at - against/4})
			}
			r.do(t, step{tick: quote(at - against)})
			for _, e := range r.events[1:] {
				if e.Kind == risk.Stop || e.Kind == risk.Liquidation || e.Kind == risk.Takeover {
					return e
				}
			}
			return risk.Event{}
		}
		shallow, deep := fill(depth), fill(2*depth)
		seen[shallow.Kind]++
		switch {
		case shallow.Kind == risk.Liquidation && deep.Kind == risk.Takeover:
			t.Fatalf("%+v became %+v in a deeper book", shallow, deep)
		case shallow.Kind == deep.Kind && market.Price(side)*(deep.Price-shallow.Price) < 0:
			t.Fatalf("%+v filled worse in a deeper book: %+v", shallow, deep)
		case (shallow.Size == 0) != (deep.Size == 0):
			t.Fatalf("depth decides whether anything happens: %+v, %+v", shallow, deep)
		}
	})
	if seen[risk.Stop] == 0 || seen[risk.Liquidation] == 0 || seen[risk.Takeover] == 0 {
		t.Errorf("fills seen: %v; expected stops, liquidations and takeovers", seen)
	}
}
