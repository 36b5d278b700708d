package columnar

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/schema"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// source is an open file of known size.
type source struct {
	parquet.ReaderAtSeeker
	name string
	size int64
	io.Closer
}

// columns is a file of columns delivered in batches: Parquet or Arrow IPC. Column numbers are those of the wanted list
// that the file was bound to; an absent optional column is one that has reports false for.
type columns interface {
	has(column int) bool
	next() (rows int, err error) // the next batch of at most RowGroupRows; io.EOF at the end
	int64s(column int, dst []int64) error
	float64s(column int, dst []float64) error
	group() int      // of the batch
	firstRow() int64 // of the batch, in the file
	close() error
}

// wanted is a column that a series is made of.
type wanted struct {
	name     string
	typ      ColumnType
	optional bool
}

// parquetFile reads the columns of a Parquet file serially, row group by row group.
type parquetFile struct {
	name   string
	pq     *file.Reader
	closer io.Closer
	memory *budget

	bound  []int // place in the file of each wanted column, -1 when absent
	leaves []*schema.Column
	chunks []file.ColumnChunkReader

	groupIndex           int
	groupRows, groupRead int64 // rows of the current row group: in all, already in batches
	row, batch           int64 // first row and rows of the current batch
	levels               []int16
}

// openParquet reads the footer and checks what it says about places and sizes against the file.
func openParquet(src source, budgetBytes int) (f *parquetFile, err error) {
	f = &parquetFile{name: src.name, closer: src.Closer, groupIndex: -1, memory: newBudget(budgetBytes)}
	if err := f.open(src); err != nil {
		return nil, fileError(src.name, err)
	}
	return f, nil
}

func (f *parquetFile) open(src source) (err error) {
	defer recovered(&err)
	f.pq, err = file.NewParquetReader(src.ReaderAtSeeker, file.WithReadProps(parquet.NewReaderProperties(f.memory)))
	if err != nil {
		var head [4]byte
		if n, _ := src.ReadAt(head[:], 0); n > 0 && string(head[:n]) != "PAR1" {
			return fmt.Errorf("is no Parquet file: it begins with %q, expected \"PAR1\"; a CSV file is imported first", head[:n])
		}
		return fmt.Errorf("is no complete Parquet file of %d bytes (%w): restore or re-import it", src.size, err)
	}
	sum := int64(0)
	for g := range f.pq.NumRowGroups() {
		rows, err := f.checkGroup(g, src.size)
		if err != nil {
			return &Error{File: f.name, RowGroup: g, Row: -1, Err: err}
		}
		sum += rows
	}
	if sum != f.pq.NumRows() {
		return fmt.Errorf("has %d rows by its footer and %d by its row groups: it is damaged; restore or re-import it",
			f.pq.NumRows(), sum)
	}
	return nil
}

// checkGroup compares one row group's metadata with the size of the file, before the library allocates by it.
func (f *parquetFile) checkGroup(g int, size int64) (rows int64, err error) {
	meta := f.pq.RowGroup(g).MetaData()
	rows = meta.NumRows()
	if rows < 0 || rows > 1<<40 {
		return 0, fmt.Errorf("claims %d rows: the file is damaged; restore or re-import it", rows)
	}
	if meta.NumColumns() != f.pq.MetaData().Schema.NumColumns() {
		return 0, fmt.Errorf("has %d column chunks, expected %d: the file is damaged; restore or re-import it",
			meta.NumColumns(), f.pq.MetaData().Schema.NumColumns())
	}
	for i := range meta.NumColumns() {
		chunk, err := meta.ColumnChunk(i)
		if err != nil {
			return 0, err
		}
		start, length := chunk.DataPageOffset(), chunk.TotalCompressedSize()
		if chunk.HasDictionaryPage() && chunk.DictionaryPageOffset() > 0 {
			start = min(start, chunk.DictionaryPageOffset())
		}
		if start < 4 || length < 0 || length > size || start > size-length {
			return 0, fmt.Errorf("column %s lies at bytes %d to %d of %d: the file is damaged or truncated; restore or re-import it",
				f.pq.MetaData().Schema.Column(i).Name(), start, start+length, size)
		}
	}
	return rows, nil
}

