package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// mostSetups is where a search for a number of setups gives up.
const mostSetups = 100_000_000

// fewest returns the smallest number of at least two at which a power that grows with the number reaches a target,
// searching upward from a guess, and whether there is one below mostSetups.
func fewest(guess float64, target float64, power func(n int) float64) (int, bool) {
	if !(guess < mostSetups) {
		return 0, false
	}
	high := max(2, int(guess))
	for power(high) < target {
		if high *= 2; high > mostSetups {
			return 0, false
		}
	}
	low := high / 2
	for low > 2 && power(low) >= target {
		low /= 2
	}
	n := low + sort.Search(high-low, func(k int) bool { return low+k >= 2 && power(low+k) >= target })
	return n, true
}

// PairedMeanPower returns the probability that Student's two-sided test at size alpha sees a mean difference in n
// independent pairs. The effect is the mean difference over the standard deviation of the differences:
//
//	P(|T| > t),  T noncentral Student with n-1 degrees and noncentrality effect·√n,  t the quantile at 1-alpha/2
//
// J. Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), chapter 2. Exact for normal differences, and
// close for many of any kind. For setups that overlap n is the effective number (Dependence.EffectiveSize). NaN for n
// below 2 or an alpha outside of 0 to 1.
func PairedMeanPower(n int, effect, alpha float64) float64 {
	if n < 2 || !(alpha > 0 && alpha < 1) || math.IsNaN(effect) {
		return math.NaN()
	}
	nu, shift := float64(n-1), float64(math.Abs(effect)*math.Sqrt(float64(n)))
	t := distuv.StudentsT{Sigma: 1, Nu: nu}.Quantile(1 - alpha/2)
	d := distuv.NoncentralT{Nu: nu, Mu: shift}
	// The far tail is that of the mirrored distribution above t.
	return min(1, max(0, 1-d.CDF(t))+max(0, d.CDF(-t)))
}

// PairedMeanSetups returns the smallest number of independent pairs with at least this power (PairedMeanPower), and false
// when there is none below a hundred million, as for an effect of zero, or when alpha or power lie outside of 0 to 1.
func PairedMeanSetups(effect, alpha, power float64) (int, bool) {
	if !(alpha > 0 && alpha < 1 && power > 0 && power < 1) || !(math.Abs(effect) > 0) {
		return 0, false
	}
	z := (distuv.UnitNormal.Quantile(1-alpha/2) + distuv.UnitNormal.Quantile(power)) / math.Abs(effect)
	return fewest(float64(z*z), power, func(n int) float64 { return PairedMeanPower(n, effect, alpha) })
}

// PairedMeanDetectable returns the smallest effect, in standard deviations of the differences, that n independent pairs
// show with this power. NaN where PairedMeanPower is, or for a power not between alpha and 1.
func PairedMeanDetectable(n int, alpha, power float64) float64 {
	if n < 2 || !(alpha > 0 && alpha < power && power < 1) {
		return math.NaN()
	}
	high := 1.0
	for PairedMeanPower(n, high, alpha) < power {
		if high *= 2; math.IsInf(high, 1) {
			return math.NaN()
		}
	}
	return bisect(0, high, func(effect float64) bool { return PairedMeanPower(n, effect, alpha) >= power })
}

// bisect returns the place within low and high where reached turns true, to the last places of a float.
func bisect(low, high float64, reached func(float64) bool) float64 {
	for range 60 {
		middle := low + float64((high-low)/2)
		if reached(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
