package columnar

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// maxMessageMetadata bounds the flatbuffer that describes one record batch or schema.
const maxMessageMetadata = 16 << 20

// messages reads the messages of an Arrow IPC stream. The library's own reader allocates what a message claims; this
// one reads at most what is there, and no more than the budget.
type messages struct {
	r      io.Reader
	memory *budget
	msg    *ipc.Message
	ended  bool // by its end-of-stream marker, or between messages
}

// Retain and Release implement ipc.MessageReader; the collector owns the memory.
func (m *messages) Retain()  {}
func (m *messages) Release() {}

// Message returns the next message, valid until the next call, or io.EOF.
func (m *messages) Message() (*ipc.Message, error) {
	var word [4]byte
	if _, err := io.ReadFull(m.r, word[:]); err == io.EOF {
		m.ended = true // streams may end without a marker
		return nil, io.EOF
	} else if err != nil {
		return nil, truncated(err)
	}
	if binary.LittleEndian.Uint32(word[:]) != 0xFFFFFFFF {
		return nil, fmt.Errorf("has %x where a message begins: expected the marker ffffffff of Arrow 0.15 and later", word)
	}
	if _, err := io.ReadFull(m.r, word[:]); err != nil {
		return nil, truncated(err)
	}
	length := binary.LittleEndian.Uint32(word[:])
	if length == 0 {
		m.ended = true
		return nil, io.EOF
	}
	if length > maxMessageMetadata {
		return nil, fmt.Errorf("has a message header of %d bytes: expected at most %d; it is damaged", length, maxMessageMetadata)
	}
	header, err := m.read(int64(length))
	if err != nil {
		return nil, err
	}
	if err := checkMessage(header); err != nil {
		return nil, err
	}
	return m.body(header)
}

func (m *messages) body(header []byte) (msg *ipc.Message, err error) {
	defer recovered(&err)
	meta := memory.NewBufferBytes(header)
	length := ipc.NewMessage(meta, memory.NewBufferBytes(nil)).BodyLen()
	if length < 0 || length > int64(m.memory.bytes) {
		return nil, fmt.Errorf("has a message of %d bytes: expected at most %d MiB; write smaller record batches", length, m.memory.bytes>>20)
	}
	body, err := m.read(length)
	if err != nil {
		return nil, err
	}
	m.msg = ipc.NewMessage(meta, memory.NewBufferBytes(body))
	return m.msg, nil
}

// read returns n bytes; its memory grows with what arrives, not with what was claimed.
func (m *messages) read(n int64) ([]byte, error) {
	if n <= 64<<10 {
		data := make([]byte, n)
		_, err := io.ReadFull(m.r, data)
		return data, truncated(err)
	}
	var data bytes.Buffer
	_, err := io.CopyN(&data, m.r, n)
	return data.Bytes(), truncated(err)
}

func truncated(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("ends within a message: it is truncated; write it again")
	}
	return err
}

// ipcFile delivers the record batches of an Arrow IPC file or stream in batches of at most RowGroupRows.
type ipcFile struct {
	name    string
	memory  *budget
	closer  io.Closer
	want    []wanted
	bound   []int
	record  arrow.Record
	index   int   // of the record batch
	row     int64 // first row of the batch
	from, n int64 // the batch within the record

	read func() (arrow.Record, error) // the next record, io.EOF at the end
}

func newIPCFile(name string, closer io.Closer, want []wanted, budgetBytes int) *ipcFile {
	return &ipcFile{name: name, memory: newBudget(budgetBytes), closer: closer, want: want, index: -1}
}

// openIPC reads the schema of a stream, which ends where r ends, and finds the wanted columns. closer may be nil.
func openIPC(r io.Reader, closer io.Closer, name string, want []wanted, budgetBytes int) (*ipcFile, error) {
	f := newIPCFile(name, closer, want, budgetBytes)
	if err := f.openStream(r); err != nil {
		return nil, fileError(name, err)
	}
	return f, nil
}

func (f *ipcFile) openStream(r io.Reader) (err error) {
	defer recovered(&err)
	m := &messages{r: r, memory: f.memory}
	reader, err := ipc.NewReaderFromMessageReader(m, ipc.WithAllocator(f.memory))
	if err != nil {
		return fmt.Errorf("is no Arrow IPC stream: %w", err)
	}
	f.read = func() (arrow.Record, error) {
		if reader.Next() {
			return reader.Record(), nil
		}
		if err := reader.Err(); err != nil {
			return nil, err
		}
		return nil, m.atEnd()
	}
	return f.bind(reader.Schema())
}

// atEnd returns io.EOF when the stream is over. What follows an end-of-stream marker would be rows silently lost, if the
// marker is a damaged message.
func (m *messages) atEnd() error {
	if !m.ended {
		return errors.New("the stream stops before its end")
	}
	if n, err := io.ReadFull(m.r, make([]byte, 8)); n > 0 || err != io.EOF {
		return errors.New("data follow the end-of-stream marker: expected one stream")
	}
	return io.EOF
}

