package columnar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"

	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/schema"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// RowGroupRows is the number of rows in a row group, and the most that a batch holds.
const RowGroupRows = 65_536

// createdBy is fixed: the same rows give the same bytes.
const createdBy = "backtest version 1.0.0"

// columnsKey is the metadata key under which a file lists its own columns, so that a damaged name is not taken for an
// absent optional column.
const columnsKey = "backtest.columns"

// ColumnType is the type of a table's column.
type ColumnType uint8

// The column types and what other programs see.
const (
	Int64      ColumnType = iota // INT64
	Int32                        // INT32
	Float64                      // DOUBLE
	String                       // UTF-8, dictionary-encoded
	Time                         // TIMESTAMP(milliseconds, UTC)
	Decimal8                     // DECIMAL(38,8) from an int64 in units of 1e-8
	Decimal128                   // DECIMAL(38,8) from an Int128 in units of 1e-8
)

var typeNames = [...]string{"int64", "int32", "float64", "string", "timestamp[ms, UTC]", "decimal(38,8)", "decimal(38,8)"}

// String prints the type as docs/FORMATS.md names it.
func (t ColumnType) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", t)
}

// Column describes one column of a table.
type Column struct {
	Name     string
	Type     ColumnType
	Nullable bool
}

// Table writes rows as zstd-compressed Parquet in row groups of RowGroupRows. Set every column of a row by its place in
// the column list, in any order, then call EndRow. The same rows give the same bytes. A row group
// is encoded and written by a goroutine of its own while the next one is filled, so memory holds two, and an error of the
// writer is reported by a later EndRow or by Close.
type Table struct {
	out      *file.Writer
	columns  []columnBuffer
	rows     int            // in the buffers
	writing  []columnBuffer // the other set of buffers: the row group that is being written, or empty ones
	written  chan error     // of the row group under way; nil without one
	interned map[string]parquet.ByteArray
	err      error
	closed   bool
}

// columnBuffer holds the values of one column that wait for their row group; only the slice of its type is used.
type columnBuffer struct {
	Column
	int64s   []int64
	int32s   []int32
	float64s []float64
	strings  []parquet.ByteArray
	decimals []byte  // 16 bytes each, big-endian two's complement
	defined  []int16 // 1 for a value, 0 for a null; nullable columns only
	set      int     // values and nulls so far
}

// NewTable starts a table on w, which stays open when the table is closed. meta goes into the file's metadata.
func NewTable(w io.Writer, columns []Column, meta map[string]string) (*Table, error) {
	return newTable(w, columns, meta, compress.Codecs.Zstd)
}

// NewPlainTable starts a table without compression. It is for the many small files of work under way, where making the
// compressor costs more than the rows; without zstd's checksum the bytes need a hash beside them.
func NewPlainTable(w io.Writer, columns []Column, meta map[string]string) (*Table, error) {
	return newTable(w, columns, meta, compress.Codecs.Uncompressed)
}

