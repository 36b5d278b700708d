package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Finished is a run directory that was read back.
type Finished struct {
	Dir      string
	Manifest *Manifest
	Summary  *Summary
}

// OpenRun reads the manifest and the summary of a run directory. The files are not hashed; CheckFiles does that.
func OpenRun(dir string) (*Finished, error) {
	f := &Finished{Dir: dir, Manifest: &Manifest{}, Summary: &Summary{}}
	if err := f.decode(ManifestFile, f.Manifest); err != nil {
		return nil, err
	}
	if strings.HasPrefix(f.Manifest.Schema, sweepManifest) {
		return nil, &NoRunError{dir, "it holds a sweep; its report.html and summary.json have the figures, and `backtest sweep judge` compares two sweeps"}
	}
	if f.Manifest.Schema != ManifestSchema {
		return nil, fmt.Errorf("%s: schema %q; expected %s", filepath.Join(dir, ManifestFile), f.Manifest.Schema, ManifestSchema)
	}
	if err := f.decode(SummaryFile, f.Summary); err != nil {
		return nil, err
	}
	if f.Summary.Schema != SummarySchema {
		return nil, fmt.Errorf("%s: schema %q; expected %s", filepath.Join(dir, SummaryFile), f.Summary.Schema, SummarySchema)
	}
	return f, nil
}

// sweepManifest begins the schema of the manifest that a sweep writes (pkg/sweep, which imports this package).
const sweepManifest = "backtest/sweep-manifest/"

// NoRunError reports a directory that is no run directory.
type NoRunError struct{ Dir, Why string }

func (e *NoRunError) Error() string { return e.Dir + " is no run directory: " + e.Why }

func (f *Finished) decode(name string, into any) error {
	path := filepath.Join(f.Dir, name)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if held, _ := filepath.Glob(filepath.Join(f.Dir, "*", ManifestFile)); len(held) > 0 && exists(filepath.Join(f.Dir, ComparisonFile)) {
			return &NoRunError{f.Dir, fmt.Sprintf("it holds %d runs side by side; name one of them, such as %s", len(held), filepath.Dir(held[0]))}
		}
		if exists(filepath.Join(f.Dir, MonteCarloFile)) {
			return &NoRunError{f.Dir, "it holds the results of many paths; `backtest montecarlo` computes them again into another directory, whose manifest.json has to be the same"}
		}
		return &NoRunError{f.Dir, name + " is missing; `backtest run` writes one"}
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w; it was changed or damaged, run the scenario again", path, err)
	}
	return nil
}

// Scenario parses the run's scenario, overrides applied.
func (f *Finished) Scenario() (*scenario.Scenario, error) {
	path := filepath.Join(f.Dir, ScenarioFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return scenario.Parse(path, text)
}

// Rulebook parses the run's rulebook.
func (f *Finished) Rulebook() (*venue.Rulebook, error) {
	path := filepath.Join(f.Dir, RulebookFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return venue.Parse(path, text)
}

// CheckFiles compares files of the directory with their hashes in the manifest; without names, every file that it lists.
func (f *Finished) CheckFiles(names ...string) error {
	listed := map[string]bool{}
	for _, want := range f.Manifest.Files {
		listed[want.Path] = true
		if len(names) > 0 && !slices.Contains(names, want.Path) {
			continue
		}
		if !filepath.IsLocal(want.Path) {
			return fmt.Errorf("%s names the file %q outside of the run directory", filepath.Join(f.Dir, ManifestFile), want.Path)
		}
		path := filepath.Join(f.Dir, want.Path)
		got, err := hashFile(path)
		if err != nil {
			return err
		}
		if got.SHA256 != want.SHA256 {
			return fmt.Errorf("%s: has SHA-256 %s, the manifest says %s: it was changed or damaged; run the scenario again", path, got.SHA256, want.SHA256)
		}
	}
	for _, name := range names {
		if !listed[name] {
			return fmt.Errorf("%s does not list %s: it was changed or damaged; run the scenario again", filepath.Join(f.Dir, ManifestFile), name)
		}
	}
	return nil
}
