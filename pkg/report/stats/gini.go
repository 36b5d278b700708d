package stats

import "math"

// Gini returns the concentration of values >= 0 in ascending order, 0 when all are equal and (n-1)/n when one holds
// everything:
//
//	G = (2·Σ i·xᵢ) / (n·Σ xᵢ) - (n+1)/n,  i from 1
//
// C. Gini (1912), in the sorted form of Sen, "On Economic Inequality" (1973). NaN for no values or a sum of zero.
func Gini(ascending []float64) float64 {
	n := float64(len(ascending))
	sum, ranked := 0.0, 0.0
	for i, x := range ascending {
		sum += x
		ranked += float64(float64(i+1) * x)
	}
	if n == 0 || sum == 0 {
		return math.NaN()
	}
	return 2*ranked/float64(n*sum) - (n+1)/n
}
