package columnar

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

func TestCatalogRoundTrip(t *testing.T) {
	bars := walk(1, 70_000) // two row groups
	bare := slice(walk(2, 3), 0, 3)
	bare.QuoteVolume, bare.Trades, bare.TakerBuyVolume = nil, nil, nil
	mark := Key{Kind: Mark, Interval: 5 * market.Minute, Symbol: "BTCUSDT"}
	funding := &market.Funding{Time: []market.Time{0, 8 * market.Hour}, Rate: []market.Rate{10_000, -12_345}, IntervalHours: []int32{8, 4}}
	interest := &market.OpenInterest{Time: []market.Time{5}, Size: []market.Qty{8_123_456_700_000}, Value: []market.Quote{868_391_349_859_107_200}}
	depth := &market.Depth{Time: []market.Time{7, 7, 9}, Percentage: []float64{-1, 1, -1}, Size: []float64{1, 2, 3}, Notional: []float64{4, 5, 6}}

	dir := filepath.Join(t.TempDir(), "a", "catalog")
	w, err := Create(dir, map[string]string{"provenance": "reconstructed", "title": "test"})
	must(t, err)
	defer w.Abort()
	must(t, w.Candles(btc1m, slice(bars, 0, 1)))
	must(t, w.Candles(btc1m, slice(bars, 1, 70_000)))
	must(t, w.Candles(mark, bare))
	must(t, w.Funding("BTCUSDT", funding))
	must(t, w.OpenInterest("BTCUSDT", interest))
	must(t, w.Depth("BTCUSDT", &market.Depth{Time: depth.Time[:1], Percentage: depth.Percentage[:1], Size: depth.Size[:1], Notional: depth.Notional[:1]}))
	must(t, w.Depth("BTCUSDT", &market.Depth{Time: depth.Time[1:], Percentage: depth.Percentage[1:], Size: depth.Size[1:], Notional: depth.Notional[1:]}))
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("the catalog appeared before Commit")
	}
	must(t, w.Commit())
	w.Abort()

	c, err := OpenDir(dir)
	must(t, err)
	var paths []string
	for _, s := range c.Series() {
		paths = append(paths, s.Path)
	}
	equal(t, paths, []string{"candles/1m/BTCUSDT.parquet", "mark/5m/BTCUSDT.parquet", "funding/BTCUSDT.parquet",
		"open_interest/BTCUSDT.parquet", "depth/BTCUSDT.parquet"})
	equal(t, c.Metadata(), map[string]string{"provenance": "reconstructed", "title": "test"})
	equal(t, c.Series()[0].Rows, int64(70_000))
	equal(t, c.Series()[0].To, bars.Time[69_999])

	r, err := c.Candles(btc1m)
	must(t, err)
	got, err := collect(r)
	must(t, err)
	equal(t, got, bars)
	r, err = c.Candles(mark)
	must(t, err)
	got, err = collect(r)
	must(t, err)
	equal(t, got, bare)
	gotFunding, err := c.Funding("BTCUSDT")
	must(t, err)
	equal(t, gotFunding, funding)
	gotInterest, err := c.OpenInterest("BTCUSDT")
	must(t, err)
	equal(t, gotInterest, interest)
	gotDepth, err := c.Depth("BTCUSDT")
	must(t, err)
	equal(t, gotDepth, depth)
}

// TestPricesSurviveExactly draws any price that has at most 15 digits.
func TestPricesSurviveExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.SliceOfN(rapid.Int64Range(1, 999_999_999_999_999), 1, 300).Draw(t, "units")
		floats := make([]float64, len(units))
		for i, u := range units {
			x, err := exactFloat(market.Price(u))
			if err != nil {
				t.Fatal(err)
			}
			floats[i] = x
		}
		prices := make([]market.Price, len(units))
		if i, err := positivePrices(prices, floats); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		for i, p := range prices {
			if int64(p) != units[i] {
				t.Fatalf("%v became %v", units[i], p)
			}
			if slow, err := market.FromFloat[market.Price](floats[i]); err != nil || slow != p {
				t.Fatalf("market.FromFloat(%v) = %v, %v, positivePrices gave %v", floats[i], slow, err, p)
			}
		}
	})
}

// TestFastConversionAgreesWithFromFloat draws any float, including NaN, infinities and subnormals.
func TestFastConversionAgreesWithFromFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64().Draw(t, "x")
		want, wantErr := market.FromFloat[market.Price](x)
		var got [1]market.Price
		_, err := positivePrices(got[:], []float64{x})
		if (err == nil) != (wantErr == nil && want > 0) {
			t.Fatalf("%v: %v, market.FromFloat says %v, %v", x, err, want, wantErr)
		}
		if err == nil && got[0] != want {
			t.Fatalf("%v became %v, expected %v", x, got[0], want)
		}
	})
}

