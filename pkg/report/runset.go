package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Files beside the run directories of a set.
const (
	ComparisonFile     = "comparison.json"
	ComparisonHTMLFile = "comparison.html"
)

// RunSet is a directory of several runs of one request with their comparison. It appears under its name at Commit, with every
// run complete, or not at all.
type RunSet struct {
	dir, staging, made string
	runs               []string
	coupling           *Coupling
}

// CreateSet starts a set that will stand in dir. dir must not exist; its parents are made. Abort has to be called in the end,
// whatever happens.
func CreateSet(dir string) (*RunSet, error) {
	dir = filepath.Clean(dir)
	if _, err := os.Lstat(dir); err == nil {
		return nil, fmt.Errorf("directory %s %w", dir, ErrExists)
	}
	made, err := makeParents(filepath.Dir(dir))
	if err != nil {
		return nil, fmt.Errorf("directory %s: %w", dir, err)
	}
	s := &RunSet{dir: dir, made: made}
	if s.staging, err = os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*"); err != nil {
		s.Abort()
		return nil, fmt.Errorf("directory %s: %w", dir, err)
	}
	return s, nil
}

// Place returns where the next run of the set has to be written to; name is the run directory's within the set.
func (s *RunSet) Place(name string) string {
	s.runs = append(s.runs, filepath.Join(s.staging, name))
	return s.runs[len(s.runs)-1]
}

// Attach writes a file beside the run directories; it appears with them.
func (s *RunSet) Attach(name string, text []byte) error {
	if err := writeFile(filepath.Join(s.staging, name), text); err != nil {
		return fmt.Errorf("directory %s: %w", s.dir, err)
	}
	return nil
}

// Couple says what the set's runs, venues under one clock, did to each other; it becomes part of their comparison.
func (s *RunSet) Couple(c *Coupling) { s.coupling = c }

// Commit compares the runs, the first of which is the baseline, writes the comparison, and gives the directory its name.
func (s *RunSet) Commit() (*RunComparison, error) {
	c, err := s.commit()
	if err != nil {
		// What is said of a file is said of where it would have stood.
		return nil, fmt.Errorf("directory %s: %w", s.dir, err)
	}
	return c, nil
}

func (s *RunSet) commit() (*RunComparison, error) {
	c, err := compareRuns(s.runs)
	if err != nil {
		return nil, err
	}
	c.couple(s.coupling)
	text, err := c.JSON()
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(s.staging, ComparisonFile), text); err != nil {
		return nil, err
	}
	page, err := c.HTML(true)
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(s.staging, ComparisonHTMLFile), page); err != nil {
		return nil, err
	}
	if err := publishDir(s.staging, s.dir); err != nil {
		return nil, err
	}
	s.staging, s.made = "", ""
	return c, nil
}

// Abort removes what was written. After Commit it does nothing.
func (s *RunSet) Abort() {
	if s.staging != "" {
		_ = os.RemoveAll(s.staging)
	}
	removeMade(s.dir, s.made)
	s.staging, s.made = "", ""
}

// RunName turns a rulebook's id into the name of a directory: binance/2025-10 is binance-2025-10.
func RunName(id string) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' {
			return c
		}
		return '-'
	}, id)
	return strings.TrimLeft(name, ".")
}
