package stats

import "gonum.org/v1/gonum/mathext"

// ClopperPearson returns the exact interval of a probability: the set of p that a two-sided binomial test at 1-level
// would not reject. Its ends are quantiles of the beta distribution,
//
//	low = B((1-level)/2; k, n-k+1),  high = B((1+level)/2; k+1, n-k)
//
// C. J. Clopper, E. S. Pearson, Biometrika 26 (1934). Coverage is never below the level, mostly above it.
func ClopperPearson(successes, trials int, level float64) Interval {
	if trials <= 0 {
		return none(level, "clopper-pearson")
	}
	k, n := float64(successes), float64(trials)
	i := Interval{Estimate: k / n, Low: 0, High: 1, Level: level, Method: "clopper-pearson"}
	if successes > 0 {
		i.Low = mathext.InvRegIncBeta(k, n-k+1, (1-level)/2)
	}
	if successes < trials {
		i.High = mathext.InvRegIncBeta(k+1, n-k, (1+level)/2)
	}
	return i
}
