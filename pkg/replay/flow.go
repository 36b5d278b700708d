package replay

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// forcedFlow adds up what forced orders sell in the book, less what they buy there, since it was last cleared: liquidations, stops, and
// what was sold of takeovers, when it is sold. What auto-deleveraging closes against other accounts and what the liquidation engine
// carries reach no book. All of it at the mark price. Entries, timed exits and take-profits are left out: the first two are the traders'
// own will, the last rest in the book and wait to be hit.
type forcedFlow struct {
	all   bool // count the rules under test too
	sold  []market.Sum
	gross market.Sum
	moved []market.InstrumentID // with an entry in sold, in the order of their first

	touched []bool
}

func newForcedFlow(instruments int, all bool) *forcedFlow {
	return &forcedFlow{all: all, sold: make([]market.Sum, instruments), touched: make([]bool, instruments)}
}

// event takes in an event.
func (f *forcedFlow) event(e *risk.Event) {
	switch e.Kind {
	case risk.Stop, risk.Liquidation, risk.Insurance, risk.SocializedLoss:
	default:
		return
	}
	if !e.Book || e.Exempt && !f.all {
		return
	}
	value, ok := market.ValueCeil(e.Size, e.Mark)
	if !ok {
		value = e.Notional
	}
	if !f.touched[e.Instrument] {
		f.touched[e.Instrument] = true
		f.moved = append(f.moved, e.Instrument)
	}
	if e.Side == market.Long {
		f.sold[e.Instrument].Add(value)
	} else {
		f.sold[e.Instrument].Sub(value)
	}
	f.gross.Add(value)
}

func (f *forcedFlow) clear() {
	for _, i := range f.moved {
		f.sold[i], f.touched[i] = market.Sum{}, false
	}
	f.moved, f.gross = f.moved[:0], market.Sum{}
}

// flowRecord is the forced flow of a run, tick by tick of its base path. Both runs of a counterfactual walk the same ticks, since the
// path of the data alone decides them.
type flowRecord struct {
	rows []flowRow
	next int // row to read
}

type flowRow struct {
	tick       int64
	instrument market.InstrumentID
	sold       market.Sum
}

func (r *flowRecord) keep(tick int64, f *forcedFlow) {
	for _, i := range f.moved {
		r.rows = append(r.rows, flowRow{tick, i, f.sold[i]})
	}
}

// at returns what the recorded run sold in a tick; ticks ascend from call to call.
func (r *flowRecord) at(tick int64) []flowRow {
	for r.next < len(r.rows) && r.rows[r.next].tick < tick {
		r.next++
	}
	from := r.next
	for r.next < len(r.rows) && r.rows[r.next].tick == tick {
		r.next++
	}
	return r.rows[from:r.next]
}
