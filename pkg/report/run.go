package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Names of the files in a run directory.
const (
	ManifestFile = "manifest.json"
	SummaryFile  = "summary.json"
	EventsFile   = "events.parquet"
	StepsFile    = "steps.parquet"
	AccountsFile = "accounts.parquet"
	HTMLFile     = "report.html"
	ScenarioFile = "scenario.yaml" // canonical, overrides applied
	RulebookFile = "rulebook.yaml"
)

// ErrExists reports that a run directory is already there; nothing is ever overwritten.
var ErrExists = errors.New("already exists: a run never overwrites; choose another directory or remove it first")

// Run records a replay into a directory that appears under its name at Commit, complete, or not at all. It implements
// replay.Recorder.
type Run struct {
	dir, staging string
	made         string // topmost parent that Create made, "" when none
	in           Inputs
	events       *spool
	steps        *spool
	accounts     *accounts
	accountsFile *tableFile
	row          []int64
}

var _ replay.Recorder = (*Run)(nil)

// Create starts a run whose results will stand in dir. dir must not exist; its parents are made. Abort has to be called in
// the end, whatever happens.
func Create(dir string, in Inputs) (*Run, error) {
	dir = filepath.Clean(dir)
	if _, err := os.Lstat(dir); err == nil {
		return nil, fmt.Errorf("run directory %s %w", dir, ErrExists)
	}
	made, err := makeParents(filepath.Dir(dir))
	if err != nil {
		return nil, fmt.Errorf("run directory %s: %w", dir, err)
	}
	r := &Run{dir: dir, made: made, in: in, row: make([]int64, 0, 16)}
	if err := r.open(); err != nil {
		r.Abort()
		return nil, fmt.Errorf("run directory %s: %w", dir, err)
	}
	return r, nil
}

func (r *Run) open() (err error) {
	if r.staging, err = os.MkdirTemp(filepath.Dir(r.dir), "."+filepath.Base(r.dir)+".*"); err != nil {
		return err
	}
	if r.events, err = newSpool(filepath.Join(r.staging, ".events"), eventWords); err != nil {
		return err
	}
	if r.steps, err = newSpool(filepath.Join(r.staging, ".steps"), stepWords); err != nil {
		return err
	}
	if r.accountsFile, err = r.table(AccountsFile, accountColumns); err != nil {
		return err
	}
	r.accounts = newAccounts(r.accountsFile.Table)
	return nil
}

// makeParents makes a directory and returns the topmost one that was missing.
func makeParents(dir string) (made string, err error) {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || d == filepath.Dir(d) {
			break
		}
		made = d
	}
	return made, os.MkdirAll(dir, 0o777)
}

// Abort removes what was written. After Commit it does nothing.
func (r *Run) Abort() {
	if r.staging == "" && r.made == "" {
		return
	}
	_, _ = r.events.remove(), r.steps.remove()
	if r.accountsFile != nil {
		_ = r.accountsFile.file.Close()
	}
	_ = os.RemoveAll(r.staging)
	removeMade(r.dir, r.made)
	r.staging, r.made = "", ""
}

// removeMade removes the parents that were made for a directory, unless someone else has put something there meanwhile.
func removeMade(dir, made string) {
	if made == "" {
		return
	}
	for d := filepath.Dir(dir); len(d) >= len(made); d = filepath.Dir(d) {
		if os.Remove(d) != nil {
			break
		}
	}
}

const (
	eventWords = 15
	stepWords  = 13
)

// Event records an event.
func (r *Run) Event(e *risk.Event) error {
	book := int64(0)
	if e.Book {
		book = 1
	}
	return r.events.add(append(r.row[:0], int64(e.Time), e.Sequence, int64(e.Round), int64(e.Kind), int64(e.Side), int64(e.Instrument),
		int64(e.Account), int64(e.Size), int64(e.Price), int64(e.Mark), int64(e.Notional), int64(e.RealizedPnL), int64(e.Fee), int64(e.FundDelta), book))
}

func eventOf(w []int64) risk.Event {
	return risk.Event{Time: market.Time(w[0]), Sequence: w[1], Round: int32(w[2]), Kind: risk.Kind(w[3]), Side: market.Side(w[4]),
		Instrument: market.InstrumentID(w[5]), Account: risk.AccountID(w[6]), Size: market.Qty(w[7]), Price: market.Price(w[8]),
		Mark: market.Price(w[9]), Notional: market.Quote(w[10]), RealizedPnL: market.Quote(w[11]), Fee: market.Quote(w[12]), FundDelta: market.Quote(w[13]), Book: w[14] != 0}
}

// Step records an instrument's state after a tick.
func (r *Run) Step(s *replay.Step) error {
	return r.steps.add(append(r.row[:0], int64(s.Time), int64(s.Phase), int64(s.Instrument), int64(s.Mark), int64(s.Last), int64(s.FundingRate),
		int64(s.OpenInterest), int64(s.LongLiquidated), int64(s.ShortLiquidated), int64(s.LiquidationEvents), int64(s.ADLNotional), int64(s.Fund), int64(s.Displacement)))
}

func stepOf(w []int64) replay.Step {
	return replay.Step{Time: market.Time(w[0]), Phase: uint8(w[1]), Instrument: market.InstrumentID(w[2]), Mark: market.Price(w[3]),
		Last: market.Price(w[4]), FundingRate: market.Rate(w[5]), OpenInterest: market.Qty(w[6]), LongLiquidated: market.Quote(w[7]),
		ShortLiquidated: market.Quote(w[8]), LiquidationEvents: int32(w[9]), ADLNotional: market.Quote(w[10]), Fund: market.Quote(w[11]), Displacement: market.Rate(w[12])}
}

// Account records an account's row.
func (r *Run) Account(a *replay.AccountRow) error { return r.accounts.add(a) }
