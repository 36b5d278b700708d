package columnar

import (
	"errors"
	"io"
	"io/fs"

	"github.com/liquidation-lab/backtest/pkg/market"
)

var errUnbuilt = errors.New("columnar: body under construction")

type Writer struct{}

func Create(dir string, meta map[string]string) (*Writer, error)           { return nil, errUnbuilt }
func (w *Writer) Candles(k Key, c *market.Candles) error                   { return errUnbuilt }
func (w *Writer) Funding(symbol string, f *market.Funding) error           { return errUnbuilt }
func (w *Writer) OpenInterest(symbol string, o *market.OpenInterest) error { return errUnbuilt }
func (w *Writer) Depth(symbol string, d *market.Depth) error               { return errUnbuilt }
func (w *Writer) Commit() error                                            { return errUnbuilt }
func (w *Writer) Abort()                                                   {}

type Catalog struct{}

type SeriesInfo struct {
	Key
	Path     string
	Rows     int64
	From, To market.Time
	Bytes    int64
	SHA256   string
}

func OpenDir(dir string) (*Catalog, error)           { return nil, errUnbuilt }
func Open(fsys fs.FS, name string) (*Catalog, error) { return nil, errUnbuilt }
func (c *Catalog) Series() []SeriesInfo              { return nil }
func (c *Catalog) Metadata() map[string]string       { return nil }
func (c *Catalog) Name() string                      { return "" }
func (c *Catalog) Has(k Key) bool                    { return false }

type CandleReader interface {
	Next(dst *market.Candles) error
	Close() error
}

func (c *Catalog) Candles(k Key) (CandleReader, error)                      { return nil, errUnbuilt }
func (c *Catalog) Funding(symbol string) (*market.Funding, error)           { return nil, errUnbuilt }
func (c *Catalog) OpenInterest(symbol string) (*market.OpenInterest, error) { return nil, errUnbuilt }
func (c *Catalog) Depth(symbol string) (*market.Depth, error)               { return nil, errUnbuilt }
func ReadCandles(path string) (CandleReader, error)                         { return nil, errUnbuilt }
func ReadCandleStream(r io.Reader, name string) (CandleReader, error)       { return nil, errUnbuilt }

// ColumnType is the type of a table's column.
type ColumnType uint8

const (
	Int64 ColumnType = iota
	Int32
	Float64
	String
	Time
	Decimal8
	Decimal128
)

// Column describes one column of a table.
type Column struct {
	Name     string
	Type     ColumnType
	Nullable bool
}

// Table writes rows: set every column of a row by its index in the column list, then EndRow.
type Table struct{}

func NewTable(w io.Writer, columns []Column, meta map[string]string) (*Table, error) {
	return nil, errUnbuilt
}
func (t *Table) Int64(column int, v int64)              {}
func (t *Table) Int32(column int, v int32)              {}
func (t *Table) Float64(column int, v float64)          {}
func (t *Table) String(column int, v string)            {}
func (t *Table) Time(column int, v market.Time)         {}
func (t *Table) Decimal(column int, units int64)        {} // units of 1e-8: int64(price), int64(quote)
func (t *Table) Decimal128(column int, v market.Int128) {} // units of 1e-8
func (t *Table) Null(column int)                        {}
func (t *Table) EndRow() error                          { return errUnbuilt }
func (t *Table) Close() error                           { return errUnbuilt }

// TableReader reads a table batch by batch: loop Next until io.EOF; between calls Column's slices hold the batch.
type TableReader struct {
	Columns  []Column
	Metadata map[string]string
	Rows     int64
}

// Values are one column's values in the current batch; only the slice of its type is filled.
type Values struct {
	Column
	Int64   []int64         // Int64; Time in ms; Decimal8 in units of 1e-8
	Int32   []int32         // Int32
	Float64 []float64       // Float64
	String  []string        // String
	Int128  []market.Int128 // Decimal128 in units of 1e-8
	Null    []bool          // nil when the column is not nullable
}

func ReadTable(path string) (*TableReader, error)          { return nil, errUnbuilt }
func (r *TableReader) Column(name string) (*Values, error) { return nil, errUnbuilt } // pointer stays valid for all batches
func (r *TableReader) Next() (rows int, err error)         { return 0, errUnbuilt }   // io.EOF at the end
func (r *TableReader) Close() error                        { return nil }
