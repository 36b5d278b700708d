package risk

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// crowdOf fills an exchange with so many accounts at random leverage and size, a share of them cross with three positions,
// every second one short; none is liquidatable at the opening mark of 100.
func crowdOf(tb testing.TB, accounts int, crossShare float64, long func(*rand.Rand) bool) *Exchange {
	x := newExchange(tb, Options{Instruments: instruments("AVAXUSDT", "LINKUSDT", "SOLUSDT"), InsuranceFund: quote("1000000000")})
	tickAt(tb, x, 1, "100", "100", "100")
	fillCrowd(tb, x, accounts, crossShare, long, func() (AccountID, error) { return x.AddAccount(quote("1500")) })
	return x
}

// fillCrowd is crowdOf on an exchange at a mark of 100, with accounts that bring 1500 in a way of their own.
func fillCrowd(tb testing.TB, x *Exchange, accounts int, crossShare float64, long func(*rand.Rand) bool, add func() (AccountID, error)) {
	r := rand.New(rand.NewPCG(1, 2))
	x.Reserve(accounts, accounts*2)
	for a := range accounts {
		side := market.Qty(1)
		if !long(r) {
			side = -1
		}
		leverage := market.Rate(2+r.IntN(38)) * market.Scale
		size := side * market.Qty(1+r.Int64N(40_000_000)) * 10 // up to 4, or 400 quote
		id, err := add()
		if err != nil {
			tb.Fatal(err)
		}
		if float64(a) >= crossShare*float64(accounts) {
			err = x.Open(Order{Account: id, Instrument: market.InstrumentID(r.IntN(3)), Size: size, Price: price("100"), Leverage: leverage, Mode: Isolated})
		} else {
			for i := market.InstrumentID(0); i < 3 && err == nil; i++ {
				size := side * market.Qty(r.Int64N(1_500_000_000)+1_000_000_000) // 10 to 25 each on a wallet of 1500
				err = x.Open(Order{Account: id, Instrument: i, Size: size, Price: price("100"), Leverage: 20 * market.Scale, Mode: Cross})
			}
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func bothSides(r *rand.Rand) bool { return r.IntN(2) == 0 }
func longOnly(*rand.Rand) bool    { return true }

// scanAll is what the trigger index replaces: every position evaluated exactly at every tick.
func scanAll(x *Exchange) (liquidatable int) {
	for id := range x.positions {
		if x.positions[id].size == 0 {
			continue
		}
		if s := x.scopeOf(int32(id)); x.evaluate(&s) && x.liquidatable(&s) {
			liquidatable++
		}
	}
	return liquidatable
}

// BenchmarkQuietTick moves the price by a little, back and forth: nobody is liquidated.
func BenchmarkQuietTick(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		x := crowdOf(b, n, 0, bothSides)
		marks := []string{"100.01", "100", "99.99", "100"}
		at := market.Time(2)
		step := func() {
			tickAt(b, x, at, marks[at%4], marks[at%4], marks[at%4])
			at++
		}
		for range 8 {
			step()
		}
		b.Run(fmt.Sprintf("index/accounts=%d", n), func(b *testing.B) {
			for b.Loop() {
				step()
			}
		})
		b.Run(fmt.Sprintf("scan/accounts=%d", n), func(b *testing.B) {
			for b.Loop() {
				if scanAll(x) != 0 {
					b.Fatal("somebody is liquidatable on a quiet tick")
				}
			}
		})
	}
}

// crashMark falls from 100 to 40 over a day of minutes of four ticks each, with a zigzag on the way.
func crashMark(tick, ticks int) string {
	v := 10_000 - int64(6_000)*int64(tick+1)/int64(ticks)
	if tick%4 == 1 {
		v += 20
	}
	return market.Price(v * market.Scale / 100).String()
}

// BenchmarkCrashDay is the day of DESIGN section 9: 1,000,000 accounts, half of them cross with three positions, one
// day of 1-minute candles through a fall of 60% in which every account is liquidated. The baseline scans an account
// exactly at every tick; it runs on a hundredth of the ticks and is reported per tick as well.
func BenchmarkCrashDay(b *testing.B) {
	const ticks = 1440 * 4
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("index/accounts=%d", n), func(b *testing.B) {
			open := 0
			for b.Loop() {
				b.StopTimer()
				x := crowdOf(b, n, 0.5, longOnly)
				b.StartTimer()
				for i := range ticks {
					m := crashMark(i, ticks)
					tickAt(b, x, market.Time(i+2), m, m, m)
				}
				b.StopTimer()
				for id := range x.positions {
					if x.positions[id].size != 0 {
						open++
					}
				}
				if l, err := x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
					b.Fatal(l, err)
				}
				b.StartTimer()
			}
			if open > 0 {
				b.Fatalf("%d positions survived a crash that was to take them all", open)
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(each/ticks, "ns/tick")
			b.ReportMetric(each/float64(n), "ns/account")
		})
		b.Run(fmt.Sprintf("scan/accounts=%d", n), func(b *testing.B) {
			x := crowdOf(b, n, 0.5, longOnly)
			for b.Loop() {
				scanAll(x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/tick")
		})
	}
}
