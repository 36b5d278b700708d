package scenario

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/liquidation-lab/backtest/internal/spell"
)

// source remembers where the values of a scenario stand in its file. Paths are keys and list places joined by dots:
// probes.rules.0.stop.
type source struct {
	name  string
	lines map[string]place
}

type place struct{ line, column int }

// Error is a mistake in a scenario, with its place: a file with line and column, or the --set that made it.
type Error struct {
	Place string
	Err   error
}

func (e *Error) Error() string { return e.Place + ": " + e.Err.Error() }

// Unwrap returns the mistake without its place.
func (e *Error) Unwrap() error { return e.Err }

// at completes an error about the value at a path with its place in the file: that of the value, or of the nearest
// mapping around it when the key is absent. Values that --set gave have no place but their path.
func (s *source) at(path string, err error) error {
	for p := path; ; {
		if at, ok := s.lines[p]; ok {
			if at.line == 0 {
				return &Error{"--set " + path, err}
			}
			return &Error{fmt.Sprintf("%s:%d:%d: %s", s.name, at.line, at.column, path), err}
		}
		dot := strings.LastIndexByte(p, '.')
		if dot < 0 {
			return &Error{s.name + ": " + path, err}
		}
		p = p[:dot]
	}
}

// forget drops the places of what lies below a path, before another value takes its place: they say nothing of the new one.
func (s *source) forget(path string) {
	maps.DeleteFunc(s.lines, func(p string, _ place) bool { return strings.HasPrefix(p, path+".") })
}

// At completes an error about the value at a path, such as probes.rules.0.stop, with its place in the file: an *Error.
func (s *Scenario) At(path string, err error) error { return s.source.at(path, err) }

// findings collects errors so that a reader of a broken file sees all of them at once.
type findings struct {
	source *source
	errs   []error
}

func (f *findings) add(path, format string, args ...any) {
	err := f.source.at(path, fmt.Errorf(format, args...))
	for _, said := range f.errs {
		if said.Error() == err.Error() {
			return // rules of a grid and cells of an experiment share their mistakes
		}
	}
	f.errs = append(f.errs, err)
}

func (f *findings) err() error { return errors.Join(f.errs...) }

// didYouMean ends an error about an unknown word: the nearest candidate and all of them.
func didYouMean(word string, candidates []string) string {
	known := "known: " + strings.Join(candidates, ", ")
	if n, ok := spell.Nearest(word, candidates); ok {
		return fmt.Sprintf("did you mean %s? %s", n, known)
	}
	return known
}

// File returns the name of the file that the scenario was read from.
func (s *Scenario) File() string { return s.source.name }
