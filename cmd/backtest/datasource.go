package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

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
		case info.IsDir() && name == "":
			return columnar.OpenDir(d.path)
		case info.IsDir():
			return columnar.Open(os.DirFS(d.path), name)
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

// close removes what open may have written.
func (d *dataSource) close() {
	if d.spool != "" {
		_ = os.RemoveAll(d.spool) // of no consequence to the run
	}
}

var symbolPrefix = regexp.MustCompile(`^[A-Z0-9]{3,}`)

// single turns one file or stream of candles into a catalog of one series and returns its directory.
func (d *dataSource) single() (dir string, err error) {
	symbol := d.symbol
	if symbol == "" {
		if symbol = symbolPrefix.FindString(filepath.Base(d.path)); symbol == "" {
			return "", usagef("--data %s does not say which instrument it holds; name it with --symbol, such as --symbol BTCUSDT", d.path)
		}
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
	w, err := columnar.Create(dir, map[string]string{"provenance": "imported"})
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
