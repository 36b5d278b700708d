package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// series is one series of whatever was opened, with its rows.
type series struct {
	columnar.Key
	*table
	name   string  // for findings: its path in a catalog, or its file
	files  []*File // that rows came from; none in a catalog
	market Market  // "" in a catalog
}

// place names a row for a finding: file and line, or the 0-based row of a catalog's file.
func (s *series) place(i int) (file string, line, row int) {
	if len(s.files) == 0 {
		return s.name, 0, i
	}
	o := s.origins[i]
	return s.files[o.file].Name(), int(o.line), 0
}

// IsCatalog reports whether a path is a directory with a manifest.
func IsCatalog(path string) bool {
	info, err := os.Stat(filepath.Join(path, "manifest.json"))
	return err == nil && !info.IsDir()
}

// isColumnar reports whether a path is a single Parquet or Arrow file.
func isColumnar(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".parquet", ".arrow", ".feather", ".arrows":
		return true
	}
	return path == "-"
}

// readSeries reads a series of a catalog whole. With an error the rows before it are returned too.
func readSeries(c *columnar.Catalog, info columnar.SeriesInfo) (*series, error) {
	s := &series{Key: info.Key, name: c.Name() + "/" + info.Path, table: &table{}}
	var err error
	n := 0
	switch info.Kind {
	case columnar.Funding:
		if s.funding, err = c.Funding(info.Symbol); err == nil {
			n = s.funding.Len()
		}
	case columnar.OpenInterest:
		if s.openInterest, err = c.OpenInterest(info.Symbol); err == nil {
			n = s.openInterest.Len()
		}
	case columnar.Depth:
		if s.depth, err = c.Depth(info.Symbol); err == nil {
			n = s.depth.Len()
		}
	default:
		var r columnar.CandleReader
		if r, err = c.Candles(info.Key); err == nil {
			s.candles, err = readBars(r)
			n = s.candles.Len()
		}
	}
	s.origins = make([]origin, n)
	return s, err
}

// readBars gathers all batches of a reader and closes it. With an error the rows before it are returned too.
func readBars(r columnar.CandleReader) (*market.Candles, error) {
	all := &table{candles: &market.Candles{}}
	var batch market.Candles
	for first := true; ; first = false {
		err := r.Next(&batch)
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return all.candles, errors.Join(err, r.Close())
		}
		next := &table{candles: &batch, origins: make([]origin, batch.Len())}
		if first {
			all = next.like(next)
		}
		all.add(next, 0, next.len())
	}
}

// readColumnarFile reads the bars of one Parquet or Arrow file; their interval is the usual step.
func readColumnarFile(path string) (*series, error) {
	if _, err := os.Stat(path); err != nil && path != "-" {
		return nil, &RequestError{err}
	}
	r, err := columnar.ReadCandles(path)
	if err != nil {
		return nil, err
	}
	c, err := readBars(r)
	s := &series{name: path, table: &table{candles: c, origins: make([]origin, c.Len())}}
	s.Key = columnar.Key{Kind: columnar.Candles, Interval: usualStep(c.Time), Symbol: stem(strings.TrimSuffix(path, filepath.Ext(path)))}
	return s, err
}

// openSound opens a catalog, leaving out the files whose size or hash is wrong; those are returned as errors.
func openSound(dir string) (c *columnar.Catalog, damaged []error, err error) {
	c, err = columnar.OpenDir(dir)
	if err == nil {
		return c, nil, nil
	}
	damaged = []error{err}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		damaged = several.Unwrap()
	}
	without := map[string]bool{}
	for _, one := range damaged {
		if bad := (*columnar.Error)(nil); errors.As(one, &bad) {
			without[strings.TrimPrefix(bad.File, dir+"/")] = true
		}
	}
	if len(without) < len(damaged) {
		return nil, damaged, nil // the manifest itself cannot be read
	}
	sound, err := manifestWithout(dir, without)
	if err != nil {
		return nil, damaged, nil
	}
	c, err = columnar.Open(overlay{os.DirFS(dir), sound}, dir)
	if err != nil {
		return nil, damaged, nil
	}
	return c, damaged, nil
}

// manifestWithout returns a catalog's manifest without some of its files.
func manifestWithout(dir string, without map[string]bool) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	var files, kept []json.RawMessage
	if err := errors.Join(json.Unmarshal(data, &m), json.Unmarshal(m["files"], &files)); err != nil {
		return nil, err
	}
	for _, f := range files {
		var head struct{ Path string }
		if err := json.Unmarshal(f, &head); err != nil {
			return nil, err
		}
		if !without[head.Path] {
			kept = append(kept, f)
		}
	}
	if m["files"], err = json.Marshal(kept); err != nil {
		return nil, err
	}
	return json.Marshal(m)
}

// overlay is a directory with another manifest.
type overlay struct {
	fs.FS
	manifest []byte
}

// ReadFile implements fs.ReadFileFS.
func (o overlay) ReadFile(name string) ([]byte, error) {
	if name == "manifest.json" {
		return bytes.Clone(o.manifest), nil
	}
	return fs.ReadFile(o.FS, name)
}
