package replay

import (
	"fmt"

	"github.com/liquidation-lab/backtest/internal/mix"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// outages say when the orders of the rules under test are not executed. The crowd is spared: it stands for the market as it was.
// Whether an outage strikes depends on the setup, not on the rule, so that twins meet the same one.
type outages struct {
	list    []scenario.Outage
	seed    uint64
	tracker *tracker

	entries, exits, actions int // that an outage refused or put off
}

// strikes reports whether the k-th outage concerns a setup.
func (o *outages) strikes(k int, setup int32) bool {
	w := &o.list[k]
	if w.Share >= 1 {
		return true
	}
	draw := mix.Hash(o.seed ^ mix.Hash(uint64(k)<<32|uint64(uint32(setup))))
	return float64(draw>>11)/(1<<53) < w.Share
}

// hold answers the exchange: what keeps the orders of an account, reached at since, from being executed now.
func (o *outages) hold(a risk.AccountID, since, now market.Time) risk.Hold {
	h := &o.tracker.holders[a]
	if h.rule == noRule {
		return risk.Free
	}
	hold := risk.Free
	for k := range o.list {
		w := &o.list[k]
		switch {
		case !o.strikes(k, h.setup):
		case w.Kind == scenario.OutageLatency:
			if since >= w.From && since < w.To && now < since+market.Time(w.Latency) {
				hold = max(hold, risk.Delayed)
			}
		case now < w.From || now >= w.To:
		case w.Kind == scenario.OutageRefused:
			hold = risk.Refused
		default:
			hold = max(hold, risk.Delayed)
		}
	}
	return hold
}

// closed returns the end of the outage in which a setup's requests are not accepted now; ok is false where they are.
func (o *outages) closed(setup int32, now market.Time) (end market.Time, ok bool) {
	for k := range o.list {
		if w := &o.list[k]; w.Kind != scenario.OutageLatency && now >= w.From && now < w.To && o.strikes(k, setup) {
			end, ok = max(end, w.To), true
		}
	}
	return end, ok
}

// refusal is what a request in an outage is answered.
func (o *outages) refusal(end market.Time) string {
	return fmt.Sprintf("the venue accepts nothing before %v (outages)", end)
}

// notes say what the outages did beside holding stops.
func (o *outages) notes() []string {
	if o.entries+o.exits+o.actions == 0 {
		return nil
	}
	return []string{fmt.Sprintf("outages refused %d entries and %d actions of managements, and put off %d timed exits to their end", o.entries, o.actions, o.exits)}
}
