package columnar

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// smallBudget keeps damaged sizes cheap.
const smallBudget = 4 << 20

// flipStep is the distance of flipped bits: 1 when COLUMNAR_EVERY_BIT is set, which takes a minute, else a prime, so that
// all eight places in a byte occur.
func flipStep() int {
	if os.Getenv("COLUMNAR_EVERY_BIT") != "" {
		return 1
	}
	return 13
}

// TestFlippedBitsWithoutHash flips each bit of a single Parquet file: it reads as an error or as the same rows.
func TestFlippedBitsWithoutHash(t *testing.T) {
	bars := walk(10, 16)
	data := fileOf(t, bars)
	refused := 0
	for bit := 0; bit < len(data)*8; bit += flipStep() {
		data[bit/8] ^= 1 << (bit % 8)
		got, err := parquetCandles(data, smallBudget)
		if err != nil {
			refused++
		} else if diff := cmp.Diff(bars, got); diff != "" {
			t.Errorf("byte %d of %d, bit %d reads as other rows:\n%s", bit/8, len(data), bit%8, diff)
		}
		data[bit/8] ^= 1 << (bit % 8)
	}
	t.Logf("%d of %d flips refused, the rest read unchanged", refused, len(data)*8/flipStep())
}

// TestTruncatedFiles cuts files of every format at every length.
func TestTruncatedFiles(t *testing.T) {
	bars := walk(11, 12)
	file, stream := arrowFile(t, bars, 5), arrowStream(t, bars, 5)
	for name, c := range map[string]struct {
		data []byte
		read func([]byte, int) (*market.Candles, error)
	}{
		"parquet":    {fileOf(t, bars), parquetCandles},
		"arrow file": {file, ipcFileCandles},
	} {
		for size := range len(c.data) {
			if _, err := c.read(c.data[:size], smallBudget); err == nil {
				t.Fatalf("%s cut at %d of %d bytes was read", name, size, len(c.data))
			}
		}
	}
	// A stream may end between messages, by its definition; then what it read is a prefix.
	for size := range len(stream) {
		got, err := ipcStreamCandles(stream[:size], smallBudget)
		if err != nil {
			continue
		}
		if n := got.Len(); n != 0 && n != 5 && n != 10 && n != 12 {
			t.Fatalf("stream cut at %d of %d bytes was read with %d rows", size, len(stream), n)
		}
	}
}

