package stats

import (
	"math"
	"sort"
)

// Incidence holds the cumulative incidence of each of several competing causes. All slices of it and of its curves are
// as long as Times. Without lifetimes, or with one whose time is no duration, Times is empty.
type Incidence struct {
	Times    []float64 // distinct times of events and of ends of watching, ascending
	AtRisk   []int     // lifetimes that lasted until then or longer
	Survival []float64 // probability that none of the causes has happened just after the time
	Causes   []IncidenceCurve
	Level    float64
	Method   string
}

// IncidenceCurve is the probability that one cause has ended a lifetime by each time.
type IncidenceCurve struct {
	Estimate, StandardError, Low, High []float64
}

// AalenJohansen estimates for each cause k from 1 to causes the probability F_k(t) that it ended a lifetime by t, in the
// presence of the others. With d_k of d events among n at risk at each time and S the Kaplan-Meier estimate of all causes,
//
//	F_k(t) = Σ S(tᵢ₋₁)·d_kᵢ/nᵢ over tᵢ <= t,  so that S + Σ F_k = 1
//	var F_k(t) = Σ (F_k(t)-F_k(tᵢ))²·dᵢ/(nᵢ(nᵢ-dᵢ)) + Σ S(tᵢ₋₁)²·d_kᵢ(nᵢ-d_kᵢ)/nᵢ³ - 2·Σ (F_k(t)-F_k(tᵢ))·S(tᵢ₋₁)·d_kᵢ/nᵢ²
//	interval: F^exp(±z·se/(F·log F))
//
// O. O. Aalen, S. Johansen, Scandinavian Journal of Statistics 5 (1978); the variance is that of the delta method
// (G. E. Dinse, M. G. Larson, Biometrika 73, 1986; E. Marubini, M. G. Valsecchi, "Analysing Survival Data", 1995), which for
// a single cause is Greenwood's; the interval on the log(-log) scale is that of J. B. Choudhury, Statistics in Medicine 21
// (2002). One minus Kaplan-Meier of one cause overstates its probability wherever the others take lifetimes away.
//
// Where the formulas have no width the ends are ours: as long as F = 0 the high end is Clopper-Pearson's for no events
// among those still at risk after the time (among all when nobody has been censored by then); once F = 1 the low end is
// Clopper-Pearson's if nobody was censored, and else that of the step before, since F never falls.
func AalenJohansen(lifetimes []Lifetime, causes int, level float64) Incidence {
	inc := Incidence{Causes: make([]IncidenceCurve, causes), Level: level, Method: "aalen-johansen, log-log"}
	all, ok := moments(lifetimes, causes)
	if !ok {
		return inc
	}
	survival, censored, ended := 1.0, 0, 0
	variances := make([]incidenceVariance, causes)
	for _, m := range all {
		d, n := float64(m.events()), float64(m.atRisk)
		whole := 0.0
		if d > 0 && d < n {
			whole = d / float64(n*(n-d))
		}
		// Nobody knows how those censored by now would have ended.
		censored += m.ended[Censored]
		known, complete := m.atRisk-m.events()-m.ended[Censored], censored == 0
		if complete {
			known = len(lifetimes)
		}
		ended += m.events()
		after := float64(survival*(n-d)) / n
		for k := range causes {
			v := &variances[k]
			v.ended += m.ended[k+1]
			incidence := min(1, v.incidence+float64(survival*float64(m.ended[k+1]))/n)
			if v.ended == ended {
				incidence = 1 - after // the only cause so far: a sum would miss it by its rounding
			}
			v.step(survival, incidence, float64(m.ended[k+1]), n, whole)
			inc.Causes[k].add(v.incidence, math.Sqrt(max(0, v.variance())), known, complete, level)
		}
		survival = after
		inc.Times, inc.AtRisk, inc.Survival = append(inc.Times, m.time), append(inc.AtRisk, m.atRisk), append(inc.Survival, survival)
	}
	return inc
}

// incidenceVariance carries the sums of the variance from time to time in the form Σ w, Σ w·(F-Fᵢ), Σ w·(F-Fᵢ)², which
// takes no differences of large numbers.
type incidenceVariance struct {
	incidence            float64
	ended                int
	weight, first, sum   float64 // of the common part, w = d/(n(n-d))
	own                  float64 // Σ S²·d_k(n-d_k)/n³
	crossWeight, crossed float64 // w = S·d_k/n²
}

// step takes S before a time, F after it, the cause's events and the number at risk at it, and d/(n(n-d)) of all causes.
func (v *incidenceVariance) step(before, incidence, events, n, whole float64) {
	rise := incidence - v.incidence
	v.incidence = incidence
	v.sum += float64(2*float64(rise*v.first)) + float64(float64(rise*rise)*v.weight)
	v.first += float64(rise * v.weight)
	v.crossed += float64(rise * v.crossWeight)
	v.weight += whole
	v.own += float64(rise*before) * (n - events) / float64(n*n)
	v.crossWeight += rise / n
}

func (v *incidenceVariance) variance() float64 { return v.sum + v.own - float64(2*v.crossed) }

// add appends a step. known is how many lifetimes are sure not to have ended by the cause when there is none that did;
// complete says that this is all of them.
func (c *IncidenceCurve) add(incidence, deviation float64, known int, complete bool, level float64) {
	low, high := 0.0, 1.0
	switch {
	case incidence == 0 && known > 0:
		high = 1 - noEvents(known, level)
	case incidence >= 1 && complete:
		low = noEvents(known, level)
	case incidence >= 1:
		low = c.Low[len(c.Low)-1]
	case incidence > 0 && incidence < 1:
		low, high = pointwise(incidence, deviation/incidence, level, LogLog)
	}
	c.Estimate, c.StandardError = append(c.Estimate, incidence), append(c.StandardError, deviation)
	c.Low, c.High = append(c.Low, low), append(c.High, high)
}

// At returns F(t) of a cause, counted from 1, with its interval: 0 before the first time, NaN after the last one unless
// every lifetime had ended by then.
func (i Incidence) At(cause int, t float64) Interval {
	if len(i.Times) == 0 || math.IsNaN(t) {
		return none(i.Level, i.Method)
	}
	at := sort.SearchFloat64s(i.Times, math.Nextafter(t, math.Inf(1))) - 1
	switch last := len(i.Times) - 1; {
	case at < 0:
		return Interval{Estimate: 0, Low: 0, High: 1 - noEvents(i.AtRisk[0], i.Level), Level: i.Level, Method: i.Method}
	case at == last && t > i.Times[last] && i.Survival[last] > 0:
		return none(i.Level, i.Method)
	}
	c := i.Causes[cause-1]
	return Interval{Estimate: c.Estimate[at], Low: c.Low[at], High: c.High[at], Level: i.Level, Method: i.Method}
}
