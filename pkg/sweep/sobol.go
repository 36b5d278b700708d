package sweep

import "math/bits"

// joeKuo are the direction numbers of Sobol's sequence for the dimensions from the second on: the degree and the inner
// coefficients of a primitive polynomial, and the initial numbers m. They are the first rows of new-joe-kuo-6.21201,
// S. Joe and F. Y. Kuo, Constructing Sobol sequences with better two-dimensional projections, SIAM J. Sci. Comput. 30
// (2008), 2635-2654.
var joeKuo = []struct {
	degree       int
	coefficients uint32
	initial      []uint32
}{
	{1, 0, []uint32{1}},
	{2, 1, []uint32{1, 3}},
	{3, 1, []uint32{1, 3, 1}},
	{3, 2, []uint32{1, 1, 1}},
	{4, 1, []uint32{1, 1, 3, 3}},
	{4, 4, []uint32{1, 3, 5, 13}},
	{5, 2, []uint32{1, 1, 5, 5, 17}},
	{5, 4, []uint32{1, 1, 5, 5, 5}},
	{5, 7, []uint32{1, 1, 7, 11, 19}},
}

// MaxSobolAxes is the number of dimensions for which direction numbers are kept.
const MaxSobolAxes = 10

// sobol holds 32 direction numbers for each dimension.
type sobol [][32]uint32

func newSobol(dimensions int) sobol {
	s := make(sobol, dimensions)
	for k := range s {
		v := &s[k]
		if k == 0 {
			for i := range v {
				v[i] = 1 << (31 - i)
			}
			continue
		}
		row := joeKuo[k-1]
		for i := range v {
			if i < row.degree {
				v[i] = row.initial[i] << (31 - i)
				continue
			}
			v[i] = v[i-row.degree] ^ v[i-row.degree]>>row.degree
			for j := 1; j < row.degree; j++ {
				if row.coefficients>>(row.degree-1-j)&1 == 1 {
					v[i] ^= v[i-j]
				}
			}
		}
	}
	return s
}

// at returns a coordinate of a point in units of 2^-32; point 0 is the origin. Points come in the order of the Gray code,
// as in P. Bratley and B. L. Fox, Algorithm 659, ACM Trans. Math. Softw. 14 (1988).
func (s sobol) at(point uint32, dimension int) (x uint32) {
	for gray := point ^ point>>1; gray != 0; gray &= gray - 1 {
		x ^= s[dimension][bits.TrailingZeros32(gray)]
	}
	return x
}
