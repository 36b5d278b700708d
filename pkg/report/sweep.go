package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// SweepSummary is the summary.json of a sweep: statistics as numbers, null where there is none.
type SweepSummary struct {
	Schema       string        `json:"schema"`
	SHA256       string        `json:"sweep_sha256"` // of plan.json
	Title        string        `json:"title"`
	Scenario     NamedHash     `json:"scenario"`
	Rulebook     NamedHash     `json:"rulebook"`
	Data         string        `json:"data"`
	Provenance   string        `json:"provenance"` // "reconstructed" for data made from published points
	Design       string        `json:"design"`
	Samples      int64         `json:"samples,omitempty"`
	Seed         uint64        `json:"seed,omitempty"`
	Axes         []SweepAxis   `json:"axes"`
	Variants     int64         `json:"variants"`
	Rows         int64         `json:"rows"`       // one for each variant and group
	Scanned      int64         `json:"scanned"`    // rows by package scan; the others by the whole exchange
	Impossible   int64         `json:"impossible"` // variants with a rule that can be carried out in no entry
	Empty        int64         `json:"empty"`      // rows all of whose entries were refused
	Level        Number        `json:"level"`
	FrontierSize int           `json:"frontier_size"`
	Frontier     []SweepPoint  `json:"frontier"` // at most 100 of them, from the highest mean down
	Heatmap      *SweepHeatmap `json:"heatmap,omitempty"`

	Cloud []SweepPoint `json:"-"` // a sample of all rows, for the figure
}

// SweepAxis is a key of the scenario and how many values it took.
type SweepAxis struct {
	Key    string `json:"key"`
	Column string `json:"column"` // in results.parquet
	Values int64  `json:"values"`
	First  string `json:"first"`
	Last   string `json:"last"`
}

// SweepPoint is one row: a variant's group.
type SweepPoint struct {
	Variant     int64    `json:"variant"`
	Values      []string `json:"values"` // axis by axis
	Group       string   `json:"group"`
	Accounts    int64    `json:"accounts"` // that had a position
	Liquidation Interval `json:"liquidation_probability"`
	Mean        Number   `json:"pnl_mean"`
	Shortfall   Number   `json:"expected_shortfall_95"`
}

// SweepHeatmap pools the rows by two axes, row by row: Cells[y·len(X.Values) + x].
type SweepHeatmap struct {
	X     HeatmapAxis   `json:"x"`
	Y     HeatmapAxis   `json:"y"`
	Cells []HeatmapCell `json:"cells"`
}

// HeatmapAxis is one side of a heatmap.
type HeatmapAxis struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

// HeatmapCell pools rows: liquidated of all accounts that had a position, the mean of their P&L, and the mean of the rows'
// expected shortfalls.
type HeatmapCell struct {
	Rows        int    `json:"rows"`
	Liquidation Number `json:"liquidation_probability"`
	Mean        Number `json:"pnl_mean"`
	Shortfall   Number `json:"expected_shortfall_95"`
}

// Reconstructed reports whether the prices are made, not recorded.
func (s *SweepSummary) Reconstructed() bool { return s.Provenance == "reconstructed" }

// SweepManifest returns the manifest.json of a sweep: the program, the hash of its plan and those of its files.
func SweepManifest(schema string, program Program, plan, dir string, names []string) ([]byte, error) {
	m := struct {
		Schema  string     `json:"schema"`
		Program Program    `json:"program"`
		Plan    string     `json:"sweep_sha256"`
		Files   []FileHash `json:"files"`
	}{Schema: schema, Program: program, Plan: plan}
	var list Manifest
	for _, name := range slices.Sorted(slices.Values(names)) {
		if err := list.addFile(dir, name); err != nil {
			return nil, err
		}
	}
	m.Files = list.Files
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return append(b, '\n'), nil
}

// CheckSweep compares every file of a sweep's directory with the hash in its manifest.json.
func CheckSweep(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return err
	}
	var m struct {
		Files []FileHash `json:"files"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, ManifestFile), err)
	}
	for _, f := range m.Files {
		h, err := hashFile(filepath.Join(dir, filepath.Base(f.Path)))
		if err != nil {
			return err
		}
		if h.SHA256 != f.SHA256 {
			return fmt.Errorf("%s has SHA-256 %s, the manifest says %s: it was changed or damaged; carry the sweep out again", filepath.Join(dir, f.Path), h.SHA256, f.SHA256)
		}
	}
	return nil
}
