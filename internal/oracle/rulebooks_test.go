package oracle

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// testRulebooks returns the artificial rules with the inclusive and with the strict trigger.
func testRulebooks(t rapid.TB) (inclusive, strict *venue.Rulebook) {
	t.Helper()
	text, err := os.ReadFile("testdata/rulebook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if inclusive, err = venue.Parse("rulebook.yaml", text); err != nil {
		t.Fatal(err)
	}
	if strict, err = venue.Parse("rulebook.yaml", bytes.Replace(text, []byte("is: inclusive"), []byte("is: strict"), 1)); err != nil {
		t.Fatal(err)
	}
	return inclusive, strict
}

// stage is what a scenario plays on: instruments, prices to begin with, and how much money goes with them.
type stage struct {
	instruments []market.Instrument
	prices      []float64
	money       float64 // deposits of the artificial rulebook are 20 to 3,000
}

// stageOf takes the three artificial contracts where a rulebook has them, or else up to three of its own.
func stageOf(r *rand.Rand, book *venue.Rulebook) stage {
	s := stage{money: 1}
	if slices.Equal(book.Symbols(), []string{"AUSDT", "BUSDT", "CUSDT"}) {
		for _, a := range artificials {
			s.add(book, a.symbol, a.price)
		}
		return s
	}
	symbols := book.Symbols()
	if len(symbols) == 0 {
		symbols = []string{"AUSDT", "BUSDT", "CUSDT"} // which the default contract answers for
	}
	r.Shuffle(len(symbols), func(i, j int) { symbols[i], symbols[j] = symbols[j], symbols[i] })
	symbols = symbols[:min(3, len(symbols))]
	slices.Sort(symbols)
	s.money = math.Pow(10, r.Float64()*4)
	for _, symbol := range symbols {
		s.add(book, symbol, 0)
	}
	return s
}

// add puts a contract on the stage. Without a price of its own it gets one that is many ticks and at which a lot is
// little money.
func (s *stage) add(book *venue.Rulebook, symbol string, price float64) {
	c, err := book.Contract(symbol)
	if err != nil {
		panic(err) // the symbol is one of the rulebook's own
	}
	if price == 0 {
		price = min(max(market.Float(c.Instrument.Tick)*20_000, 0.01), 200_000, max(s.money/market.Float(c.Instrument.Lot), 100*market.Float(c.Instrument.Tick)))
	}
	price = max(price, s.money/1000) // so that no size comes near the 92 billion that fit
	s.instruments, s.prices = append(s.instruments, c.Instrument), append(s.prices, price)
}

// alone runs the oracle by itself and returns its events.
func alone(t rapid.TB, s *scenario) []risk.Event {
	t.Helper()
	return after(t, s).Events()
}

// after is the oracle after a scenario.
func after(t rapid.TB, s *scenario) *Exchange {
	t.Helper()
	x, err := New(s.options)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range s.deposits {
		x.AddAccount(d)
	}
	for i, step := range s.steps {
		switch {
		case step.tick != nil:
			if err := x.Tick(step.tick); err != nil {
				t.Fatalf("step %d: %v\nafter %v", i, err, s)
			}
		case step.open != nil:
			x.Open(*step.open)
		case step.stop != nil:
			x.PlaceStop(*step.stop)
		case step.close != nil:
			x.Close(step.close.account, step.close.instrument)
		case step.hold != nil:
			x.Hold(step.hold.account, step.hold.asset, step.hold.size)
		}
	}
	return x
}

// under is the same scenario under another rulebook.
func (s *scenario) under(book *venue.Rulebook) *scenario {
	s.options.Rulebook = book
	return s
}
