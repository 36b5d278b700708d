package scenario

import (
	"path/filepath"
	"slices"
	"strings"
)

// besideRuns are the endings of files that stand beside the run directories of a set of runs.
var besideRuns = []string{".json", ".html", ".yaml"}

// runName checks the name of one of several runs, which is that of its directory, and reports whether it is one.
func (f *findings) runName(path, name, example string) bool {
	if !namePattern.MatchString(name) {
		f.add(path, "%q; expected up to 64 of a-z, 0-9, '-', '_' and '.', such as %s", name, example)
		return false
	}
	if slices.Contains(besideRuns, filepath.Ext(name)) {
		f.add(path, "%q ends like the files that stand beside the runs; expected another ending than %s", name, strings.Join(besideRuns, ", "))
		return false
	}
	return true
}
