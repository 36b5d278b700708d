package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// RunningMean is the mean of the first N of independent values and its Monte Carlo standard error, s/√N with s² over N-1.
type RunningMean struct {
	N           int
	Mean, Error float64
}

// Running returns the running mean at 1, 2, 5, 10, 20, 50, ... values and at the last: what a reader needs to see whether an
// estimate has settled (P. Glasserman, "Monte Carlo Methods in Financial Engineering", 2004, section 1.1). Moments are updated
// value by value (B. P. Welford, Technometrics 4, 1962). The error of one value is NaN. None for no values; values that are
// missing are passed over, and N counts those that are not.
func Running(values []float64) []RunningMean {
	var list []RunningMean
	mean, squares, n := 0.0, 0.0, 0
	next, steps := 1, [...]int{2, 5, 10}
	step, decade := 0, 1
	add := func() {
		e := math.NaN()
		if n > 1 {
			e = math.Sqrt(max(squares, 0) / float64(n-1) / float64(n))
		}
		list = append(list, RunningMean{n, mean, e})
	}
	for _, v := range values {
		if v != v {
			continue
		}
		n++
		d := v - mean
		mean += d / float64(n)
		squares += float64(d * (v - mean))
		if n == next {
			add()
			next = steps[step] * decade
			if step++; step == len(steps) {
				step, decade = 0, decade*10
			}
		}
	}
	if n > 0 && list[len(list)-1].N != n {
		add()
	}
	return list
}

// SamplesFor returns how many independent values a mean needs for an interval of half width half at a level:
//
//	⌈(z·s/half)²⌉,  z the normal quantile at (1+level)/2, s the values' deviation
//
// at least 2 (Glasserman, section 1.1). s is an estimate itself: from few values the answer is rough. Missing values are
// passed over. 0 where it cannot be told: fewer than two values, or values that do not differ.
func SamplesFor(values []float64, half, level float64) int {
	list := Running(values)
	if len(list) == 0 || !(half > 0) {
		return 0
	}
	last := list[len(list)-1]
	s := float64(last.Error * math.Sqrt(float64(last.N)))
	if !(s > 0) {
		return 0
	}
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	r := float64(z*s) / half
	return max(2, int(min(math.Ceil(float64(r*r)), 1<<53)))
}