func TestSameRowsGiveSameBytes(t *testing.T) {
	bars := walk(3, 2000)
	dirs := [2]string{}
	for i := range dirs {
		dirs[i] = catalogOf(t, map[Key]*market.Candles{btc1m: bars, {Kind: Index, Interval: market.Minute, Symbol: "BTCUSDT"}: bars})
	}
	for _, path := range []string{"manifest.json", "candles/1m/BTCUSDT.parquet", "index/1m/BTCUSDT.parquet"} {
		a, err := os.ReadFile(filepath.Join(dirs[0], path))
		must(t, err)
		b, err := os.ReadFile(filepath.Join(dirs[1], path))
		must(t, err)
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", path)
		}
	}
	// How the rows were cut into calls must not show either.
	w, err := Create(filepath.Join(t.TempDir(), "c"), map[string]string{"provenance": "reconstructed"})
	must(t, err)
	for from := 0; from < 2000; from += 500 {
		must(t, w.Candles(btc1m, slice(bars, from, from+500)))
	}
	must(t, w.Commit())
	a, err := os.ReadFile(filepath.Join(dirs[0], btc1m.Path()))
	must(t, err)
	b, err := os.ReadFile(filepath.Join(w.dir, btc1m.Path()))
	must(t, err)
	if !bytes.Equal(a, b) {
		t.Error("four calls gave other bytes than one")
	}
}

