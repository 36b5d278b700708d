package stats

import "math"

// Quantile returns the p-quantile of values in ascending order by linear interpolation between order statistics at
// 1 + (n-1)p: type 7 of Hyndman and Fan, The American Statistician 50 (1996), the default of numpy and R. NaN for no
// values, and with a missing one (NaN sorts first).
func Quantile(ascending []float64, p float64) float64 {
	n := len(ascending)
	if n == 0 || math.IsNaN(p) || math.IsNaN(ascending[0]) {
		return math.NaN()
	}
	h := float64(float64(n-1) * min(max(p, 0), 1))
	low := int(h)
	if low >= n-1 {
		return ascending[n-1]
	}
	return between(ascending[low], ascending[low+1], h-float64(low))
}

// between interpolates; the ends are returned exactly.
func between(a, b, share float64) float64 {
	if share == 0 || a == b {
		return a
	}
	return a + float64(share*(b-a))
}
