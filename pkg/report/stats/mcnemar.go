package stats

import "gonum.org/v1/gonum/stat/distuv"

// McNemar returns the two-sided p-value of the exact test that two rules are equally likely to end in an event, from
// the pairs in which only the first (onlyA) or only the second (onlyB) did; pairs that agree carry no information. Under the
// hypothesis onlyA is binomial(onlyA+onlyB, 1/2):
//
//	p = min(1, 2·P(X <= min(onlyA, onlyB)))
//
// Q. McNemar, Psychometrika 12 (1947), in its exact binomial form. The pairs are taken as independent.
func McNemar(onlyA, onlyB int) float64 {
	n := onlyA + onlyB
	if n == 0 {
		return 1
	}
	return min(1, 2*distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(min(onlyA, onlyB))))
}