func TestEmbeddedCatalog(t *testing.T) {
	bars := walk(4, 100)
	dir := catalogOf(t, map[Key]*market.Candles{btc1m: bars})
	memory := fstest.MapFS{}
	for _, path := range []string{"manifest.json", btc1m.Path()} {
		data, err := os.ReadFile(filepath.Join(dir, path))
		must(t, err)
		memory[path] = &fstest.MapFile{Data: data}
	}
	for name, fsys := range map[string]fs.FS{"random": memory, "stream": streamFS{memory}} {
		c, err := Open(fsys, "embedded")
		must(t, err)
		r, err := c.Candles(btc1m)
		must(t, err)
		got, err := collect(r)
		must(t, err)
		if diff := cmp.Diff(bars, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// streamFS hides that its files can seek, as the files of a zip archive cannot.
type streamFS struct{ fs.FS }

func (s streamFS) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	return struct{ fs.File }{f}, err
}

// TestHashCatchesEveryFlippedBit flips each bit of a small file.
func TestHashCatchesEveryFlippedBit(t *testing.T) {
	dir := catalogOf(t, map[Key]*market.Candles{btc1m: walk(5, 20)})
	manifest, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	must(t, err)
	data, err := os.ReadFile(filepath.Join(dir, btc1m.Path()))
	must(t, err)
	for bit := range len(data) * 8 {
		data[bit/8] ^= 1 << (bit % 8)
		_, err := Open(fstest.MapFS{"manifest.json": {Data: manifest}, btc1m.Path(): {Data: data}}, "flipped")
		if err == nil || !strings.Contains(err.Error(), "flipped/candles/1m/BTCUSDT.parquet: has SHA-256 ") {
			t.Fatalf("bit %d: %v", bit, err)
		}
		data[bit/8] ^= 1 << (bit % 8)
	}
	for _, size := range []int{0, 1, len(data) - 1} {
		_, err := Open(fstest.MapFS{"manifest.json": {Data: manifest}, btc1m.Path(): {Data: data[:size]}}, "cut")
		want := fmt.Sprintf("cut/candles/1m/BTCUSDT.parquet: has %d bytes, the manifest says %d: it is truncated", size, len(data))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	_, err = Open(fstest.MapFS{"manifest.json": {Data: manifest}}, "gone")
	if err == nil || !strings.Contains(err.Error(), "gone/candles/1m/BTCUSDT.parquet: is in the manifest and cannot be opened") {
		t.Error(err)
	}
}

func TestManifestRefusals(t *testing.T) {
	dir := catalogOf(t, map[Key]*market.Candles{btc1m: walk(6, 2)})
	good, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	must(t, err)
	data, err := os.ReadFile(filepath.Join(dir, btc1m.Path()))
	must(t, err)
	for _, c := range [][3]string{
		{"backtest/catalog/v1", "backtest/catalog/v9", `has schema "backtest/catalog/v9": expected "backtest/catalog/v1"`},
		{`"path": "candles`, `"path": "../candles`, `path "../candles/1m/BTCUSDT.parquet": expected "candles/1m/BTCUSDT.parquet"`},
		{`"symbol": "BTCUSDT"`, `"symbol": "../BTC"`, `symbol "../BTC": expected`},
		{`"interval": "1m"`, `"interval": "soon"`, `interval "soon": expected one such as 1m`},
		{`"kind": "candles"`, `"kind": "candle"`, `series kind "candle" is unknown`},
		{`"rows": 2`, `"rows": -2`, "has -2 rows"},
		{`"rows": 2`, `"row": 2`, `unknown field "row"`},
		{`{`, `[`, "is no catalog manifest"},
	} {
		bad := strings.Replace(string(good), c[0], c[1], 1)
		_, err := Open(fstest.MapFS{"manifest.json": {Data: []byte(bad)}, btc1m.Path(): {Data: data}}, "x")
		if err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: %v, expected %s", c[1], err, c[2])
		}
	}
	// A manifest that is well-formed and wrong about the rows is found on reading.
	bad := strings.Replace(string(good), `"rows": 2`, `"rows": 3`, 1)
	c, err := Open(fstest.MapFS{"manifest.json": {Data: []byte(bad)}, btc1m.Path(): {Data: data}}, "x")
	must(t, err)
	r, err := c.Candles(btc1m)
	must(t, err)
	if _, err := collect(r); err == nil || !strings.Contains(err.Error(), "delivered 2 rows up to") {
		t.Error(err)
	}
	if _, err := OpenDir(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no catalog: expected a manifest.json in it") {
		t.Error(err)
	}
}

func TestWriterRefusals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "catalog")
	for name, c := range map[string]struct {
		change func(*market.Candles)
		want   string
	}{
		"reversed":   {func(c *market.Candles) { c.Time[2] = c.Time[0] }, "row 2: time 2025-10-09T08:54:00Z does not come after 2025-10-09T08:55:00Z"},
		"duplicate":  {func(c *market.Candles) { c.Time[1] = c.Time[0] }, "row 1: time"},
		"high < low": {func(c *market.Candles) { c.High[1] = 1 }, "row 1: high 0.00000001 is below low"},
		"open":       {func(c *market.Candles) { c.Open[2] = c.High[2] + 1 }, "row 2: open"},
		"zero":       {func(c *market.Candles) { c.Low[1], c.Open[1] = 0, 0 }, "row 1: price 0: expected a positive price"},
		"digits":     {func(c *market.Candles) { c.High[1] = 90_071_992_547_409_935 }, "price 900719925.47409935: expected a positive price that a float64 holds exactly"},
		"volume":     {func(c *market.Candles) { c.Volume[1] = -1 }, "row 1: volume -1"},
		"trades":     {func(c *market.Candles) { c.Trades[1] = -1 }, "row 1: trades -1"},
		"lengths":    {func(c *market.Candles) { c.Close = c.Close[:1] }, "columns differ in length"},
		"optional":   {func(c *market.Candles) { c.Trades = c.Trades[:1] }, "columns differ in length"},
	} {
		w, err := Create(dir, nil)
		must(t, err)
		bars := walk(7, 3)
		c.change(bars)
		if err := w.Candles(btc1m, bars); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %s", name, err, c.want)
		}
		w.Abort()
		w.Abort()
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	w, err := Create(dir, nil)
	must(t, err)
	if err := w.Commit(); err == nil || !strings.Contains(err.Error(), "has no rows") {
		t.Error(err)
	}
	must(t, os.Mkdir(dir, 0o755))
	if _, err := Create(dir, nil); err == nil || !strings.Contains(err.Error(), "exists: expected a new directory") {
		t.Error(err)
	}
}

// TestStreamingReusesMemory reads twelve row groups through one batch.
func TestStreamingReusesMemory(t *testing.T) {
	c, err := OpenDir(catalogOf(t, map[Key]*market.Candles{btc1m: walk(8, 12*RowGroupRows)}))
	must(t, err)
	r, err := c.Candles(btc1m)
	must(t, err)
	defer r.Close()
	batch := &market.Candles{}
	must(t, r.Next(batch))
	first := &batch.Open[0]
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	batches := 1
	for {
		err := r.Next(batch)
		if err == io.EOF {
			break
		}
		must(t, err)
		if batch.Len() != RowGroupRows || &batch.Open[0] != first {
			t.Fatalf("batch %d has %d rows or new memory", batches, batch.Len())
		}
		batches++
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	equal(t, batches, 12)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes over %d batches", grown, batches)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got + want -:\n%s", diff)
	}
}
