package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

// CoupledSet is a finished directory of coupled venues that was read back.
type CoupledSet struct {
	Dir      string
	Scenario *scenario.Scenario // of all venues
	Runs     []*Finished        // in the order of the scenario
}

// NewCoupled says of which run each venue of a scenario is one.
func NewCoupled(s *scenario.Scenario, venue string) *Coupled {
	return &Coupled{Venue: venue, Venues: s.Contagion.Labels(), Scenario: NamedHash{s.Name, "../" + ScenarioFile, s.Hash()}}
}

// OpenCoupledSet reads a directory of coupled venues; nil without an error where dir is something else. Files are not hashed but the
// scenario.
func OpenCoupledSet(dir string) (*CoupledSet, error) {
	if exists(filepath.Join(dir, ManifestFile)) {
		return nil, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, ComparisonFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var c RunComparison
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("%s: %w; it was changed or damaged, run the scenario again", filepath.Join(dir, ComparisonFile), err)
	}
	if c.Coupling == nil {
		return nil, nil
	}
	path := filepath.Join(dir, ScenarioFile)
	if text, err = os.ReadFile(path); err != nil {
		return nil, err
	}
	set := &CoupledSet{Dir: dir}
	if set.Scenario, err = scenario.Parse(path, text); err != nil {
		return nil, err
	}
	if set.Scenario.Contagion == nil {
		return nil, fmt.Errorf("%s: has no section contagion: it was changed or damaged; run the scenario again", path)
	}
	sum := sha256.Sum256(text)
	for _, name := range set.Names() {
		run, err := OpenRun(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if k := run.Manifest.Coupled; k == nil || k.Scenario.SHA256 != hex.EncodeToString(sum[:]) {
			return nil, fmt.Errorf("%s: is not the scenario that %s was made from: it was changed or damaged; run the scenario again", path, run.Dir)
		}
		set.Runs = append(set.Runs, run)
	}
	return set, nil
}

// Names are the venues' directories within the set.
func (s *CoupledSet) Names() []string { return s.Scenario.Contagion.Labels() }
