package archive

import (
	"fmt"
	"strings"
)

// Error is a finding about one place of a file: what is there, what was expected and what to do.
type Error struct {
	File     string // path; the member of a zip follows a "!"
	Line     int    // 1-based; 0 when the finding is about the file
	Column   string // as the header names it; "" when the finding is about no single column
	Value    string // as written in the file
	Expected string
	Remedy   string
	Code     string // the kind of finding, as Finding.Code
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ": line %d", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ", column %s", e.Column)
	}
	b.WriteString(": ")
	b.WriteString(e.detail())
	return b.String()
}

// detail is the finding without its place.
func (e *Error) detail() string {
	var b strings.Builder
	if e.Value != "" {
		fmt.Fprintf(&b, "%.60q: ", e.Value)
	}
	b.WriteString("expected " + e.Expected)
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return b.String()
}

// RequestError is a mistake in what was asked for, as opposed to a fault in the data.
type RequestError struct{ Err error }

func (e *RequestError) Error() string { return e.Err.Error() }

// Unwrap returns the mistake.
func (e *RequestError) Unwrap() error { return e.Err }

func requestf(format string, args ...any) error { return &RequestError{fmt.Errorf(format, args...)} }

// report receives what a parser finds. A strict one returns the finding, which ends parsing; one that collects
// returns nil, and parsing goes on without the row.
type report func(*Error) error

func strict(e *Error) error { return e }
