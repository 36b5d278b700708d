package columnar

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Writer builds a catalog in a temporary sibling of its directory, which Commit renames: the catalog appears complete or
// not at all. A Writer belongs to one goroutine. After an error only Abort makes sense.
type Writer struct {
	dir    string // final place
	build  string // temporary sibling; "" once committed or aborted
	meta   map[string]string
	series map[Key]*seriesWriter
}

// seriesWriter is one open Parquet file.
type seriesWriter struct {
	table          *Table
	file           *os.File
	buffer         *bufio.Writer
	hash           hash.Hash
	bytes          int64
	rows           int64
	from, to       market.Time
	lastPercentage float64 // depth only
	columns        []Column
}

// Write passes bytes to the file, counting and hashing them.
func (s *seriesWriter) Write(p []byte) (int, error) {
	s.hash.Write(p)
	s.bytes += int64(len(p))
	return s.buffer.Write(p)
}

// Create starts a catalog that will appear at dir, which must not exist; its parent is made if necessary. meta goes into
// the manifest and into every file's metadata.
func Create(dir string, meta map[string]string) (*Writer, error) {
	dir = filepath.Clean(dir)
	if err := mustNotExist(dir); err != nil {
		return nil, err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, err
	}
	build, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".partial-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(build, 0o755); err != nil {
		return nil, errors.Join(err, os.RemoveAll(build))
	}
	meta = maps.Clone(meta)
	if meta == nil {
		meta = map[string]string{}
	}
	return &Writer{dir: dir, build: build, meta: meta, series: map[Key]*seriesWriter{}}, nil
}

