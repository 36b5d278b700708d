package replay

import (
	"math"
	"math/rand/v2"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"pgregory.net/rapid"
)

// failer is what testing.T, testing.B and rapid.T have in common.
type failer interface {
	Helper()
	Fatal(...any)
}

// crowdOn returns the parameters of a crowd on the named contracts at the given marks, with a day of bars before the start
// that lie between 2% below the mark and 4% above it.
func crowdOn(tb failer, accounts int, marks map[string]string) crowdParams {
	tb.Helper()
	book, err := venue.Load("binance/2025-10")
	if err != nil {
		tb.Fatal(err)
	}
	p := crowdParams{Seed: 1, Crowd: &scenario.Crowd{Accounts: accounts, OpenInterestShare: 0.5, LongShare: 0.5, CrossShare: 0.3, CrossPositions: 3,
		Leverage: []scenario.LeverageWeight{{Leverage: 3e8, Weight: 2}, {Leverage: 10e8, Weight: 5}, {Leverage: 50e8, Weight: 2}, {Leverage: 125e8, Weight: 1}},
		Notional: scenario.Notional{Median: 1000e8, Tail: 1.2, Min: 10e8, Max: 50_000_000e8},
		Stop:     scenario.CrowdStop{Share: 0.2, Distance: 2_000_000}}}
	symbols := make([]string, 0, len(marks))
	for s := range marks {
		symbols = append(symbols, s)
	}
	sort.Strings(symbols)
	for _, s := range symbols {
		c, err := book.Contract(s)
		if err != nil {
			tb.Fatal(err)
		}
		mark := market.MustParse[market.Price](marks[s])
		e := &entryPrices{}
		for hour := range market.Price(24) {
			middle := mark / 100 * (98 + hour/4)
			e.add(market.Hour, middle-mark/200, middle+mark/200, 1e8)
		}
		interest, _ := market.MulDivFloor(1_000_000_000e8, market.Scale, int64(mark))
		p.Instruments = append(p.Instruments, crowdInstrument{Instrument: c.Instrument, Contract: c, Mark: mark, Interest: market.Qty(interest), Entries: e})
	}
	return p
}

var fourMarks = map[string]string{"BTCUSDT": "113000", "ETHUSDT": "3800.5", "SOLUSDT": "190.11", "DOGEUSDT": "0.2231"}

func build(tb testing.TB, p crowdParams) crowd {
	tb.Helper()
	c, err := buildCrowd(p)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// sides adds up the crowd's long and short sizes of an instrument.
func (c *crowd) sides(i int) (long, short market.Qty) {
	for _, a := range c.Accounts {
		for _, p := range a.Positions {
			switch {
			case int(p.Instrument) != i:
			case p.Size > 0:
				long += p.Size
			default:
				short -= p.Size
			}
		}
	}
	return long, short
}

func TestCrowdHoldsItsShareOfOpenInterest(t *testing.T) {
	p := crowdOn(t, 20_000, fourMarks)
	c := build(t, p)
	for i, in := range p.Instruments {
		want := in.Interest / 2 / in.Instrument.Lot * in.Instrument.Lot
		long, short := c.sides(i)
		if d := (long - want).Abs(); d > in.Instrument.Lot {
			t.Errorf("%s: longs hold %v, expected half of %v", in.Instrument.Symbol, long, in.Interest)
		}
		if long != short {
			t.Errorf("%s: longs hold %v, shorts %v; expected the same at a long share of one half", in.Instrument.Symbol, long, short)
		}
	}
	if c.Redrawn == 0 || c.Capped == 0 {
		t.Errorf("redrawn %d, capped %d; at 125x and entries 4%% away both happen", c.Redrawn, c.Capped)
	}
}

func TestCrowdLeavesTheDifferenceToTheProvider(t *testing.T) {
	p := crowdOn(t, 5_000, map[string]string{"BTCUSDT": "113000"})
	p.Crowd.LongShare = 0.8
	c := build(t, p)
	long, short := c.sides(0)
	// Longs hold half of the open interest; a fifth of the accounts is short, a quarter of what the longs hold.
	if got := market.Float(short) / market.Float(long); math.Abs(got-0.25) > 1e-4 {
		t.Errorf("shorts over longs = %v, expected 0.25", got)
	}
}

func TestCrowdProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := crowdOn(t, rapid.IntRange(1, 300).Draw(t, "accounts"), fourMarks)
		p.Seed = rapid.Uint64().Draw(t, "seed")
		p.Crowd.LongShare = rapid.Float64Range(0, 1).Draw(t, "long share")
		p.Crowd.CrossShare = rapid.Float64Range(0, 1).Draw(t, "cross share")
		p.Crowd.CrossPositions = rapid.IntRange(1, 6).Draw(t, "cross positions")
		p.Crowd.OpenInterestShare = rapid.Float64Range(0.001, 1).Draw(t, "open interest share")
		c, err := buildCrowd(p)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := buildCrowd(p)
		if !reflect.DeepEqual(c, again) {
			t.Fatal("the same parameters gave two crowds")
		}
		for a, account := range c.Accounts {
			p.checkAccount(t, a, account)
		}
		heavy := max(p.Crowd.LongShare, 1-p.Crowd.LongShare)
		for i, in := range p.Instruments {
			long, short := c.sides(i)
			for _, side := range []struct {
				got   market.Qty
				share float64
			}{{long, p.Crowd.LongShare}, {short, 1 - p.Crowd.LongShare}} {
				want := market.Float(in.Interest) * p.Crowd.OpenInterestShare * side.share / heavy
				if got := market.Float(side.got); side.got != 0 && math.Abs(got-want) > 1.01*market.Float(in.Instrument.Lot)+want*1e-12 {
					t.Fatalf("%s: a side holds %v, expected %v", in.Instrument.Symbol, got, want)
				}
			}
		}
	})
}

