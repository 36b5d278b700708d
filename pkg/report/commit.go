package report

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// Commit writes every file of the run and gives the directory its name.
func (r *Run) Commit(res *replay.Result) (*Summary, error) {
	s, err := r.commit(res)
	if err != nil {
		return nil, fmt.Errorf("run directory %s: %w", r.dir, err)
	}
	return s, nil
}

func (r *Run) commit(res *replay.Result) (*Summary, error) {
	line := newTimeline(len(res.Instruments))
	tally := newTally(res.Instruments, res.Assets)
	r.accounts.held.start(res.Instruments)
	if err := r.writeSteps(res.Instruments, line, tally); err != nil {
		return nil, err
	}
	r.accounts.settle()
	if err := r.writeEvents(symbolsOf(res), line, tally); err != nil {
		return nil, err
	}
	if err := r.accountsFile.close(); err != nil {
		return nil, err
	}
	summary, err := r.summarize(res, tally)
	if err != nil {
		return nil, err
	}
	text, err := summary.JSON()
	if err != nil {
		return nil, err
	}
	for _, f := range append([]Copy{{SummaryFile, text}}, r.in.Copies()...) {
		if err := writeFile(filepath.Join(r.staging, f.Name), f.Data); err != nil {
			return nil, err
		}
	}
	m, err := newManifest(r.in, r.staging)
	if err != nil {
		return nil, err
	}
	drawn, err := r.drawLibraryFigures(res, summary)
	if err != nil {
		return nil, err
	}
	html, err := renderHTML(&page{Summary: summary, Manifest: m, line: line, instruments: res.Instruments, Drawn: drawn})
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(r.staging, HTMLFile), html); err != nil {
		return nil, err
	}
	if err := m.addFile(r.staging, HTMLFile); err != nil {
		return nil, err
	}
	if text, err = m.JSON(); err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(r.staging, ManifestFile), text); err != nil {
		return nil, err
	}
	return summary, r.publish()
}

// publish gives the staged directory its name.
func (r *Run) publish() error {
	if err := publishDir(r.staging, r.dir); err != nil {
		return err
	}
	r.staging, r.made = "", ""
	return nil
}

// publishDir gives a staged directory its name, which must be free.
func publishDir(staging, dir string) error {
	if err := os.Chmod(staging, 0o755); err != nil {
		return err
	}
	if err := syncDir(staging); err != nil {
		return err
	}
	if _, err := os.Lstat(dir); err == nil {
		return ErrExists
	}
	if err := os.Rename(staging, dir); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func writeFile(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// tableFile is a table and the file under it.
type tableFile struct {
	*columnar.Table
	file *os.File
	out  *bufio.Writer
}

func (r *Run) table(name string, columns []columnar.Column) (*tableFile, error) {
	f, err := os.OpenFile(filepath.Join(r.staging, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(f, 1<<18)
	meta := map[string]string{"scenario": r.in.Scenario.Name, "scenario_sha256": r.in.Scenario.Hash(), "rulebook": r.in.Rulebook.ID}
	if p := r.in.Catalog.Metadata()["provenance"]; p != "" {
		meta["provenance"] = p
	}
	t, err := columnar.NewTable(out, columns, meta)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &tableFile{t, f, out}, nil
}

func (t *tableFile) close() error {
	return errors.Join(t.Table.Close(), t.out.Flush(), t.file.Sync(), t.file.Close())
}

func (r *Run) writeSteps(instruments []market.Instrument, line *timeline, sums *tally) error {
	t, err := r.table(StepsFile, stepColumns)
	if err != nil {
		return err
	}
	err = r.steps.each(func(words []int64) error {
		s := stepOf(words)
		line.step(&s)
		sums.interest[s.Instrument].step(&s)
		r.accounts.held.step(&s)
		t.Time(0, s.Time)
		t.Int32(1, int32(s.Phase))
		t.String(2, instruments[s.Instrument].Symbol)
		t.Decimal(3, int64(s.Mark))
		t.Decimal(4, int64(s.Last))
		t.Decimal(5, int64(s.FundingRate))
		t.Decimal(6, int64(s.OpenInterest))
		t.Decimal(7, int64(s.LongLiquidated))
		t.Decimal(8, int64(s.ShortLiquidated))
		t.Int32(9, s.LiquidationEvents)
		t.Decimal(10, int64(s.ADLNotional))
		t.Decimal(11, int64(s.Fund))
		t.Decimal(12, int64(s.Displacement))
		return t.EndRow()
	})
	return errors.Join(err, t.close())
}

func (r *Run) writeEvents(symbols []string, line *timeline, sums *tally) error {
	t, err := r.table(EventsFile, eventColumns)
	if err != nil {
		return err
	}
	err = r.events.each(func(words []int64) error {
		e := eventOf(words)
		group := r.accounts.groupName(int64(e.Account))
		line.event(&e)
		sums.add(&e, group)
		t.Time(0, e.Time)
		t.Int64(1, e.Sequence)
		t.Int32(2, e.Round)
		t.String(3, e.Kind.String())
		t.Int64(4, int64(e.Account))
		t.String(5, group)
		t.String(6, symbols[e.Instrument])
		t.String(7, e.Side.String())
		t.Decimal(8, int64(e.Size))
		t.Decimal(9, int64(e.Price))
		t.Decimal(10, int64(e.Mark))
		t.Decimal(11, int64(e.Notional))
		t.Decimal(12, int64(e.RealizedPnL))
		t.Decimal(13, int64(e.Fee))
		t.Decimal(14, int64(e.FundDelta))
		return t.EndRow()
	})
	return errors.Join(err, t.close())
}
