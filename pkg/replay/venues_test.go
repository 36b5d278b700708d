package replay

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"pgregory.net/rapid"
)

// coarse is a venue with other lots, ticks, limits and funds than Binance's.
func coarse(tb failer) *venue.Rulebook {
	tb.Helper()
	book, err := venue.LoadFile("testdata/coarse.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	return book
}

// scaledCrowd draws a crowd up to its sizes in lots.
func scaledCrowd(t *rapid.T, p crowdParams) crowdBuilder {
	b := crowdBuilder{crowdParams: p, notional: newNotionalDraw(p.Crowd.Notional)}
	if err := b.target(); err != nil {
		t.Fatal(err)
	}
	b.draw()
	b.scale()
	return b
}

// The same account has the same instrument, side, notional, entry and wished leverage whatever the rulebook; sizes differ by
// the lots of either venue: a position is within one lot of its share, and the side's total within one of its own.
func TestOneCrowdOnEveryVenue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		marks := map[string]string{"BTCUSDT": "113000", "ETHUSDT": "3800.5", "SOLUSDT": "190.11"}
		here := crowdOn(t, rapid.IntRange(1, 300).Draw(t, "accounts"), marks)
		here.Seed = rapid.Uint64().Draw(t, "seed")
		here.Crowd.LongShare = rapid.Float64Range(0.01, 0.99).Draw(t, "long share")
		there, book := here, coarse(t)
		there.Instruments = slices.Clone(here.Instruments)
		for i := range there.Instruments {
			in := &there.Instruments[i]
			c, err := book.Contract(in.Instrument.Symbol)
			if err != nil {
				t.Fatal(err)
			}
			in.Contract, in.Instrument = c, c.Instrument
		}
		a, b := scaledCrowd(t, here), scaledCrowd(t, there)
		if !reflect.DeepEqual(a.drawn, b.drawn) || !reflect.DeepEqual(a.first, b.first) || !reflect.DeepEqual(a.cross, b.cross) || !reflect.DeepEqual(a.stops, b.stops) || !reflect.DeepEqual(a.hedged, b.hedged) {
			t.Fatal("the draw depends on the rulebook")
		}
		for k := range a.drawn {
			i := a.drawn[k].instrument
			lotA, lotB := here.Instruments[i].Instrument.Lot, there.Instruments[i].Instrument.Lot
			sizeA, sizeB := market.Qty(a.lots[k])*lotA, market.Qty(b.lots[k])*lotB
			if d := (sizeA - sizeB).Abs(); d > 2*(lotA+lotB) {
				t.Fatalf("position %d of %s: size %v here, %v there; expected within the lots, %v and %v", k, here.Instruments[i].Instrument.Symbol, sizeA, sizeB, lotA, lotB)
			}
		}
	})
}

func runOn(t *testing.T, book *venue.Rulebook, c *columnar.Catalog, text string) (*Result, *tape) {
	t.Helper()
	rec := &tape{}
	r, err := Run(context.Background(), Options{Scenario: parseScenario(t, text), Catalog: c, Rulebook: book, Recorder: rec})
	if err != nil {
		t.Fatal(err)
	}
	return r, rec
}

// Tiers by size: 100,001 at 50,000 is 2.00002 BTC, above the 2 up to which 40x is allowed; at 50,001 it is less than 2.
func TestALimitBySizeIsThatOfTheNotionalAtThePresentPrice(t *testing.T) {
	book := coarse(t)
	c, err := book.Contract("BTCUSDT")
	if err != nil {
		t.Fatal(err)
	}
	p := &plan{o: Options{Rulebook: book}, instruments: []market.Instrument{c.Instrument}, contracts: []*venue.Contract{c}}
	x := rulebookExchange{plan: p, price: func(market.InstrumentID) market.Price { return 0 }}
	for _, at := range []struct {
		notional, price float64
		limit           int
	}{{100_000, 50_000, 40}, {100_001, 50_000, 20}, {100_001, 50_001, 40}, {100_000.00000001, 50_000, 20}, {100_000, 0, 0}} {
		if got := x.entering(0, px(at.price)).MaxLeverage("BTCUSDT", market.Quote(px(at.notional))); got != at.limit {
			t.Errorf("%v at %v: at most %dx, expected %dx", at.notional, at.price, got, at.limit)
		}
	}
	if got := x.MaxLeverage("ETHUSDT", 1); got != 0 {
		t.Errorf("an instrument that is not replayed: %dx, expected 0", got)
	}
}

