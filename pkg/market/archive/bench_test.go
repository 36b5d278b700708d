package archive

import (
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// BenchmarkKlines parses 10,000 rows of the archive's layout; the baseline only splits them into cells.
func BenchmarkKlines(b *testing.B) {
	const count = 10_000
	var text strings.Builder
	text.WriteString(twelveHeader)
	for i := range count {
		open := 1760131200000 + 60_000*i
		text.WriteString(itoa(open) + ",100.00,101.50,99.5,101,2," + itoa(open+59_999) + ",201,7,1.5,150.75,0\n")
	}
	f := &File{Path: "f.csv", Key: columnar.Key{Kind: columnar.Candles, Interval: market.Minute, Symbol: "BTCUSDT"}, Market: USDMargined}
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			if t, _, err := parse(strings.NewReader(text.String()), f, 0, strict); err != nil || t.len() != count {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(count)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("baseline-split", func(b *testing.B) {
		for b.Loop() {
			r := csv.NewReader(strings.NewReader(text.String()))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(count)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
