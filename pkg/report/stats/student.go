package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// StudentMean returns the mean of independent values, such as paired differences, with Student's interval:
//
//	mean ± t·s/√n,  t the quantile at (1+level)/2 of Student's distribution with n-1 degrees, s² over n-1
//
// Student, Biometrika 6 (1908). Values that are all equal have an interval of no width, a single one has none: its ends
// are NaN. NaN for no values or with a missing one. Values whose neighbors share a path need a bootstrap over blocks.
func StudentMean(values []float64, level float64) Interval {
	i := none(level, "student")
	s := shapeOf(values)
	if i.Estimate = s.mean; s.n < 2 {
		return i
	}
	half := 0.0
	if s.deviation != 0 {
		t := distuv.StudentsT{Sigma: 1, Nu: float64(s.n - 1)}.Quantile((1 + level) / 2)
		half = float64(t*s.deviation) / math.Sqrt(float64(s.n))
	}
	i.Low, i.High = s.mean-half, s.mean+half
	return i
}

// StudentTest returns the two-sided p-value of the hypothesis that the mean of independent values is zero: that of
// |mean|·√n/s on n-1 degrees. Values that are all zero have p = 1, all equal to another one p = 0. NaN for fewer than two
// values or with a missing one.
func StudentTest(values []float64) float64 {
	s := shapeOf(values)
	switch {
	case s.n < 2 || math.IsNaN(s.deviation):
		return math.NaN()
	case s.deviation == 0 && s.mean == 0:
		return 1
	case s.deviation == 0:
		return 0
	}
	t := math.Abs(s.mean) * math.Sqrt(float64(s.n)) / s.deviation
	return 2 * distuv.StudentsT{Sigma: 1, Nu: float64(s.n - 1)}.CDF(-t)
}
