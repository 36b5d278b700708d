package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// Severity says what a finding means for a run.
type Severity string

// The severities.
const (
	Fault   Severity = "error"   // the data is wrong or contradicts itself; import refuses most of these
	Warning Severity = "warning" // may be real, or may be wrong: judge it
	Note    Severity = "note"    // what the data lacks or how it is
)

// Finding is one thing that a check found.
type Finding struct {
	Severity Severity     `json:"severity"`
	Code     string       `json:"code"` // what kind of finding: gap, duplicate, reversed, ohlc, jump, ...
	File     string       `json:"file"`
	Line     int          `json:"line,omitempty"` // 1-based, of a CSV file
	Row      *int         `json:"row,omitempty"`  // 0-based, of a Parquet or Arrow file
	Column   string       `json:"column,omitempty"`
	Time     *market.Time `json:"time_ms,omitempty"`
	Message  string       `json:"message"`
}

// findings gathers what a check finds.
type findings struct{ all []Finding }

// add places a finding at row i of a series.
func (f *findings) add(s *series, i int, severity Severity, code, message string) {
	file, line, row := s.place(i)
	t := s.time(i)
	finding := Finding{Severity: severity, Code: code, File: file, Line: line, Time: &t, Message: message}
	if line == 0 {
		finding.Row = &row
	}
	f.all = append(f.all, finding)
}

// collect takes an Error of the parsers as a finding, and never ends the parsing.
func (f *findings) collect(e *Error) error {
	f.all = append(f.all, Finding{Severity: Fault, Code: e.Code, File: e.File, Line: e.Line, Column: e.Column, Message: e.detail()})
	return nil
}

// columnarError takes an error of reading Parquet or Arrow.
func (f *findings) columnarError(file, code string, err error) {
	finding := Finding{Severity: Fault, Code: code, File: file, Message: err.Error()}
	if placed := (*columnar.Error)(nil); errors.As(err, &placed) {
		finding.File, finding.Column, finding.Message = placed.File, placed.Column, placed.Err.Error()
		if placed.Row >= 0 {
			row := int(placed.Row)
			finding.Row = &row
			finding.Message += " (later rows of this file are unchecked)"
		}
	}
	f.all = append(f.all, finding)
}

// Check lists everything that it finds in a catalog, in a folder of venue files, or in one file of either. The error
// is about the path; findings are ordered by series and row.
func Check(path string, selection Selection) ([]Finding, error) {
	f := &findings{}
	switch {
	case IsCatalog(path):
		return f.catalog(path)
	case isColumnar(path):
		s, err := readColumnarFile(path)
		if request := (*RequestError)(nil); errors.As(err, &request) {
			return nil, err
		}
		if err != nil {
			f.columnarError(path, "unreadable", err)
		}
		if s != nil {
			f.series(s)
		}
		return f.all, nil
	}
	files, _, err := selection.discover([]string{path}, f.collect)
	if err != nil {
		return nil, err
	}
	all, err := groups(files)
	if err != nil {
		return nil, err
	}
	for _, symbol := range bySymbol(len(all), func(i int) string { return all[i].key.Symbol }) {
		var together []*series
		for _, i := range symbol {
			t, dropped, err := all[i].read(f.collect)
			if err != nil {
				return nil, err
			}
			if t == nil {
				continue
			}
			s := &series{Key: all[i].key, table: t, name: all[i].key.Path(), files: all[i].files, market: all[i].files[0].Market}
			if dropped > 0 {
				f.all = append(f.all, Finding{Severity: Note, Code: "repeated", File: s.name,
					Message: itoa(dropped) + " identical repeated rows; import drops them"})
			}
			together = append(together, s)
		}
		f.symbol(together)
	}
	return f.all, nil
}

func (f *findings) catalog(dir string) ([]Finding, error) {
	c, damaged, err := openSound(dir)
	if err != nil {
		return nil, err
	}
	for _, one := range damaged {
		f.columnarError(filepath.Join(dir, "manifest.json"), "hash", one)
	}
	if c == nil {
		return f.all, nil
	}
	if err := f.strangers(dir, c, len(damaged) > 0); err != nil {
		return nil, err
	}
	infos := c.Series()
	for _, symbol := range bySymbol(len(infos), func(i int) string { return infos[i].Symbol }) {
		var together []*series
		for _, i := range symbol {
			s, err := readSeries(c, infos[i])
			if err != nil {
				f.columnarError(s.name, "unreadable", err)
			}
			if s.len() > 0 {
				together = append(together, s)
			}
		}
		f.symbol(together)
	}
	return f.all, nil
}

// strangers reports files that lie in a catalog and are not in its manifest; damaged ones were reported before.
func (f *findings) strangers(dir string, c *columnar.Catalog, damaged bool) error {
	if damaged {
		return nil
	}
	known := map[string]bool{"manifest.json": true}
	for _, s := range c.Series() {
		known[s.Path] = true
	}
	return fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !known[path] {
			f.all = append(f.all, Finding{Severity: Warning, Code: "stranger", File: dir + "/" + path,
				Message: "is not in the catalog's manifest: runs do not read it"})
		}
		return err
	})
}

// bySymbol groups indices by symbol, symbols in order.
func bySymbol(n int, symbol func(int) string) [][]int {
	place := map[string]int{}
	var groups [][]int
	for i := range n {
		g, ok := place[symbol(i)]
		if !ok {
			g = len(groups)
			place[symbol(i)] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	sort.SliceStable(groups, func(a, b int) bool { return symbol(groups[a][0]) < symbol(groups[b][0]) })
	return groups
}

// symbol checks all series of one symbol, each alone and against the others.
func (f *findings) symbol(all []*series) {
	for _, s := range all {
		f.series(s)
	}
	for _, a := range all {
		for _, b := range all {
			f.pair(a, b)
		}
	}
}

// pair checks two series of a symbol against each other.
func (f *findings) pair(a, b *series) {
	switch {
	case a.candles != nil && b.candles != nil && a.Kind == b.Kind && a.Interval < b.Interval && b.Interval%a.Interval == 0:
		f.aggregate(a, b)
	case a.Kind == columnar.Candles && b.Kind == columnar.Mark && a.Interval == b.Interval:
		f.markAgainstLast(a, b)
	case a.Kind == columnar.Candles && b.Kind == columnar.OpenInterest:
		f.impliedPrice(a, b)
	}
}
