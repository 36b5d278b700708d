package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

func (f *Finished) decode(name string, into any) error {
	path := filepath.Join(f.Dir, name)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is no run directory: %s is missing; `backtest run` writes one", f.Dir, name)
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

// CheckFiles compares every file of the directory with its hash in the manifest.
func (f *Finished) CheckFiles() error {
	for _, want := range f.Manifest.Files {
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
	return nil
}
