package report

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// comparedRun is a run directory with everything that a comparison reads of it.
type comparedRun struct {
	*Finished
	name     string
	hash     string // of the manifest
	scenario *scenario.Scenario
	rulebook *venue.Rulebook
	end      market.Time
	probes   *probeBook
}

// CompareRuns reads finished runs, of which the first is the baseline, and puts them side by side. The files that it reads
// are compared with their hashes. An error names the directory; a *NoRunError means that one is no run directory.
func CompareRuns(dirs []string) (*RunComparison, error) {
	c, err := compareRuns(dirs)
	if err != nil {
		return nil, err
	}
	for i := range c.Runs {
		if c.Runs[i].coupled {
			c.Notes = append(c.Notes, fmt.Sprintf("%s is one of several venues that were replayed together: what they did to each other stands in the %s beside it", c.Runs[i].Name, ComparisonFile))
			break
		}
	}
	return c, nil
}

func compareRuns(dirs []string) (*RunComparison, error) {
	if len(dirs) < 2 {
		return nil, fmt.Errorf("%d runs; expected at least two to compare", len(dirs))
	}
	runs := make([]*comparedRun, len(dirs))
	for i, dir := range dirs {
		var err error
		if runs[i], err = readRun(dir); err != nil {
			return nil, err
		}
	}
	nameRuns(runs)
	c := &RunComparison{Schema: ComparisonSchema, Inputs: inputDifferences(runs), Rules: ruleDifferences(runs), Paired: []PairedRuns{}}
	for _, r := range runs {
		c.Runs = append(c.Runs, r.column())
	}
	base := runs[0]
	if err := base.readProbes(); err != nil {
		return nil, err
	}
	for _, r := range runs[1:] {
		if err := r.readProbes(); err != nil {
			return nil, err
		}
		c.Paired = append(c.Paired, pairRuns(r, base))
		r.probes = nil // one run beside the baseline is held at a time
	}
	var together []*Comparison
	for i := range c.Paired {
		for k := range c.Paired[i].Rules {
			together = append(together, &c.Paired[i].Rules[k].Comparison)
		}
	}
	adjustTests(together)
	c.Notes = comparisonNotes(c)
	return c, nil
}

// readRun opens a run directory and checks the files that a comparison rests on.
func readRun(dir string) (*comparedRun, error) {
	f, err := OpenRun(dir)
	if err != nil {
		return nil, err
	}
	if err := f.CheckFiles(SummaryFile, AccountsFile, ScenarioFile, RulebookFile); err != nil {
		return nil, err
	}
	manifest, err := hashFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return nil, err
	}
	r := &comparedRun{Finished: f, hash: manifest.SHA256}
	if r.scenario, err = f.Scenario(); err != nil {
		return nil, err
	}
	if r.rulebook, err = f.Rulebook(); err != nil {
		return nil, err
	}
	if r.end, err = market.ParseTime(f.Summary.Scenario.To); err != nil {
		return nil, fmt.Errorf("%s: scenario.to: %w", filepath.Join(dir, SummaryFile), err)
	}
	return r, nil
}

// nameRuns names each run by the last part of its directory; where two share it, by the directory as given, and where
// that is the same too, with a number.
func nameRuns(runs []*comparedRun) {
	seen := map[string]int{}
	for _, r := range runs {
		seen[filepath.Base(filepath.Clean(r.Dir))]++
	}
	taken := map[string]int{}
	for _, r := range runs {
		r.name = filepath.Base(filepath.Clean(r.Dir))
		if seen[r.name] > 1 || r.name == "." || r.name == ".." {
			r.name = filepath.ToSlash(filepath.Clean(r.Dir))
		}
		if taken[r.name]++; taken[r.name] > 1 {
			r.name = fmt.Sprintf("%s (%d)", r.name, taken[r.name])
		}
	}
}

// column takes from a run what stands side by side. The rulebook's policies are read from its file, so that runs of
// programs that did not write them into the summary compare too.
func (r *comparedRun) column() RunColumn {
	s := r.Summary
	c := RunColumn{Name: r.name, ManifestSHA256: r.hash, Scenario: s.Scenario, Data: s.Data, Rulebook: rulebookInfo(r.rulebook),
		Liquidations:  RunFlow{Accounts: s.Liquidations.Accounts, Flow: s.Liquidations.Flow, ByGroup: s.Liquidations.ByGroup},
		InsuranceFund: s.InsuranceFund, ADL: s.ADL, Socialized: s.Socialized, FundingPaid: s.FundingPaid, Fees: s.Fees,
		LiquidationFees: s.LiquidationFees, Ledger: s.Ledger, Crowd: s.Crowd, Setups: s.Setups, Groups: s.Groups, Envelope: s.Envelope, Experiments: s.Experiments}
	for _, g := range s.Groups {
		c.Refused += g.Refused
	}
	c.coupled = r.Manifest.Coupled != nil
	return c
}

// group finds a group of a run by name.
func (c *RunColumn) group(name string) *Group {
	for i := range c.Groups {
		if c.Groups[i].Name == name {
			return &c.Groups[i]
		}
	}
	return nil
}

// flowOf finds what was liquidated of a group.
func (c *RunColumn) flowOf(name string) *GroupFlow {
	for i := range c.Liquidations.ByGroup {
		if c.Liquidations.ByGroup[i].Group == name {
			return &c.Liquidations.ByGroup[i]
		}
	}
	return nil
}

// groupNames lists the groups of all runs, in the order in which they first appear, the crowd last.
func (c *RunComparison) groupNames() []string {
	var names []string
	crowd := false
	for i := range c.Runs {
		for _, g := range c.Runs[i].Groups {
			switch {
			case g.Name == replay.CrowdGroup:
				crowd = true
			case !slices.Contains(names, g.Name):
				names = append(names, g.Name)
			}
		}
	}
	if crowd {
		names = append(names, replay.CrowdGroup)
	}
	return names
}

// comparisonNotes say how the comparison is to be read.
func comparisonNotes(c *RunComparison) []string {
	var notes []string
	paired, crowd := false, false
	for _, p := range c.Paired {
		paired = paired || len(p.Rules) > 0
	}
	for i := range c.Runs {
		crowd = crowd || c.Runs[i].group(replay.CrowdGroup) != nil
	}
	if paired {
		notes = append(notes,
			"paired differences are run less baseline, rule by rule, over the setups that both runs entered; entries that either exchange refused are left out and counted",
			"intervals come from the baseline's statistics settings, resampled in blocks of entries whose holding times overlap; McNemar's exact test takes the pairs as independent; its p-values are adjusted for all rules and runs by Holm's method, the intervals are not")
	}
	for i := range c.Runs {
		if c.Runs[i].Refused > 0 {
			notes = append(notes, "a run that refused entries shows shares and P&L of the entries that it accepted, which may be other instruments than in the baseline: side by side they are no like with like, the pairs are")
			break
		}
	}
	if crowd {
		notes = append(notes, "the crowd is compared by its totals: its accounts carry no setup, and one that a venue's lots leave out has no twin")
	}
	if slices.ContainsFunc(c.Inputs, func(d InputDifference) bool { return d.Kind == "data" }) {
		notes = append(notes, "the runs rest on different data: differences are of prices as well as of rules")
	}
	for i := range c.Runs {
		if c.Runs[i].Data.Reconstructed() {
			return append(notes, "RECONSTRUCTED DATA: prices were made from published points; the path between them is not recorded")
		}
	}
	return notes
}
