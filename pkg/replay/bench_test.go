package replay

import (
	"context"
	"fmt"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// benchBars is ten instruments in memory, their bars in step.
func benchBars(n int) (memory, []columnar.Key) {
	m := memory{bars: map[columnar.Key][]bar{}, size: columnar.RowGroupRows}
	var keys []columnar.Key
	for i := range 10 {
		k := key(columnar.Candles, market.Minute, fmt.Sprintf("COIN%d", i))
		keys = append(keys, k)
		for j := range n {
			p := market.Price(1e10 + 1e6*(j%1000))
			m.bars[k] = append(m.bars[k], bar{time: start + market.Time(j)*market.Minute, interval: market.Minute, open: p, high: p + 3e6, low: p - 1e6, close: p + 1e6, volume: 1})
		}
	}
	return m, keys
}

// BenchmarkClock turns bars into merged ticks. The baseline reads the same bars one after another and does nothing else.
func BenchmarkClock(b *testing.B) {
	const n = 20_000
	m, keys := benchBars(n)
	to := start + n*market.Minute
	b.Run("feeds only", func(b *testing.B) {
		for b.Loop() {
			pool := newPool(m, 2, len(keys))
			var got bar
			for _, k := range keys {
				for s := pool.stream([]ranged{{k, start, to}}); s.next(&got) == nil; {
				}
			}
			pool.close()
		}
		b.ReportMetric(float64(b.N)*n*float64(len(keys))/b.Elapsed().Seconds(), "candles/s")
	})
	b.Run("merged ticks", func(b *testing.B) {
		for b.Loop() {
			pool := newPool(m, 2, len(keys))
			c := &clock{to: to, tracks: make([]track, len(keys))}
			for i, k := range keys {
				c.tracks[i].instrument, c.tracks[i].bars = market.InstrumentID(i), pool.stream([]ranged{{k, start, to}})
			}
			if err := c.begin(start); err != nil {
				b.Fatal(err)
			}
			for more := true; more; {
				var err error
				if more, err = c.advance(); err != nil {
					b.Fatal(err)
				}
			}
			pool.close()
		}
		b.ReportMetric(float64(b.N)*n*float64(len(keys))/b.Elapsed().Seconds(), "candles/s")
	})
}

// BenchmarkRun replays two falling instruments with a crowd of 3,000 and 240 probes, Parquet and recorder included. The
// baseline is the same run with hardly anybody on the exchange.
func BenchmarkRun(b *testing.B) {
	c := crash(b)
	book := rulebook(b)
	for _, v := range []struct{ name, accounts string }{{"hardly anybody", "crowd.accounts=1"}, {"crowd", "crowd.accounts=3000"}} {
		b.Run(v.name, func(b *testing.B) {
			s := parseScenario(b, market2)
			if err := s.Set(v.accounts); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: book, Workers: 2, Recorder: newCounter()}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*600/b.Elapsed().Seconds(), "candles/s")
		})
	}
}
