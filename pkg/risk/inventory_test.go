package risk

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"pgregory.net/rapid"
)

// crash is a run of so many accounts, most of them long, through a fall and a recovery of two instruments. Every amount is a multiple of
// a lot, a cent or a unit of quote, times scale, which multiplies sizes, deposits, lot, depth and fund.
type crash struct {
	book   *venue.Rulebook
	bound  Participation
	fund   market.Quote
	scale  int64
	exempt func(AccountID) bool
	seed   uint64
	each   func(*Exchange) // after every tick; may be nil
}

func (c crash) run(tb rapid.TB) (*Exchange, []Event) {
	var events []Event
	listed := instruments("AAA", "BBB")
	for i := range listed {
		listed[i].Lot *= market.Qty(c.scale)
	}
	c.bound.Depth *= market.Quote(c.scale)
	x, err := New(Options{Rulebook: c.book, Instruments: listed, InsuranceFund: c.fund * market.Quote(c.scale), Participation: c.bound, Exempt: c.exempt,
		Execution: Impact{HalfSpread: 10_0000, Coefficient: 0.5, SquareRoot: true, Cap: rate("0.05"), DefaultDepth: quote("20000") * market.Quote(c.scale)},
		Events:    func(e *Event) { events = append(events, *e) }})
	if err != nil {
		tb.Fatal(err)
	}
	r := rand.New(rand.NewPCG(c.seed, 5))
	marks := [2]int64{10_000, 5_000} // cents
	at := market.Time(0)
	tick := func() {
		at += 10_000
		t := Tick{Time: at}
		for i, m := range marks {
			p := market.Price(m) * market.Scale / 100
			t.Prices = append(t.Prices, PriceUpdate{Instrument: market.InstrumentID(i), Mark: p, Last: p, Gap: true})
		}
		if err := x.Tick(&t); err != nil {
			tb.Fatal(err)
		}
		if l, err := x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
			tb.Fatalf("imbalance %v, %v", l.Imbalance, err)
		}
		if c.each != nil {
			c.each(x)
		}
	}
	tick()
	for range 60 {
		a, err := x.AddAccount(market.Quote(5_000*c.scale) * market.Scale)
		if err != nil {
			tb.Fatal(err)
		}
		for i := range marks {
			size := market.Qty((1+r.Int64N(40_000))*c.scale) * market.Scale / 1_000
			if r.IntN(3) == 0 {
				size = -size
			}
			o := Order{Account: a, Instrument: market.InstrumentID(i), Size: size, Price: market.Price(marks[i]) * market.Scale / 100, Leverage: market.Rate(50_000+r.IntN(150_000)) * market.Scale / 10_000, Mode: MarginMode(r.IntN(2))}
			var refusal *Refusal
			if err := x.Open(o); err != nil && !errors.As(err, &refusal) {
				tb.Fatal(err)
			}
		}
	}
	for n := range 60 {
		for i := range marks {
			move := -r.Int64N(120)
			if n > 40 {
				move = r.Int64N(60)
			}
			marks[i] += marks[i] * move / 10_000
		}
		tick()
	}
	return x, events
}

// plainBook has one tier without an end and no fees, so that money scales with sizes.
func plainBook(t *testing.T, choices ...string) *venue.Rulebook {
	b := newScriptBook()
	b.tiers, b.fee = "1000000000:0.02:100", "0"
	for k := 0; k < len(choices); k += 2 {
		if !b.set(choices[k], choices[k+1]) {
			t.Fatalf("%s is no choice", choices[k])
		}
	}
	return b.load(t)
}