// checkAccount holds an account against the rules of the exchange at the opening marks.
func (p *crowdParams) checkAccount(t *rapid.T, a int, account crowdAccount) {
	equity, maintenance := account.Deposit, market.Quote(0)
	held := map[market.InstrumentID]bool{}
	for _, q := range account.Positions {
		in := &p.Instruments[q.Instrument]
		if held[q.Instrument] {
			t.Fatalf("account %d holds %s twice", a, in.Instrument.Symbol)
		}
		held[q.Instrument] = true
		entry, _ := market.ValueCeil(q.Size.Abs(), q.Entry)
		notional, _ := market.ValueCeil(q.Size.Abs(), in.Mark)
		value, _ := market.ValueFloor(q.Size, in.Mark)
		cost, _ := market.ValueFloor(q.Size, q.Entry)
		mm, _ := in.Contract.MaintenanceMargin(venue.Exposure{Size: q.Size.Abs(), Notional: notional, Entry: entry})
		equity, maintenance = equity+value-cost, maintenance+mm
		switch {
		case q.Size == 0 || q.Size%in.Instrument.Lot != 0:
			t.Fatalf("account %d: size %v is not in lots of %v", a, q.Size, in.Instrument.Lot)
		case q.Entry <= 0 || q.Entry != in.Mark && q.Entry%in.Instrument.Tick != 0:
			t.Fatalf("account %d: entry %v is not on the tick %v", a, q.Entry, in.Instrument.Tick)
		case q.Leverage < 1e8 || q.Leverage > market.Rate(in.Contract.MaxLeverage(venue.Exposure{Notional: entry}))*1e8:
			t.Fatalf("account %d: leverage %v at a notional of %v", a, q.Leverage, entry)
		case account.Mode == risk.Isolated && account.Deposit != q.Margin:
			t.Fatalf("account %d: isolated margin %v, deposit %v", a, q.Margin, account.Deposit)
		case q.Stop != 0 && (q.Size > 0) != (q.Stop < in.Mark):
			t.Fatalf("account %d: stop %v is already behind mark %v", a, q.Stop, in.Mark)
		}
	}
	if account.Mode == risk.Isolated && len(account.Positions) != 1 {
		t.Fatalf("account %d is isolated with %d positions", a, len(account.Positions))
	}
	if equity <= maintenance {
		t.Fatalf("account %d: equity %v, maintenance margin %v at the opening marks", a, equity, maintenance)
	}
}