// TestFlippedBitsInArrow flips each bit of Arrow data, which carries no checksum: no panic, and whatever reads as bars
// passes the checks of bars.
func TestFlippedBitsInArrow(t *testing.T) {
	bars := walk(12, 8)
	for name, c := range map[string]struct {
		data []byte
		read func([]byte, int) (*market.Candles, error)
	}{
		"file":   {arrowFile(t, bars, 4), ipcFileCandles},
		"stream": {arrowStream(t, bars, 4), ipcStreamCandles},
		"zstd":   {arrowStream(t, bars, 4, ipc.WithZstd()), ipcStreamCandles},
		"lz4":    {arrowStream(t, bars, 4, ipc.WithLZ4()), ipcStreamCandles},
	} {
		for bit := 0; bit < len(c.data)*8; bit += flipStep() {
			c.data[bit/8] ^= 1 << (bit % 8)
			if got, err := c.read(c.data, smallBudget); err == nil {
				checkValid(t, fmt.Sprintf("%s bit %d", name, bit), got)
				if n := got.Len(); n != 8 {
					t.Errorf("%s bit %d: %d rows of 8 without an error", name, bit, n)
				}
			}
			c.data[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func checkValid(t *testing.T, place string, c *market.Candles) {
	t.Helper()
	for i := range c.Time {
		if i > 0 && c.Time[i] <= c.Time[i-1] {
			t.Errorf("%s: row %d: time does not ascend", place, i)
		}
		if c.Low[i] <= 0 || c.Low[i] > min(c.Open[i], c.Close[i]) || c.High[i] < max(c.Open[i], c.Close[i]) {
			t.Errorf("%s: row %d: impossible bar", place, i)
		}
		if math.IsNaN(c.Volume[i]) || c.Volume[i] < 0 {
			t.Errorf("%s: row %d: volume %v", place, i, c.Volume[i])
		}
	}
}

func TestArrowRoundTrip(t *testing.T) {
	bars := walk(13, RowGroupRows+1000)
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"a.arrow":   arrowFile(t, bars, 70_000), // one record, more than a batch
		"b.feather": arrowFile(t, bars, 1000, ipc.WithZstd()),
		"c.arrows":  arrowStream(t, bars, 5000),
		"d.arrows":  arrowStream(t, bars, 5000, ipc.WithLZ4()),
		"e.parquet": fileOf(t, bars),
	} {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, data, 0o644))
		r, err := ReadCandles(path)
		must(t, err)
		got, err := collect(r)
		must(t, err)
		if diff := cmp.Diff(bars, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	r, err := ReadCandleStream(bytes.NewReader(arrowStream(t, bars, 5000)), "pipe")
	must(t, err)
	got, err := collect(r)
	must(t, err)
	equal(t, got, bars)
	if _, err := ReadCandles(filepath.Join(dir, "a.arrow.gz")); err == nil {
		t.Error("a missing file was opened")
	}
	must(t, os.WriteFile(filepath.Join(dir, "x.csv"), nil, 0o644))
	if _, err := ReadCandles(filepath.Join(dir, "x.csv")); err == nil || !strings.Contains(err.Error(), `extension ".csv": expected .parquet, .arrow, .feather or .arrows`) {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"open_time,open,high\n": `is no Parquet file: it begins with "open", expected "PAR1"`,
		"PAR1 and no more":      "is no complete Parquet file of 16 bytes",
		"":                      "is no complete Parquet file of 0 bytes",
	} {
		must(t, os.WriteFile(filepath.Join(dir, "x.parquet"), []byte(text), 0o644))
		if _, err := ReadCandles(filepath.Join(dir, "x.parquet")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %q", text, err, want)
		}
	}
}

// TestTerabytesAreNotAskedFor gives sizes that a damaged file could claim.
func TestTerabytesAreNotAskedFor(t *testing.T) {
	stream := arrowStream(t, walk(14, 4), 4)
	huge := bytes.Clone(stream)
	binary.LittleEndian.PutUint32(huge[4:], 1<<31-8)
	if _, err := ipcStreamCandles(huge, defaultBudget); err == nil || !strings.Contains(err.Error(), "message header of 2147483640 bytes: expected at most") {
		t.Error(err)
	}
	huge = bytes.Clone(stream)
	// The body length of the record batch, 8 bytes in its flatbuffer, is the only place that holds it.
	r := &messages{r: bytes.NewReader(stream), memory: newBudget(defaultBudget)}
	_, err := r.Message()
	must(t, err)
	batch, err := r.Message()
	must(t, err)
	length := binary.LittleEndian.AppendUint64(nil, uint64(batch.BodyLen()))
	at := bytes.LastIndex(huge[:len(huge)-int(batch.BodyLen())], length)
	binary.LittleEndian.PutUint64(huge[at:], 1<<42)
	if _, err := ipcStreamCandles(huge, defaultBudget); err == nil || !strings.Contains(err.Error(), "expected at most 512 MiB") {
		t.Error(err)
	}
}

// TestFindingsNamePlaceAndRemedy writes bad columns in a way the Writer would refuse.
func TestFindingsNamePlaceAndRemedy(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		change func(*rawBars)
		want   string
	}{
		"NaN":       {func(b *rawBars) { b.floats[1][2] = nan }, "x.parquet: row group 0, row 2: column high: NaN is not a finite number: expected a positive price of at most 8 decimals; correct or drop the row"},
		"infinite":  {func(b *rawBars) { b.floats[0][1] = math.Inf(1) }, "row group 0, row 1: column open: +Inf is not a finite number"},
		"decimals":  {func(b *rawBars) { b.floats[3][0] = 9.123456789 }, "row group 0, row 0: column close: "},
		"zero":      {func(b *rawBars) { b.floats[2][0] = 0 }, "row group 0, row 0: column low: 0 is no positive price"},
		"negative":  {func(b *rawBars) { b.floats[2][0] = -3 }, "column low: -3 is no positive price"},
		"high<low":  {func(b *rawBars) { b.floats[1][1] = 7 }, "row group 0, row 1: high 7 is below low 8: expected low <= open, close <= high; correct or drop the row"},
		"outside":   {func(b *rawBars) { b.floats[3][1] = 12.5 }, "row 1: open 10 or close 12.5 is outside of low 8 to high 12"},
		"volume":    {func(b *rawBars) { b.floats[4][2] = nan }, "row 2: column volume: NaN: expected a finite amount of at least 0"},
		"reversed":  {func(b *rawBars) { b.times[2] = 0 }, "row group 0, row 2: column time: 1970-01-01T00:00:00Z does not come after 1970-01-01T00:02:00Z: expected ascending times"},
		"duplicate": {func(b *rawBars) { b.times[1] = b.times[0] }, "row 1: column time: 1970-01-01T00:01:00Z does not come after 1970-01-01T00:01:00Z"},
		"missing":   {func(b *rawBars) { b.columns[3].Name = "bottom" }, "x.parquet: column low: is missing: expected float64 beside time, open, high, bottom, close, volume"},
		"type":      {func(b *rawBars) { b.columns[5].Type = Int64 }, "x.parquet: column volume: is int64: expected float64; convert the column"},
		"time type": {func(b *rawBars) { b.columns[0].Type = Int64 }, "x.parquet: column time: is int64: expected timestamp[ms, UTC]"},
		"null":      {func(b *rawBars) { b.columns[1].Nullable, b.null = true, 1 }, "row group 0, row 1: column open: is null: expected a value in every row"},
	} {
		b := plainBars()
		c.change(b)
		_, err := parquetCandles(b.parquet(t), defaultBudget)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %s", name, err, c.want)
		}
	}
	nullable := plainBars() // as pandas and polars write: nullable without nulls
	for i := range nullable.columns {
		nullable.columns[i].Nullable = true
	}
	got, err := parquetCandles(nullable.parquet(t), defaultBudget)
	must(t, err)
	equal(t, got.Low, []market.Price{8e8, 8e8, 8e8})
}

// TestRowNumbersCountOverRowGroups puts the finding into the second row group.
func TestRowNumbersCountOverRowGroups(t *testing.T) {
	b := plainBars()
	for i := 3; i < RowGroupRows+10; i++ {
		b.times = append(b.times, int64(i+1)*60_000)
		for f := range b.floats {
			b.floats[f] = append(b.floats[f], b.floats[f][0])
		}
	}
	b.floats[1][RowGroupRows+4] = 1
	_, err := parquetCandles(b.parquet(t), defaultBudget)
	if err == nil || !strings.Contains(err.Error(), "x.parquet: row group 1, row 65540: high 1 is below low 8") {
		t.Error(err)
	}
}

// rawBars are candle columns that need not make sense.
type rawBars struct {
	columns []Column
	times   []int64
	floats  [5][]float64
	null    int // row of nullable column 1 that is null, if positive
}

func plainBars() *rawBars {
	b := &rawBars{times: []int64{60_000, 120_000, 180_000}}
	for i, v := range []float64{10, 12, 8, 11, 5} {
		b.floats[i] = []float64{v, v, v}
	}
	for _, w := range candleColumns[:6] {
		b.columns = append(b.columns, Column{Name: w.name, Type: w.typ})
	}
	return b
}

func (b *rawBars) parquet(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	table, err := NewTable(&out, b.columns, nil)
	must(t, err)
	for row, time := range b.times {
		values := make([]any, len(b.columns))
		for i, c := range b.columns {
			switch {
			case c.Type == Time:
				values[i] = market.Time(time)
			case c.Type == Int64 && i == 0:
				values[i] = time
			case c.Type == Int64:
				values[i] = int64(b.floats[i-1][row])
			case i == 1 && b.null > 0 && row == b.null:
				values[i] = nil
			default:
				values[i] = b.floats[i-1][row]
			}
		}
		must(t, table.AppendRow(values...))
	}
	must(t, table.Close())
	return out.Bytes()
}

func arrowRecords(bars *market.Candles, rows int) (*arrow.Schema, []arrow.Record) {
	utc := &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}
	fields := []arrow.Field{{Name: "time", Type: utc}}
	for _, name := range []string{"open", "high", "low", "close", "volume", "quote_volume"} {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Float64})
	}
	fields = append(fields, arrow.Field{Name: "trades", Type: arrow.PrimitiveTypes.Int64},
		arrow.Field{Name: "taker_buy_volume", Type: arrow.PrimitiveTypes.Float64})
	sc := arrow.NewSchema(fields, nil)
	var records []arrow.Record
	for from := 0; from < bars.Len(); from += rows {
		b := array.NewRecordBuilder(memory.NewGoAllocator(), sc)
		c := slice(bars, from, min(from+rows, bars.Len()))
		for i := range c.Time {
			b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(c.Time[i]))
			for f, p := range [][]market.Price{c.Open, c.High, c.Low, c.Close} {
				b.Field(f + 1).(*array.Float64Builder).Append(market.Float(p[i]))
			}
			b.Field(5).(*array.Float64Builder).Append(c.Volume[i])
			b.Field(6).(*array.Float64Builder).Append(c.QuoteVolume[i])
			b.Field(7).(*array.Int64Builder).Append(c.Trades[i])
			b.Field(8).(*array.Float64Builder).Append(c.TakerBuyVolume[i])
		}
		records = append(records, b.NewRecord())
	}
	return sc, records
}

func arrowStream(t testing.TB, bars *market.Candles, rows int, options ...ipc.Option) []byte {
	t.Helper()
	sc, records := arrowRecords(bars, rows)
	var out bytes.Buffer
	w := ipc.NewWriter(&out, append(options, ipc.WithSchema(sc))...)
	for _, r := range records {
		must(t, w.Write(r))
	}
	must(t, w.Close())
	return out.Bytes()
}

func arrowFile(t testing.TB, bars *market.Candles, rows int, options ...ipc.Option) []byte {
	t.Helper()
	sc, records := arrowRecords(bars, rows)
	f, err := os.Create(filepath.Join(t.TempDir(), "x.arrow"))
	must(t, err)
	w, err := ipc.NewFileWriter(f, append(options, ipc.WithSchema(sc))...)
	must(t, err)
	for _, r := range records {
		must(t, w.Write(r))
	}
	must(t, w.Close())
	data, err := os.ReadFile(f.Name())
	must(t, err)
	_ = f.Close() // the writer may have closed it
	return data
}