// A bound that is never reached is none: events are the same, one by one.
func TestAmpleParticipationIsNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := crash{book: anyBook(t), fund: market.Quote(rapid.Int64Range(0, 20_000).Draw(t, "fund")) * market.Scale, scale: 1, seed: rapid.Uint64().Draw(t, "seed")}
		_, want := c.run(t)
		c.bound = Participation{Share: 1_000 * market.Scale, Interval: market.Time(rapid.Int64Range(0, 60_000).Draw(t, "interval")), Depth: quote("20000")}
		if _, got := c.run(t); !cmp.Equal(want, got) {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

// Exempt accounts are not bounded: where all are, nothing is, and events differ by that mark alone.
func TestExemptAreNotBounded(t *testing.T) {
	c := crash{book: plainBook(t), fund: 100 * market.Scale, scale: 1, seed: 1}
	_, want := c.run(t)
	c.bound, c.exempt = Participation{Share: 1, Depth: market.Scale}, func(AccountID) bool { return true }
	_, got := c.run(t)
	for k := range got {
		if !got[k].Exempt {
			t.Fatalf("event %d, %v of account %d, is not marked", k, got[k].Kind, got[k].Account)
		}
		got[k].Exempt = false
	}
	if !cmp.Equal(want, got) {
		t.Fatal(cmp.Diff(want, got))
	}
}

// A fund without end bears what is carried: nobody is deleveraged, nothing is socialized, and what is left at the end is what was taken
// over less what was sold.
func TestInfiniteFundDeleveragesNobody(t *testing.T) {
	for _, interval := range []market.Time{0, market.Minute} {
		var most market.Sum
		c := crash{book: plainBook(t), fund: 1e9 * market.Scale, scale: 1, seed: 2, bound: Participation{Share: rate("0.02"), Interval: interval, Depth: quote("20000")},
			each: func(x *Exchange) {
				if n := x.Carried().Notional; n.Cmp(most) > 0 {
					most = n
				}
			}}
		x, events := c.run(t)
		var left [2]market.Qty
		for _, e := range events {
			switch e.Kind {
			case ADL, SocializedLoss:
				t.Fatalf("%v of %v", e.Kind, e.Size)
			case Takeover:
				left[e.Instrument] += e.Size * market.Qty(e.Side)
			case Insurance:
				left[e.Instrument] -= e.Size * market.Qty(e.Side)
			}
		}
		for i, want := range left {
			if long, short := x.Inventory(market.InstrumentID(i)); long.Size+short.Size != want {
				t.Errorf("instrument %d: carried %v and %v, %v expected", i, long.Size, short.Size, want)
			}
		}
		if most.IsZero() {
			t.Errorf("interval %d: nothing was ever carried", interval)
		}
	}
}

// No interval takes more than the capacity of a side, whatever is liquidated, and what is carried lacks no more than the fund has.
func TestBoundsHold(t *testing.T) {
	sold := map[[3]int64]market.Quote{}
	bound := Participation{Share: rate("0.05"), Interval: market.Minute, Depth: quote("20000")}
	c := crash{book: plainBook(t), fund: 300 * market.Scale, scale: 1, seed: 3, bound: bound, each: func(x *Exchange) {
		var lack market.Quote
		for _, v := range x.carried {
			lack += x.lacks(v)
		}
		if lack > x.Fund() {
			t.Fatalf("%v are lacking of a fund of %v", lack, x.Fund())
		}
	}}
	_, events := c.run(t)
	deleveraged := 0
	for _, e := range events {
		if e.Kind == ADL {
			deleveraged++
		}
		if e.Kind != Liquidation && e.Kind != Insurance {
			continue
		}
		n, _ := market.ValueCeil(e.Size, e.Mark)
		key := [3]int64{int64(e.Instrument), int64(e.Side), int64(e.Time) / int64(market.Minute)}
		if sold[key] += n; sold[key] > quote("1000") {
			t.Fatalf("%v of a capacity of 1000 in minute %d", sold[key], key[2])
		}
	}
	if len(sold) == 0 || deleveraged == 0 {
		t.Fatalf("%d sides were sold, %d deleveraged: the test did not reach what it tests", len(sold), deleveraged)
	}
}

// Sizes, collateral, depth and fund times k: the same things happen to k times as much.
func TestMoneyScales(t *testing.T) {
	for _, k := range []int64{2, 7, 100} {
		var most market.Quote
		c := crash{each: func(x *Exchange) { most = max(most, x.Carried().Notional.Quote()) }, book: plainBook(t), fund: 300 * market.Scale, scale: 1, seed: 4, bound: Participation{Share: rate("0.05"), Interval: market.Minute, Depth: quote("20000")}}
		small, events := c.run(t)
		carried := most
		c.scale, most = k, 0
		large, scaled := c.run(t)
		if len(events) != len(scaled) {
			t.Fatalf("times %d: %d events, %d before", k, len(scaled), len(events))
		}
		adl := 0
		for n, e := range events {
			s := scaled[n]
			if e.Kind != s.Kind || e.Account != s.Account || e.Round != s.Round || s.Size != e.Size*market.Qty(k) || !near(s.RealizedPnL, e.RealizedPnL, k) || !near(s.Deficit, e.Deficit, k) {
				t.Fatalf("times %d, event %d: %+v, before %+v", k, n, s, e)
			}
			if e.Kind == ADL {
				adl++
			}
		}
		if !near(most, carried, k) || !near(large.Fund(), small.Fund(), k) || adl == 0 || carried == 0 {
			t.Errorf("times %d: at most %v carried, %v before, fund %v and %v, %d deleveraged", k, most, carried, small.Fund(), large.Fund(), adl)
		}
	}
}

// near reports whether an amount is k times another but for the rounding of a few thousand bookings to units.
func near(large, small market.Quote, k int64) bool {
	d := large - small*market.Quote(k)
	return max(d, -d) <= market.Quote(5_000*k)
}

// A bound that means nothing is refused.
func TestParticipationRefused(t *testing.T) {
	for _, p := range []Participation{{Share: -1, Depth: 1}, {Share: 1, Interval: -1, Depth: 1}, {Share: 1}} {
		if err := p.check(); err == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
}
