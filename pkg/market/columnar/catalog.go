package columnar

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/parquet"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// manifestName is the catalog's list of files, manifestSchema its version.
const (
	manifestName   = "manifest.json"
	manifestSchema = "backtest/catalog/v1"
)

// manifest is manifest.json as docs/FORMATS.md describes it.
type manifest struct {
	Schema   string            `json:"schema"`
	Metadata map[string]string `json:"metadata"`
	Files    []manifestFile    `json:"files"`
}

type manifestFile struct {
	Path     string `json:"path"`
	Kind     Kind   `json:"kind"`
	Interval string `json:"interval,omitempty"`
	Symbol   string `json:"symbol"`
	Rows     int64  `json:"rows"`
	From     string `json:"from"`
	To       string `json:"to"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
}

// SeriesInfo is what the manifest says about a series.
type SeriesInfo struct {
	Key
	Path     string // under the catalog's root, slash-separated
	Rows     int64
	From, To market.Time // first and last row
	Bytes    int64
	SHA256   string // lower-case hexadecimal
}

// Catalog is a directory of series whose hashes have been checked. It may be read from several goroutines at once; each
// reader belongs to one.
type Catalog struct {
	name     string
	fsys     fs.FS
	metadata map[string]string
	series   []SeriesInfo
}

// OpenDir opens a catalog directory: it reads manifest.json and verifies size and SHA-256 of every file, several at a
// time. An error names the file, the expected and the found value and the remedy.
func OpenDir(dir string) (*Catalog, error) { return Open(os.DirFS(dir), dir) }

// Open is OpenDir for embedded data or any other file system; name stands for it in errors.
func Open(fsys fs.FS, name string) (*Catalog, error) {
	c := &Catalog{name: name, fsys: fsys}
	data, err := fs.ReadFile(fsys, manifestName)
	if err != nil {
		return nil, fmt.Errorf("%s: no catalog: expected a %s in it (%w); make one with `backtest data import`", name, manifestName, err)
	}
	if err := c.parse(data); err != nil {
		return nil, fmt.Errorf("%s/%s: %w", name, manifestName, err)
	}
	if err := c.verify(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Catalog) parse(data []byte) error {
	var m manifest
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return fmt.Errorf("is no catalog manifest (%w): restore or re-import the catalog", err)
	}
	if m.Schema != manifestSchema {
		return fmt.Errorf("has schema %q: expected %q; re-import the catalog with this version", m.Schema, manifestSchema)
	}
	c.metadata = m.Metadata
	for i, f := range m.Files {
		info, err := f.info()
		if err != nil {
			return fmt.Errorf("file %d: %w", i, err)
		}
		if c.Has(info.Key) {
			return fmt.Errorf("file %d: %s is listed twice: restore or re-import the catalog", i, info.Path)
		}
		c.series = append(c.series, info)
	}
	slices.SortFunc(c.series, func(a, b SeriesInfo) int { return compareKeys(a.Key, b.Key) })
	return nil
}

func (f manifestFile) info() (SeriesInfo, error) {
	info := SeriesInfo{Key: Key{Kind: f.Kind, Symbol: f.Symbol}, Path: f.Path, Rows: f.Rows, Bytes: f.Bytes, SHA256: f.SHA256}
	if f.Interval != "" {
		var ok bool
		if info.Interval, ok = market.ParseInterval(f.Interval); !ok {
			return info, fmt.Errorf("interval %q: expected one such as 1m", f.Interval)
		}
	}
	if err := info.Key.check(); err != nil {
		return info, err
	}
	if f.Path != info.Key.Path() {
		return info, fmt.Errorf("path %q: expected %q by its kind, interval and symbol", f.Path, info.Key.Path())
	}
	if f.Rows <= 0 || f.Bytes <= 0 {
		return info, fmt.Errorf("%s has %d rows in %d bytes: expected some", f.Path, f.Rows, f.Bytes)
	}
	var err error
	if info.From, err = market.ParseTime(f.From); err != nil {
		return info, fmt.Errorf("%s: from: %w", f.Path, err)
	}
	if info.To, err = market.ParseTime(f.To); err != nil {
		return info, fmt.Errorf("%s: to: %w", f.Path, err)
	}
	return info, nil
}

// verify hashes all files, as many at a time as there are processors. Of several mismatches it reports all, in the
// catalog's order.
func (c *Catalog) verify() error {
	findings := make([]error, len(c.series))
	var wait sync.WaitGroup
	for worker := range min(runtime.GOMAXPROCS(0), len(c.series)) {
		wait.Go(func() {
			buffer := make([]byte, 256<<10)
			for i := worker; i < len(c.series); i += runtime.GOMAXPROCS(0) {
				if err := verifyFile(c.fsys, c.series[i], buffer); err != nil {
					findings[i] = fileError(c.name+"/"+c.series[i].Path, err)
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(findings...)
}

func verifyFile(fsys fs.FS, info SeriesInfo, buffer []byte) error {
	f, err := fsys.Open(info.Path)
	if err != nil {
		return fmt.Errorf("is in the manifest and cannot be opened (%w): restore or re-import it", err)
	}
	defer f.Close()
	hash := sha256.New()
	// The reader is wrapped so that io.CopyBuffer uses the buffer, and one byte above the size shows growth.
	n, err := io.CopyBuffer(hash, io.LimitReader(struct{ io.Reader }{f}, info.Bytes+1), buffer)
	if err != nil {
		return err
	}
	if n > info.Bytes {
		return fmt.Errorf("has more than the %d bytes of the manifest: restore or re-import it", info.Bytes)
	}
	if n < info.Bytes {
		return fmt.Errorf("has %d bytes, the manifest says %d: it is truncated; restore or re-import it", n, info.Bytes)
	}
	if found := hex.EncodeToString(hash.Sum(nil)); found != info.SHA256 {
		return fmt.Errorf("has SHA-256 %s, the manifest says %s: it was changed or damaged; restore or re-import it", found, info.SHA256)
	}
	return nil
}

// Series lists what the catalog holds, sorted by kind, interval and symbol.
func (c *Catalog) Series() []SeriesInfo { return slices.Clone(c.series) }

// Metadata returns what was given to Create, such as "provenance".
func (c *Catalog) Metadata() map[string]string { return maps.Clone(c.metadata) }

// Name is the directory or the name given to Open.
func (c *Catalog) Name() string { return c.name }

// Has reports whether the catalog holds a series.
func (c *Catalog) Has(k Key) bool {
	_, ok := c.find(k)
	return ok
}

func (c *Catalog) find(k Key) (SeriesInfo, bool) {
	for _, s := range c.series {
		if s.Key == k {
			return s, true
		}
	}
	return SeriesInfo{}, false
}

// Candles opens a series of kind candles, mark or index for streaming.
func (c *Catalog) Candles(k Key) (CandleReader, error) {
	if !k.Kind.HasCandles() {
		return nil, fmt.Errorf("%s: series %s %s holds no bars: expected kind candles, mark or index", c.name, k.Kind, k.Symbol)
	}
	f, info, err := c.open(k, candleColumns)
	if err != nil {
		return nil, err
	}
	return &expecting{CandleReader: newCandleFile(f.name, f), name: f.name, info: info}, nil
}

// Funding reads a symbol's funding settlements whole.
func (c *Catalog) Funding(symbol string) (*market.Funding, error) {
	f, info, err := c.open(Key{Kind: Funding, Symbol: symbol}, fundingColumns)
	if err != nil {
		return nil, err
	}
	defer f.close()
	series, rows, err := readFunding(f.name, f)
	if err != nil {
		return nil, err
	}
	return series, c.compare(info, rows, series.Time)
}

// OpenInterest reads a symbol's open interest whole.
func (c *Catalog) OpenInterest(symbol string) (*market.OpenInterest, error) {
	f, info, err := c.open(Key{Kind: OpenInterest, Symbol: symbol}, openInterestColumns)
	if err != nil {
		return nil, err
	}
	defer f.close()
	series, rows, err := readOpenInterest(f.name, f)
	if err != nil {
		return nil, err
	}
	return series, c.compare(info, rows, series.Time)
}

// Depth reads a symbol's depth whole: 32 bytes a level, some 1 MiB for a day of snapshots every 30 seconds.
func (c *Catalog) Depth(symbol string) (*market.Depth, error) {
	f, info, err := c.open(Key{Kind: Depth, Symbol: symbol}, depthColumns)
	if err != nil {
		return nil, err
	}
	defer f.close()
	series, rows, err := readDepth(f.name, f)
	if err != nil {
		return nil, err
	}
	return series, c.compare(info, rows, series.Time)
}

func (c *Catalog) compare(info SeriesInfo, rows int64, times []market.Time) error {
	if rows != info.Rows || times[0] != info.From || times[rows-1] != info.To {
		return fileError(c.name+"/"+info.Path, manifestMismatch(rows, info, times[max(rows-1, 0)]))
	}
	return nil
}

func (c *Catalog) open(k Key, want []wanted) (*parquetFile, SeriesInfo, error) {
	info, ok := c.find(k)
	if !ok {
		return nil, info, fmt.Errorf("%s: has no series %s: expected one of those that `backtest data inspect` lists", c.name, k.Path())
	}
	name := c.name + "/" + info.Path
	src, err := openSource(c.fsys, info.Path, name)
	if err != nil {
		return nil, info, fileError(name, err)
	}
	f, err := openParquet(src, defaultBudget)
	if err == nil {
		err = f.bind(want)
	}
	if err != nil {
		return nil, info, errors.Join(err, src.Close())
	}
	return f, info, nil
}

// openSource opens a file for random access; one that a file system delivers only as a stream is read into memory.
func openSource(fsys fs.FS, path, name string) (source, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return source{}, err
	}
	stat, err := f.Stat()
	if err != nil {
		return source{}, errors.Join(err, f.Close())
	}
	if random, ok := f.(parquet.ReaderAtSeeker); ok {
		return source{ReaderAtSeeker: random, name: name, size: stat.Size(), Closer: f}, nil
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return source{}, errors.Join(err, f.Close())
	}
	return source{ReaderAtSeeker: bytes.NewReader(data), name: name, size: int64(len(data)), Closer: f}, nil
}
