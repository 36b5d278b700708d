package stats

import "math"

// Dependence says how far a series depends on its own past.
type Dependence struct {
	Bandwidth       int     // lags that enter the estimates
	Variance        float64 // of one observation, the sum of squares over n
	LongRunVariance float64 // of the mean, times n: the variance plus twice all autocovariances
	Stationary      float64 // best mean length of a block for the stationary bootstrap, in observations
	Circular        float64 // best length of a block for blocks of fixed length
	EffectiveSize   float64 // independent observations that would know the mean as well, at most n
}

// BlockLength chooses the block lengths that minimize the mean squared error of the bootstrap's variance of the mean. With
// autocovariances R(k) and the flat-top window λ(x) = 1 up to 1/2, then 2(1-x) down to 0 at 1,
//
//	G = Σ λ(k/M)·|k|·R(k),  g = Σ λ(k/M)·R(k)  over |k| <= M,  M = 2·max(m,1)
//	stationary: (2G²/D·n)^(1/3), D = 2g²     circular: the same with D = 4/3·g²     effective size: n·R(0)/g
//
// m is the smallest lag after which K = max(5, ⌈log10 n⌉) autocorrelations in a row are below 2·sqrt(log10(n)/n). M is at most
// ⌈√n⌉ + K, lengths lie within 1 and ⌈min(3√n, n/3)⌉.
//
// D. N. Politis, H. White, "Automatic block-length selection for the dependent bootstrap", Econometric Reviews 23 (2004),
// with the correction of D by A. Patton, D. N. Politis, H. White, Econometric Reviews 28 (2009). The packages np and arch
// take m one larger than the paper says. NaN for no values or with one missing; a series that does not vary has length 1.
// Where g is not positive, as for a series that always turns back, EffectiveSize is n and lengths go to their largest.
func BlockLength(series []float64) Dependence {
	n := len(series)
	if n == 0 || anyNaN(series) {
		nan := math.NaN()
		return Dependence{Variance: nan, LongRunVariance: nan, Stationary: nan, Circular: nan, EffectiveSize: nan}
	}
	d := Dependence{Stationary: 1, Circular: 1, EffectiveSize: float64(n)}
	if allEqual(series) {
		return d
	}
	digits := math.Log10(float64(n))
	run := max(5, int(math.Ceil(digits)))
	widest := min(int(math.Ceil(math.Sqrt(float64(n))))+run, n-1)
	r := autocovariances(series, widest)
	d.Variance = r[0]
	d.Bandwidth = min(2*max(lastCorrelated(r, run, 2*math.Sqrt(digits/float64(n))), 1), widest)
	weighted, longRun := 0.0, r[0]
	for k := 1; k <= d.Bandwidth; k++ {
		window := min(1, 2*(1-float64(k)/float64(d.Bandwidth)))
		weighted += float64(2 * float64(float64(window*float64(k))*r[k]))
		longRun += float64(2 * float64(window*r[k]))
	}
	d.LongRunVariance = longRun
	longest := max(1, math.Ceil(min(3*math.Sqrt(float64(n)), float64(n)/3)))
	if longRun <= 0 {
		d.Stationary, d.Circular = longest, longest
		return d
	}
	ratio := weighted / longRun
	d.Stationary = min(max(1, math.Cbrt(float64(float64(ratio*ratio)*float64(n)))), longest)
	d.Circular = min(max(1, math.Cbrt(float64(1.5*float64(float64(ratio*ratio)*float64(n))))), longest)
	d.EffectiveSize = min(float64(n), float64(n)*r[0]/longRun)
	return d
}

// lastCorrelated returns the smallest lag after which a run of autocorrelations stays below the bound; without such a
// run, the last lag.
func lastCorrelated(r []float64, run int, bound float64) int {
	quiet := 0
	for k := 1; k < len(r); k++ {
		if quiet++; math.Abs(r[k]/r[0]) >= bound {
			quiet = 0
		}
		if quiet == run {
			return k - run
		}
	}
	return len(r) - 1
}

// autocovariances returns those of lags 0 to most, each a sum over n.
func autocovariances(series []float64, most int) []float64 {
	n, mean := float64(len(series)), 0.0
	for _, v := range series {
		mean += v
	}
	mean /= n
	centered := make([]float64, len(series))
	for i, v := range series {
		centered[i] = v - mean
	}
	r := make([]float64, most+1)
	for k := range r {
		sum := 0.0
		for i, v := range centered[k:] {
			sum += float64(v * centered[i])
		}
		r[k] = sum / n
	}
	return r
}
