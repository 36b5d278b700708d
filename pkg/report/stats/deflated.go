package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// eulerGamma is the Euler-Mascheroni constant.
const eulerGamma = 0.57721566490153286060651209008240243

// Probabilistic returns the probabilistic Sharpe ratio: the confidence that the true ratio, per period, exceeds a
// benchmark ratio per period,
//
//	PSR(SR*) = Φ((SR - SR*)·sqrt(n-1) / sqrt(1 - γ3·SR + (γ4-1)/4·SR²))
//
// D. H. Bailey, M. López de Prado, "The Sharpe ratio efficient frontier", Journal of Risk 15 (2012). NaN where the
// standard error is NaN or zero.
func (s SharpeSample) Probabilistic(benchmark float64) float64 {
	se := s.StandardError()
	if !(se > 0) {
		return math.NaN()
	}
	return distuv.UnitNormal.CDF((s.Ratio - benchmark) / se)
}

// MinimumTrackRecord returns how many returns like these are needed to be so confident, such as 0.95, that the true
// ratio exceeds a benchmark; both ratios are per period:
//
//	MinTRL = 1 + (1 - γ3·SR + (γ4-1)/4·SR²)·(z_confidence/(SR - SR*))²
//
// Same source as Probabilistic. NaN for a ratio not above the benchmark: then no length is enough.
func (s SharpeSample) MinimumTrackRecord(benchmark, confidence float64) float64 {
	if scale := s.scale(); s.Ratio > benchmark && scale >= 0 {
		t := distuv.UnitNormal.Quantile(confidence) / (s.Ratio - benchmark)
		return 1 + float64(scale*float64(t*t))
	}
	return math.NaN()
}

// ExpectedMaximumSharpe returns what the best of so many independent trials without any skill is expected to show, per
// period, when their ratios vary with the given variance:
//
//	SR0 = sqrt(variance)·((1-γ)·Φ⁻¹(1 - 1/N) + γ·Φ⁻¹(1 - 1/(N·e))),  γ the Euler-Mascheroni constant
//
// D. H. Bailey, M. López de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management 40 (2014). 0 for one
// trial, NaN for none. Trials that resemble one another count as fewer: the number of variants of a sweep errs on the
// side of caution.
func ExpectedMaximumSharpe(trials, variance float64) float64 {
	switch {
	case !(trials >= 1) || !(variance >= 0):
		return math.NaN()
	case trials == 1:
		return 0
	}
	best := float64((1-eulerGamma)*distuv.UnitNormal.Quantile(1-1/trials)) +
		float64(eulerGamma*distuv.UnitNormal.Quantile(1-1/float64(trials*math.E)))
	return float64(math.Sqrt(variance) * best)
}

// Deflated returns the deflated Sharpe ratio: Probabilistic against ExpectedMaximumSharpe, the confidence that the best of
// a sweep is more than the luckiest of that many trials. variance is that of the trials' ratios per period.
func (s SharpeSample) Deflated(trials, variance float64) float64 {
	return s.Probabilistic(ExpectedMaximumSharpe(trials, variance))
}

// Deflate returns the expected maximum of a sweep's ratios under no skill and each variant's deflated ratio, in their
// order. The number of trials and the variance (over n-1) are those of the variants whose ratio is a number; others stay NaN.
func Deflate(variants []SharpeSample) (benchmark float64, deflated []float64) {
	var ratios []float64
	for _, v := range variants {
		if !math.IsNaN(v.Ratio) {
			ratios = append(ratios, v.Ratio)
		}
	}
	variance := 0.0
	if len(ratios) > 1 {
		d := shapeOf(ratios).deviation
		variance = float64(d * d)
	}
	benchmark = ExpectedMaximumSharpe(float64(len(ratios)), variance)
	for _, v := range variants {
		deflated = append(deflated, v.Probabilistic(benchmark))
	}
	return benchmark, deflated
}
