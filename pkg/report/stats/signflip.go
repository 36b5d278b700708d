package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// SignFlip describes a paired permutation test: if two rules do the same, every difference between them could as well
// have had the other sign.
type SignFlip struct {
	Samples int // random sign patterns when there are too many to visit all
	Seed    uint64
	Block   int     // neighbors that keep a common sign, in their order; below 2 each stands alone
	Level   float64 // of the interval of a p-value from random patterns
	Workers int     // goroutines that share the patterns; results do not depend on it
}

// exactUnits is the most differences other than zero whose sign patterns are all visited: 2^20 of them.
const exactUnits = 20

// Test returns the two-sided p-value of the hypothesis that the differences of paired outcomes are symmetric around zero:
// the share of sign patterns whose sum is at least as far from zero as the observed one,
//
//	p = #{s: |Σ sᵢdᵢ| >= |Σ dᵢ|} / 2^n                      exact, up to 20 differences other than zero
//	p = (1 + #{random s: |Σ sᵢdᵢ| >= |Σ dᵢ|}) / (1 + Samples)  else
//
// R. A. Fisher, "The Design of Experiments" (1935), section 21; the ones in the second form keep the test valid (B. Phipson,
// G. K. Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010). An exact p-value has an interval of no
// width; else it is Clopper-Pearson's for the p-value that all patterns would give. Differences of zero change nothing,
// and differences that are all zero have p = 1. For differences of -1, 0 and 1 it is McNemar's exact test. The order of
// differences is of no consequence with a Block below 2. NaN for no differences or with a missing one.
func (s SignFlip) Test(differences []float64) Interval {
	if len(differences) == 0 || anyNaN(differences) {
		return none(s.Level, "sign flip")
	}
	units, _ := blockSums(differences, max(s.Block, 1))
	units = slices.DeleteFunc(units, func(v float64) bool { return v == 0 })
	slices.Sort(units)
	observed, size := 0.0, 0.0
	for i, v := range units {
		observed += v
		units[i] = math.Abs(v)
		size += units[i]
	}
	// Sums of the same numbers in another order differ in their last places; those are ties.
	bound := math.Abs(observed) - float64(1e-12*size)
	if len(units) <= exactUnits {
		p := exactShare(units, bound)
		return Interval{Estimate: p, Low: p, High: p, Level: s.Level, Method: "sign flip, exact"}
	}
	if s.Samples < 1 {
		return none(s.Level, "sign flip, random")
	}
	hits := s.hits(units, bound)
	i := ClopperPearson(hits, s.Samples, s.Level)
	i.Method = "sign flip, random"
	i.Estimate = float64(1+hits) / float64(1+s.Samples)
	i.High = max(i.High, i.Estimate) // which is valid, and above the share of hits
	return i
}

// exactShare visits all patterns as pairs of a pattern of the first half and one of the second.
func exactShare(units []float64, bound float64) float64 {
	first, second := signedSums(units[:len(units)/2]), signedSums(units[len(units)/2:])
	hits := 0
	for _, a := range first {
		for _, b := range second {
			if math.Abs(a+b) >= bound {
				hits++
			}
		}
	}
	return float64(hits) / float64(len(first)*len(second))
}

func signedSums(units []float64) []float64 {
	sums := []float64{0}
	for _, v := range units {
		for _, s := range sums[:len(sums):len(sums)] {
			sums = append(sums, s-v)
		}
		for i := range len(sums) / 2 {
			sums[i] += v
		}
	}
	return sums
}

// hits counts the random patterns at or beyond the bound.
func (s SignFlip) hits(units []float64, bound float64) int {
	var hits atomic.Int64
	each(s.Workers, s.Samples, func() func(int) {
		source := new(rand.PCG)
		return func(index int) {
			source.Seed(s.Seed, purposeSigns+uint64(index))
			sum := 0.0
			for part := units; len(part) > 0; part = part[min(64, len(part)):] {
				bits := source.Uint64()
				for _, v := range part[:min(64, len(part))] {
					// The lowest bit becomes the sign.
					sum += math.Float64frombits(math.Float64bits(v) | bits<<63)
					bits >>= 1
				}
			}
			if math.Abs(sum) >= bound {
				hits.Add(1)
			}
		}
	})
	return int(hits.Load())
}