// A crowd of n accounts is the beginning of a larger one, up to the scale: drawing has no order.
func TestCrowdAccountsAreIndependent(t *testing.T) {
	drawn := func(accounts int) []openPosition {
		b := crowdBuilder{crowdParams: crowdOn(t, accounts, fourMarks)}
		b.notional = newNotionalDraw(b.Crowd.Notional)
		if err := b.target(); err != nil {
			t.Fatal(err)
		}
		b.draw()
		return b.drawn
	}
	few, many := drawn(500), drawn(1500)
	if !reflect.DeepEqual(few, many[:len(few)]) {
		t.Error("the first accounts changed with the number of accounts")
	}
}

func TestNotionalDistribution(t *testing.T) {
	d := newNotionalDraw(scenario.Notional{Median: 1000e8, Tail: 1.5, Min: 1e8, Max: 1_000_000e8})
	r := rand.New(rand.NewPCG(1, 2))
	const n = 200_000
	var below, beyond8000 int
	for range n {
		v := d.draw(r)
		if v < 1 || v > 1_000_000 {
			t.Fatalf("drew %v, expected 1 to 1,000,000", v)
		}
		if v < 1000 {
			below++
		}
		if v > 8000 {
			beyond8000++
		}
	}
	// Six standard errors: 0.5 ± 0.0067; half of 8^-1.5 = 0.0221 ± 0.002.
	if got := float64(below) / n; math.Abs(got-0.5) > 0.0067 {
		t.Errorf("share below the median = %v, expected 0.5", got)
	}
	if got := float64(beyond8000) / n; math.Abs(got-0.0221) > 0.002 {
		t.Errorf("share beyond eight medians = %v, expected 0.0221", got)
	}
}

func TestCrowdMathAgainstPackageMath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-500, 500).Draw(t, "x")
		if got, want := exp2(x), math.Exp2(x); math.Abs(got/want-1) > 1e-13 {
			t.Fatalf("exp2(%v) = %v, expected %v", x, got, want)
		}
		y := rapid.Float64Range(1e-300, 1e300).Draw(t, "y")
		if got, want := log2(y), math.Log2(y); math.Abs(got-want) > 1e-12 {
			t.Fatalf("log2(%v) = %v, expected %v", y, got, want)
		}
	})
}

func TestCrowdWithoutOpenInterestOrBars(t *testing.T) {
	p := crowdOn(t, 1000, map[string]string{"BTCUSDT": "100000"})
	p.Instruments[0].Interest = 0
	c := build(t, p)
	// 24 bars of 1e8 quote in a day; 0.36 of it, half of that, at 100,000 a piece: 4,320 BTC.
	if long, _ := c.sides(0); long != 4320e8 {
		t.Errorf("longs hold %v, expected 4320", long)
	}
	if !strings.Contains(strings.Join(c.Notes, "\n"), "BTCUSDT taken as 0.36 of a day's turnover") {
		t.Errorf("notes %q do not say that open interest was estimated", c.Notes)
	}
	p.Instruments[0].Interest, p.Instruments[0].Entries = 1000e8, nil
	for _, a := range build(t, p).Accounts {
		for _, q := range a.Positions {
			if q.Entry < 99_000e8 || q.Entry > 101_000e8 {
				t.Fatalf("entry %v, expected within 1%% of 100,000", q.Entry)
			}
		}
	}
	p.Instruments[0].Interest, p.Instruments[0].Entries = 0, nil
	if _, err := buildCrowd(p); err == nil || !strings.Contains(err.Error(), "BTCUSDT") {
		t.Errorf("error %v, expected one that names BTCUSDT", err)
	}
}

func TestCrowdLeavesOutWhatHasNoSize(t *testing.T) {
	p := crowdOn(t, 1000, fourMarks)
	p.Instruments[1].Interest, p.Instruments[1].Entries = 0, &entryPrices{}
	c := build(t, p)
	if long, short := c.sides(1); long != 0 || short != 0 {
		t.Errorf("holds %v and %v of an instrument without open interest and volume", long, short)
	}
	if want := "crowd: holds no DOGEUSDT"; !strings.Contains(strings.Join(c.Notes, "\n"), want) {
		t.Errorf("notes %q lack %q", c.Notes, want)
	}
}

func BenchmarkBuildCrowd(b *testing.B) {
	const accounts = 300_000
	p := crowdOn(b, accounts, fourMarks)
	for b.Loop() {
		if _, err := buildCrowd(p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/accounts, "ns/account")
}
