package stats

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Transform is the scale on which a pointwise interval of a curve is taken as normal.
type Transform int

// Scales of pointwise intervals.
const (
	LogLog Transform = iota // log(-log S): stays within 0 and 1, covers well in small samples
	Plain                   // S itself, cut at 0 and 1
)

// Survival is a Kaplan-Meier curve: the probability of lasting longer than t, with a step at each distinct time. All
// slices are as long as Times. Without lifetimes, or with one whose time is no duration, Times is empty.
type Survival struct {
	Times          []float64 // distinct times of events and of ends of watching, ascending
	AtRisk         []int     // lifetimes that lasted until then or longer
	Events         []int     // that ended then, not counting those whose watching ended
	Estimate       []float64 // S just after the time
	StandardError  []float64 // Greenwood's, of S
	Low, High      []float64 // pointwise interval of S
	Level          float64
	Method         string
	lowAtTheOutset float64
}

// KaplanMeier estimates the probability S(t) that no event happens until t, from lifetimes of which some were censored
// independently of how they would have ended. With d events among n at risk at each time,
//
//	S(t) = Π (1 - d/n) over times <= t
//	se(S) = S·sqrt(Σ d/(n(n-d)))
//	log-log: S^exp(±z·sqrt(Σ d/(n(n-d)))/log S)    plain: S ± z·se(S)
//
// E. L. Kaplan, P. Meier, JASA 53 (1958); M. Greenwood, Reports on Public Health 33 (1926); the log-log interval is that
// of J. D. Kalbfleisch, R. L. Prentice, "The Statistical Analysis of Failure Time Data" (1980). Every cause counts as the
// event; to ask about one, pass the others as Censored, and read the answer as a world in which they do not exist: beside
// competing causes AalenJohansen is the honest estimate.
//
// Where the formulas have no width the ends are ours: as long as S = 1 the low end is Clopper-Pearson's for no events among
// those at risk; once S = 0 the high end is Clopper-Pearson's if nobody was censored, and else that of the step before, since
// S never rises.
func KaplanMeier(lifetimes []Lifetime, level float64, transform Transform) Survival {
	causes := 0
	for _, l := range lifetimes {
		causes = max(causes, l.Cause)
	}
	all, ok := moments(lifetimes, causes)
	s := Survival{Level: level, Method: "kaplan-meier, log-log", lowAtTheOutset: math.NaN()}
	if transform == Plain {
		s.Method = "kaplan-meier, plain"
	}
	if !ok || len(all) == 0 {
		return s
	}
	s.lowAtTheOutset = noEvents(len(lifetimes), level)
	survival, sum, high, censored := 1.0, 0.0, 1.0, 0
	for _, m := range all {
		d, n := float64(m.events()), float64(m.atRisk)
		survival = float64(survival*(n-d)) / n
		if d > 0 && d < n {
			sum += d / float64(n*(n-d))
		}
		censored += m.ended[Censored]
		low := 0.0
		switch {
		case survival == 0 && censored == 0:
			high = 1 - noEvents(len(lifetimes), level)
		case survival == 1:
			low, high = noEvents(m.atRisk, level), 1
		case survival > 0:
			low, high = pointwise(survival, math.Sqrt(sum), level, transform)
		}
		s.Times, s.AtRisk, s.Events = append(s.Times, m.time), append(s.AtRisk, m.atRisk), append(s.Events, m.events())
		s.Estimate, s.StandardError = append(s.Estimate, survival), append(s.StandardError, float64(survival*math.Sqrt(sum)))
		s.Low, s.High = append(s.Low, low), append(s.High, high)
	}
	return s
}

// noEvents is the low end of the probability of no event when none of n had one.
func noEvents(n int, level float64) float64 { return math.Pow((1-level)/2, 1/float64(n)) }

// pointwise returns the ends for a probability strictly between 0 and 1 whose relative standard error is given.
func pointwise(p, relative, level float64, transform Transform) (low, high float64) {
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	if transform == Plain {
		half := float64(z * float64(p*relative))
		return max(0, p-half), min(1, p+half)
	}
	factor := math.Exp(float64(z*relative) / math.Abs(math.Log(p)))
	return math.Pow(p, factor), math.Pow(p, 1/factor)
}

// At returns S(t) with its interval: 1 before the first time, NaN after the last one unless S had come to 0 by then,
// because nobody was watched that long.
func (s Survival) At(t float64) Interval {
	if len(s.Times) == 0 || math.IsNaN(t) {
		return none(s.Level, s.Method)
	}
	i := sort.SearchFloat64s(s.Times, math.Nextafter(t, math.Inf(1))) - 1
	switch last := len(s.Times) - 1; {
	case i < 0:
		return Interval{Estimate: 1, Low: s.lowAtTheOutset, High: 1, Level: s.Level, Method: s.Method}
	case i == last && t > s.Times[last] && s.Estimate[last] > 0:
		return none(s.Level, s.Method)
	}
	return Interval{Estimate: s.Estimate[i], Low: s.Low[i], High: s.High[i], Level: s.Level, Method: s.Method}
}

// Median returns Quantile(0.5).
func (s Survival) Median() Interval { return s.Quantile(0.5) }

// Quantile returns the first time by which a share p of lifetimes has ended, with the interval of those times at which
// the curve's own interval holds 1-p:
//
//	estimate = min{t: S(t) <= 1-p},  low = min{t: Low(t) <= 1-p},  high = min{t: High(t) <= 1-p}
//
// R. Brookmeyer, J. Crowley, Biometrics 38 (1982). What was not reached while watching is NaN. Of so few lifetimes that the
// curve's interval reaches 1-p before anything happens, low is 0.
func (s Survival) Quantile(p float64) Interval {
	i := none(s.Level, s.Method)
	i.Estimate, i.Low, i.High = s.first(s.Estimate, 1-p), s.first(s.Low, 1-p), s.first(s.High, 1-p)
	if s.lowAtTheOutset <= 1-p {
		i.Low = 0
	}
	return i
}

// first returns the first time at which a curve is at or below a share. Products such as 9/10·8/9·... miss a share that
// they equal by a few units of the last place.
func (s Survival) first(curve []float64, share float64) float64 {
	at := slices.IndexFunc(curve, func(v float64) bool { return v <= share+1e-12 })
	if at < 0 {
		return math.NaN()
	}
	return s.Times[at]
}
