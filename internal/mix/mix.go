// Package mix has the mixing function from which seeds of independent draws are made.
package mix

// gamma is the odd number by which SplitMix64 walks through its states.
const gamma = 0x9e3779b97f4a7c15

// Hash is the output of SplitMix64 in state x, after one step: a bijection whose output bits all depend on all input bits.
func Hash(x uint64) uint64 { return At(x, 0) }

// At is the output number k, from 0, of SplitMix64 seeded with x (G. L. Steele, D. Lea, C. H. Flood, Fast Splittable Pseudorandom
// Number Generators, OOPSLA 2014).
func At(x, k uint64) uint64 {
	z := x + gamma*(k+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
