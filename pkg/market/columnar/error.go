package columnar

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Error is a finding about a file: where it is, what was found there, what was expected and what to do.
type Error struct {
	File     string
	RowGroup int    // 0-based row group (Parquet) or record batch (Arrow IPC); -1 when the finding is about the file
	Row      int64  // 0-based row in the file; -1 when the finding is about no single row
	Column   string // "" when the finding is about no single column
	Err      error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.RowGroup >= 0 {
		fmt.Fprintf(&b, ": row group %d", e.RowGroup)
	}
	if e.Row >= 0 {
		fmt.Fprintf(&b, ", row %d", e.Row)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ": column %s", e.Column)
	}
	return b.String() + ": " + e.Err.Error()
}

// Unwrap returns the finding without its place.
func (e *Error) Unwrap() error { return e.Err }

// fileError places err in a file as a whole.
func fileError(name string, err error) error {
	var placed *Error
	if err == nil || err == io.EOF || errors.As(err, &placed) {
		return err
	}
	return &Error{File: name, RowGroup: -1, Row: -1, Err: err}
}

// recovered turns a panic of the library, which it raises on damaged files, into an error. It is deferred around every
// call that decodes.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("is damaged (%v): expected a complete file as it was written; restore or re-import it", p)
	}
}
