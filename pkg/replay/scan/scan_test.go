package scan

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// moments are all ticks of a history, laid out beforehand by code of its own: the third way to find an ending.
type moment struct {
	tick
	bar int
}

func (s *Series) moments() (all []moment) {
	for i := range s.bars {
		for c := s.cursor(i); ; {
			all = append(all, moment{c.t, i})
			if !c.next() {
				break
			}
		}
	}
	return all
}

// everyTick follows a position through all ticks.
func (s *Series) everyTick(p *position, all []moment) ending {
	for _, m := range all {
		if m.bar < int(p.bar) {
			continue
		}
		opened := m.bar == int(p.bar) && m.ordinal == 0
		now := m.last
		if p.watch == strategy.WatchMark {
			now = m.mark
		}
		side := market.Price(market.SideOf(p.size))
		if !opened && p.stop > 0 && (now-p.stop)*side <= 0 {
			r := p.stop
			if m.gap {
				r = now
			}
			if !s.liquidatable(p, max(m.mark+r-now, 1), m.settled) {
				return ending{Stopped, int32(m.bar), m.tick, max(m.last+r-now, 1)}
			}
		}
		if !opened && s.liquidatable(p, m.mark, m.settled) {
			return ending{kind: Liquidated, bar: int32(m.bar), tick: m.tick}
		}
		if p.exit > 0 && m.own && p.exit <= m.at {
			return ending{kind: Closed, bar: int32(m.bar), tick: m.tick}
		}
	}
	return ending{kind: Open}
}

// The trees, the loop over bars and the loop over all ticks find the same outcomes, whatever the history is like.
func TestTreesAgreeWithPlainLoops(t *testing.T) {
	kinds := map[Kind]int{}
	rapid.Check(t, func(t *rapid.T) {
		h := shape{bars: rapid.IntRange(1, 600).Draw(t, "bars"), volatility: rapid.SampledFrom([]float64{0.0005, 0.002, 0.006}).Draw(t, "volatility"),
			jumps: rapid.SampledFrom([]float64{0, 0.02}).Draw(t, "jumps"), gaps: rapid.SampledFrom([]float64{0, 0.03}).Draw(t, "gaps"),
			basis: rapid.SampledFrom([]float64{0, 0.0002, 0.002}).Draw(t, "basis"), funding: rapid.SampledFrom([]float64{0, 0.0005, 0.01}).Draw(t, "funding"),
			every: rapid.SampledFrom([]market.Time{0, 8 * market.Hour, market.Hour, 7 * market.Minute, 61_003}).Draw(t, "every"),
			depth: rapid.Bool().Draw(t, "depth")}
		seed := rapid.Uint64().Draw(t, "seed")
		o := generate(t, seed, h)
		o.Step = rapid.SampledFrom([]market.Rate{0, 10_0000, 2_0000}).Draw(t, "step")
		if rapid.Bool().Draw(t, "high first") {
			clear(o.LowFirst)
		}
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		all := s.moments()
		ranges := AverageTrueRanges(o.Time, o.Last, 14)
		r := rand.New(rand.NewPCG(seed, 2))
		for range 12 {
			v := randomVariant(r, ranges)
			e := Entry{Bar: int32(r.IntN(h.bars)), Side: market.Side(1 - 2*r.IntN(2))}
			if r.IntN(2) == 0 {
				e.Exit = s.Time(int(e.Bar)) + market.Time(r.Int64N(int64(5*market.Hour))) - 5*market.Minute
			}
			compare(t, s, &v, &e, all, kinds)
		}
		v := randomVariant(r, ranges)
		re := Reentry{Side: market.Long, Hold: market.Time(r.IntN(2)) * market.Hour}
		a, na, err1 := s.Reenter(Indexed, &v, re, nil)
		b, nb, err2 := s.Reenter(Plain, &v, re, nil)
		if d := cmp.Diff(b, a); d != "" || na != nb || err1 != nil || err2 != nil {
			t.Fatalf("%v: refused %d and %d, %v, %v: %s", v, na, nb, err1, err2, d)
		}
	})
	for _, k := range []Kind{Open, Closed, Stopped, Liquidated, TakenOver, Refused} {
		if kinds[k] == 0 {
			t.Errorf("no position was %v; the histories are too tame to tell: %v", k, kinds)
		}
	}
}

func compare(t *rapid.T, s *Series, v *Variant, e *Entry, all []moment, kinds map[Kind]int) {
	indexed, err := s.trade(Indexed, v, e)
	if err != nil {
		t.Fatal(err)
	}
	kinds[indexed.Kind]++
	plain, err := s.trade(Plain, v, e)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plain, indexed); d != "" {
		t.Fatalf("%v, %+v: plain loop and trees differ: %s", v, *e, d)
	}
	p, refused, _ := s.open(v, e)
	if refused != Taken {
		return
	}
	end := s.everyTick(&p, all)
	if d := cmp.Diff(s.settle(v, e, &p, &end), indexed); d != "" {
		t.Fatalf("%v, %+v: every tick and trees differ: %s", v, *e, d)
	}
	if indexed.PnL != indexedBooks(s, &p, &indexed) {
		t.Fatalf("%v, %+v: PnL %v is not what size, prices, fees and funding say", v, *e, indexed)
	}
}

