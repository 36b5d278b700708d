package synth

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// ln returns the natural logarithm of x > 0 to within a few units in the last place. math.Log is written in assembly on
// some architectures and need not agree with itself across them.
func ln(x float64) float64 {
	f, e := math.Frexp(x)
	if f < math.Sqrt2/2 {
		f, e = float64(2*f), e-1
	}
	// ln f = 2 artanh((f-1)/(f+1)); |s| < 0.172, so that thirteen terms leave less than 1e-20.
	s := (f - 1) / (f + 1)
	square := float64(s * s)
	sum := 0.0
	for k := 25; k >= 1; k -= 2 {
		sum = float64(sum*square) + 1/float64(k)
	}
	return float64(2*float64(s*sum)) + float64(float64(e)*math.Ln2)
}

// exp returns e to the power x for |x| < 700, to within a few units in the last place.
func exp(x float64) float64 {
	k := math.Floor(x/math.Ln2 + 0.5)
	r := x - float64(k*math.Ln2)
	sum := 1.0
	for i := 17; i >= 1; i-- {
		sum = 1 + float64(r*sum)/float64(i)
	}
	return math.Ldexp(sum, int(k))
}

// stream is a source of deviates of its own for each purpose and instrument, so that adding an instrument leaves the
// others as they were.
type stream struct{ pcg *rand.PCG }

func newStream(seed uint64, purpose string) stream {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return stream{rand.NewPCG(seed, h.Sum64())}
}

// uniform is in [0, 1).
func (s stream) uniform() float64 { return float64(s.pcg.Uint64()>>11) / (1 << 53) }

// normal has mean 0 and variance 1: twelve uniforms less six (Irwin-Hall), within ±6.
func (s stream) normal() float64 {
	sum := -6.0
	for range 12 {
		sum += s.uniform()
	}
	return sum
}
