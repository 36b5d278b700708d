package report

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// spool keeps rows of integers in a temporary file until what they refer to is known: an event names an account and an
// instrument by number, and their names arrive after the last tick. Rows are stored as differences from the row before,
// which are short.
type spool struct {
	file   *os.File
	out    *bufio.Writer
	last   []int64
	buffer []byte
	rows   int64
}

func newSpool(path string, columns int) (*spool, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &spool{file: f, out: bufio.NewWriterSize(f, 1<<18), last: make([]int64, columns)}, nil
}

// add appends a row, which has as many values as the spool has columns.
func (s *spool) add(row []int64) error {
	b := s.buffer[:0]
	for i, v := range row {
		b = binary.AppendVarint(b, v-s.last[i]) // wraps and wraps back
	}
	copy(s.last, row)
	s.buffer = b
	s.rows++
	_, err := s.out.Write(b)
	return err
}

// each calls use with every row in order and then removes the file. The slice is reused.
func (s *spool) each(use func(row []int64) error) error {
	if err := s.out.Flush(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(s.file, 1<<18)
	row := make([]int64, len(s.last))
	for range s.rows {
		for i := range row {
			d, err := binary.ReadVarint(in)
			if err != nil {
				return err
			}
			row[i] += d
		}
		if err := use(row); err != nil {
			return err
		}
	}
	return s.remove()
}

func (s *spool) remove() error {
	if s == nil || s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), os.Remove(s.file.Name()))
	s.file = nil
	return err
}
