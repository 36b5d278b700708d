package columnar

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// TableReader reads a table in batches: take the columns of interest with Column, then call Next until io.EOF; between
// calls their slices hold the batch. Columns that were not taken are not decoded.
type TableReader struct {
	Columns  []Column          // in the file's order
	Metadata map[string]string // as given to NewTable
	Rows     int64

	f     *parquetFile
	taken []*Values
	err   error
}

// Values are one column's values in the current batch. Only the slice of its type is filled, with a zero in the place of
// a null. The slices are overwritten by the next batch.
type Values struct {
	Column
	Int64   []int64         // Int64; Time in ms; Decimal8 and Decimal128 in units of 1e-8 where all of the batch fit
	Int32   []int32         // Int32
	Float64 []float64       // Float64
	String  []string        // String
	Int128  []market.Int128 // Decimal8 and Decimal128 in units of 1e-8
	Null    []bool          // nil when the column is not nullable

	interned map[string]string
	bytes    []parquet.ByteArray
	fixed    []parquet.FixedLenByteArray
}

// ReadTable opens a Parquet table. Columns of types that ColumnType does not cover are left out of Columns. A decimal
// column reads as Decimal128 whichever way it was written.
func ReadTable(path string) (*TableReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	stat, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r, err := readTable(source{ReaderAtSeeker: f, name: path, size: stat.Size(), Closer: f}, defaultBudget)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// ReadTableBytes opens a Parquet table that is in memory. name stands for it in errors.
func ReadTableBytes(name string, data []byte) (*TableReader, error) {
	return readTable(source{ReaderAtSeeker: bytes.NewReader(data), name: name, size: int64(len(data)), Closer: io.NopCloser(nil)}, defaultBudget)
}

func readTable(src source, budgetBytes int) (*TableReader, error) {
	f, err := openParquet(src, budgetBytes)
	if err != nil {
		return nil, err
	}
	r := &TableReader{f: f, Metadata: map[string]string{}}
	return r, fileError(src.name, r.describe())
}

func (r *TableReader) describe() (err error) {
	defer recovered(&err)
	meta := r.f.pq.MetaData()
	r.Rows = r.f.pq.NumRows()
	pairs := meta.KeyValueMetadata()
	for i, key := range pairs.Keys() {
		if key != columnsKey {
			r.Metadata[key] = pairs.Values()[i]
		}
	}
	if err := r.f.bind(nil); err != nil {
		return err
	}
	for i := range meta.Schema.NumColumns() {
		leaf := meta.Schema.Column(i)
		if t, err := leafType(leaf); err == nil {
			r.Columns = append(r.Columns, Column{Name: leaf.Path(), Type: t, Nullable: leaf.MaxDefinitionLevel() > 0})
		}
	}
	return nil
}

// Column takes a column by name, before the first call of Next. The same pointer serves all batches.
func (r *TableReader) Column(name string) (*Values, error) {
	for _, v := range r.taken {
		if v.Name == name {
			return v, nil
		}
	}
	if r.f.groupIndex >= 0 {
		return nil, fmt.Errorf("%s: column %s: taken after reading began, expected before the first Next", r.f.name, name)
	}
	var names []string
	for _, c := range r.Columns {
		if c.Name == name {
			r.taken = append(r.taken, &Values{Column: c, interned: map[string]string{}})
			return r.taken[len(r.taken)-1], nil
		}
		names = append(names, c.Name)
	}
	return nil, fmt.Errorf("%s: column %s is missing: expected one of %s", r.f.name, name, strings.Join(names, ", "))
}

// Next reads the next batch of at most RowGroupRows rows; io.EOF at the end, any other error is final.
func (r *TableReader) Next() (rows int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.f.groupIndex < 0 {
		want := make([]wanted, len(r.taken))
		for i, v := range r.taken {
			want[i] = wanted{name: v.Name, typ: v.Type}
		}
		if r.err = r.f.bind(want); r.err != nil {
			return 0, r.err
		}
	}
	if rows, r.err = r.f.next(); r.err != nil {
		return 0, r.err
	}
	for i, v := range r.taken {
		if r.err = r.f.place(i, r.read(i, v, rows)); r.err != nil {
			return 0, r.err
		}
	}
	return rows, nil
}

// Close closes the file. It is idempotent.
func (r *TableReader) Close() error {
	if r.err == nil {
		r.err = fileError(r.f.name, errors.New("is closed"))
	}
	return r.f.close()
}

func (r *TableReader) read(column int, v *Values, rows int) (err error) {
	defer recovered(&err)
	f := r.f
	defined := f.definitions(column)
	var levels int64
	var values int
	switch chunk := f.chunks[column].(type) {
	case *file.Int64ColumnChunkReader:
		v.Int64 = resize(v.Int64, rows)
		levels, values, err = chunk.ReadBatch(f.batch, v.Int64, defined, nil)
		spread(v.Int64, values, defined)
	case *file.Int32ColumnChunkReader:
		v.Int32 = resize(v.Int32, rows)
		levels, values, err = chunk.ReadBatch(f.batch, v.Int32, defined, nil)
		spread(v.Int32, values, defined)
	case *file.Float64ColumnChunkReader:
		v.Float64 = resize(v.Float64, rows)
		levels, values, err = chunk.ReadBatch(f.batch, v.Float64, defined, nil)
		spread(v.Float64, values, defined)
	case *file.ByteArrayColumnChunkReader:
		v.bytes = resize(v.bytes, rows)
		levels, values, err = v.readStrings(chunk, f.batch, defined)
	case *file.FixedLenByteArrayColumnChunkReader:
		v.fixed = resize(v.fixed, rows)
		levels, values, err = v.readDecimals(chunk, f.batch, defined)
	default:
		err = fmt.Errorf("no reader for %T", chunk)
	}
	if err := f.complete(column, levels, values, err); err != nil {
		return err
	}
	if defined != nil {
		v.Null = resize(v.Null, rows)
		for i, level := range defined {
			v.Null[i] = level == 0
		}
	}
	return nil
}

// readStrings copies each distinct value once; columns of labels repeat few of them.
func (v *Values) readStrings(chunk *file.ByteArrayColumnChunkReader, rows int64, defined []int16) (levels int64, values int, err error) {
	levels, values, err = chunk.ReadBatch(rows, v.bytes, defined, nil)
	v.String = resize(v.String, int(rows))
	for i, b := range v.bytes[:values] {
		s, ok := v.interned[string(b)]
		if !ok {
			s = string(b)
			v.interned[s] = s
		}
		v.String[i] = s
	}
	if len(v.interned) > RowGroupRows {
		clear(v.interned)
	}
	spread(v.String, values, defined)
	return levels, values, err
}

func (v *Values) readDecimals(chunk *file.FixedLenByteArrayColumnChunkReader, rows int64, defined []int16) (levels int64, values int, err error) {
	levels, values, err = chunk.ReadBatch(rows, v.fixed, defined, nil)
	v.Int128, v.Int64 = resize(v.Int128, int(rows)), resize(v.Int64, int(rows))
	fit := true
	for i, b := range v.fixed[:values] {
		v.Int128[i] = market.Int128{Hi: int64(binary.BigEndian.Uint64(b)), Lo: binary.BigEndian.Uint64(b[8:])}
		narrow, ok := v.Int128[i].Int64()
		v.Int64[i] = narrow
		fit = fit && ok
	}
	spread(v.Int128, values, defined)
	spread(v.Int64, values, defined)
	if !fit {
		v.Int64 = v.Int64[:0]
	}
	return levels, values, err
}

// spread moves the values, which lie packed at the front, to the rows that have one, with zeros elsewhere.
func spread[T any](s []T, values int, defined []int16) {
	if defined == nil {
		return
	}
	var zero T
	next := values - 1
	for i := len(s) - 1; i >= 0; i-- {
		if defined[i] == 0 {
			s[i] = zero
			continue
		}
		s[i] = s[next]
		next--
	}
}
