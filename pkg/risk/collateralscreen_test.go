package risk

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// TestScreenMissesNobodyWithCollateral is TestScreenMissesNobodyUnderAnyRules with accounts that hold assets whose prices move: whatever becomes
// liquidatable by them is looked at, nothing else happens to a holding, and the books add up after every tick, with what the engine carries of assets too.
func TestScreenMissesNobodyWithCollateral(t *testing.T) {
	sold, taken, alone, waited, carried := 0, 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		const first = market.InstrumentID(2)
		x, err := New(Options{Rulebook: anyBook(t), Instruments: instruments("AAA", "BBB"), InsuranceFund: market.Quote(rapid.Int64Range(0, 2000).Draw(t, "fund") * market.Scale),
			Collateral:    []Collateral{asset("CCC", "0"), asset("DDD", "0.31234567")},
			Participation: Participation{Share: rapid.SampledFrom([]market.Rate{0, 100_000}).Draw(t, "participation"), Interval: 60_000, Depth: quote("50000")},
			Execution: Impact{HalfSpread: rapid.SampledFrom([]market.Rate{0, 100_000, 5_000_000}).Draw(t, "spread"), Cap: rate("0.2"), DefaultDepth: quote("50000"),
				Coefficient: rapid.SampledFrom([]float64{0, 0.1, 1}).Draw(t, "impact"), SquareRoot: true},
			Events: func(e *Event) {
				switch {
				case e.Instrument < first:
				case e.Kind == Liquidation:
					sold++
				case e.Kind == Takeover:
					taken++
				case e.Kind != Insurance && e.Kind != SocializedLoss:
					t.Fatalf("%v of collateral", e.Kind)
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		marks := [4]int64{100 * market.Scale, 50 * market.Scale, market.Scale, 20 * market.Scale}
		wild := rapid.SampledFrom([]int64{20, 300, 2000}).Draw(t, "wild") // in 1e-4
		tick := Tick{}
		step := func() {
			tick.Time += market.Time(rapid.Int64Range(1, 40_000).Draw(t, "pause"))
			tick.Prices, tick.Funding = tick.Prices[:0], tick.Funding[:0]
			for i := range marks {
				if tick.Time > 50_000 && rapid.IntRange(0, 2).Draw(t, "quiet") == 0 {
					continue
				}
				marks[i] = max(marks[i]+marks[i]/10_000*rapid.Int64Range(-wild, wild).Draw(t, "move"), market.Scale/100)
				tick.Prices = append(tick.Prices, PriceUpdate{Instrument: market.InstrumentID(i), Mark: market.Price(marks[i]), Last: market.Price(marks[i]), Gap: rapid.Bool().Draw(t, "gap")})
			}
			if err := x.Tick(&tick); err != nil {
				t.Fatal(err)
			}
			for a := range x.accounts {
				s := scope{account: AccountID(a), position: none}
				if open := x.evaluate(&s); !open || !x.liquidatable(&s) {
					continue
				}
				if !x.waits(&s) {
					t.Fatalf("account %d: equity %v, required %v, and it was not looked at", a, s.equity, s.maintenance)
				}
				waited++
			}
			for j := first; j < first+2; j++ {
				if long, short := x.Inventory(j); short.Size != 0 {
					t.Fatalf("the engine carries %v short of an asset", short.Size)
				} else if long.Size != 0 {
					carried++
				}
			}
			if l, err := x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
				t.Fatalf("imbalance %v, %v", l.Imbalance, err)
			}
		}
		step()
		step()
		for range 16 {
			for range rapid.IntRange(0, 4).Draw(t, "orders") {
				randomHolding(t, x, first)
				randomOrder(t, x)
			}
			step()
		}
		for a := range x.accounts {
			s := scope{account: AccountID(a), position: none}
			if p := x.accounts[a].positions; p != none && x.isCollateral(x.positions[p].instrument) && x.evaluate(&s) {
				alone++
			}
		}
	})
	if sold == 0 || taken == 0 || alone == 0 || waited == 0 || carried == 0 {
		t.Fatalf("%d sold, %d taken over, %d scopes of collateral only, %d waited, %d carried: the test did not reach what it tests", sold, taken, alone, waited, carried)
	}
}

// randomHolding deposits assets, mostly on a new account with little else, and opens something that they back.
func randomHolding(t *rapid.T, x *Exchange, first market.InstrumentID) {
	a := AccountID(x.Accounts() - 1)
	if a < 0 || rapid.Bool().Draw(t, "holder") {
		var err error
		if a, err = x.AddAccount(market.Quote(rapid.Int64Range(0, 100).Draw(t, "beside") * market.Scale)); err != nil {
			t.Fatal(err)
		}
	}
	j := first + market.InstrumentID(rapid.IntRange(0, 1).Draw(t, "asset"))
	size := market.Qty(rapid.Int64Range(0, 2_000_000).Draw(t, "holding") * 100_000)
	before := x.Account(a)
	_, had := x.Position(a, j)
	var refusal *Refusal
	if err := x.Hold(a, j, size); errors.As(err, &refusal) && size == 0 {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	// What was deposited is what equity rose by, but for units of rounding where the holding grew.
	deposited, rose := x.Account(a).Deposited-before.Deposited, x.Account(a).Equity-before.Equity
	if rose < deposited || rose > deposited+2 || !had && rose != deposited {
		t.Fatalf("%v of asset %d: deposit %v, equity rose by %v", size, j, deposited, rose)
	}
	i := market.InstrumentID(rapid.IntRange(0, 1).Draw(t, "backs"))
	mark, _, _, _ := x.Prices(i)
	leverage := market.Rate(rapid.Int64Range(1, 20).Draw(t, "times")) * market.Scale
	margin := max(x.Account(a).Equity, 0) / 10 * market.Quote(rapid.Int64Range(1, 10).Draw(t, "tenths"))
	o := Order{Account: a, Instrument: i, Size: market.Qty(margin / market.Quote(mark/market.Scale+1) * market.Quote(leverage/market.Scale)), Price: mark, Leverage: leverage, Mode: Cross}
	if rapid.Bool().Draw(t, "short") {
		o.Size = -o.Size
	}
	if w := x.Account(a).Wallet; w > 0 && rapid.IntRange(0, 3).Draw(t, "all of it") == 0 {
		o.Mode, o.Margin = Isolated, w // the asset alone backs what is left
	}
	if err := x.Open(o); err != nil && !errors.As(err, &refusal) {
		t.Fatal(err)
	}
}
