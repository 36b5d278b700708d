package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Wilson returns the score interval of a probability from successes in independent trials:
//
//	(p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n),  p = successes/trials,  z the normal quantile at (1+level)/2
//
// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). It keeps its
// coverage near 0 and 1, where the textbook p ± z·se does not (Brown, Cai, DasGupta, Statistical Science 16, 2001).
func Wilson(successes, trials int, level float64) Interval {
	return WilsonOver(successes, trials, trials, level)
}

// WilsonOver returns the score interval of a share of trials that come in fewer independent clusters, such as one entry
// under several rules: p is of the trials, n is the number of clusters. The share of a cluster lies within 0 and 1, so its
// variance is at most p(1-p) and the interval errs on the wide side.
func WilsonOver(successes, trials, clusters int, level float64) Interval {
	if trials <= 0 || clusters <= 0 {
		return none(level, "wilson")
	}
	n, p := float64(clusters), float64(successes)/float64(trials)
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	zz := float64(z * z)
	scale := 1 + zz/n
	center := (p + zz/(2*n)) / scale
	half := float64(z*math.Sqrt(float64(p*(1-p))/n+zz/(4*float64(n*n)))) / scale
	i := Interval{Estimate: p, Low: max(0, center-half), High: min(1, center+half), Level: level, Method: "wilson"}
	if successes == 0 {
		i.Low = 0
	}
	if successes == trials {
		i.High = 1
	}
	return i
}
