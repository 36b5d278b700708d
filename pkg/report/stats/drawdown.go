package stats

import "math"

// Drawdown is one fall of an equity below its highest value so far. Places count the points of the series from 0.
type Drawdown struct {
	Peak, Trough int     // the last point at the high before the fall, and the first at its lowest
	End          int     // the first point back at the high or above, the last of the series when it did not come back
	Recovered    bool    // whether it came back
	Depth        float64 // high less low, in units of the equity
	Share        float64 // Depth over the high; NaN for a high that is not positive
}

// Length is the time from the high to the recovery or the end of the series, in periods of the series.
func (d Drawdown) Length() int { return d.End - d.Peak }

// Drawdowns lists the falls of an equity, valued at equal periods from its start, in their order. None when it never falls,
// and none with a missing value: Underwater of DrawdownsOf tells the two apart.
func Drawdowns(equity []float64) []Drawdown {
	if anyNaN(equity) {
		return nil
	}
	var all []Drawdown
	peak, falling := 0, false
	for i, e := range equity {
		high := equity[peak]
		switch {
		case e >= high:
			if falling {
				all[len(all)-1].End, all[len(all)-1].Recovered = i, true
			}
			peak, falling = i, false
		case !falling:
			all, falling = append(all, Drawdown{Peak: peak, Trough: i}), true
		case e < equity[all[len(all)-1].Trough]:
			all[len(all)-1].Trough = i
		}
	}
	for k := range all {
		d := &all[k]
		if !d.Recovered {
			d.End = len(equity) - 1
		}
		high := equity[d.Peak]
		if d.Depth, d.Share = high-equity[d.Trough], math.NaN(); high > 0 {
			d.Share = d.Depth / high
		}
	}
	return all
}

// DrawdownSummary holds the extremes of the falls of an equity.
type DrawdownSummary struct {
	Count      int
	Deepest    Drawdown // largest Depth, the first of equals
	Worst      Drawdown // largest Share, the first of equals
	Longest    Drawdown // largest Length, the first of equals
	Underwater float64  // share of periods that end below an earlier high; NaN for less than two points or a missing one
}

// DrawdownsOf summarizes Drawdowns(equity). An equity that never falls has a Depth, Share and Length of 0; depth and
// share of one that cannot be judged, for fewer than two points or a missing one, are NaN.
//
// M. Magdon-Ismail, A. Atiya, "Maximum drawdown", Risk 17 (2004), for the definition: max over t of max over s <= t of
// equity(s) - equity(t).
func DrawdownsOf(equity []float64) DrawdownSummary {
	if len(equity) < 2 || anyNaN(equity) {
		unknown := Drawdown{Depth: math.NaN(), Share: math.NaN()}
		return DrawdownSummary{Deepest: unknown, Worst: unknown, Longest: unknown, Underwater: math.NaN()}
	}
	all := Drawdowns(equity)
	s := DrawdownSummary{Count: len(all)}
	below := 0
	for _, d := range all {
		if d.Depth > s.Deepest.Depth {
			s.Deepest = d
		}
		if d.Share > s.Worst.Share {
			s.Worst = d
		}
		if d.Length() > s.Longest.Length() {
			s.Longest = d
		}
		below += d.Length()
		if d.Recovered {
			below--
		}
	}
	if len(all) > 0 && s.Worst.Depth == 0 {
		s.Worst.Share = math.NaN() // no high was positive
	}
	s.Underwater = float64(below) / float64(len(equity)-1)
	return s
}
