package risk

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// A cross account of 300 closes a long of 10 at half its price of 100 and is left with -200 and a short of 1, worth 100. It is taken over for
// nothing, which realizes 100; the other 100 are nobody's, as the fund is empty. What was liquidated is one piece at its mark of 100, not at 0:
// sums of liquidated notional count everything that was.
func TestNotionalAtABankruptcyPriceOfZero(t *testing.T) {
	var taken []Event
	var socialized market.Quote
	x := newExchange(t, Options{Instruments: instruments("AAA", "BBB"), Rulebook: newScriptBook().load(t), Execution: Impact{HalfSpread: 0.5e8, Cap: 0.5e8, DefaultDepth: 1e14}, Events: func(e *Event) {
		if e.Kind == Takeover {
			taken = append(taken, *e)
		}
		if e.Kind == SocializedLoss && !e.Book {
			socialized -= e.RealizedPnL
		}
	}})
	tick := func(at market.Time) {
		if err := x.Tick(&Tick{Time: at, Prices: []PriceUpdate{{Mark: 100e8, Last: 100e8, Gap: true}, {Instrument: 1, Mark: 100e8, Last: 100e8, Gap: true}}}); err != nil {
			t.Fatal(err)
		}
	}
	tick(1)
	a, err := x.AddAccount(300e8)
	if err != nil {
		t.Fatal(err)
	}
	for i, size := range []market.Qty{10e8, -1e8} {
		if err := x.Open(Order{Account: a, Instrument: market.InstrumentID(i), Size: size, Price: 100e8, Leverage: 10e8, Mode: Cross}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Close(a, 0); err != nil {
		t.Fatal(err)
	}
	tick(2)
	if len(taken) != 1 || taken[0].Instrument != 1 || taken[0].Price != 0 || taken[0].Notional != 100e8 || taken[0].RealizedPnL != 100e8 || socialized != 100e8 {
		t.Errorf("%+v, %v socialized", taken, socialized)
	}
}
