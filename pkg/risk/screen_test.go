package risk

import (
	"errors"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"pgregory.net/rapid"
)

// TestScreenMissesNobody drives random accounts over random paths, with funding strong enough to move positions between
// tiers, and looks at every scope after every tick: none may be liquidatable, nobody may have been liquidated who was
// not, and the book must add up.
func TestScreenMissesNobody(t *testing.T) {
	book, err := venue.LoadFile("testdata/rulebook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	liquidated, deleveraged, stopped := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		impact := Impact{HalfSpread: market.Rate(rapid.Int64Range(0, 500_000).Draw(t, "spread")), Cap: rate("0.2"), DefaultDepth: quote("50000"),
			Coefficient: rapid.Float64Range(0, 2).Draw(t, "impact"), SquareRoot: true}
		x, err := New(Options{Rulebook: book, Instruments: instruments("AAA", "BBB"), Execution: impact,
			InsuranceFund: market.Quote(rapid.Int64Range(0, 2000).Draw(t, "fund") * market.Scale),
			Events: func(e *Event) {
				switch e.Kind {
				case Liquidation, Takeover:
					liquidated++
				case ADL:
					deleveraged++
				case Stop:
					stopped++
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		marks := [2]int64{100 * market.Scale, 50 * market.Scale}
		step := func(at int) {
			tick := Tick{Time: market.Time(at)}
			for i := range marks {
				move := rapid.Int64Range(-900, 900).Draw(t, "move")
				marks[i] = max(marks[i]+marks[i]/10_000*move, market.Scale)
				last := marks[i] + marks[i]/10_000*rapid.Int64Range(-20, 20).Draw(t, "basis")
				tick.Prices = append(tick.Prices, PriceUpdate{Instrument: market.InstrumentID(i), Mark: market.Price(marks[i]), Last: market.Price(last), Gap: rapid.Bool().Draw(t, "gap")})
			}
			if rapid.IntRange(0, 3).Draw(t, "settles") == 0 {
				tick.Funding = append(tick.Funding, FundingUpdate{market.InstrumentID(rapid.IntRange(0, 1).Draw(t, "which")), market.Rate(rapid.Int64Range(-8_000_000, 8_000_000).Draw(t, "rate"))})
			}
			if err := x.Tick(&tick); err != nil {
				t.Fatal(err)
			}
			if n := scanAll(x); n != 0 {
				t.Fatalf("%d scopes are liquidatable after the tick at %d", n, at)
			}
			if l, err := x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
				t.Fatalf("imbalance %v, %v", l.Imbalance, err)
			}
		}
		step(1)
		for at := 2; at < 14; at++ {
			for range rapid.IntRange(0, 4).Draw(t, "orders") {
				randomOrder(t, x)
			}
			step(at)
		}
	})
	if liquidated == 0 || deleveraged == 0 || stopped == 0 {
		t.Fatalf("%d liquidations, %d deleveraged, %d stops: the test did not reach what it tests", liquidated, deleveraged, stopped)
	}
}

// randomOrder opens something, mostly on a new account; refusals are part of the game.
func randomOrder(t *rapid.T, x *Exchange) {
	var refusal *Refusal
	accept := func(err error) bool {
		if err != nil && !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		return err == nil
	}
	a := AccountID(x.Accounts() - 1)
	if a < 0 || rapid.IntRange(0, 2).Draw(t, "new") > 0 {
		var err error
		if a, err = x.AddAccount(market.Quote(rapid.Int64Range(1, 20_000).Draw(t, "deposit") * market.Scale)); err != nil {
			t.Fatal(err)
		}
	}
	i := market.InstrumentID(rapid.IntRange(0, 1).Draw(t, "instrument"))
	_, last, _, _ := x.Prices(i)
	o := Order{Account: a, Instrument: i, Size: market.Qty(rapid.Int64Range(-2_000_000, 2_000_000).Draw(t, "size") * 100_000), Price: last,
		Leverage: market.Rate(rapid.Int64Range(1, 50).Draw(t, "leverage")) * market.Scale, Fee: rapid.Bool().Draw(t, "fee")}
	if rapid.Bool().Draw(t, "cross") {
		o.Mode = Cross
	}
	if !accept(x.Open(o)) {
		return
	}
	s := StopOrder{Account: a, Instrument: i, Kind: Stop, Watch: Watch(rapid.IntRange(0, 1).Draw(t, "watch"))}
	distance := last / 100 * market.Price(rapid.Int64Range(1, 20).Draw(t, "distance"))
	switch rapid.IntRange(0, 3).Draw(t, "stop") {
	case 0:
		s.Trigger = last - distance*market.Price(market.SideOf(o.Size))
	case 1:
		s.Trail = distance
	case 2:
		s.Kind, s.Trigger = TakeProfit, last+distance*market.Price(market.SideOf(o.Size))
	default:
		return
	}
	accept(x.PlaceStop(s))
}