// bind finds the wanted columns and checks their types.
func (f *parquetFile) bind(want []wanted) (err error) {
	defer recovered(&err)
	sc := f.pq.MetaData().Schema
	names := make([]string, sc.NumColumns())
	for i := range names {
		names[i] = sc.Column(i).Path()
	}
	if own := f.pq.MetaData().KeyValueMetadata().FindValue(columnsKey); own != nil && *own != strings.Join(names, ",") {
		return fileError(f.name, fmt.Errorf("has columns %s, expected its own list %s: it is damaged; restore or re-import it",
			strings.Join(names, ","), *own))
	}
	f.bound, f.leaves = make([]int, len(want)), make([]*schema.Column, len(want))
	f.chunks = make([]file.ColumnChunkReader, len(want))
	for i, w := range want {
		if f.bound[i] = slices.Index(names, w.name); f.bound[i] < 0 {
			if w.optional {
				continue
			}
			return &Error{File: f.name, RowGroup: -1, Row: -1, Column: w.name,
				Err: fmt.Errorf("is missing: expected %s beside %s", w.typ, strings.Join(names, ", "))}
		}
		f.leaves[i] = sc.Column(f.bound[i])
		found, err := leafType(f.leaves[i])
		if err == nil && found != w.typ && !(w.typ == Int64 && found == Int32 || w.typ == Decimal8 && found == Decimal128) {
			err = fmt.Errorf("is %v", found)
		}
		if err != nil {
			return &Error{File: f.name, RowGroup: -1, Row: -1, Column: w.name,
				Err: fmt.Errorf("%w: expected %v; convert the column or re-import the file", err, w.typ)}
		}
	}
	return nil
}

var timeUnits = map[schema.TimeUnitType]string{
	schema.TimeUnitMillis: "ms", schema.TimeUnitMicros: "us", schema.TimeUnitNanos: "ns", schema.TimeUnitUnknown: "unknown",
}

// leafType names the type of a flat column, or says what it is that no column type covers.
func leafType(c *schema.Column) (ColumnType, error) {
	node := c.SchemaNode()
	if c.MaxRepetitionLevel() > 0 || c.MaxDefinitionLevel() > 1 {
		return 0, errors.New("is nested")
	}
	logical := node.LogicalType()
	switch l := logical.(type) {
	case schema.StringLogicalType:
		if c.PhysicalType() == parquet.Types.ByteArray {
			return String, nil
		}
	case *schema.TimestampLogicalType:
		if c.PhysicalType() == parquet.Types.Int64 && l.IsAdjustedToUTC() && l.TimeUnit() == schema.TimeUnitMillis {
			return Time, nil
		}
		zone := "without time zone"
		if l.IsAdjustedToUTC() {
			zone = "UTC"
		}
		return 0, fmt.Errorf("is timestamp[%s, %s]", timeUnits[l.TimeUnit()], zone)
	case *schema.DecimalLogicalType:
		if c.PhysicalType() == parquet.Types.FixedLenByteArray && c.TypeLength() == 16 && l.Scale() == market.Decimals {
			return Decimal128, nil
		}
	case schema.NoLogicalType, schema.UnknownLogicalType, *schema.IntLogicalType:
		if i, ok := logical.(*schema.IntLogicalType); ok && !i.IsSigned() {
			break
		}
		switch c.PhysicalType() {
		case parquet.Types.Int64:
			return Int64, nil
		case parquet.Types.Int32:
			return Int32, nil
		case parquet.Types.Double:
			return Float64, nil
		}
	}
	return 0, fmt.Errorf("is %v %v", c.PhysicalType(), logical)
}

func (f *parquetFile) has(column int) bool { return f.bound[column] >= 0 }
func (f *parquetFile) group() int          { return f.groupIndex }
func (f *parquetFile) firstRow() int64     { return f.row }

func (f *parquetFile) close() error {
	if f.closer == nil {
		return nil
	}
	closer := f.closer
	f.closer = nil
	return closer.Close()
}

func (f *parquetFile) next() (rows int, err error) {
	f.memory.reset()
	f.row += f.batch
	f.batch = 0
	for f.groupRead == f.groupRows {
		if f.groupIndex+1 >= f.pq.NumRowGroups() {
			if f.row != f.pq.NumRows() {
				return 0, fileError(f.name, fmt.Errorf("delivered %d rows, its footer says %d: it is damaged", f.row, f.pq.NumRows()))
			}
			return 0, io.EOF
		}
		f.groupIndex++
		if err := f.openGroup(); err != nil {
			return 0, f.place(-1, err)
		}
	}
	f.batch = min(RowGroupRows, f.groupRows-f.groupRead)
	f.groupRead += f.batch
	return int(f.batch), nil
}

