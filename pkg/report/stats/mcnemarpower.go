package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// McNemarPower returns the probability that McNemar's exact test at size alpha sees a difference in n independent pairs of
// which a share onlyA has the event under the first rule alone and a share onlyB under the second alone:
//
//	Σ over m of P(D = m)·P(McNemar(X, m-X) <= alpha),  D binomial(n, onlyA+onlyB),  X binomial(m, onlyA/(onlyA+onlyB))
//
// O. S. Miettinen, Biometrics 24 (1968), with the exact test in place of its normal approximation. The test keeps below
// alpha, so that equal shares give less than alpha. NaN for shares that are no probabilities, n below 1 or an alpha outside of
// 0 to 1.
func McNemarPower(n int, onlyA, onlyB, alpha float64) float64 {
	either := onlyA + onlyB
	if n < 1 || !(onlyA >= 0 && onlyB >= 0 && either <= 1) || !(alpha > 0 && alpha < 1) {
		return math.NaN()
	}
	if either == 0 {
		return 0
	}
	discordant := distuv.Binomial{N: float64(n), P: either}
	// Beyond nine standard deviations there is less than 1e-17 for large counts; small counts are visited whole.
	reach := math.Sqrt(float64(81*float64(float64(n)*either))*(1-either)) + 40
	from := max(0, int(float64(float64(n)*either)-reach))
	to := min(n, int(float64(float64(n)*either)+reach))
	critical, power := criticalDiscordant(from, alpha), 0.0
	for m := from; m <= to; m++ {
		if McNemar(critical+1, m-critical-1) <= alpha && 2*(critical+1) <= m {
			critical++ // with one pair more it grows by one at most
		}
		if critical < 0 {
			continue
		}
		weight := 1.0
		if either < 1 {
			weight = discordant.Prob(float64(m))
		} else if m < n {
			continue
		}
		k := float64(critical)
		seen := distuv.Binomial{N: float64(m), P: onlyA / either}.CDF(k) + distuv.Binomial{N: float64(m), P: onlyB / either}.CDF(k)
		power += float64(weight * min(1, seen))
	}
	return min(1, power)
}

// criticalDiscordant returns the largest k for which k against m-k is a difference at size alpha, -1 if there is none.
func criticalDiscordant(m int, alpha float64) int {
	return sort.Search(m/2+1, func(k int) bool { return McNemar(k, m-k) > alpha }) - 1
}

// McNemarSetups returns how many independent pairs show a difference between shares onlyA and onlyB with this power: a
// number at which McNemarPower reaches it and one pair fewer does not (power rises in small steps back and forth). False
// when there is none below a hundred million, as for equal shares. Close by, without exactness, is
//
//	n = (z₁₋ₐ/₂·√ψ + z_power·√(ψ-δ²))² / δ²,  ψ = onlyA+onlyB,  δ = onlyA-onlyB
//
// R. J. Connor, "Sample size for testing differences in proportions for the paired-sample design", Biometrics 43 (1987).
func McNemarSetups(onlyA, onlyB, alpha, power float64) (int, bool) {
	guess := ConnorSetups(onlyA, onlyB, alpha, power)
	if math.IsNaN(guess) {
		return 0, false
	}
	return fewest(guess, power, func(n int) float64 { return McNemarPower(n, onlyA, onlyB, alpha) })
}

// ConnorSetups returns the normal approximation that McNemarSetups names, not rounded: for a first idea at no cost. NaN
// for equal shares, shares that are no probabilities, or an alpha or power outside of 0 to 1.
func ConnorSetups(onlyA, onlyB, alpha, power float64) float64 {
	either, difference := onlyA+onlyB, onlyA-onlyB
	if !(onlyA >= 0 && onlyB >= 0 && either <= 1) || !(alpha > 0 && alpha < 1 && power > 0 && power < 1) || difference == 0 {
		return math.NaN()
	}
	squared := float64(difference * difference)
	root := float64(distuv.UnitNormal.Quantile(1-alpha/2)*math.Sqrt(either)) + float64(distuv.UnitNormal.Quantile(power)*math.Sqrt(either-squared))
	return float64(root*root) / squared
}

// McNemarDetectable returns the smallest difference of two paired probabilities that n independent pairs show with this
// power when a share either of them has the event under one rule alone. NaN when not even a difference of that whole
// share is, or where McNemarPower is NaN.
func McNemarDetectable(n int, either, alpha, power float64) float64 {
	reached := func(difference float64) bool {
		return McNemarPower(n, (either+difference)/2, max(0, (either-difference)/2), alpha) >= power
	}
	if !(either > 0 && either <= 1 && power > 0 && power < 1) || !reached(either) {
		return math.NaN()
	}
	return bisect(0, either, reached)
}
