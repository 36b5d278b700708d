package replay

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// TestStepsLiquidateOnTheWay: a 10x long of 1 BTC from 60,000 is liquidatable from 54,216.87 down (docs/MODEL.md). A bar
// leg of 20 seconds falls to 48,000, 20%. Walked in steps of 1%, which are 20 steps of 600, the tick at 54,000 is the
// first below: the fill leaves exactly 0 for the fee, and the fund pays nothing. Jumped, the position is taken over at
// 54,000 and sold at 48,000: the fund loses 6,000.
func TestStepsLiquidateOnTheWay(t *testing.T) {
	for _, v := range []struct {
		step market.Rate
		fund string
	}{{1_000_000, "10000"}, {0, "4000"}} {
		book, err := venue.Load("binance/2025-10")
		if err != nil {
			t.Fatal(err)
		}
		x, err := risk.New(risk.Options{Rulebook: book, InsuranceFund: market.MustParse[market.Quote]("10000"),
			Instruments: []market.Instrument{{Symbol: "BTCUSDT", Tick: 10_000_000, Lot: 100_000}},
			Execution:   risk.Impact{Cap: 1, DefaultDepth: market.Scale}})
		if err != nil {
			t.Fatal(err)
		}
		w := stepper{tracker: &tracker{exchange: x}, step: v.step}
		mark := func(at market.Time, p string, gap bool) {
			u := risk.PriceUpdate{Mark: market.MustParse[market.Price](p), Last: market.MustParse[market.Price](p), Gap: gap}
			if err := w.walk(&risk.Tick{Time: at, Prices: []risk.PriceUpdate{u}}); err != nil {
				t.Fatal(err)
			}
		}
		mark(0, "60000", true)
		a, err := x.AddAccount(market.MustParse[market.Quote]("6000"))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Open(risk.Order{Account: a, Size: market.Scale, Price: market.MustParse[market.Price]("60000"), Leverage: 10 * market.Scale}); err != nil {
			t.Fatal(err)
		}
		mark(20*market.Second, "48000", false)
		if got := x.Fund().String(); got != v.fund || x.Account(a).Positions != 0 {
			t.Errorf("step %v: fund %s, expected %s", v.step, got, v.fund)
		}
	}
}

// TestStepsKeepToSecondsAndSize: a move of 0.35% in a second is one step, in three seconds three, in a minute four of at
// most 0.1%; a gap is never walked.
func TestStepsKeepToSecondsAndSize(t *testing.T) {
	book, err := venue.Load("binance/2025-10")
	if err != nil {
		t.Fatal(err)
	}
	x, err := risk.New(risk.Options{Rulebook: book, Instruments: []market.Instrument{{Symbol: "BTCUSDT"}}, Execution: risk.Impact{Cap: 1, DefaultDepth: 1}})
	if err != nil {
		t.Fatal(err)
	}
	w := stepper{tracker: &tracker{exchange: x}, step: 100_000}
	if err := w.walk(&risk.Tick{Prices: []risk.PriceUpdate{{Mark: 100_000, Last: 100_000}}}); err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		at   market.Time
		gap  bool
		want int
	}{{market.Second, false, 1}, {3 * market.Second, false, 3}, {market.Minute, false, 4}, {market.Minute, true, 1}} {
		got := w.steps(&risk.Tick{Time: v.at, Prices: []risk.PriceUpdate{{Mark: 99_650, Last: 100_000, Gap: v.gap}}})
		if got != v.want {
			t.Errorf("%v, gap %v: %d steps, expected %d", v.at, v.gap, got, v.want)
		}
	}
}
