package columnar

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

var btc1m = Key{Kind: Candles, Interval: market.Minute, Symbol: "BTCUSDT"}

// walk returns n one-minute bars of a seeded random walk in steps of 0.1, all optional columns filled.
func walk(seed uint64, n int) *market.Candles {
	rng := rand.New(rand.NewPCG(seed, 1))
	const tick = market.Scale / 10
	c := &market.Candles{}
	price, start := int64(1_000_000), market.Time(1_760_000_040_000)
	for i := range n {
		open := price
		closing := max(open+rng.Int64N(401)-200, 1000)
		high, low := max(open, closing)+rng.Int64N(100), min(open, closing)-rng.Int64N(100)
		c.Time = append(c.Time, start+market.Time(i)*market.Minute)
		c.Open, c.Close = append(c.Open, market.Price(open*tick)), append(c.Close, market.Price(closing*tick))
		c.High, c.Low = append(c.High, market.Price(high*tick)), append(c.Low, market.Price(low*tick))
		volume := float64(rng.IntN(1_000_000)) / 1000
		c.Volume = append(c.Volume, volume)
		c.QuoteVolume = append(c.QuoteVolume, float64(rng.IntN(1_000_000_000))/10000)
		c.Trades = append(c.Trades, rng.Int64N(5000))
		c.TakerBuyVolume = append(c.TakerBuyVolume, volume/2)
		price = closing
	}
	return c
}

// catalogOf commits a catalog of the given series and returns its directory.
func catalogOf(t testing.TB, series map[Key]*market.Candles) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "catalog")
	w, err := Create(dir, map[string]string{"provenance": "reconstructed"})
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range series {
		if err := w.Candles(k, c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fileOf returns the Parquet bytes of bars.
func fileOf(t testing.TB, c *market.Candles) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(catalogOf(t, map[Key]*market.Candles{btc1m: c}), btc1m.Path()))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// collect reads a stream to its end.
func collect(r CandleReader) (*market.Candles, error) {
	all, batch := &market.Candles{}, &market.Candles{}
	for {
		err := r.Next(batch)
		if err == io.EOF {
			return all, r.Close()
		}
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		appendCandles(all, batch)
	}
}

func appendCandles(dst, src *market.Candles) {
	dst.Time = append(dst.Time, src.Time...)
	dst.Open, dst.High = append(dst.Open, src.Open...), append(dst.High, src.High...)
	dst.Low, dst.Close = append(dst.Low, src.Low...), append(dst.Close, src.Close...)
	dst.Volume, dst.QuoteVolume = append(dst.Volume, src.Volume...), append(dst.QuoteVolume, src.QuoteVolume...)
	dst.Trades, dst.TakerBuyVolume = append(dst.Trades, src.Trades...), append(dst.TakerBuyVolume, src.TakerBuyVolume...)
}

// slice returns rows from to to.
func slice(c *market.Candles, from, to int) *market.Candles {
	return &market.Candles{Time: c.Time[from:to], Open: c.Open[from:to], High: c.High[from:to], Low: c.Low[from:to],
		Close: c.Close[from:to], Volume: c.Volume[from:to], QuoteVolume: c.QuoteVolume[from:to],
		Trades: c.Trades[from:to], TakerBuyVolume: c.TakerBuyVolume[from:to]}
}

func parquetCandles(data []byte, budgetBytes int) (*market.Candles, error) {
	r, err := candlesOfParquet(source{ReaderAtSeeker: bytes.NewReader(data), name: "x.parquet", size: int64(len(data))}, budgetBytes)
	if err != nil {
		return nil, err
	}
	return collect(r)
}

func ipcFileCandles(data []byte, budgetBytes int) (*market.Candles, error) {
	r, err := candlesOfIPCFile(source{ReaderAtSeeker: bytes.NewReader(data), name: "x.arrow", size: int64(len(data))}, budgetBytes)
	if err != nil {
		return nil, err
	}
	return collect(r)
}

func ipcStreamCandles(data []byte, budgetBytes int) (*market.Candles, error) {
	r, err := candlesOfIPC(bytes.NewReader(data), nil, "x.arrows", budgetBytes)
	if err != nil {
		return nil, err
	}
	return collect(r)
}
