package calibrate

import "math"

// Target is a figure that the model should reach: a band, Low = High for a single number.
type Target struct {
	Metric    string
	Low, High float64
}

// Limits of a target's loss: a figure that the model does not have counts as the worst, and so does one that is as far off.
const worst = 10

// Scale returns what one unit of loss is: the width of the band or a tenth of the size of its middle, whichever is larger;
// 1 for a band of no width at 0.
func (t Target) Scale() float64 {
	middle := math.Abs(t.Low+t.High) / 2
	if s := max(t.High-t.Low, middle/10); s > 0 {
		return s
	}
	return 1
}

// Loss returns how far a value lies outside of the band, in units of Scale: 0 inside, at most 10, which is also that of
// NaN, a figure that the model does not have.
func (t Target) Loss(value float64) float64 {
	switch {
	case math.IsNaN(value):
		return worst
	case value < t.Low:
		return min(worst, (t.Low-value)/t.Scale())
	case value > t.High:
		return min(worst, (value-t.High)/t.Scale())
	}
	return 0
}

// Within reports whether a value lies in the band, its ends included.
func (t Target) Within(value float64) bool { return value >= t.Low && value <= t.High }

// total is what the search makes small: the sum of the squares of the targets' losses.
func total(targets []Target, values []float64) (sum float64) {
	for i, t := range targets {
		loss := t.Loss(values[i])
		sum += float64(loss * loss)
	}
	return sum
}
