package risk

import (
	"slices"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// A long of 10 from 100 with 10 of margin a piece is taken over at 90 for 900 while the mark is 88, so that every piece lacks 2.
// The fund is empty. A short of 4 and one of 3 are in profit: their parts lack 8 and 6, at the bankruptcy price and at the mark alike.
// The other 3, which lack 6, are sold for a loss that nobody pays. At the mark the gap of 14 is nobody's too: a loss without a
// deficit, since nothing is sold. The book takes everything at 79.2, a tenth below the mark: there a piece lacks 10.8, the parts 43.2, 32.4 and 32.4.
func TestDeficitsByHand(t *testing.T) {
	for adlPrice, want := range map[string][]market.Quote{"bankruptcy": {8e8, 6e8, 6e8}, "mark": {8e8, 6e8, 0, 6e8}} {
		book := newScriptBook()
		book.policies["adl_price"] = adlPrice
		var deficits, inBook []market.Quote
		x := newExchange(t, Options{Instruments: instruments("AAA"), Rulebook: book.load(t), Execution: Impact{HalfSpread: 0.1e8, Cap: 0.5e8, DefaultDepth: 1e14}, Events: func(e *Event) {
			if e.Kind == ADL || e.Kind == SocializedLoss {
				deficits = append(deficits, e.Deficit)
			} else if e.Deficit != 0 {
				t.Errorf("%v has a deficit of %v", e.Kind, e.Deficit)
			}
			if e.Kind == ADL || e.Kind == SocializedLoss && e.Book {
				inBook = append(inBook, e.BookDeficit)
			} else if e.BookDeficit != 0 {
				t.Errorf("%v lacks %v in the book", e.Kind, e.BookDeficit)
			}
		}})
		tick := func(at market.Time, mark market.Price) {
			if err := x.Tick(&Tick{Time: at, Prices: []PriceUpdate{{Mark: mark, Last: mark, Gap: true}}}); err != nil {
				t.Fatal(err)
			}
		}
		tick(1, 100e8)
		for _, size := range []market.Qty{10e8, -4e8, -3e8} {
			a, err := x.AddAccount(1000e8)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.Open(Order{Account: a, Size: size, Price: 100e8, Leverage: 10e8}); err != nil {
				t.Fatal(err)
			}
		}
		tick(2, 88e8)
		if want := []market.Quote{43.2e8, 32.4e8, 32.4e8}; !slices.Equal(inBook, want) {
			t.Errorf("%s: in the book %v, expected %v", adlPrice, inBook, want)
		}
		if !slices.Equal(deficits, want) {
			t.Errorf("%s: deficits %v, expected %v", adlPrice, deficits, want)
		}
	}
}
