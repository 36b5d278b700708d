package stats

import "math"

// Calmar returns the compound growth of a year over the largest drawdown as a share of its high:
//
//	((last/first)^(perYear/periods) - 1) / max drawdown
//
// The equity is valued at equal periods from its start, perYear of them in a year. T. W. Young, "Calmar ratio: a smoother
// tool", Futures 20 (1991), who took 36 months: the figure depends on the length of the series, so compare equal lengths
// only. An equity that ends at or below zero has lost all: growth -1. NaN for fewer than two points, a missing one, a
// start that is not positive, or no drawdown.
func Calmar(equity []float64, perYear float64) float64 {
	worst := DrawdownsOf(equity).Worst.Share
	if len(equity) < 2 || !(equity[0] > 0) || !(worst > 0) {
		return math.NaN()
	}
	growth := -1.0
	if last := equity[len(equity)-1]; last > 0 {
		growth = math.Pow(last/equity[0], perYear/float64(len(equity)-1)) - 1
	}
	return growth / worst
}
