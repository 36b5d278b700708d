package risk

import (
	"runtime"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// BenchmarkCollateral is the crash day of BenchmarkCrashDay for cross accounts with three positions each, whose 1500 are quote currency, an asset at a price
// of 1, or an asset that loses a fifth within the day. The first is the baseline.
func BenchmarkCollateral(b *testing.B) {
	const ticks, accounts = 1440 * 4, 50_000
	for _, of := range []string{"quote", "asset at par", "asset that falls"} {
		b.Run(of, func(b *testing.B) {
			heap := 0.0
			for b.Loop() {
				b.StopTimer()
				x := newExchange(b, Options{Instruments: instruments("AVAXUSDT", "LINKUSDT", "SOLUSDT"), InsuranceFund: quote("1000000000"), Collateral: []Collateral{asset("CCC", "0")}})
				tickAt(b, x, 1, "100", "100", "100", "1")
				fillCrowd(b, x, accounts, 1, longOnly, func() (AccountID, error) {
					if of == "quote" {
						return x.AddAccount(quote("1500"))
					}
					a, err := x.AddAccount(0)
					if err == nil {
						err = x.Hold(a, 3, qty("1500"))
					}
					return a, err
				})
				b.StartTimer()
				for i := range ticks {
					m, c := crashMark(i, ticks), "1"
					if of == "asset that falls" {
						c = market.Price(market.Scale - market.Scale/5*int64(i)/ticks).String()
					}
					tickAt(b, x, market.Time(i+2), m, m, m, c)
				}
				b.StopTimer()
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				heap = float64(m.HeapAlloc)
				if l, err := x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
					b.Fatal(l, err)
				}
				b.StartTimer()
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(each/ticks, "ns/tick")
			b.ReportMetric(each/accounts, "ns/account")
			b.ReportMetric(heap/accounts, "bytes/account")
		})
	}
}
