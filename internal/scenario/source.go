package scenario

import (
	"errors"
	"fmt"
	"strings"
)

// source remembers where the values of a scenario stand in its file. Paths are keys and list places joined by dots:
// probes.rules.0.stop.
type source struct {
	name  string
	lines map[string]place
}

type place struct{ line, column int }

// at completes an error about the value at a path with its place in the file: that of the value, or of the nearest
// mapping around it when the key is absent. Values that --set gave have no place but their path.
func (s *source) at(path string, err error) error {
	for p := path; ; {
		if at, ok := s.lines[p]; ok {
			if at.line == 0 {
				return fmt.Errorf("--set %s: %w", path, err)
			}
			return fmt.Errorf("%s:%d:%d: %s: %w", s.name, at.line, at.column, path, err)
		}
		dot := strings.LastIndexByte(p, '.')
		if dot < 0 {
			return fmt.Errorf("%s: %s: %w", s.name, path, err)
		}
		p = p[:dot]
	}
}

// At completes an error about the value at a path, such as probes.rules.0.stop, with its place in the file.
func (s *Scenario) At(path string, err error) error { return s.source.at(path, err) }

// findings collects errors so that a reader of a broken file sees all of them at once.
type findings struct {
	source *source
	errs   []error
}

func (f *findings) add(path, format string, args ...any) {
	f.errs = append(f.errs, f.source.at(path, fmt.Errorf(format, args...)))
}

func (f *findings) err() error { return errors.Join(f.errs...) }

// nearest returns the candidate that takes the fewest edits to reach, or "" when none is close.
func nearest(word string, candidates []string) string {
	best, bestEdits := "", len(word)/2+1
	for _, c := range candidates {
		if e := edits(word, c); e < bestEdits {
			best, bestEdits = c, e
		}
	}
	return best
}

// didYouMean ends an error about an unknown word: the nearest candidate and all of them.
func didYouMean(word string, candidates []string) string {
	known := "known: " + strings.Join(candidates, ", ")
	if n := nearest(word, candidates); n != "" {
		return fmt.Sprintf("did you mean %s? %s", n, known)
	}
	return known
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// File returns the name of the file that the scenario was read from.
func (s *Scenario) File() string { return s.source.name }