// indexedBooks counts an account's PnL from the outcome's own figures: what the position brought, less fees and funding,
// never below minus its margin and the entry's fee.
func indexedBooks(s *Series, p *position, o *Outcome) market.Quote {
	price := o.Price
	switch o.Kind {
	case Open:
		price = s.o.Mark.Close[s.bars-1]
	case TakenOver:
		return -o.Margin - p.fee
	}
	gain, _ := market.ValueFloor(p.size, price)
	if o.Kind != Open {
		paid, _ := market.ValueFloor(-p.size, price)
		gain = -paid
	}
	return max(gain-p.cost-o.Fees-o.Funding, -o.Margin-p.fee)
}

func randomVariant(r *rand.Rand, ranges []market.Price) Variant {
	v := Variant{Equity: 1000 * market.Scale, Leverage: market.Rate(1+r.IntN(125)) * market.Scale, Watch: strategy.Watch(r.IntN(2))}
	if r.IntN(3) == 0 {
		v.Equity *= 10_000 // reaches into the higher tiers
		v.Leverage = min(v.Leverage, 30*market.Scale)
	}
	v.Notional, _ = v.Leverage.OfFloor(v.Equity / 100 * market.Quote(20+r.IntN(79)))
	switch r.IntN(3) {
	case 0:
		v.Stop = strategy.Distance{Rate: market.Rate(1 + r.IntN(20_000_000))}
	case 1:
		v.Stop, v.ATR = strategy.Distance{Rate: market.Rate(1 + r.Int64N(20*market.Scale)), Period: 14}, ranges
	}
	return v
}

// first is the place that a loop over the values finds.
func TestMinimaFindTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "values")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		values := make([]float64, n)
		for i := range values {
			values[i] = r.Float64()
		}
		m := newMinima(values)
		for range 50 {
			i, x := r.IntN(n), r.Float64()*rapid.SampledFrom([]float64{1, 0.01, 0.001}).Draw(t, "rarity")
			limit := i + r.IntN(n-i)
			want := i
			for want <= limit && values[want] > x {
				want++
			}
			if got := m.first(i, limit, x); got != want {
				t.Fatalf("first of %d from %d to %d at most %v: %d; expected %d", n, i, limit, x, got, want)
			}
		}
	})
}

// boundary returns the mark nearest to the entry at which a position is liquidatable, to the unit.
func boundary(s *Series, p *position, settled int32) (market.Price, bool) {
	safe, hit := p.entry, market.Price(1)
	if p.size < 0 {
		hit = 3 * p.entry
	}
	if s.liquidatable(p, safe, settled) || !s.liquidatable(p, hit, settled) {
		return 0, false
	}
	for safe-hit > 1 || hit-safe > 1 {
		if middle := (safe + hit) / 2; s.liquidatable(p, middle, settled) {
			hit = middle
		} else {
			safe = middle
		}
	}
	return hit, true
}

// A bar whose mark touches the liquidation price to the unit is named, whatever funding and the tiers have made of that
// price since the entry; one that stays a thousandth away is not.
func TestScreenNamesTheBarOfTheLastUnit(t *testing.T) {
	tiers := map[int]bool{}
	moved := 0
	base := generate(t, 3, shape{bars: 4, volatility: 0.00001, every: market.Hour})
	r := rand.New(rand.NewPCG(2, 4))
	for range 4000 {
		o := base
		side := market.Side(1 - 2*r.IntN(2))
		o.Funding = &market.Funding{Time: []market.Time{o.Time[1] + 1}, Rate: []market.Rate{market.Rate(r.Int64N(40_000_000) - 20_000_000)}, IntervalHours: []int32{8}}
		v := Variant{Leverage: market.Rate(2+r.IntN(18)) * market.Scale}
		tier := &o.Contract.Tiers[r.IntN(len(o.Contract.Tiers)-4)] // of the notional at liquidation, more or less
		v.Notional = market.Quote(float64(max(tier.Floor, 1000*market.Scale)) * (1 + 0.5*r.Float64()))
		v.Equity = 2 * v.Notional
		s := series(t, o)
		p, refused, err := s.open(&v, &Entry{Side: side})
		if refused != Taken || err != nil {
			continue
		}
		at, ok := boundary(s, &p, 1)
		if !ok {
			continue
		}
		notional, _ := market.ValueCeil(p.size.Abs(), at)
		tiers[o.Contract.Tier(notional)] = true
		if entered, _ := market.ValueCeil(p.size.Abs(), p.entry); o.Contract.Tier(entered) != o.Contract.Tier(notional) {
			moved++
		}
		for _, c := range []struct {
			mark  market.Price
			named bool
		}{{at, true}, {at + market.Price(side)*(at/1000), false}} {
			o.Mark = Bars{slices.Clone(o.Last.Open), slices.Clone(o.Last.High), slices.Clone(o.Last.Low), slices.Clone(o.Last.Close)}
			if side == market.Long {
				o.Mark.Low[3] = min(c.mark, o.Mark.Low[3])
			} else {
				o.Mark.High[3] = max(c.mark, o.Mark.High[3])
			}
			touched := series(t, o)
			screen := touched.screen(&p)
			if got := screen.first(3, 3) == 3; got != c.named && (c.named || (o.Mark.Low[3] == c.mark || o.Mark.High[3] == c.mark)) {
				t.Fatalf("%v of %v at %v, %vx, liquidatable at %v: a bar that touches %v is named: %v", side, p.size, p.entry, v.Leverage, at, c.mark, got)
			}
		}
	}
	if len(tiers) < 6 || moved < 100 {
		t.Errorf("liquidations in %d tiers, %d of them in another than the entry; the positions are too tame to tell", len(tiers), moved)
	}
}
