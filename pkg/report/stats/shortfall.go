package stats

import "math"

// ExpectedShortfall returns the mean of the worst (1-level) share of values in ascending order, in the values' own
// sign: for profits a negative figure is a loss. Where the share is not a whole number of values the last one counts in part:
//
//	ES = (x₁ + ... + x_k + (w-k)·x_{k+1}) / w,  w = n(1-level),  k = ⌊w⌋
//
// C. Acerbi, D. Tasche, "On the coherence of expected shortfall", Journal of Banking & Finance 26 (2002). NaN for no values.
func ExpectedShortfall(ascending []float64, level float64) float64 {
	n := len(ascending)
	weight := tailWeight(n, level)
	if n == 0 || !(weight > 0) {
		return math.NaN()
	}
	sum, left := 0.0, weight
	for _, x := range ascending {
		if left <= 1 {
			return (sum + float64(left*x)) / weight
		}
		sum += x
		left--
	}
	return sum / float64(n)
}

// tailWeight is how many of n values make up the worst (1-level) share. A product such as 20·(1-0.95) is not exactly 1 in
// binary; whole counts within a billionth are whole.
func tailWeight(n int, level float64) float64 {
	weight := float64(float64(n) * (1 - level))
	if r := math.Round(weight); r > 0 && math.Abs(weight-r) < 1e-9*float64(n) {
		return r
	}
	return weight
}
