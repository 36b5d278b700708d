package replay

import (
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// sequence is a rule that trades its setups one after the other from one equity. Each setup has an account of its own all
// the same, opened with what the ones before have left, so that rows stay rows of one setup and pairs stay pairs.
type sequence struct {
	record *strategy.Record
	last   risk.AccountID // of the latest setup that was opened; nobody: none, or it is in the record already
}

const nobody risk.AccountID = -1

// ready brings a rule's record up to date and explains why it cannot take another setup; empty when it can.
func (d *desk) ready(r int32) string {
	q := &d.sequences[r]
	if q.last != nobody {
		if d.busy(q.last) {
			return "the rule's previous setup is still open (equity_mode: sequential trades one at a time)"
		}
		q.record.Add(d.tracker.exchange.Account(q.last).Equity - d.tracker.holders[q.last].deposit)
		q.last = nobody
	}
	if q.record.Equity <= 0 {
		return "the rule's equity is used up (equity_mode: sequential)"
	}
	return ""
}

// busy reports whether an account has a position or is about to enter again.
func (d *desk) busy(a risk.AccountID) bool {
	c := d.cares[a]
	return d.tracker.exchange.Account(a).Positions > 0 || c != nil && c.timers > 0
}
