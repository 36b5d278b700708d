package stats

import "math"

// Sortino returns the annualized ratio of the mean return above a target to the deviation below it:
//
//	(mean - target)/sqrt(Σ min(0, r-target)²/n)·sqrt(perYear)
//
// Returns and target are per period, perYear is the number of periods in a year, 1 for the ratio per period. The sum goes
// over all n returns. F. A. Sortino, L. N. Price, Journal of Investing 3 (1994). NaN for no returns, a missing one, or none
// below the target.
func Sortino(returns []float64, target, perYear float64) float64 {
	below := 0.0
	for _, r := range returns {
		d := min(0, r-target)
		below += float64(d * d)
	}
	if !(below > 0) {
		return math.NaN()
	}
	deviation := math.Sqrt(below / float64(len(returns)))
	return float64((meanOf(returns) - target) / deviation * math.Sqrt(perYear))
}
