package oracle

import "github.com/liquidation-lab/backtest/pkg/risk"

// holds says whether an outage keeps an order from being executed, and remembers that it did.
func (x *Exchange) holds(p *position, o *order) bool {
	if x.options.Outage == nil {
		return false
	}
	since := x.now
	if o.held {
		since = o.reachedAt
	}
	hold := x.options.Outage(p.account.id, since, x.now)
	if hold == risk.Free {
		return false
	}
	o.held, o.reachedAt = true, since
	o.due = o.due || hold == risk.Delayed && o.kind == risk.Stop && !o.resting
	return true
}
