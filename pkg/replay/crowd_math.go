package replay

import "math"

// exp2 returns 2^x and log2 its inverse, to about 1e-14. Package math computes both in assembly on some architectures
// and lets the compiler fuse products on others; what is drawn for the crowd becomes money, so it must not differ.
// Every product is converted explicitly, which forbids fusing.

// exp2 returns 2^x for |x| below 1000.
func exp2(x float64) float64 {
	whole := math.RoundToEven(x)
	y := float64((x - whole) * math.Ln2) // |y| <= 0.35
	sum := 1.0
	for n := 14.0; n >= 1; n-- { // Horner's form of the Taylor series of e^y
		sum = 1 + float64(float64(y*sum)/n)
	}
	return math.Ldexp(sum, int(whole))
}

// log2 returns the binary logarithm of x > 0.
func log2(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	s := (m - 1) / (m + 1) // ln m = 2 artanh s, |s| <= 0.172
	square := float64(s * s)
	sum := 0.0
	for n := 21.0; n >= 1; n -= 2 {
		sum = float64(sum*square) + 1/n
	}
	return float64(e) + float64(float64(2*s)*sum)/math.Ln2
}
