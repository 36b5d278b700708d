package risk

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// ruled is a rulebook of scripts with some choices made: key, value, key, value.
func ruled(tb testing.TB, choices ...string) *venue.Rulebook {
	tb.Helper()
	b := newScriptBook()
	for i := 0; i < len(choices); i += 2 {
		if !b.set(choices[i], choices[i+1]) {
			tb.Fatalf("%s is no choice of a script", choices[i])
		}
	}
	book, err := venue.Parse("script", []byte(b.text()))
	if err != nil {
		tb.Fatal(err)
	}
	return book
}

// isolatedCrowd is an exchange with isolated positions in AAA at 100, of random leverage and size, an account for each.
func isolatedCrowd(tb testing.TB, o Options, accounts int, side market.Qty) *Exchange {
	o.Instruments = instruments("AAA")
	x := newExchange(tb, o)
	tickAt(tb, x, 1, "100")
	r := rand.New(rand.NewPCG(3, 4))
	x.Reserve(accounts+1, accounts+1)
	for range accounts {
		id, err := x.AddAccount(quote("1000"))
		if err != nil {
			tb.Fatal(err)
		}
		size := side * market.Qty(1_000+r.Int64N(5_000)) * market.Scale / 1_000 // 1 to 6
		if err := x.Open(Order{Account: id, Instrument: 0, Size: size, Price: price("100"), Leverage: market.Rate(2+r.IntN(18)) * market.Scale, Mode: Isolated}); err != nil {
			tb.Fatal(err)
		}
	}
	return x
}

// BenchmarkCrashUnderRules lets a price fall by 60% in 2,000 ticks. The requirement is in turn a line that positions share
// (tiers) and one that only bands can be put around (a rate that grows with the size, tiers of the whole position).
func BenchmarkCrashUnderRules(b *testing.B) {
	const ticks = 2000
	for _, rules := range []struct {
		name    string
		choices []string
	}{
		{"tiers", nil},
		{"linear_in_size", []string{"tiers", "linear_in_size", "tier_by", "size", "size_margin", "0.04/0.01/0.0005"}},
		{"whole_position", []string{"tiers", "whole_position"}},
		{"linear_in_size,to_maintenance", []string{"tiers", "linear_in_size", "tier_by", "size", "size_margin", "0.04/0.01/0.0005", "liquidation_step", "to_maintenance", "step_fraction", "0.05"}},
	} {
		for _, n := range []int{10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/accounts=%d", rules.name, n), func(b *testing.B) {
				orders := 0
				for b.Loop() {
					b.StopTimer()
					x := isolatedCrowd(b, Options{Rulebook: ruled(b, rules.choices...), InsuranceFund: quote("1000000000"), Events: func(e *Event) {
						if e.Kind == Liquidation {
							orders++
						}
					}}, n, 1)
					b.StartTimer()
					for i := range ticks {
						m := crashMark(i, ticks)
						tickAt(b, x, market.Time(i+2), m)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(orders), "ns/order")
				b.ReportMetric(float64(orders)/float64(b.N)/float64(n), "orders/account")
			})
		}
	}
}

// BenchmarkADLRandomStart takes many bankrupt longs over in one round, which close all of as many shorts and find none after that.
func BenchmarkADLRandomStart(b *testing.B) {
	for _, score := range []string{"binance_leverage_pnl", "random_start"} {
		for _, n := range []int{3_000, 30_000} {
			b.Run(fmt.Sprintf("%s/takeovers=%d", score, n), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					x := isolatedCrowd(b, Options{Rulebook: ruled(b, "adl_score", score), Execution: Impact{Cap: rate("0.2"), DefaultDepth: quote("1"), HalfSpread: rate("0.1")}}, n, -1)
					for range n {
						id, err := x.AddAccount(quote("1000"))
						if err != nil {
							b.Fatal(err)
						}
						if err := x.Open(Order{Account: id, Instrument: 0, Size: 5 * market.Scale, Price: price("100"), Leverage: 20 * market.Scale, Mode: Isolated}); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
					tickAt(b, x, 2, "90")
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/takeover")
			})
		}
	}
}

// BenchmarkADLAllocation closes one bankrupt long against many shorts in profit, a tenth of what they hold. The queue is the
// baseline of the shares.
func BenchmarkADLAllocation(b *testing.B) {
	for _, allocation := range []string{"queue", "pro_rata_pnl", "pro_rata_equity", "risk_pro_rata", "min_max_fraction", "leverage_draining"} {
		for _, n := range []int{1_000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/candidates=%d", allocation, n), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					adl := 0
					x := isolatedCrowd(b, Options{Rulebook: ruled(b, "adl_allocation", allocation), Execution: Impact{Cap: rate("0.2"), DefaultDepth: quote("1"), HalfSpread: rate("0.1")}, Events: func(e *Event) {
						if e.Kind == ADL {
							adl++
						}
					}}, n, -1)
					id, err := x.AddAccount(quote("100000000"))
					if err != nil {
						b.Fatal(err)
					}
					if err := x.Open(Order{Account: id, Instrument: 0, Size: market.Qty(n) * market.Scale / 3, Price: price("100"), Leverage: 10 * market.Scale, Mode: Isolated}); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
					tickAt(b, x, 2, "85")
					b.StopTimer()
					if adl == 0 {
						b.Fatal("nobody was deleveraged")
					}
					b.StartTimer()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/candidate")
			})
		}
	}
}
