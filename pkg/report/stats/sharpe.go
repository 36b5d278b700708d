package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// SharpeSample is what a series of returns says about its Sharpe ratio. Everything is per period of the returns, not
// annualized.
type SharpeSample struct {
	N                  int     // returns
	Ratio              float64 // (mean - risk-free)/standard deviation, sum of squares over n-1
	Skewness, Kurtosis float64 // m3/m2^1.5 and m4/m2²: 0 and 3 for normal returns
}

// SharpeOf takes returns of equal periods and the risk-free return of one such period. W. F. Sharpe, Journal of Portfolio
// Management 21 (1994). The ratio is NaN for fewer than two returns, a missing one, or returns that do not vary.
func SharpeOf(returns []float64, riskFree float64) SharpeSample {
	s := shapeOf(returns)
	ratio := math.NaN()
	if s.deviation > 0 {
		ratio = (s.mean - riskFree) / s.deviation
	}
	return SharpeSample{N: s.n, Ratio: ratio, Skewness: s.skewness, Kurtosis: s.kurtosis}
}

// StandardError returns that of the ratio, per period, for independent returns of any distribution with four moments:
//
//	se = sqrt((1 - γ3·SR + (γ4-1)/4·SR²) / (n-1))
//
// E. Mertens, "Comments on variance of the IID estimator in Lo (2002)" (2002), in the form of D. H. Bailey, M. López de
// Prado, Journal of Risk 15 (2012). NaN where the ratio is, or where the moments cannot belong to one distribution.
func (s SharpeSample) StandardError() float64 {
	scale := s.scale()
	if !(scale >= 0) || s.N < 2 {
		return math.NaN()
	}
	return math.Sqrt(scale / float64(s.N-1))
}

func (s SharpeSample) scale() float64 {
	return 1 - float64(s.Skewness*s.Ratio) + float64(float64((s.Kurtosis-1)/4*s.Ratio)*s.Ratio)
}

// Interval returns the ratio of a year, SR·sqrt(perYear), with its normal interval; perYear is the number of periods in a
// year (365 for days of a market that never closes), 1 for the ratio per period. The root holds for returns that do not
// depend on their past (A. W. Lo, Financial Analysts Journal 58, 2002).
func (s SharpeSample) Interval(level, perYear float64) Interval {
	root := math.Sqrt(perYear)
	half := float64(distuv.UnitNormal.Quantile((1+level)/2) * s.StandardError())
	return Interval{Estimate: float64(s.Ratio * root), Low: float64((s.Ratio - half) * root), High: float64((s.Ratio + half) * root),
		Level: level, Method: "sharpe, mertens"}
}

// Sharpe returns the annualized Sharpe ratio of returns with its interval: SharpeOf and Interval in one.
func Sharpe(returns []float64, riskFree, perYear, level float64) Interval {
	return SharpeOf(returns, riskFree).Interval(level, perYear)
}
