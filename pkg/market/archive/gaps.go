package archive

import (
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// gap is a hole between two rows of a series.
type gap struct {
	from, to market.Time // of the rows on both sides
	missing  int64       // rows
}

// jitter is how far a published funding time may lie from its hour.
const jitter = 10 * market.Second

// gaps finds the holes of a series: bars apart by more than their interval, settlements by more than their hours, open
// interest by more than its usual step, depth by more than ten.
func gaps(k columnar.Key, t *table) []gap {
	var all []gap
	usual, slack := k.Interval, market.Time(0)
	switch k.Kind {
	case columnar.OpenInterest:
		usual = usualStep(t.openInterest.Time)
	case columnar.Depth:
		usual = usualStep(t.depth.Time)
		slack = 9 * usual
	}
	for i := 1; i < t.len(); i++ {
		a, b := t.time(i-1), t.time(i)
		if k.Kind == columnar.Funding {
			usual, slack = market.Time(t.funding.IntervalHours[i])*market.Hour, jitter
		}
		if usual > 0 && b-a > usual+slack {
			all = append(all, gap{a, b, int64((b-a+jitter/2)/usual) - 1})
		}
	}
	return all
}

// usualStep is the median distance of different times, 0 for fewer than two.
func usualStep(times []market.Time) market.Time {
	var steps []market.Time
	for i := 1; i < len(times); i++ {
		if d := times[i] - times[i-1]; d > 0 {
			steps = append(steps, d)
		}
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}
