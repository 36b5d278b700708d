package report

import (
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// Timing says when the forced closes came. Null and empty without any.
type Timing struct {
	PeakMinute   string `json:"peak_minute"`          // the minute of the most liquidated notional, the earliest of several
	PeakOfDay    Number `json:"peak_minute_of_day"`   // the same as minutes since midnight UTC: 1280 is 21:20
	PeakNotional string `json:"peak_minute_notional"` //
	PeakShare    Number `json:"peak_minute_share"`    // of all liquidated notional
	// Busiest is the first minute of the half hour with the most liquidated notional, the earliest of several.
	Busiest      string `json:"busiest_half_hour"`
	BusiestShare Number `json:"busiest_half_hour_share"` // of all liquidated notional
	// AfterOnset is the half hour's part of what was liquidated from its first minute on: the form in which such figures are
	// published.
	AfterOnset Number `json:"busiest_half_hour_share_after_onset"`
}

// WindowFlow is what was liquidated within a window that the scenario names.
type WindowFlow struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
	Flow
	Share Number `json:"share"` // of all liquidated notional of the run
}

const halfHour = 30 * market.Minute

// timing finds the peak and the busiest half hour.
func (t *tally) timing() Timing {
	out := Timing{PeakOfDay: undefined, PeakShare: undefined, BusiestShare: undefined, AfterOnset: undefined}
	n := len(t.byMinute)
	if n == 0 {
		return out
	}
	upTo := make([]market.Sum, n+1) // liquidated before minute i of the list
	peak, first, most := 0, 0, market.Sum{}
	for i := range t.byMinute {
		upTo[i+1] = upTo[i]
		upTo[i+1].AddSum(t.byMinute[i].total())
		if t.byMinute[i].total().Cmp(t.byMinute[peak].total()) > 0 {
			peak = i
		}
	}
	end := 0
	for i := range t.byMinute {
		for end < n && t.byMinute[end].time < t.byMinute[i].time+halfHour {
			end++
		}
		within := upTo[end]
		within.SubSum(upTo[i])
		if within.Cmp(most) > 0 {
			first, most = i, within
		}
	}
	all, after := upTo[n], upTo[n]
	after.SubSum(upTo[first])
	at := t.byMinute[peak].time
	out.PeakMinute, out.PeakNotional = at.String(), t.byMinute[peak].total().String()
	out.PeakOfDay = Number(((at/market.Minute)%1440 + 1440) % 1440)
	out.Busiest = t.byMinute[first].time.String()
	if !all.IsZero() {
		out.PeakShare = Number(t.byMinute[peak].total().Float() / all.Float())
		out.BusiestShare = Number(most.Float() / all.Float())
	}
	if !after.IsZero() {
		out.AfterOnset = Number(most.Float() / after.Float())
	}
	return out
}

// total is the liquidated notional of both sides.
func (f *flow) total() market.Sum {
	sum := f.long
	sum.AddSum(f.short)
	return sum
}

// windows adds up the minutes that begin within each window: from <= minute < to.
func (t *tally) windows(list []scenario.StatisticsWindow) []WindowFlow {
	out := []WindowFlow{}
	for _, w := range list {
		var sum flow
		for i := range t.byMinute {
			if m := &t.byMinute[i]; m.time >= w.From && m.time < w.To {
				sum.events += m.events
				sum.long.AddSum(m.long)
				sum.short.AddSum(m.short)
			}
		}
		share := undefined
		if all := t.all.total(); !all.IsZero() {
			share = Number(sum.total().Float() / all.Float())
		}
		out = append(out, WindowFlow{Name: w.Name, From: w.From.String(), To: w.To.String(), Flow: sum.summary(), Share: share})
	}
	return out
}
