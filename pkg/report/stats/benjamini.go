package stats

import "slices"

// BenjaminiHochberg returns the adjusted p-value of each of several tests, in their order: of those at most q that are
// called differences, an expected share of at most q is none. For p-values in ascending order,
//
//	adjusted₍ᵢ₎ = min over j >= i of min(1, m·p₍ⱼ₎/j)
//
// Y. Benjamini, Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995): for tests that are independent or
// positively dependent, such as variants against one common rule. A NaN is a test that was not made: it stays NaN and is
// not counted in m.
func BenjaminiHochberg(p []float64) []float64 { return falseDiscovery(p, 1) }

// BenjaminiYekutieli is BenjaminiHochberg for tests that may depend on one another in any way, at the price of a factor
//
//	1 + 1/2 + ... + 1/m
//
// Y. Benjamini, D. Yekutieli, Annals of Statistics 29 (2001).
func BenjaminiYekutieli(p []float64) []float64 {
	harmonic := 0.0
	for j := range ascendingTests(p) {
		harmonic += 1 / float64(j+1)
	}
	return falseDiscovery(p, harmonic)
}

func falseDiscovery(p []float64, factor float64) []float64 {
	order := ascendingTests(p)
	adjusted := slices.Clone(p)
	smallest := 1.0
	for j := len(order) - 1; j >= 0; j-- {
		raw := p[order[j]]
		scaled := float64(factor*float64(float64(len(order))*raw)) / float64(j+1)
		smallest = min(smallest, max(raw, scaled)) // 3·p/3 may round below p
		adjusted[order[j]] = smallest
	}
	return adjusted
}
