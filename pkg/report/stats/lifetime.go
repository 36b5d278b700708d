package stats

import (
	"cmp"
	"math"
	"slices"
)

// Lifetime is how long one setup was watched, in any unit of time from its own start, and how it ended.
type Lifetime struct {
	Time  float64 // >= 0
	Cause int     // 1, 2, ... in the caller's numbering, such as liquidated or stopped; Censored when watching ended first
}

// Censored is the cause of a lifetime that was still going on when watching ended.
const Censored = 0

// moment is what happened at one distinct time.
type moment struct {
	time   float64
	atRisk int   // lifetimes that lasted until this time or longer
	ended  []int // by cause from 1, in place 0 the censored ones: they were at risk at their own time
}

// events counts the lifetimes that ended otherwise than by the end of watching.
func (m moment) events() int {
	total := 0
	for _, n := range m.ended[1:] {
		total += n
	}
	return total
}

// moments sorts lifetimes into their distinct times. A time that is no duration (NaN, negative, infinite) makes all of
// them worthless: it reports false. A cause outside of 0..causes is a mistake of the caller and panics.
func moments(lifetimes []Lifetime, causes int) ([]moment, bool) {
	sorted := slices.Clone(lifetimes)
	for _, l := range sorted {
		if l.Cause < 0 || l.Cause > causes {
			panic("stats: a lifetime's cause lies outside of 0 (censored) to the number of causes")
		}
		if !(l.Time >= 0) || math.IsInf(l.Time, 1) {
			return nil, false
		}
	}
	slices.SortFunc(sorted, func(a, b Lifetime) int { return cmp.Compare(a.Time, b.Time) })
	distinct := 0
	for i, l := range sorted {
		if i == 0 || l.Time != sorted[i-1].Time {
			distinct++
		}
	}
	all, counts := make([]moment, 0, distinct), make([]int, distinct*(causes+1))
	for at := 0; at < len(sorted); counts = counts[causes+1:] {
		m := moment{time: sorted[at].Time, atRisk: len(sorted) - at, ended: counts[:causes+1]}
		for ; at < len(sorted) && sorted[at].Time == m.time; at++ {
			m.ended[sorted[at].Cause]++
		}
		all = append(all, m)
	}
	return all, true
}