func newTable(w io.Writer, columns []Column, meta map[string]string, codec compress.Compression) (t *Table, err error) {
	defer recovered(&err)
	if len(columns) == 0 {
		return nil, errors.New("a table of no columns: expected at least one")
	}
	t = &Table{columns: make([]columnBuffer, len(columns)), interned: map[string]parquet.ByteArray{}}
	fields := make(schema.FieldList, len(columns))
	names := make([]string, len(columns))
	properties := []parquet.WriterProperty{
		parquet.WithCompression(codec), parquet.WithCreatedBy(createdBy),
		parquet.WithDictionaryDefault(false), parquet.WithMaxRowGroupLength(RowGroupRows),
		// A dictionary that overflows makes the library fall back to plain pages and then list both encodings in the
		// order of a Go map: two writings of one table would differ. A row group bounds the dictionary anyway.
		parquet.WithDictionaryPageSizeLimit(math.MaxInt32),
	}
	for i, c := range columns {
		if c.Name == "" || slices.Contains(names[:i], c.Name) {
			return nil, fmt.Errorf("column %d is named %q: expected a name of its own", i, c.Name)
		}
		names[i], t.columns[i].Column = c.Name, c
		if c.Type == String {
			properties = append(properties, parquet.WithDictionaryFor(c.Name, true))
		}
		if fields[i], err = columnNode(c); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1)
	if err != nil {
		return nil, err
	}
	// The library closes a writer that can be closed; this one belongs to the caller.
	t.out = file.NewParquetWriter(struct{ io.Writer }{w}, root, file.WithWriterProps(parquet.NewWriterProperties(properties...)))
	if err := t.out.AppendKeyValueMetadata(columnsKey, strings.Join(names, ",")); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		if err := t.out.AppendKeyValueMetadata(key, meta[key]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func columnNode(c Column) (schema.Node, error) {
	repetition := parquet.Repetitions.Required
	if c.Nullable {
		repetition = parquet.Repetitions.Optional
	}
	switch c.Type {
	case Int64:
		return schema.NewInt64Node(c.Name, repetition, -1), nil
	case Int32:
		return schema.NewInt32Node(c.Name, repetition, -1), nil
	case Float64:
		return schema.NewFloat64Node(c.Name, repetition, -1), nil
	case String:
		return schema.NewPrimitiveNodeLogical(c.Name, repetition, schema.StringLogicalType{}, parquet.Types.ByteArray, -1, -1)
	case Time:
		return schema.NewPrimitiveNodeLogical(c.Name, repetition,
			schema.NewTimestampLogicalType(true, schema.TimeUnitMillis), parquet.Types.Int64, -1, -1)
	case Decimal8, Decimal128:
		return schema.NewPrimitiveNodeLogical(c.Name, repetition,
			schema.NewDecimalLogicalType(38, market.Decimals), parquet.Types.FixedLenByteArray, 16, -1)
	}
	return nil, fmt.Errorf("%v is unknown", c.Type)
}

// at returns the buffer of a column of one of the two types, counting the value to come. A wrong type or place is a
// mistake in the calling code and is reported by EndRow and Close.
func (t *Table) at(column int, is, or ColumnType) *columnBuffer {
	if column < 0 || column >= len(t.columns) {
		t.fail(fmt.Errorf("column %d: expected 0 to %d", column, len(t.columns)-1))
		return nil
	}
	c := &t.columns[column]
	if c.Type != is && c.Type != or {
		t.fail(fmt.Errorf("column %s is %v: a value of type %v does not fit", c.Name, c.Type, is))
		return nil
	}
	c.set++
	if c.Nullable {
		c.defined = append(c.defined, 1)
	}
	return c
}

func (t *Table) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Int64 sets a column of type Int64.
func (t *Table) Int64(column int, v int64) {
	if c := t.at(column, Int64, Int64); c != nil {
		c.int64s = append(c.int64s, v)
	}
}

// Int32 sets a column of type Int32.
func (t *Table) Int32(column int, v int32) {
	if c := t.at(column, Int32, Int32); c != nil {
		c.int32s = append(c.int32s, v)
	}
}

// Float64 sets a column of type Float64.
func (t *Table) Float64(column int, v float64) {
	if c := t.at(column, Float64, Float64); c != nil {
		c.float64s = append(c.float64s, v)
	}
}

// String sets a column of type String.
func (t *Table) String(column int, v string) {
	c := t.at(column, String, String)
	if c == nil {
		return
	}
	bytes, ok := t.interned[v]
	if !ok {
		bytes = parquet.ByteArray(v)
		t.interned[strings.Clone(v)] = bytes
	}
	c.strings = append(c.strings, bytes)
}

// Time sets a column of type Time.
func (t *Table) Time(column int, v market.Time) {
	if c := t.at(column, Time, Time); c != nil {
		c.int64s = append(c.int64s, int64(v))
	}
}

// Decimal sets a column of type Decimal8 or Decimal128 to units of 1e-8: int64(price), int64(quote).
func (t *Table) Decimal(column int, units int64) { t.Decimal128(column, market.Int128Of(units)) }

// Decimal128 sets a column of type Decimal128 or Decimal8 to units of 1e-8.
func (t *Table) Decimal128(column int, v market.Int128) {
	if c := t.at(column, Decimal128, Decimal8); c != nil {
		c.decimals = binary.BigEndian.AppendUint64(c.decimals, uint64(v.Hi))
		c.decimals = binary.BigEndian.AppendUint64(c.decimals, v.Lo)
	}
}

// Null sets a nullable column to null.
func (t *Table) Null(column int) {
	if column < 0 || column >= len(t.columns) || !t.columns[column].Nullable {
		t.fail(fmt.Errorf("column %d is set to null: expected a nullable column", column))
		return
	}
	t.columns[column].set++
	t.columns[column].defined = append(t.columns[column].defined, 0)
}

// AppendRow sets all columns in order and ends the row. Values are int64, int32, float64, string, market.Time, Price,
// Qty, Quote, Rate, Int128, or nil for null; int64 in a decimal column counts units of 1e-8. The typed setters are
// several times faster.
func (t *Table) AppendRow(values ...any) error {
	for i, value := range values {
		switch v := value.(type) {
		case nil:
			t.Null(i)
		case int64:
			if i < len(t.columns) && t.columns[i].Type >= Decimal8 {
				t.Decimal(i, v)
			} else {
				t.Int64(i, v)
			}
		case int32:
			t.Int32(i, v)
		case float64:
			t.Float64(i, v)
		case string:
			t.String(i, v)
		case market.Time:
			t.Time(i, v)
		case market.Price:
			t.Decimal(i, int64(v))
		case market.Qty:
			t.Decimal(i, int64(v))
		case market.Quote:
			t.Decimal(i, int64(v))
		case market.Rate:
			t.Decimal(i, int64(v))
		case market.Int128:
			t.Decimal128(i, v)
		default:
			t.fail(fmt.Errorf("column %d is given a %T: no column holds that", i, value))
		}
	}
	return t.EndRow()
}

// EndRow completes a row. A column left out or set twice is an error, as is an error of the underlying writer
// in a row group before.
func (t *Table) EndRow() error {
	if t.err != nil {
		return t.err
	}
	t.rows++
	for i := range t.columns {
		if t.columns[i].set != t.rows {
			t.fail(fmt.Errorf("column %s has %d values in %d rows of the row group: expected one a row",
				t.columns[i].Name, t.columns[i].set, t.rows))
			return t.err
		}
	}
	if t.rows == RowGroupRows {
		t.flush()
	}
	return t.err
}

// Close writes what waits and the footer. It is idempotent.
func (t *Table) Close() error {
	if t.closed {
		return t.err
	}
	t.closed = true
	for i := range t.columns {
		if c := &t.columns[i]; c.set != t.rows {
			t.fail(fmt.Errorf("column %s was set for a row that was not ended", c.Name))
		}
	}
	t.flush()
	t.wait()
	if t.err == nil {
		t.err = t.finish()
	}
	return t.err
}

func (t *Table) finish() (err error) {
	defer recovered(&err)
	return t.out.Close()
}

func (c *columnBuffer) write(chunk file.ColumnChunkWriter) (err error) {
	var defined []int16
	if c.Nullable {
		defined = c.defined
	}
	switch w := chunk.(type) {
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(c.int64s, defined, nil)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(c.int32s, defined, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(c.float64s, defined, nil)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(c.strings, defined, nil)
	case *file.FixedLenByteArrayColumnChunkWriter:
		values := make([]parquet.FixedLenByteArray, len(c.decimals)/16)
		for i := range values {
			values[i] = c.decimals[16*i : 16*i+16]
		}
		_, err = w.WriteBatch(values, defined, nil)
	default:
		err = fmt.Errorf("no writer for %T", chunk)
	}
	return err
}
