package replay

import (
	"hash/fnv"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/liquidation-lab/backtest/internal/mix"
)

// draws are the random numbers of one path for one purpose: a function of seed, path and purpose alone. Neither other
// purposes, such as another instrument, nor other paths move them.
type draws struct {
	pcg   rand.PCG
	spare float64 // the second of a pair of normals
	has   bool
}

func newDraws(seed uint64, path int, purpose string) draws {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	var d draws
	state := mix.Hash(mix.Hash(seed^h.Sum64()) ^ uint64(path))
	d.pcg.Seed(state, mix.Hash(state))
	return d
}

// uniform is in (0, 1], a multiple of 2^-53.
func (d *draws) uniform() float64 { return float64(d.pcg.Uint64()>>11+1) / (1 << 53) }

// below is a whole number in [0, n), n > 0: Lemire's multiplication with rejection, ACM Transactions on Modeling and
// Computer Simulation 29 (2019). math/rand's own takes another way on 32-bit machines.
func (d *draws) below(n uint64) uint64 {
	hi, lo := bits.Mul64(d.pcg.Uint64(), n)
	if lo < n {
		for least := -n % n; lo < least; {
			hi, lo = bits.Mul64(d.pcg.Uint64(), n)
		}
	}
	return hi
}

// between is uniform in [low, high].
func (d *draws) between(low, high float64) float64 {
	u := float64(d.pcg.Uint64()>>11) / (1<<53 - 1)
	return min(high, low+float64(u*(high-low)))
}

// normal has the standard normal distribution: the polar method, G. Marsaglia, T. A. Bray, SIAM Review 6 (1964). Square
// roots are exact on every architecture, and the logarithm is ours.
func (d *draws) normal() float64 {
	if d.has {
		d.has = false
		return d.spare
	}
	for {
		x, y := float64(2*d.uniform())-1, float64(2*d.uniform())-1
		s := float64(x*x) + float64(y*y)
		if s >= 1 || s == 0 {
			continue
		}
		f := math.Sqrt(float64(-2*ln(s)) / s)
		d.spare, d.has = float64(y*f), true
		return float64(x * f)
	}
}

// poisson returns the number of events where none is the probability of none, e^-mean: products of uniforms, D. E. Knuth,
// The Art of Computer Programming 2, 3.4.1.
func (d *draws) poisson(none float64) int {
	n := 0
	for p := d.uniform(); p > none; p = float64(p * d.uniform()) {
		n++
	}
	return n
}

// geometric returns a whole number of at least 1 with mean m >= 1: 1 + floor(ln U / ln(1 - 1/m)).
func (d *draws) geometric(m float64) uint64 {
	u := d.uniform()
	if m <= 1 {
		return 1
	}
	return 1 + uint64(min(log2(u)/log2(1-1/m), 1<<53))
}

// ln is the natural logarithm of x > 0, the same on every architecture.
func ln(x float64) float64 { return float64(log2(x) * math.Ln2) }

// exp is e^x for |x| below 600, the same on every architecture.
func exp(x float64) float64 { return exp2(x / math.Ln2) }
