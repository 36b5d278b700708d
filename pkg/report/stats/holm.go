package stats

import (
	"cmp"
	"slices"
)

// Holm returns the adjusted p-value of each of several tests, in their order: those at most α may be called differences
// with a probability of at most α that any of them is none, however the tests depend on one another. For p-values in
// ascending order,
//
//	adjusted₍ᵢ₎ = max over j <= i of min(1, (m-j+1)·p₍ⱼ₎)
//
// S. Holm, Scandinavian Journal of Statistics 6 (1979). A NaN is a test that was not made: it stays NaN and is not counted
// in m.
func Holm(p []float64) []float64 {
	order := ascendingTests(p)
	adjusted := slices.Clone(p)
	largest := 0.0
	for j, at := range order {
		largest = max(largest, min(1, float64(float64(len(order)-j)*p[at])))
		adjusted[at] = largest
	}
	return adjusted
}

// ascendingTests returns the places of the p-values that are numbers, smallest first.
func ascendingTests(p []float64) []int {
	var order []int
	for i, v := range p {
		if v == v {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order
}
