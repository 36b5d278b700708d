package columnar

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/parquet/file"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// BenchmarkParquetToColumns reads two series of eight columns (all but taker_buy_volume) with one and two workers, beside
// decoding the same pages with the library alone, which neither converts nor checks, and reading the bytes of the files.
func BenchmarkParquetToColumns(b *testing.B) {
	const rows = 8 * RowGroupRows
	keys := []Key{btc1m, {Kind: Candles, Interval: market.Minute, Symbol: "ETHUSDT"}}
	series := map[Key]*market.Candles{}
	for i, k := range keys {
		series[k] = walk(uint64(20+i), rows)
		series[k].TakerBuyVolume = nil
	}
	dir := catalogOf(b, series)
	c, err := OpenDir(dir)
	must(b, err)
	each := map[string]func(k Key){
		"columns": func(k Key) {
			r, err := c.Candles(k)
			must(b, err)
			batch := &market.Candles{}
			for err = r.Next(batch); err == nil; err = r.Next(batch) {
			}
			if err != io.EOF {
				b.Error(err)
			}
			must(b, r.Close())
		},
		"baseline=library": func(k Key) { decodePlainly(b, filepath.Join(dir, k.Path())) },
		"baseline=bytes": func(k Key) {
			_, err := os.ReadFile(filepath.Join(dir, k.Path()))
			must(b, err)
		},
	}
	for _, name := range []string{"columns", "baseline=library", "baseline=bytes"} {
		for _, workers := range []int{1, 2} {
			b.Run(name+"/workers="+string(rune('0'+workers)), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if workers == 1 {
						each[name](keys[0])
						each[name](keys[1])
						continue
					}
					var wait sync.WaitGroup
					for _, k := range keys {
						wait.Go(func() { each[name](k) })
					}
					wait.Wait()
				}
				b.ReportMetric(2*rows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
	runtime.KeepAlive(series)
}

func decodePlainly(b *testing.B, path string) {
	r, err := file.OpenParquetFile(path, false)
	must(b, err)
	ints, floats := make([]int64, RowGroupRows), make([]float64, RowGroupRows)
	for g := range r.NumRowGroups() {
		group := r.RowGroup(g)
		for i := range group.NumColumns() {
			chunk, err := group.Column(i)
			must(b, err)
			switch c := chunk.(type) {
			case *file.Int64ColumnChunkReader:
				_, _, err = c.ReadBatch(RowGroupRows, ints, nil, nil)
			case *file.Float64ColumnChunkReader:
				_, _, err = c.ReadBatch(RowGroupRows, floats, nil, nil)
			}
			must(b, err)
		}
	}
	must(b, r.Close())
}

// BenchmarkTableWrite writes rows like those of events.parquet, beside copying the same values into slices.
func BenchmarkTableWrite(b *testing.B) {
	columns := []Column{{Name: "time", Type: Time}, {Name: "sequence", Type: Int64}, {Name: "kind", Type: String},
		{Name: "symbol", Type: String}, {Name: "size", Type: Decimal8}, {Name: "price", Type: Decimal8}, {Name: "fee", Type: Decimal8, Nullable: true}}
	const rows = 4 * RowGroupRows
	kinds, symbols := []string{"entry", "stop", "liquidation"}, []string{"BTCUSDT", "ETHUSDT"}
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			var out bytes.Buffer
			t, err := NewTable(&out, columns, nil)
			must(b, err)
			for i := range int64(rows) {
				t.Time(0, market.Time(i))
				t.Int64(1, i)
				t.String(2, kinds[i%3])
				t.String(3, symbols[i%2])
				t.Decimal(4, i*7919%100_000)
				t.Decimal(5, 10_000_000_000+i)
				t.Null(6)
				must(b, t.EndRow())
			}
			must(b, t.Close())
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	})
	b.Run("baseline=copy", func(b *testing.B) {
		var ints [4][]int64
		for b.Loop() {
			for c := range ints {
				ints[c] = ints[c][:0]
			}
			for i := range int64(rows) {
				for c := range ints {
					ints[c] = append(ints[c], i)
				}
			}
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	})
}
