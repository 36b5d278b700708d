package scan

import (
	"context"
	"flag"
	"runtime"
	"testing"
	"time"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

var variants = flag.Int("variants", 1000, "variants of BenchmarkSweep; docs/BENCHMARKS.md quotes 10000")

// digest sums a variant's outcomes so that two ways of finding them can be compared without keeping them all.
type digest struct {
	positions, liquidated, stopped int
	pnl, fees, funding, fund       market.Quote
	times, prices                  int64
}

func digestOf(out []Outcome) (d digest) {
	for i := range out {
		o := &out[i]
		d.positions++
		switch o.Kind {
		case Liquidated, TakenOver:
			d.liquidated++
		case Stopped:
			d.stopped++
		}
		d.pnl, d.fees, d.funding, d.fund = d.pnl+o.PnL, d.fees+o.Fees, d.funding+o.Funding, d.fund+o.Fund
		d.times, d.prices = d.times*31+int64(o.Time), d.prices*31+int64(o.Price)
	}
	return d
}

// carry is how the benchmarks trade a variant.
type carry func(s *Series, m Method, v *Variant, out []Outcome) ([]Outcome, error)

func reentry(s *Series, m Method, v *Variant, out []Outcome) ([]Outcome, error) {
	out, _, err := s.Reenter(m, v, Reentry{Side: market.Long, Hold: 7 * market.Day}, out)
	return out, err
}

func daily(s *Series, m Method, v *Variant, out []Outcome) ([]Outcome, error) {
	var entries []Entry
	for bar := 1440; bar < s.Bars(); bar += 1440 {
		entries = append(entries, Entry{Bar: int32(bar), Setup: int32(len(entries)), Side: market.Long, Exit: s.Time(bar) + market.Day})
	}
	return s.Setups(m, v, entries, out)
}

func sweep(b *testing.B, s *Series, m Method, list []Variant, c carry) ([]digest, time.Duration) {
	digests := make([]digest, len(list))
	began := time.Now()
	err := Each(context.Background(), len(list), runtime.GOMAXPROCS(0),
		func(v int, out []Outcome) ([]Outcome, error) { return c(s, m, &list[v], out) },
		func(v int, out []Outcome) error { digests[v] = digestOf(out); return nil })
	if err != nil {
		b.Fatal(err)
	}
	return digests, time.Since(began)
}

// BenchmarkSweep trades leverages x stops over a year of minutes with liquidation, fees, slippage and funding, by the trees
// and by the plain loop over bars in the same run, and compares every variant's outcomes.
func BenchmarkSweep(b *testing.B) {
	o := generate(b, 1, year)
	list := grid(o, max(*variants/100, 1), min(*variants, 100), strategy.WatchLast)
	for _, v := range []struct {
		name  string
		carry carry
	}{{"re-entry when flat", reentry}, {"an entry a day", daily}} {
		b.Run(v.name, func(b *testing.B) {
			for b.Loop() {
				began := time.Now()
				s := series(b, o)
				build := time.Since(began)
				indexed, fast := sweep(b, s, Indexed, list, v.carry)
				plain, slow := sweep(b, s, Plain, list, v.carry)
				positions := 0
				for i := range list {
					if indexed[i] != plain[i] {
						b.Fatalf("%v: trees %+v, plain loop %+v", list[i], indexed[i], plain[i])
					}
					positions += indexed[i].positions
				}
				b.ReportMetric(build.Seconds(), "s-series")
				b.ReportMetric(fast.Seconds(), "s-trees")
				b.ReportMetric(slow.Seconds(), "s-plain")
				b.ReportMetric(slow.Seconds()/(fast+build).Seconds(), "plain/trees")
				b.ReportMetric(float64(fast.Nanoseconds())/float64(positions), "ns/position")
				b.ReportMetric(float64(len(list))*float64(s.bars)/fast.Seconds()/1e6, "Mcandles/s")
			}
		})
	}
}

// BenchmarkOneStrategy trades one rule over a year, one position after the other, the trees already there (as they are for
// every variant of a sweep but the first) and built anew.
func BenchmarkOneStrategy(b *testing.B) {
	o := generate(b, 1, year)
	v := grid(o, 3, 4, strategy.WatchLast)[5]
	s := series(b, o)
	for _, c := range []struct {
		name  string
		m     Method
		build bool
	}{{"trees", Indexed, false}, {"trees, built anew", Indexed, true}, {"plain", Plain, false}} {
		b.Run(c.name, func(b *testing.B) {
			var out []Outcome
			for b.Loop() {
				if c.build {
					s = series(b, o)
				}
				var err error
				if out, err = reentry(s, c.m, &v, out[:0]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(out)), "positions")
			b.ReportMetric(float64(b.N)*float64(s.bars)/b.Elapsed().Seconds()/1e6, "Mcandles/s")
		})
	}
}
