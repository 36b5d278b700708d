package archive

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// rows walks the lines of one CSV file. A cell that cannot be read goes to the report and marks the row as bad.
type rows struct {
	file   string
	csv    *csv.Reader
	layout layout
	family family
	report report

	cells []string
	line  int
	bad   bool
	stop  error
	first bool // the first row of a file without a header is still to be delivered

	unit int64 // timestamps per millisecond: 1 (ms) or 1000 (us); 0 until the first
}

// openRows reads the header and recognizes the layout.
func openRows(r io.Reader, file string, report report) (*rows, error) {
	c := csv.NewReader(r)
	c.ReuseRecord, c.FieldsPerRecord = true, -1
	first, err := c.Read()
	if err == io.EOF {
		return nil, &Error{File: file, Expected: "a header and rows, the file is empty", Code: "layout",
			Remedy: "download it again"}
	}
	if err != nil {
		return nil, readError(file, err)
	}
	l, f, bad := readLayout(file, first)
	if bad != nil {
		return nil, bad
	}
	line, _ := c.FieldPos(0)
	return &rows{file: file, csv: c, layout: l, family: f, report: report, cells: first, line: line, first: !l.header}, nil
}

// readError places what the CSV reader or the decompressor found.
func readError(file string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &Error{File: file, Line: parse.Line, Expected: "comma-separated cells (" + parse.Err.Error() + ")",
			Remedy: "download the file again", Code: "unreadable"}
	}
	return &Error{File: file, Expected: "a complete file (" + err.Error() + ")", Remedy: "download it again", Code: "unreadable"}
}

// next moves to the next row with the right number of cells; false at the end or when the report ended it.
func (r *rows) next() bool {
	for r.stop == nil {
		if r.first {
			r.first = false
		} else {
			cells, err := r.csv.Read()
			if err == io.EOF {
				return false
			}
			if err != nil {
				r.stop = readError(r.file, err)
				return false
			}
			r.cells = cells
			r.line, _ = r.csv.FieldPos(0)
		}
		r.bad = false
		if len(r.cells) == len(r.layout.names) {
			return true
		}
		r.fail("cells", "", strings.Join(r.cells, ","), fmt.Sprintf("%d cells, found %d", len(r.layout.names), len(r.cells)),
			"a truncated file ends like this; download it again")
	}
	return false
}

// fail reports a finding about the current row.
func (r *rows) fail(code, column, value, expected, remedy string) {
	r.bad = true
	if r.stop == nil {
		r.stop = r.report(&Error{File: r.file, Line: r.line, Column: column, Value: value, Expected: expected,
			Remedy: remedy, Code: code})
	}
}

func (r *rows) cell(f field) string { return strings.TrimSpace(r.cells[r.layout.place[f]]) }
func (r *rows) name(f field) string { return r.layout.names[r.layout.place[f]] }

// time reads milliseconds or, from 16 digits on as Binance publishes spot since 2025, microseconds, or UTC text. One
// file holds one unit.
func (r *rows) time(f field) market.Time {
	s := r.cell(f)
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t, err := market.ParseTime(s)
		if err != nil {
			r.fail("time", r.name(f), s, "milliseconds or microseconds since 1970, or a UTC time such as 2025-10-10 21:20:00", "")
		}
		return t
	}
	unit := int64(0)
	switch {
	case v >= 1e11 && v < 1e14:
		unit = 1
	case v >= 1e14 && v < 1e17:
		unit = 1000
	default:
		r.fail("time", r.name(f), s, "milliseconds (13 digits) or microseconds (16 digits) since 1970",
			"convert seconds or nanoseconds first")
		return 0
	}
	if r.unit == 0 {
		r.unit = unit
	}
	if unit != r.unit {
		r.fail("time", r.name(f), s, "one unit of time in a file, earlier rows have the other", "split the file")
		return 0
	}
	if f == fieldTime && v%unit != 0 {
		r.fail("time", r.name(f), s, "a time on a whole millisecond", "")
	}
	return market.Time(v / unit)
}

// price reads a positive price exactly.
func (r *rows) price(f field) market.Price {
	p := fixed[market.Price](r, f)
	if p <= 0 && !r.bad {
		r.fail("price", r.name(f), r.cell(f), "a price above 0", "remove the row or download the file again")
	}
	return p
}

func fixed[T market.Fixed](r *rows, f field) T {
	s := r.cell(f)
	if len(s) > 64 {
		r.fail("number", r.name(f), s, "a decimal number", "")
		return 0
	}
	v, err := market.Parse[T](s)
	if err != nil {
		r.fail("number", r.name(f), s, "a number with at most 8 decimals below 92233720368 ("+err.Error()+")",
			"the importer does not round; correct the cell")
	}
	return v
}

// amount reads a finite figure that is not negative.
func (r *rows) amount(f field) float64 {
	v := r.number(f)
	if v < 0 && !r.bad {
		r.fail("number", r.name(f), r.cell(f), "a number of at least 0", "")
	}
	return v
}

func (r *rows) number(f field) float64 {
	s := r.cell(f)
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || strings.Trim(s, "+-.0123456789eE") != "" {
		r.fail("number", r.name(f), s, "a finite number", "")
		return 0
	}
	return v
}

func (r *rows) count(f field) int64 {
	v := r.amount(f)
	if !r.bad && (v != math.Trunc(v) || v > 1<<53) {
		r.fail("number", r.name(f), r.cell(f), "a whole number", "")
		return 0
	}
	return int64(v)
}
