package report

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/montecarlo"
)

var pathColumns = []columnar.Column{
	{Name: "path", Type: columnar.Int32},
	{Name: "rule", Type: columnar.String},
	{Name: "entered", Type: columnar.Int32},
	{Name: "refused", Type: columnar.Int32},
	{Name: "liquidated", Type: columnar.Int32},
	{Name: "stopped", Type: columnar.Int32},
	{Name: "deleveraged", Type: columnar.Int32},
	{Name: "liquidation_probability", Type: columnar.Float64, Nullable: true},
	{Name: "pnl_mean", Type: columnar.Float64, Nullable: true},
	{Name: "pnl_median", Type: columnar.Float64, Nullable: true},
	{Name: "expected_shortfall_95", Type: columnar.Float64, Nullable: true},
	{Name: "drawdown", Type: columnar.Float64, Nullable: true},
	{Name: "fund_low", Type: columnar.Float64},
	{Name: "liquidated_notional", Type: columnar.Float64},
	{Name: "adl_notional", Type: columnar.Float64},
	{Name: "socialized_loss", Type: columnar.Float64},
}

// PathSet is a directory of the results of many paths. It appears under its name at Commit, complete, or not at all.
type PathSet struct {
	set *RunSet
	in  Inputs
}

// CreatePaths starts a directory. dir must not exist; its parents are made. Abort has to be called in the end, whatever
// happens.
func CreatePaths(dir string, in Inputs) (*PathSet, error) {
	set, err := CreateSet(dir)
	if err != nil {
		return nil, err
	}
	return &PathSet{set, in}, nil
}

// Abort removes what was written. After Commit it does nothing.
func (p *PathSet) Abort() { p.set.Abort() }

// Commit writes the paths, their statistics and the page, and gives the directory its name.
func (p *PathSet) Commit(o *montecarlo.Outcome) (*MonteCarlo, error) {
	m, err := p.commit(o)
	if err != nil {
		return nil, fmt.Errorf("directory %s: %w", p.set.dir, err)
	}
	return m, nil
}

func (p *PathSet) commit(o *montecarlo.Outcome) (*MonteCarlo, error) {
	m := newMonteCarlo(p.in, o)
	dir := p.set.staging
	if err := p.writeRows(filepath.Join(dir, PathsFile), o); err != nil {
		return nil, err
	}
	text, err := m.JSON()
	if err != nil {
		return nil, err
	}
	manifest, err := InputHashes(p.in)
	if err != nil {
		return nil, err
	}
	page, err := m.HTML(manifest)
	if err != nil {
		return nil, err
	}
	if err := manifest.addFile(dir, PathsFile); err != nil {
		return nil, err
	}
	for _, f := range append([]Copy{{MonteCarloFile, text}, {MonteCarloHTMLFile, page}}, p.in.Copies()...) {
		if err := writeFile(filepath.Join(dir, f.Name), f.Data); err != nil {
			return nil, err
		}
		if err := manifest.addFile(dir, f.Name); err != nil {
			return nil, err
		}
	}
	if text, err = manifest.JSON(); err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(dir, ManifestFile), text); err != nil {
		return nil, err
	}
	if err := publishDir(dir, p.set.dir); err != nil {
		return nil, err
	}
	p.set.staging, p.set.made = "", ""
	return m, nil
}

func (p *PathSet) writeRows(path string, o *montecarlo.Outcome) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<18)
	meta := map[string]string{"scenario": p.in.Scenario.Name, "scenario_sha256": p.in.Scenario.Hash(), "rulebook": p.in.Rulebook.ID}
	if provenance := p.in.Catalog.Metadata()["provenance"]; provenance != "" {
		meta["provenance"] = provenance
	}
	t, err := columnar.NewTable(out, pathColumns, meta)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	for i := range o.Rows {
		if err = writePath(t, &o.Rows[i]); err != nil {
			break
		}
	}
	return errors.Join(err, t.Close(), out.Flush(), f.Sync(), f.Close())
}

func writePath(t *columnar.Table, r *montecarlo.Row) error {
	t.Int32(0, int32(r.Path))
	t.String(1, r.Rule)
	for i, n := range []int{r.Entered, r.Refused, r.Liquidated, r.Stopped, r.Deleveraged} {
		t.Int32(2+i, int32(n))
	}
	for i, x := range []float64{r.LiquidationProbability, r.PnLMean, r.PnLMedian, r.ExpectedShortfall, r.Drawdown} {
		if x != x {
			t.Null(7 + i)
		} else {
			t.Float64(7+i, x)
		}
	}
	for i, x := range []float64{r.FundLow, r.Liquidations, r.ADLNotional, r.SocializedLosses} {
		t.Float64(12+i, x)
	}
	return t.EndRow()
}