func (f *parquetFile) openGroup() (err error) {
	defer recovered(&err)
	f.memory.recycle() // no column reads the pages of the previous group any more
	group := f.pq.RowGroup(f.groupIndex)
	f.groupRows, f.groupRead = group.NumRows(), 0
	for i, column := range f.bound {
		if column < 0 {
			continue
		}
		chunk, err := group.MetaData().ColumnChunk(column)
		if err != nil {
			return err
		}
		if chunk.NumValues() != f.groupRows {
			return fmt.Errorf("column %s has %d values, expected %d: the file is damaged; restore or re-import it",
				f.leaves[i].Name(), chunk.NumValues(), f.groupRows)
		}
		if f.chunks[i], err = group.Column(column); err != nil {
			return err
		}
	}
	return nil
}

// place puts an error about a wanted column, -1 for none, into the current row group.
func (f *parquetFile) place(column int, err error) error {
	var placed *Error
	if err == nil || errors.As(err, &placed) {
		return err
	}
	e := &Error{File: f.name, RowGroup: f.groupIndex, Row: -1, Err: err}
	if column >= 0 {
		e.Column = f.leaves[column].Name()
	}
	return e
}

// complete checks that a read delivered the whole batch and closes the row group's column at its end.
func (f *parquetFile) complete(column int, levels int64, values int, err error) error {
	if err == nil && levels < f.batch {
		err = f.chunks[column].Err()
	}
	switch {
	case err != nil:
		return err
	case levels != f.batch:
		return fmt.Errorf("delivered %d rows of %d: the file is damaged; restore or re-import it", levels, f.batch)
	case f.leaves[column].MaxDefinitionLevel() == 0 && int64(values) != f.batch:
		return fmt.Errorf("delivered %d values of %d: the file is damaged; restore or re-import it", values, f.batch)
	case f.groupRead == f.groupRows && f.chunks[column].HasNext():
		return fmt.Errorf("holds more than the %d rows of its row group: the file is damaged; restore or re-import it", f.groupRows)
	}
	return nil
}

// definitions returns the buffer for the batch's definition levels, nil for a required column.
func (f *parquetFile) definitions(column int) []int16 {
	if f.leaves[column].MaxDefinitionLevel() == 0 {
		return nil
	}
	f.levels = slices.Grow(f.levels[:0], int(f.batch))[:f.batch]
	return f.levels
}

// required refuses nulls in a column whose every row must have a value.
func (f *parquetFile) required(column, values int, defined []int16) error {
	if defined == nil || int64(values) == f.batch {
		return nil
	}
	row := max(slices.Index(defined, 0), 0)
	return &Error{File: f.name, RowGroup: f.groupIndex, Row: f.row + int64(row), Column: f.leaves[column].Name(),
		Err: errors.New("is null: expected a value in every row; fill or drop the row")}
}

func (f *parquetFile) int64s(column int, dst []int64) error {
	defined := f.definitions(column)
	values, err := f.readInt64s(column, dst, defined)
	if err == nil {
		err = f.required(column, values, defined)
	}
	return f.place(column, err)
}

func (f *parquetFile) readInt64s(column int, dst []int64, defined []int16) (values int, err error) {
	defer recovered(&err)
	var levels int64
	switch r := f.chunks[column].(type) {
	case *file.Int64ColumnChunkReader:
		levels, values, err = r.ReadBatch(f.batch, dst, defined, nil)
	case *file.Int32ColumnChunkReader:
		narrow := make([]int32, f.batch)
		levels, values, err = r.ReadBatch(f.batch, narrow, defined, nil)
		for i, v := range narrow[:values] {
			dst[i] = int64(v)
		}
	}
	return values, f.complete(column, levels, values, err)
}

func (f *parquetFile) float64s(column int, dst []float64) error {
	defined := f.definitions(column)
	values, err := f.readFloat64s(column, dst, defined)
	if err == nil {
		err = f.required(column, values, defined)
	}
	return f.place(column, err)
}

func (f *parquetFile) readFloat64s(column int, dst []float64, defined []int16) (values int, err error) {
	defer recovered(&err)
	levels, values, err := f.chunks[column].(*file.Float64ColumnChunkReader).ReadBatch(f.batch, dst, defined, nil)
	return values, f.complete(column, levels, values, err)
}