func mustNotExist(dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s exists: expected a new directory, a catalog is never overwritten; choose another name or remove it", dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// open returns the writer of a series, starting its file at the first call.
func (w *Writer) open(k Key, columns []Column) (*seriesWriter, error) {
	if w.build == "" {
		return nil, fmt.Errorf("%s: the catalog is committed or aborted", w.dir)
	}
	if s, ok := w.series[k]; ok {
		if !slices.Equal(s.columns, columns) {
			return nil, fmt.Errorf("%s: optional columns differ from those of the first rows: expected the same in every call", k.Path())
		}
		return s, nil
	}
	if err := k.check(); err != nil {
		return nil, err
	}
	path := filepath.Join(w.build, filepath.FromSlash(k.Path()))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	s := &seriesWriter{file: f, buffer: bufio.NewWriterSize(f, 256<<10), hash: sha256.New(), columns: columns}
	if s.table, err = NewTable(s, columns, w.meta); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w.series[k] = s
	return s, nil
}

// Candles appends bars to a series of kind candles, mark or index; later calls for the same key append later rows. Rows
// are validated as on reading.
func (w *Writer) Candles(k Key, c *market.Candles) error {
	if !k.Kind.HasCandles() {
		return fmt.Errorf("%s: expected kind candles, mark or index", k.Path())
	}
	present, err := candleFields(c)
	if err != nil {
		return fmt.Errorf("%s: %w", k.Path(), err)
	}
	if c.Len() == 0 {
		return nil
	}
	s, err := w.open(k, present)
	if err != nil {
		return err
	}
	if err := s.candles(c); err != nil {
		return fmt.Errorf("%s: %w", k.Path(), err)
	}
	return nil
}

// candleFields lists the columns that c has and checks their lengths.
func candleFields(c *market.Candles) ([]Column, error) {
	n := c.Len()
	if len(c.Open) != n || len(c.High) != n || len(c.Low) != n || len(c.Close) != n || len(c.Volume) != n {
		return nil, errLengths
	}
	var fields []Column
	for i, w := range candleColumns {
		length := n
		switch i {
		case candleQuoteVolume:
			length = len(c.QuoteVolume)
		case candleTrades:
			length = len(c.Trades)
		case candleTakerBuyVolume:
			length = len(c.TakerBuyVolume)
		}
		if length == 0 && w.optional {
			continue
		}
		if length != n {
			return nil, errLengths
		}
		fields = append(fields, Column{Name: w.name, Type: w.typ})
	}
	return fields, nil
}

func (s *seriesWriter) candles(c *market.Candles) error {
	if i, err := checkBars(c.Open, c.High, c.Low, c.Close); err != nil {
		return fmt.Errorf("row %d: %w", s.rows+int64(i), err)
	}
	for _, volumes := range [][]float64{c.Volume, c.QuoteVolume, c.TakerBuyVolume} {
		if i := notAmount(volumes); i >= 0 {
			return fmt.Errorf("row %d: volume %v: expected a finite amount of at least 0", s.rows+int64(i), volumes[i])
		}
	}
	if i := slices.IndexFunc(c.Trades, func(v int64) bool { return v < 0 }); i >= 0 {
		return fmt.Errorf("row %d: trades %d: expected a count of at least 0", s.rows+int64(i), c.Trades[i])
	}
	t := s.table
	for i, time := range c.Time {
		if err := s.follow(time, false); err != nil {
			return err
		}
		t.Time(candleTime, time)
		for column, prices := range [...][]market.Price{c.Open, c.High, c.Low, c.Close} {
			x, err := exactFloat(prices[i])
			if err != nil || prices[i] <= 0 {
				return fmt.Errorf("row %d: price %v: expected a positive price that a float64 holds exactly", s.rows-1, prices[i])
			}
			t.Float64(candleOpen+column, x)
		}
		t.Float64(candleVolume, c.Volume[i])
		next := candleVolume + 1
		if len(c.QuoteVolume) > 0 {
			t.Float64(next, c.QuoteVolume[i])
			next++
		}
		if len(c.Trades) > 0 {
			t.Int64(next, c.Trades[i])
			next++
		}
		if len(c.TakerBuyVolume) > 0 {
			t.Float64(next, c.TakerBuyVolume[i])
		}
		if err := t.EndRow(); err != nil {
			return err
		}
	}
	return nil
}

// follow counts a row and checks that its time comes after the last, or with it when repeated times are allowed.
func (s *seriesWriter) follow(t market.Time, repeated bool) error {
	if s.rows == 0 {
		s.from = t
	} else if t < s.to || t == s.to && !repeated {
		return fmt.Errorf("row %d: time %v does not come after %v: expected ascending times without repetition", s.rows, t, s.to)
	}
	s.to = t
	s.rows++
	return nil
}

// nearestFloat returns the float64 nearest to v wholes.
func nearestFloat[T market.Fixed](v T) float64 {
	if u := int64(v); u > -1<<53 && u < 1<<53 {
		return float64(u) / market.Scale
	}
	x, _ := market.Decimal(v).Float64()
	return x
}

// exactFloat returns the float64 whose shortest decimal is v, or an error when there is none.
func exactFloat[T market.Fixed](v T) (float64, error) {
	x := nearestFloat(v)
	// Up to 2^52 units different values have different floats, and market.FromFloat leads back.
	if u := int64(v); u > -exactBelow && u < exactBelow {
		return x, nil
	}
	if back, err := market.FromFloat[T](x); err != nil || back != v {
		return 0, fmt.Errorf("%s has more digits than a float64 holds: expected at most 15", market.Format(v))
	}
	return x, nil
}

// Funding appends settlements to a symbol's series.
func (w *Writer) Funding(symbol string, f *market.Funding) error {
	k := Key{Kind: Funding, Symbol: symbol}
	if len(f.Rate) != f.Len() || len(f.IntervalHours) != f.Len() {
		return fmt.Errorf("%s: %w", k.Path(), errLengths)
	}
	if f.Len() == 0 {
		return nil
	}
	s, err := w.open(k, []Column{{Name: "time", Type: Time}, {Name: "rate", Type: Float64}, {Name: "interval_hours", Type: Int32}})
	if err != nil {
		return err
	}
	for i, time := range f.Time {
		rate, err := exactFloat(f.Rate[i])
		if err == nil && f.IntervalHours[i] < 1 {
			err = fmt.Errorf("interval_hours %d: expected at least 1", f.IntervalHours[i])
		}
		if err == nil {
			err = s.follow(time, false)
		}
		if err != nil {
			return fmt.Errorf("%s: settlement at %v: %w", k.Path(), time, err)
		}
		s.table.Time(0, time)
		s.table.Float64(1, rate)
		s.table.Int32(2, f.IntervalHours[i])
		if err := s.table.EndRow(); err != nil {
			return err
		}
	}
	return nil
}

// OpenInterest appends to a symbol's series. Sizes must be exact in float64; values, which are statistics, are written
// as the nearest float64, exact up to 15 digits.
func (w *Writer) OpenInterest(symbol string, o *market.OpenInterest) error {
	k := Key{Kind: OpenInterest, Symbol: symbol}
	if len(o.Size) != o.Len() || len(o.Value) != o.Len() {
		return fmt.Errorf("%s: %w", k.Path(), errLengths)
	}
	if o.Len() == 0 {
		return nil
	}
	s, err := w.open(k, []Column{{Name: "time", Type: Time}, {Name: "open_interest", Type: Float64}, {Name: "open_interest_value", Type: Float64}})
	if err != nil {
		return err
	}
	for i, time := range o.Time {
		size, err := exactFloat(o.Size[i])
		if err == nil && (o.Size[i] < 0 || o.Value[i] < 0) {
			err = fmt.Errorf("open interest %v worth %v: expected at least 0", o.Size[i], o.Value[i])
		}
		if err == nil {
			err = s.follow(time, false)
		}
		if err != nil {
			return fmt.Errorf("%s: row at %v: %w", k.Path(), time, err)
		}
		s.table.Time(0, time)
		s.table.Float64(1, size)
		s.table.Float64(2, nearestFloat(o.Value[i]))
		if err := s.table.EndRow(); err != nil {
			return err
		}
	}
	return nil
}

// Depth appends levels to a symbol's series.
func (w *Writer) Depth(symbol string, d *market.Depth) error {
	k := Key{Kind: Depth, Symbol: symbol}
	if len(d.Percentage) != d.Len() || len(d.Size) != d.Len() || len(d.Notional) != d.Len() {
		return fmt.Errorf("%s: %w", k.Path(), errLengths)
	}
	if d.Len() == 0 {
		return nil
	}
	s, err := w.open(k, []Column{{Name: "time", Type: Time}, {Name: "percentage", Type: Float64}, {Name: "depth", Type: Float64}, {Name: "notional", Type: Float64}})
	if err != nil {
		return err
	}
	last := &market.Depth{}
	if s.rows > 0 {
		last = &market.Depth{Time: []market.Time{s.to}, Percentage: []float64{s.lastPercentage}}
	}
	for i, time := range d.Time {
		err := checkLevel(last, time, d.Percentage[i], d.Size[i], d.Notional[i])
		if err == nil {
			err = s.follow(time, true)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", k.Path(), err)
		}
		last.Time, last.Percentage = append(last.Time[:0], time), append(last.Percentage[:0], d.Percentage[i])
		s.table.Time(0, time)
		s.table.Float64(1, d.Percentage[i])
		s.table.Float64(2, d.Size[i])
		s.table.Float64(3, d.Notional[i])
		if err := s.table.EndRow(); err != nil {
			return err
		}
	}
	s.lastPercentage = last.Percentage[0]
	return nil
}

// Commit completes all files, writes manifest.json and moves the catalog to its place. On an error nothing appears.
func (w *Writer) Commit() error {
	defer w.Abort()
	if w.build == "" {
		return fmt.Errorf("%s: the catalog is committed or aborted already", w.dir)
	}
	if len(w.series) == 0 {
		return fmt.Errorf("%s: the catalog has no rows: expected at least one series", w.dir)
	}
	m := manifest{Schema: manifestSchema, Metadata: w.meta}
	for _, k := range slices.SortedFunc(maps.Keys(w.series), compareKeys) {
		s := w.series[k]
		if err := s.close(); err != nil {
			return fmt.Errorf("%s: %w", k.Path(), err)
		}
		entry := manifestFile{Path: k.Path(), Kind: k.Kind, Symbol: k.Symbol, Rows: s.rows, From: s.from.String(),
			To: s.to.String(), Bytes: s.bytes, SHA256: hex.EncodeToString(s.hash.Sum(nil))}
		if k.Kind.HasCandles() {
			entry.Interval = market.FormatInterval(k.Interval)
		}
		m.Files = append(m.Files, entry)
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.build, manifestName), append(data, '\n'), 0o644); err != nil {
		return err
	}
	if err := mustNotExist(w.dir); err != nil {
		return err
	}
	if err := os.Rename(w.build, w.dir); err != nil {
		return err
	}
	w.build = ""
	return nil
}

func (s *seriesWriter) close() error {
	f := s.file
	if f == nil {
		return nil
	}
	s.file = nil
	err := s.table.Close()
	if err == nil {
		err = s.buffer.Flush()
	}
	return errors.Join(err, f.Close())
}

// Abort removes what was built. It is idempotent and does nothing after Commit.
func (w *Writer) Abort() {
	if w.build == "" {
		return
	}
	for _, s := range w.series {
		if s.file != nil {
			_ = s.file.Close() // the file is removed next
		}
	}
	_ = os.RemoveAll(w.build) // a leftover directory is marked partial by its name
	w.build = ""
}