// bind finds the wanted columns and checks their types.
func (f *ipcFile) bind(sc *arrow.Schema) error {
	var names []string
	for _, field := range sc.Fields() {
		names = append(names, field.Name)
	}
	f.bound = make([]int, len(f.want))
	for i, w := range f.want {
		f.bound[i] = slices.Index(names, w.name)
		if f.bound[i] < 0 {
			if w.optional {
				continue
			}
			return &Error{File: f.name, RowGroup: -1, Row: -1, Column: w.name,
				Err: fmt.Errorf("is missing: expected %s beside %s", w.typ, strings.Join(names, ", "))}
		}
		if t := sc.Field(f.bound[i]).Type; !arrowIs(t, w.typ) {
			return &Error{File: f.name, RowGroup: -1, Row: -1, Column: w.name,
				Err: fmt.Errorf("is %v: expected %v; convert the column", t, w.typ)}
		}
	}
	return nil
}

func arrowIs(t arrow.DataType, want ColumnType) bool {
	switch want {
	case Time:
		stamp, ok := t.(*arrow.TimestampType)
		return ok && stamp.Unit == arrow.Millisecond && (stamp.TimeZone == "UTC" || stamp.TimeZone == "+00:00" || stamp.TimeZone == "Etc/UTC")
	case Int64:
		return t.ID() == arrow.INT64 || t.ID() == arrow.INT32
	case Float64:
		return t.ID() == arrow.FLOAT64
	}
	return false
}

func (f *ipcFile) has(column int) bool { return f.bound[column] >= 0 }
func (f *ipcFile) group() int          { return f.index }
func (f *ipcFile) firstRow() int64     { return f.row }

func (f *ipcFile) close() error {
	if f.closer == nil {
		return nil
	}
	closer := f.closer
	f.closer = nil
	return closer.Close()
}

func (f *ipcFile) next() (rows int, err error) {
	f.row += f.n
	f.from += f.n
	f.n = 0
	for f.record == nil || f.from == f.record.NumRows() {
		f.index++
		if err := f.nextRecord(); err == io.EOF {
			return 0, err
		} else if err != nil {
			return 0, &Error{File: f.name, RowGroup: f.index, Row: -1, Err: err}
		}
		f.from = 0
	}
	f.n = min(RowGroupRows, f.record.NumRows()-f.from)
	return int(f.n), nil
}

func (f *ipcFile) nextRecord() (err error) {
	defer recovered(&err)
	f.memory.reset()
	if f.record, err = f.read(); err == io.EOF {
		return err
	} else if err != nil {
		return fmt.Errorf("is damaged (%w): restore or write it again", err)
	}
	for i, column := range f.bound {
		if column >= 0 && int64(f.record.Column(column).Len()) != f.record.NumRows() {
			return fmt.Errorf("has %d rows and %d in column %s: it is damaged; restore or write it again",
				f.record.NumRows(), f.record.Column(column).Len(), f.want[i].name)
		}
	}
	return nil
}

// column returns a column of the record, without nulls in the batch.
func (f *ipcFile) column(column int) (arrow.Array, error) {
	a := f.record.Column(f.bound[column])
	if a.NullN() == 0 {
		return a, nil
	}
	for i := f.from; i < f.from+f.n; i++ {
		if a.IsNull(int(i)) {
			return nil, &Error{File: f.name, RowGroup: f.index, Row: f.row + i - f.from, Column: f.want[column].name,
				Err: errors.New("is null: expected a value in every row; fill or drop the row")}
		}
	}
	return a, nil
}

func (f *ipcFile) place(column int, err error) error {
	var placed *Error
	if err == nil || errors.As(err, &placed) {
		return err
	}
	return &Error{File: f.name, RowGroup: f.index, Row: -1, Column: f.want[column].name, Err: err}
}

func (f *ipcFile) int64s(column int, dst []int64) error {
	return f.place(column, f.copyInt64s(column, dst))
}

func (f *ipcFile) copyInt64s(column int, dst []int64) (err error) {
	defer recovered(&err)
	a, err := f.column(column)
	if err != nil {
		return err
	}
	switch a := a.(type) {
	case *array.Int64:
		copy(dst, a.Int64Values()[f.from:f.from+f.n])
	case *array.Int32:
		for i, v := range a.Int32Values()[f.from : f.from+f.n] {
			dst[i] = int64(v)
		}
	case *array.Timestamp:
		for i, v := range a.TimestampValues()[f.from : f.from+f.n] {
			dst[i] = int64(v)
		}
	}
	return nil
}

func (f *ipcFile) float64s(column int, dst []float64) error {
	return f.place(column, f.copyFloat64s(column, dst))
}

func (f *ipcFile) copyFloat64s(column int, dst []float64) (err error) {
	defer recovered(&err)
	a, err := f.column(column)
	if err != nil {
		return err
	}
	copy(dst, a.(*array.Float64).Float64Values()[f.from:f.from+f.n])
	return nil
}
