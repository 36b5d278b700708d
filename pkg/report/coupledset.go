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
	c := &Coupled{Venue: venue, Scenario: NamedHash{s.Name, "../" + ScenarioFile, s.Hash()}}
	for i := range s.Contagion.Venues {
		c.Venues = append(c.Venues, s.Contagion.Venues[i].Label())
	}
	return c
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
	for i := range set.Scenario.Contagion.Venues {
		run, err := OpenRun(filepath.Join(dir, set.Scenario.Contagion.Venues[i].Label()))
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
func (s *CoupledSet) Names() []string {
	var list []string
	for i := range s.Scenario.Contagion.Venues {
		list = append(list, s.Scenario.Contagion.Venues[i].Label())
	}
	return list
}
