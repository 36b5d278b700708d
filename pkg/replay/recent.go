package replay

import (
	"slices"

	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// recentBars are an instrument's newest completed bars.
type recentBars struct {
	keep int
	bars strategy.BarList
}

// leastBars is how many bars are kept whatever the rules ask for: a script says only while it runs what it wants to see.
const leastBars = 1440

func newRecentBars(keep int) recentBars { return recentBars{keep: max(keep, leastBars)} }

// add takes a completed bar. Older ones are dropped now and then, so that a bar costs the same however many are kept.
func (r *recentBars) add(b *bar) {
	if len(r.bars) >= 2*r.keep {
		r.bars = append(r.bars[:0], r.bars[len(r.bars)-r.keep:]...)
	}
	r.bars = append(r.bars, strategyBar(b))
}

// last returns the newest n bars, the oldest first, valid until the next add; ok is false where there are fewer, or
// more were asked for than are kept.
func (r *recentBars) last(n int) (strategy.Bars, bool) {
	if n < 1 || n > r.keep || n > len(r.bars) {
		return nil, false
	}
	return r.bars[len(r.bars)-n:], true
}

func (r *recentBars) clone() recentBars { return recentBars{r.keep, slices.Clone(r.bars)} }

func strategyBar(b *bar) strategy.Bar {
	return strategy.Bar{Time: b.time, End: b.end(), Open: b.open, High: b.high, Low: b.low, Close: b.close}
}
