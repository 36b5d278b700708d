package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// dataSource says what is replayed: a catalog, a single file or stream of candles, or, where path is empty, what ships
// with the program. A single file or stream becomes a catalog of one series in a directory for temporary files, with
// every row checked on the way and memory bounded by one batch; close removes it.
type dataSource struct {
	path   string // directory, file, or "-" for an Arrow stream on standard input
	symbol string // of a single file; default: what its name begins with
	input  io.Reader
	spool  string
}

// errNoData reports that neither a path is given nor data of the name ships.
var errNoData = errors.New("no such data ships with the program")

// open returns the catalog. name is what it is called in messages and results; where empty, the path's own. shipped is
// the data set to use without a path.
func (d *dataSource) open(name, shipped string) (*columnar.Catalog, error) {
	if info, err := os.Stat(d.path); d.symbol != "" && (d.path == "" || err == nil && info.IsDir()) {
		return nil, usagef("--symbol %s names the instrument of a single --data file; to replay one instrument of a catalog use --set 'instruments=[%s]'", d.symbol, d.symbol)
	}
	if d.path == "" {
		files, ok := data.Catalog(shipped)
		if !ok {
			return nil, errNoData
		}
		if name == "" {
			name = shipped
		}
		return columnar.Open(files, name)
	}
	if d.path != "-" {
		info, err := os.Stat(d.path)
		switch {
		case err != nil:
			return nil, usagef("--data %s: %w; expected a catalog as `backtest data import` writes it, a file of candles, or - for an Arrow stream", d.path, err)
		case info.IsDir() && !isCatalog(d.path):
			return nil, usagef("--data %s: no catalog: expected a %s in it; make one with `backtest data import %s --out DIR`", d.path, catalogManifest, d.path)
		case info.IsDir() && name == "":
			return columnar.OpenDir(d.path)
		case info.IsDir():
			return columnar.Open(os.DirFS(d.path), name)
		case slices.Contains([]string{".csv", ".zip"}, strings.ToLower(filepath.Ext(d.path))):
			return nil, usagef("--data %s: files of venues are imported first: `backtest data import %s --out DIR`, then --data DIR", d.path, d.path)
		}
	}
	dir, err := d.single()
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = filepath.Base(d.path)
		if d.path == "-" {
			name = "standard input"
		}
	}
	return columnar.Open(os.DirFS(dir), name)
}

// catalogManifest is the file by which a catalog is known.
const catalogManifest = "manifest.json"

// isCatalog says whether a folder has the manifest of a catalog, readable or not.
func isCatalog(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, catalogManifest))
	return !errors.Is(err, fs.ErrNotExist)
}

// close removes what open may have written.
func (d *dataSource) close() {
	if d.spool != "" {
		_ = os.RemoveAll(d.spool) // of no consequence to the run
	}
}

var (
	// namedSymbol is how a file's name begins: BTCUSDT-1m.parquet, BTCUSDT_251226.parquet. A suffix that is neither PERP nor a
	// day of delivery, such as an interval, is not part of the symbol.
	namedSymbol  = regexp.MustCompile(`^([A-Z0-9]{3,}(?:_(?:PERP|[0-9]{6}))?)(?:[^A-Za-z0-9]|$)`)
	coinMargined = regexp.MustCompile(`_PERP$|USD_[0-9A-Z]+$`)
)

// instrument returns the symbol of a single file. A coin-margined contract pays in its own coin, which the exchange does
// not model: its prices as those of a linear contract would give a wrong number for every account.
func (d *dataSource) instrument() (string, error) {
	symbol := d.symbol
	if symbol == "" {
		found := namedSymbol.FindStringSubmatch(filepath.Base(d.path))
		if found == nil {
			return "", usagef("--data %s does not say which instrument it holds; name it with --symbol, such as --symbol BTCUSDT", d.path)
		}
		symbol = found[1]
	}
	if coinMargined.MatchString(symbol) {
		return "", usagef("--data %s: %s is coin-margined; expected a linear contract such as BTCUSDT, only those are modeled", d.path, symbol)
	}
	return symbol, nil
}

// unlabeled is the provenance of candles that do not say where they come from.
const unlabeled = "unknown, a single file"

// labels are those of a file that the results should carry too, above all that it was reconstructed.
func labels(r columnar.CandleReader) map[string]string {
	meta, own := map[string]string{"provenance": unlabeled}, columnar.Labels(r)
	for _, key := range []string{"provenance", "title"} {
		if value := own[key]; value != "" {
			meta[key] = value
		}
	}
	return meta
}

// single turns one file or stream of candles into a catalog of one series and returns its directory.
func (d *dataSource) single() (dir string, err error) {
	symbol, err := d.instrument()
	if err != nil {
		return "", err
	}
	r, err := d.reader()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if d.spool, err = os.MkdirTemp("", "backtest-data-*"); err != nil {
		return "", err
	}
	dir = filepath.Join(d.spool, "catalog")
	w, err := columnar.Create(dir, labels(r))
	if err != nil {
		return "", err
	}
	defer w.Abort()
	key := columnar.Key{Kind: columnar.Candles, Symbol: symbol}
	var batch market.Candles
	for {
		switch err := r.Next(&batch); {
		case errors.Is(err, io.EOF) && key.Interval == 0:
			return "", fmt.Errorf("--data %s holds no bar; expected candles", d.path)
		case errors.Is(err, io.EOF):
			return dir, w.Commit()
		case err != nil:
			return "", err
		}
		if key.Interval == 0 {
			if key.Interval = spacing(&batch); key.Interval == 0 {
				return "", fmt.Errorf("--data %s holds %d bar; at least two are needed to know their length", d.path, batch.Len())
			}
		}
		if err := w.Candles(key, &batch); err != nil {
			return "", err
		}
	}
}

func (d *dataSource) reader() (columnar.CandleReader, error) {
	if d.path == "-" {
		return columnar.ReadCandleStream(d.input, "standard input")
	}
	return columnar.ReadCandles(d.path)
}

// spacing returns the smallest distance between bars, which is their length.
func spacing(c *market.Candles) (d market.Interval) {
	for i := 1; i < c.Len(); i++ {
		if step := c.Time[i] - c.Time[i-1]; d == 0 || step < d {
			d = step
		}
	}
	return d
}