// 50x is refused by a venue that gives 40x, entry by entry; the rule at 10x goes on. Alone it is a mistake of the scenario.
func TestLeverageThatOneVenueRefusesIsAResult(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat)}, nil)
	grid := `
insurance_fund: {opening: 1000, floor: 0}
probes:
  entries: {kind: at, time: 2025-10-10T12:00:00Z, symbols: BTCUSDT}
  factors: {equity: 1000, sizing: {kind: fixed_notional, notional: 900}, leverage: [10, 50], stop: [none]}
`
	r, rec := runOn(t, coarse(t), c, grid)
	if len(rec.rows) != 2 || rec.rows[0].Outcome != OutcomeOpen || rec.rows[1].Outcome != OutcomeRefused || !strings.Contains(rec.rows[1].Refusal, "above the 40x") {
		t.Errorf("%s", strings.Join(rec.accounts, "\n"))
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), `"50x, no stop": 1 of 1 entries refused`) {
		t.Errorf("notes %q", r.Notes)
	}
	alone := strings.Replace(grid, "[10, 50]", "[50]", 1)
	_, err := Run(context.Background(), Options{Scenario: parseScenario(t, alone), Catalog: c, Rulebook: coarse(t)})
	if err == nil || !strings.Contains(err.Error(), "probes.factors") || !strings.Contains(err.Error(), "40x") {
		t.Errorf("alone: %v", err)
	}
}

// Open interests of 1,000 BTC at 50,000 and 5,000 ETH at 2,000 weigh 50 to 10 million; without the second series its
// turnover stands for it; a venue with one fund weighs nothing.
func TestFundsAreWeighedByOpenInterest(t *testing.T) {
	flatBTC, flatETH := [4]float64{50000, 50000, 50000, 50000}, [4]float64{2000, 2000, 2000, 2000}
	eth := key(columnar.Candles, market.Minute, "ETHUSDT")
	before := start - 10*market.Minute
	bars := series{btc: minutes(market.Minute, before, slices.Repeat([][4]float64{flatBTC}, 12)...), eth: minutes(market.Minute, before, slices.Repeat([][4]float64{flatETH}, 12)...)}
	interest := func(symbols ...string) func(*columnar.Writer) {
		return func(w *columnar.Writer) {
			for _, s := range symbols {
				size := map[string]market.Qty{"BTCUSDT": 1000e8, "ETHUSDT": 5000e8}[s]
				if err := w.OpenInterest(s, &market.OpenInterest{Time: []market.Time{before}, Size: []market.Qty{size}, Value: []market.Quote{1}}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	text := one("") + "window: {from: 2025-10-10T12:00:00Z}\n"
	for _, c := range []struct {
		name string
		book *venue.Rulebook
		with []string
		want []market.Quote
	}{
		{"both", coarse(t), []string{"BTCUSDT", "ETHUSDT"}, []market.Quote{50_000_000, 10_000_000}},
		// 10 bars of 10 ETH at 2,000 in 10 minutes: 144 · 100 · 2,000 a day, times 0.36.
		{"one estimated", coarse(t), []string{"BTCUSDT"}, []market.Quote{50_000_000, 10_368_000}},
		{"one fund", rulebook(t), []string{"BTCUSDT", "ETHUSDT"}, nil},
	} {
		p, err := prepare(Options{Scenario: parseScenario(t, text), Catalog: catalog(t, bars, interest(c.with...)), Rulebook: c.book})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.weights, c.want) {
			t.Errorf("%s: weights %v, expected %v", c.name, p.weights, c.want)
		}
	}
}

// Where maintenance margin is all of the notional and the price has not moved in its favor, no leverage keeps a position alive:
// the account is entered at the opening mark and holds 1.5 times its maintenance margin. Every account lives.
func TestAccountsThatInitialMarginWouldNotKeepAliveHoldMore(t *testing.T) {
	p := crowdOn(t, 40, map[string]string{"BTCUSDT": "113000"})
	p.Crowd.CrossShare = 0
	c := *p.Instruments[0].Contract
	c.Tiers = []venue.Tier{{Cap: 9e18, MaxLeverage: 1, MaintenanceMarginRate: market.Scale}}
	p.Instruments[0].Contract = &c
	built, backed := build(t, p), 0
	for a, account := range built.Accounts {
		q := account.Positions[0]
		mm, _ := market.ValueCeil(q.Size.Abs(), px(113000))
		entry, _ := market.ValueCeil(q.Size.Abs(), q.Entry)
		gain := mm - entry
		if q.Size < 0 {
			gain = -gain
		}
		if account.Deposit+gain <= mm || account.Deposit != q.Margin {
			t.Errorf("account %d: deposit %v, margin %v, gain %v, maintenance margin %v", a, account.Deposit, q.Margin, gain, mm)
		}
		if q.Entry != px(113000) {
			continue // its profit keeps it alive
		}
		backed++
		if q.Margin < mm*3/2 || q.Margin > mm*3/2+mm/1e6+4 {
			t.Errorf("account %d: margin %v, expected 1.5 times %v", a, q.Margin, mm)
		}
	}
	if backed == 0 || backed == 40 || built.Backed != backed || built.Redrawn != backed || built.Holding != 40 || built.Drawn != 40 {
		t.Errorf("counts %+v, %d accounts hold more", built.CrowdCounts, backed)
	}
	if !strings.Contains(strings.Join(built.Notes, "\n"), "hold 1.5 times their maintenance margin") {
		t.Errorf("notes %q", built.Notes)
	}
}
