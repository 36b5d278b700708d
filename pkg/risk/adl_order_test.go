package risk

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Hyperliquid's fills of 2025-10-10 21:16:04 are a batch of liquidations and, after it, a batch of ADL, one to one by coin (ConejoCapital,
// BATCH_PROCESSING_DISCOVERY): so are a round's events where inventories are pooled. Under queue every takeover is followed by its own.
// Two longs of 10 and 5 in AAA and one of 8 in BBB have 10 of margin a piece and are bankrupt at 88; shorts of 20 stand opposite in
// both, and the fund is empty.
func TestADLFollowsLiquidationsCoinByCoin(t *testing.T) {
	for allocation, want := range map[string]string{"pro_rata_contracts": "tttaaaa", "queue": "tataata"} {
		book := newScriptBook()
		book.policies["adl_allocation"] = allocation
		order := ""
		var open [2]market.Qty // taken over and not closed yet
		x := newExchange(t, Options{Instruments: instruments("AAA", "BBB"), Rulebook: book.load(t), Execution: noSlippage, Events: func(e *Event) {
			switch e.Kind {
			case Takeover:
				order += "t"
				open[e.Instrument] += e.Size
			case ADL:
				order += "a"
				if open[e.Instrument] -= e.Size; open[e.Instrument] < 0 {
					t.Errorf("%s: ADL of %v closes more than was taken over of its coin", allocation, e.Size)
				}
			}
		}})
		tick := func(at market.Time, mark market.Price) {
			if err := x.Tick(&Tick{Time: at, Prices: []PriceUpdate{{Mark: mark, Last: mark, Gap: true}, {Instrument: 1, Mark: mark, Last: mark, Gap: true}}}); err != nil {
				t.Fatal(err)
			}
		}
		tick(1, 100e8)
		for _, p := range []struct {
			instrument market.InstrumentID
			size       market.Qty
		}{{0, 10e8}, {0, 5e8}, {1, 8e8}, {0, -12e8}, {0, -8e8}, {1, -12e8}, {1, -8e8}} {
			a, err := x.AddAccount(1000e8)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.Open(Order{Account: a, Instrument: p.instrument, Size: p.size, Price: 100e8, Leverage: 10e8}); err != nil {
				t.Fatal(err)
			}
		}
		tick(2, 88e8)
		if order != want || open != [2]market.Qty{} {
			t.Errorf("%s: %s with %v left, expected %s with nothing", allocation, order, open, want)
		}
	}
}
