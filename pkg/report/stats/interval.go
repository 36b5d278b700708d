package stats

import "math"

// Interval is an estimate with its confidence interval. Level is the nominal coverage, such as 0.95.
type Interval struct {
	Estimate, Low, High float64
	Level               float64
	Method              string
}

// none is the interval of no observations.
func none(level float64, method string) Interval {
	return Interval{Estimate: math.NaN(), Low: math.NaN(), High: math.NaN(), Level: level, Method: method}
}
