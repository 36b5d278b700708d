package risk

import (
	"errors"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// price, qty and quote read decimal text, as scripts and tables write it.
func price(s string) market.Price { return market.MustParse[market.Price](s) }
func qty(s string) market.Qty     { return market.MustParse[market.Qty](s) }
func quote(s string) market.Quote { return market.MustParse[market.Quote](s) }
func rate(s string) market.Rate   { return market.MustParse[market.Rate](s) }

func instruments(symbols ...string) []market.Instrument {
	var list []market.Instrument
	for _, s := range symbols {
		list = append(list, market.Instrument{Symbol: s, Tick: price("0.01"), Lot: qty("0.001")})
	}
	return list
}

// noSlippage fills every order at its reference price.
var noSlippage = Impact{Cap: rate("0.5"), DefaultDepth: quote("1000000")}

func newExchange(tb testing.TB, o Options) *Exchange {
	tb.Helper()
	if o.Rulebook == nil {
		book, err := venue.Load("binance/2025-10")
		if err != nil {
			tb.Fatal(err)
		}
		o.Rulebook = book
	}
	if o.Execution == nil {
		o.Execution = noSlippage
	}
	x, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return x
}

func tickAt(tb testing.TB, x *Exchange, at market.Time, marks ...string) {
	tb.Helper()
	t := Tick{Time: at}
	for i, m := range marks {
		t.Prices = append(t.Prices, PriceUpdate{Instrument: market.InstrumentID(i), Mark: price(m), Last: price(m), Gap: true})
	}
	if err := x.Tick(&t); err != nil {
		tb.Fatal(err)
	}
}

// TestIsolatedLongLiquidates follows docs/MODEL.md section 5 by hand. 1 BTC at 60,000, 10x: margin 6,000. Tier 1 of
// BTCUSDT is 0.4% up to 300,000. Liquidation where 6000 + (P - 60000) = 0.004 P: P = 54000/0.996 = 54216.867...
func TestIsolatedLongLiquidates(t *testing.T) {
	var events []Event
	x := newExchange(t, Options{Instruments: instruments("BTCUSDT"), InsuranceFund: quote("1000"), Events: func(e *Event) { events = append(events, *e) }})
	tickAt(t, x, 1, "60000")
	a, err := x.AddAccount(quote("7000"))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Open(Order{Account: a, Size: qty("1"), Price: price("60000"), Leverage: rate("10"), Mode: Isolated}); err != nil {
		t.Fatal(err)
	}
	c, _ := x.o.Rulebook.Contract("BTCUSDT")
	if lp, ok := LiquidationPrice(c, true, qty("1"), price("60000"), quote("6000"), rate("10")); !ok || lp != price("54216.86746988") {
		t.Errorf("liquidation price %v, %v; expected 54216.86746988: there equity is 216.86746988 and maintenance margin, 216.8674698795 rounded up, equals it", lp, ok)
	}
	tickAt(t, x, 2, "54216.87")
	if len(events) != 1 {
		t.Fatalf("%d events above the liquidation price, expected the entry only", len(events))
	}
	tickAt(t, x, 3, "54216.86")
	// 216.86 are left at the fill; the fee of the rulebook (1.25% of 54216.86 = 677.71) is capped at that.
	if len(events) != 2 || events[1].Kind != Liquidation || events[1].Fee != quote("216.86") || events[1].RealizedPnL != quote("-5783.14") {
		t.Fatalf("events %+v", events[1:])
	}
	if got := x.Account(a); got.Equity != quote("1000") || got.Positions != 0 {
		t.Errorf("account %+v, expected the 1000 outside of the isolated margin", got)
	}
	if x.Fund() != quote("1216.86") {
		t.Errorf("fund %v", x.Fund())
	}
	if l, err := x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestSettleFundingPaysAllThatIsOwed: a long of 10 at 100 and a short of 4 through one settlement of 1%: 10 paid, 4
// received, whether or not anything else ever touches the positions. Equity does not change by settling.
func TestSettleFundingPaysAllThatIsOwed(t *testing.T) {
	book, err := venue.LoadFile("testdata/rulebook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	x := newExchange(t, Options{Rulebook: book, Instruments: instruments("AAA")})
	tickAt(t, x, 1, "100")
	for _, size := range []string{"10", "-4"} {
		a, err := x.AddAccount(quote("500"))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Open(Order{Account: a, Size: qty(size), Price: price("100"), Leverage: rate("2")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Tick(&Tick{Time: 2, Funding: []FundingUpdate{{Rate: rate("0.01")}}}); err != nil {
		t.Fatal(err)
	}
	if paid := x.Totals().FundingPaid; !paid.IsZero() {
		t.Errorf("%v paid before anything was settled", paid)
	}
	x.SettleFunding()
	if paid := x.Totals().FundingPaid; paid.String() != "6" {
		t.Errorf("funding paid %v, expected 10 - 4", paid)
	}
	if a, b := x.Account(0).Equity, x.Account(1).Equity; a != quote("490") || b != quote("504") {
		t.Errorf("equity %v and %v, expected 490 and 504", a, b)
	}
	if l, err := x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestEquityThatDoesNotFit: two longs of 600,000 bought at 1,000 are worth 59.4 billion more each at 100,000. Each fits into 92
// billion, the scope's equity does not: wrapped it would be negative, and the richest account would be liquidated.
func TestEquityThatDoesNotFit(t *testing.T) {
	for _, mode := range []MarginMode{Cross, Isolated} {
		x := newExchange(t, Options{Instruments: instruments("BTCUSDT", "ETHUSDT")})
		both := func(time market.Time, p string) error {
			return x.Tick(&Tick{Time: time, Prices: []PriceUpdate{{Instrument: 0, Mark: price(p), Last: price(p)}, {Instrument: 1, Mark: price(p), Last: price(p)}}})
		}
		if err := both(1, "1000"); err != nil {
			t.Fatal(err)
		}
		a, err := x.AddAccount(quote("1300000000"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range market.InstrumentID(2) {
			if err := x.Open(Order{Account: a, Instrument: i, Size: qty("600000"), Price: price("1000"), Leverage: rate("1"), Mode: mode}); err != nil {
				t.Fatal(err)
			}
		}
		var overflow *OverflowError
		if err := both(2, "100000"); err != nil && !errors.As(err, &overflow) {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if err, ok := recover().(error); overflow == nil && (!ok || !errors.As(err, &overflow)) {
					t.Errorf("%v: equity %v; expected an overflow", mode, x.Account(a).Equity)
				}
			}()
			_ = x.Account(a)
		}()
		if overflow != nil && overflow.What != "equity" {
			t.Errorf("%v: overflow of %s; expected that of equity", mode, overflow.What)
		}
	}
}

// TestSizesThatDoNotFit: two orders that fit alone and not together are refused by name, and nothing changes.
func TestSizesThatDoNotFit(t *testing.T) {
	x := newExchange(t, Options{Instruments: instruments("BTCUSDT")})
	tickAt(t, x, 1, "0.01")
	a, err := x.AddAccount(quote("90000000000"))
	if err != nil {
		t.Fatal(err)
	}
	o := Order{Account: a, Size: -qty("50000000000"), Price: price("0.01"), Leverage: rate("1")}
	if err := x.Open(o); err != nil {
		t.Fatal(err)
	}
	var overflow *OverflowError
	if err := x.Open(o); !errors.As(err, &overflow) || overflow.What != "size" {
		t.Errorf("a second short of 50 billion: %v; expected an overflow of size", err)
	}
	if p, _ := x.Position(a, 0); p.Size != o.Size {
		t.Errorf("size %v after the refusal; expected %v", p.Size, o.Size)
	}
}
