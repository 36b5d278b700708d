package archive

import (
	"fmt"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// Thresholds of the checks; docs/DATA.md lists them.
const (
	jumpRatio      = 0.10 // open against the close before
	wickRatio      = 0.30 // low below, or high above, both neighbors
	quietBars      = 30   // bars in a row without volume
	sparseShare    = 0.01 // missing bars from which a series of short bars counts as sparse
	frozenShots    = 20   // snapshots in a row with the same size at a level
	fundingExtreme = 3_000_000
)

// series checks one series alone.
func (f *findings) series(s *series) {
	f.gaps(s)
	switch {
	case s.candles != nil:
		f.jumps(s)
		f.quiet(s)
	case s.funding != nil:
		f.funding(s)
	case s.openInterest != nil:
		f.openInterest(s)
	case s.depth != nil:
		f.depth(s)
	}
}

// gaps reports each hole. Bars that venues leave out because nothing traded are one note for the series.
func (f *findings) gaps(s *series) {
	all := gaps(s.Key, s.table)
	missing, longest := int64(0), gap{}
	for _, g := range all {
		missing += g.missing
		if g.missing > longest.missing {
			longest = g
		}
	}
	sparse := s.candles != nil && len(all) > 1 && s.Interval <= market.Minute &&
		float64(len(all)) > sparseShare*float64(s.len())
	if sparse {
		f.add(s, 0, Note, "sparse", fmt.Sprintf("%d bars are missing in %d gaps, the longest %d after %s: bars without a trade are omitted",
			missing, len(all), longest.missing, longest.from))
		return
	}
	next := 0
	for _, g := range all {
		for s.time(next) != g.to {
			next++
		}
		f.add(s, next, Warning, "gap", fmt.Sprintf("%d rows are missing after %s", g.missing, g.from))
	}
}

// jumps reports opens far from the close before, and lows and highs far beyond both neighbors.
func (f *findings) jumps(s *series) {
	c := s.candles
	for i := 1; i < c.Len(); i++ {
		if c.Time[i]-c.Time[i-1] != s.Interval {
			continue
		}
		if was, is := market.Float(c.Close[i-1]), market.Float(c.Open[i]); math.Abs(is/was-1) > jumpRatio {
			f.add(s, i, Warning, "jump", fmt.Sprintf("open %s is %+.1f%% from the close before, %s", c.Open[i], 100*(is/was-1), c.Close[i-1]))
		}
		if i+1 == c.Len() || c.Time[i+1]-c.Time[i] != s.Interval {
			continue
		}
		low, high := market.Float(min(c.Low[i-1], c.Low[i+1])), market.Float(max(c.High[i-1], c.High[i+1]))
		if is := market.Float(c.Low[i]); is < low*(1-wickRatio) {
			f.add(s, i, Warning, "wick", fmt.Sprintf("low %s is %.1f%% below the lows of both neighbors", c.Low[i], 100*(1-is/low)))
		}
		if is := market.Float(c.High[i]); is > high*(1+wickRatio) {
			f.add(s, i, Warning, "wick", fmt.Sprintf("high %s is %.1f%% above the highs of both neighbors", c.High[i], 100*(is/high-1)))
		}
	}
}

// quiet reports runs of bars without volume, and average prices outside of their bar.
func (f *findings) quiet(s *series) {
	if s.Kind != columnar.Candles {
		return
	}
	c := s.candles
	start := 0
	for i := range c.Len() + 1 {
		if i < c.Len() && c.Volume[i] == 0 {
			continue
		}
		if i-start >= quietBars {
			f.add(s, start, Warning, "zero_volume", fmt.Sprintf("%d bars in a row without volume", i-start))
		}
		start = i + 1
		if i == c.Len() || c.QuoteVolume == nil {
			continue
		}
		// A thousandth: published quote volumes are rounded.
		if average := c.QuoteVolume[i] / c.Volume[i]; average < market.Float(c.Low[i])*0.999 || average > market.Float(c.High[i])*1.001 {
			f.add(s, i, Warning, "average_price", fmt.Sprintf("quote volume over volume is %s, outside of %s to %s", ftoa(average), c.Low[i], c.High[i]))
		}
	}
}

func (f *findings) funding(s *series) {
	r := s.table.funding
	for i := range r.Len() {
		if hours := r.IntervalHours[i]; i > 0 && hours != r.IntervalHours[i-1] {
			f.add(s, i, Warning, "funding_interval", fmt.Sprintf("the interval changes from %d to %d hours", r.IntervalHours[i-1], hours))
		}
		if i > 0 && r.Time[i]-r.Time[i-1] < market.Time(r.IntervalHours[i])*market.Hour-jitter {
			f.add(s, i, Warning, "funding_interval", fmt.Sprintf("%s after the settlement before, expected %d hours",
				r.Time[i].UTC().Sub(r.Time[i-1].UTC()), r.IntervalHours[i]))
		}
		if late := r.Time[i] % market.Hour; late > jitter {
			f.add(s, i, Warning, "funding_time", "is not settled on the hour")
		}
		if rate := r.Rate[i]; rate > fundingExtreme || rate < -fundingExtreme {
			f.add(s, i, Warning, "funding_rate", fmt.Sprintf("rate %s is beyond 3%%", rate))
		}
	}
}

func (f *findings) openInterest(s *series) {
	o := s.table.openInterest
	same := 0
	for i := range o.Len() {
		if o.Size[i] == 0 {
			f.add(s, i, Warning, "zero", "open interest is 0")
		}
		if i > 0 && o.Size[i] == o.Size[i-1] {
			same++
		}
	}
	if same > 0 {
		f.add(s, 0, Note, "repeated_value", fmt.Sprintf("%d rows repeat the size of the row before: delayed reporting looks like this", same))
	}
}

// depth reports levels that shrink away from the price, snapshots without all levels, and levels that stand still.
func (f *findings) depth(s *series) {
	d := s.table.depth
	type level struct {
		size  float64
		first int // row since which the size is the same
		shots int
		worst int
		at    int
	}
	levels := map[float64]*level{}
	var order []float64
	for i := range d.Len() {
		if i > 0 && d.Time[i] == d.Time[i-1] {
			near, far := i-1, i
			if d.Percentage[i] < 0 {
				near, far = i, i-1
			}
			if d.Percentage[i-1]*d.Percentage[i] > 0 && d.Size[far] < d.Size[near] {
				f.add(s, i, Warning, "depth", fmt.Sprintf("size %s within %s%% is below the %s within %s%%: depth is cumulative",
					ftoa(d.Size[far]), ftoa(d.Percentage[far]), ftoa(d.Size[near]), ftoa(d.Percentage[near])))
			}
		}
		l := levels[d.Percentage[i]]
		if l == nil {
			l = &level{}
			levels[d.Percentage[i]] = l
			order = append(order, d.Percentage[i])
		}
		if l.shots == 0 || l.size != d.Size[i] {
			l.size, l.first, l.shots = d.Size[i], i, 0
		}
		if l.shots++; l.shots > l.worst {
			l.worst, l.at = l.shots, l.first
		}
	}
	f.snapshots(s, len(order))
	for _, p := range order {
		if l := levels[p]; l.worst >= frozenShots {
			f.add(s, l.at, Warning, "frozen", fmt.Sprintf("the size within %s%% stays at exactly %s for %d snapshots: a stale order; judge by the other side",
				ftoa(p), ftoa(d.Size[l.at]), l.worst))
		}
	}
}

func (f *findings) snapshots(s *series, levels int) {
	d := s.table.depth
	start := 0
	for i := 1; i <= d.Len(); i++ {
		if i < d.Len() && d.Time[i] == d.Time[start] {
			continue
		}
		if i-start < levels {
			f.add(s, start, Warning, "snapshot", fmt.Sprintf("has %d of %d levels", i-start, levels))
		}
		start = i
	}
}
