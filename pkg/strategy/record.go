package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Record is what became of the earlier setups of a rule that trades in sequence, one after the other from one equity.
// Only setups that were closed before the entry are in it.
type Record struct {
	Closed int          // setups
	Streak int          // of the latest setups with the same result: wins above 0, losses below
	Start  market.Quote // equity before the first setup
	Equity market.Quote // Start and the results of the closed setups
	Peak   market.Quote // highest Equity after any of them
}

// NewRecord returns the record of a rule that begins with an equity.
func NewRecord(equity market.Quote) *Record {
	return &Record{Start: equity, Equity: equity, Peak: equity}
}

// Add takes in a setup that was closed with a result after fees and funding. A result of 0 ends a streak.
func (r *Record) Add(result market.Quote) {
	r.Closed++
	r.Equity += result
	r.Peak = max(r.Peak, r.Equity)
	switch {
	case result > 0:
		r.Streak = max(r.Streak, 0) + 1
	case result < 0:
		r.Streak = min(r.Streak, 0) - 1
	default:
		r.Streak = 0
	}
}

// Drawdown returns the share of the peak that is lost, rounded up; 1 where nothing is left.
func (r *Record) Drawdown() market.Rate {
	if r.Peak <= 0 || r.Equity <= 0 {
		return market.Scale
	}
	v, ok := market.MulDivCeil(int64(r.Peak-r.Equity), market.Scale, int64(r.Peak))
	if !ok {
		return market.Scale
	}
	return market.Rate(v)
}

// record returns the record, or an error that says how to have one.
func (c *Context) record(part string) (*Record, error) {
	if c.Record == nil {
		return nil, fmt.Errorf("%w: %s needs the results of the rule's earlier setups: give the rule equity_mode: sequential", ErrImpossible, part)
	}
	return c.Record, nil
}
