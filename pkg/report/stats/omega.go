package stats

import "math"

// Omega returns what returns gain above a threshold over what they lose below it:
//
//	Ω = Σ max(0, r-threshold) / Σ max(0, threshold-r)
//
// Returns and threshold are per period; the ratio has no scale of time and is not annualized. It is above 1 exactly when
// the mean is above the threshold. C. Keating, W. F. Shadwick, "A universal performance measure", Journal of Performance
// Measurement 6 (2002). NaN for no returns, a missing one, or none below the threshold.
func Omega(returns []float64, threshold float64) float64 {
	gain, loss := 0.0, 0.0
	for _, r := range returns {
		gain += max(0, r-threshold)
		loss += max(0, threshold-r)
	}
	if !(loss > 0) {
		return math.NaN()
	}
	return gain / loss
}
