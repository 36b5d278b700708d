package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// QuantileInterval returns the p-quantile (type 7, as Quantile) of independent values in ascending order with an interval
// between two order statistics that holds whatever the distribution: the number of values at or below the true quantile
// is binomial(n, p), so that
//
//	low = x₍l₎, l the largest with P(X < l) <= (1-level)/2;  high = x₍u₎, u the smallest with P(X >= u) <= (1-level)/2
//
// W. R. Thompson, Annals of Mathematical Statistics 7 (1936); G. J. Hahn, W. Q. Meeker, "Statistical Intervals" (1991),
// section 5.2. Coverage is never below the level. An end that no value of so small a sample can be, is NaN.
func QuantileInterval(ascending []float64, p, level float64) Interval {
	i := none(level, "order statistics")
	n := len(ascending)
	if n == 0 || !(p > 0 && p < 1) || math.IsNaN(ascending[0]) {
		return i
	}
	i.Estimate = Quantile(ascending, p)
	tail := (1 - level) / 2
	below := distuv.Binomial{N: float64(n), P: p}
	above := distuv.Binomial{N: float64(n), P: 1 - p}
	// One place too far, since sort.Search finds the first that fails.
	if l := sort.Search(n, func(l int) bool { return below.CDF(float64(l)) > tail }); l > 0 {
		i.Low = ascending[l-1]
	}
	if u := n - sort.Search(n, func(u int) bool { return above.CDF(float64(u)) > tail }); u < n {
		i.High = ascending[u]
	}
	return i
}
