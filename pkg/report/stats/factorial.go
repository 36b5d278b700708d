package stats

import (
	"math"
	"math/bits"
)

// Effect is a main effect or an interaction of the factors of a two-level experiment, or their mean.
type Effect struct {
	Factors       uint // bit i for factor i: none for the mean, one for a main effect, more for an interaction
	Interval      Interval
	StandardError float64 // of the estimate, from the entries' own contrasts as independent; NaN for one entry
	P             float64 // two-sided, of the hypothesis of no effect; NaN for the mean
	Adjusted      float64 // P after Holm's correction for all effects; NaN for the mean
}

// Order is how many factors take part: 0 for the mean, 1 for a main effect.
func (e Effect) Order() int { return bits.OnesCount(e.Factors) }

// Contrasts takes the responses of a full two-level factorial, response[cell][entry], where bit i of a cell's number says
// that factor i is on, and where all cells saw the same entries on the same path. It returns contrast[effect][entry], numbered
// as Effect.Factors: what each entry says about each effect.
//
//	contrast[e][j] = Σ over cells of sign(e, cell)·response[cell][j] / 2^(k-1),  sign = Π over factors of e: on +1, off -1
//	contrast[0][j] = mean of response[·][j]
//
// So a main effect is the mean with the factor on less that with it off, and the interaction of two is half of the
// difference that the second makes to the effect of the first. F. Yates, "The Design and Analysis of Factorial Experiments"
// (1937); G. E. P. Box, J. S. Hunter, W. G. Hunter, "Statistics for Experimenters" (2005), chapter 5. A factor that changes
// nothing has contrasts of exactly zero. It panics unless the number of cells is a power of two and all have as many
// entries: that is no factorial.
func Contrasts(response [][]float64) [][]float64 {
	cells := len(response)
	if cells < 2 || bits.OnesCount(uint(cells)) != 1 {
		panic("stats: the cells of a two-level factorial are a power of two, at least 2")
	}
	entries := len(response[0])
	contrast := make([][]float64, cells)
	for c, r := range response {
		if len(r) != entries {
			panic("stats: the cells of a factorial have different numbers of entries")
		}
		contrast[c] = append([]float64(nil), r...)
	}
	for half := 1; half < cells; half *= 2 {
		for off := range cells {
			if off&half != 0 {
				continue
			}
			a, b := contrast[off], contrast[off|half]
			for j := range entries {
				a[j], b[j] = a[j]+b[j], b[j]-a[j]
			}
		}
	}
	for e := range contrast {
		divisor := float64(cells) / 2
		if e == 0 {
			divisor = float64(cells)
		}
		for j := range contrast[e] {
			contrast[e][j] /= divisor
		}
	}
	return contrast
}

// Factorial returns the mean and all effects of a full two-level factorial, in the order of their numbers, with Student's
// intervals and tests over entries: each entry is a block that saw every cell, so what entries have in common falls out
// of the contrasts. Entries are taken as independent; FactorialBlocks is for those that share a path.
func Factorial(response [][]float64, level float64) []Effect {
	return effects(Contrasts(response), func(contrast []float64) (Interval, float64) {
		return StudentMean(contrast, level), StudentTest(contrast)
	})
}

// FactorialBlocks returns what Factorial does, with bootstrap intervals over blocks of neighboring entries (MeanDifference)
// and p-values from signs flipped by block (SignFlip, as many patterns as resamples).
func FactorialBlocks(response [][]float64, b Bootstrap, method string) []Effect {
	flip := SignFlip{Samples: b.Resamples, Seed: b.Seed, Block: b.Block, Level: b.Level}
	return effects(Contrasts(response), func(contrast []float64) (Interval, float64) {
		return MeanDifference(contrast, b, method), flip.Test(contrast).Estimate
	})
}

func effects(contrasts [][]float64, judge func(contrast []float64) (Interval, float64)) []Effect {
	all, p := make([]Effect, len(contrasts)), make([]float64, len(contrasts))
	for e, contrast := range contrasts {
		s := shapeOf(contrast)
		all[e] = Effect{Factors: uint(e), StandardError: s.deviation / math.Sqrt(float64(s.n))}
		if all[e].Interval, p[e] = judge(contrast); e == 0 {
			p[e] = math.NaN()
		}
	}
	adjusted := Holm(p)
	for e := range all {
		all[e].P, all[e].Adjusted = p[e], adjusted[e]
	}
	return all
}
