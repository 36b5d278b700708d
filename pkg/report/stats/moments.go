package stats

import "math"

// shape holds the moments of a sample.
type shape struct {
	n                  int
	mean               float64
	deviation          float64 // standard deviation, sum of squares over n-1
	skewness, kurtosis float64 // m3/m2^1.5 and m4/m2², central moments over n; a normal sample has 0 and 3
}

// shapeOf takes a sample of at least one value. Values that are all equal have a deviation of exactly zero (the rounding
// of their mean would leave some), and no skewness or kurtosis; a single value has no deviation.
func shapeOf(values []float64) shape {
	nan := math.NaN()
	s := shape{n: len(values), mean: nan, deviation: nan, skewness: nan, kurtosis: nan}
	if s.n == 0 || anyNaN(values) {
		return s
	}
	if allEqual(values) {
		if s.mean = values[0]; s.n > 1 {
			s.deviation = 0
		}
		return s
	}
	n := float64(s.n)
	s.mean = meanOf(values)
	second, third, fourth := 0.0, 0.0, 0.0
	for _, v := range values {
		d := v - s.mean
		dd := float64(d * d)
		second, third, fourth = second+dd, third+float64(dd*d), fourth+float64(dd*dd)
	}
	s.deviation = math.Sqrt(second / (n - 1))
	m2 := second / n
	s.skewness = third / n / float64(m2*math.Sqrt(m2))
	s.kurtosis = fourth / n / float64(m2*m2)
	return s
}

// meanOf returns the mean, exactly the value where all are equal; NaN for none.
func meanOf(values []float64) float64 {
	if len(values) > 0 && allEqual(values) {
		return values[0]
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func allEqual(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}
