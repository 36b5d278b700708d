package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func nan(t *testing.T, what string, values ...float64) {
	t.Helper()
	for _, v := range values {
		if !math.IsNaN(v) {
			t.Errorf("%s = %v, expected NaN", what, v)
		}
	}
}

// lifetimes reads weeks in which a negative number is a censored one.
func lifetimes(weeks ...float64) (all []Lifetime) {
	for _, w := range weeks {
		l := Lifetime{Time: w, Cause: 1}
		if w < 0 {
			l = Lifetime{Time: -w, Cause: Censored}
		}
		all = append(all, l)
	}
	return all
}

// Weeks of remission of leukemia under 6-MP: E. J. Freireich and others, Blood 21 (1963), in the form of E. A. Gehan,
// Biometrika 52 (1965).
var sixMP = lifetimes(6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35)

// Estimates and standard errors as in textbooks, such as J. P. Klein, M. L. Moeschberger, "Survival Analysis" (2003), table
// 4.1; log-log ends agree with those of the Python package lifelines.
func TestKaplanMeierOfSixMercaptopurine(t *testing.T) {
	s := KaplanMeier(sixMP, 0.95, LogLog)
	for _, c := range []struct{ week, s, se, low, high float64 }{
		{6, 18.0 / 21, 0.0764, 0.619718, 0.951552},
		{7, 18.0 / 21 * 16 / 17, 0.0869, 0.563147, 0.922809},
		{10, 0.752941, 0.0963, 0.503200, 0.889362},
		{13, 0.690196, 0.1068, 0.431610, 0.849066},
		{16, 0.627451, 0.1141, 0.367511, 0.804912},
		{22, 0.537815, 0.1282, 0.267779, 0.746791},
		{23, 0.448179, 0.1346, 0.188052, 0.680143},
		{35, 0.448179, 0.1346, 0.188052, 0.680143},
	} {
		i := s.At(c.week)
		near(t, "S", i.Estimate, c.s, 1e-6)
		near(t, "low", i.Low, c.low, 1e-6)
		near(t, "high", i.High, c.high, 1e-6)
		at := slices.Index(s.Times, c.week)
		near(t, "standard error", s.StandardError[at], c.se, 5e-5)
	}
	near(t, "between steps", s.At(9.5).Estimate, 18.0/21*16/17, 1e-12)
	near(t, "before the first", s.At(5.9).Estimate, 1, 0)
	near(t, "low before the first", s.At(5.9).Low, math.Pow(0.025, 1.0/21), 1e-12)
	nan(t, "after the last", s.At(36).Estimate, s.At(36).Low, s.At(36).High)
	median := s.Median()
	near(t, "median", median.Estimate, 23, 0)
	near(t, "median low", median.Low, 13, 0) // the low curve is 0.432 at 13 and 0.503 at 10
	nan(t, "median high", median.High)       // the high curve ends at 0.680
	plain := KaplanMeier(sixMP, 0.95, Plain).At(10)
	near(t, "plain low", plain.Low, 0.752941-1.959964*0.096350, 1e-5)
	near(t, "plain high", plain.High, 0.752941+1.959964*0.096350, 1e-5)
}

func TestKaplanMeierWithoutCensoring(t *testing.T) {
	// The control arm: S is the share that is left, the median is the eleventh of twenty-one.
	s := KaplanMeier(lifetimes(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23), 0.95, LogLog)
	near(t, "S(8)", s.At(8).Estimate, 8.0/21, 1e-12)
	near(t, "standard error of S(8)", s.StandardError[slices.Index(s.Times, 8)], math.Sqrt(8.0*13/21/21/21), 1e-12) // binomial
	near(t, "low of S(8)", s.At(8).Low, 0.183067, 1e-6)
	median := s.Median()
	near(t, "median", median.Estimate, 8, 0)
	near(t, "median low", median.Low, 4, 0)
	near(t, "median high", median.High, 11, 0)
	end := s.At(100)
	near(t, "S after all ended", end.Estimate, 0, 0)
	near(t, "high after all ended", end.High, ClopperPearson(0, 21, 0.95).High, 1e-9)
	ten := KaplanMeier(lifetimes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 0.95, LogLog)
	near(t, "first time by which half have ended", ten.Median().Estimate, 5, 0)
}

func TestSurvivalOfLittle(t *testing.T) {
	for what, l := range map[string][]Lifetime{"nothing": nil, "a missing time": {{math.NaN(), 1}, {3, 1}}, "a negative time": {{-1, 1}}, "an endless time": {{math.Inf(1), 0}}} {
		s, i := KaplanMeier(l, 0.95, LogLog), AalenJohansen(l, 2, 0.95)
		nan(t, what, s.At(1).Estimate, s.At(1).Low, s.Median().Estimate, s.Median().High, i.At(1, 1).Estimate, i.At(2, 1).High)
	}
	alive := KaplanMeier(lifetimes(-5, -5, -9), 0.95, LogLog)
	near(t, "nobody ended", alive.At(7).Estimate, 1, 0)
	near(t, "low with one left", alive.At(9).Low, 0.025, 1e-12)
	nan(t, "median of nobody", alive.Median().Estimate, alive.Median().High)
	near(t, "low of the median of three, of whom all may have been lucky", alive.Median().Low, 0, 0) // 0.025^(1/3) = 0.29
	many := KaplanMeier(lifetimes(-5, -5, -5, -9, -9, -9), 0.95, LogLog)
	near(t, "low of the median once fewer than six are left", many.Median().Low, 9, 0) // 0.025^(1/6) = 0.54, ^(1/3) = 0.29
	one := KaplanMeier(lifetimes(4), 0.95, LogLog)
	near(t, "one that ended", one.At(4).Estimate, 0, 0)
	near(t, "one that ended, high", one.At(4).High, 0.975, 1e-12)
	near(t, "one that ended, median", one.Median().Estimate, 4, 0)
	inc := AalenJohansen([]Lifetime{{4, 2}, {4, 2}}, 2, 0.95)
	near(t, "all by cause 2", inc.At(2, 4).Estimate, 1, 0)
	near(t, "all by cause 2, low", inc.At(2, 4).Low, math.Sqrt(0.025), 1e-12)
	near(t, "none by cause 1", inc.At(1, 4).Estimate, 0, 0)
	near(t, "none by cause 1, high", inc.At(1, 4).High, 1-math.Sqrt(0.025), 1e-12)
	defer func() {
		if recover() == nil {
			t.Error("a cause beyond the number of causes passed")
		}
	}()
	AalenJohansen([]Lifetime{{4, 3}}, 2, 0.95)
}

// Ten lifetimes by hand: S(t-) is 1, .9, .8, 24/35, ... ; variances and ends agree with those of lifelines.
func TestAalenJohansenByHand(t *testing.T) {
	l := []Lifetime{{1, 1}, {2, 2}, {2, 0}, {3, 1}, {4, 0}, {5, 2}, {6, 1}, {7, 1}, {8, 2}, {9, 0}}
	i := AalenJohansen(l, 2, 0.95)
	for _, c := range []struct{ t, one, two, variance, low, high float64 }{
		{1, 0.1, 0, 0.009, 0.005723, 0.358127},
		{2, 0.1, 0.1, 0.009, 0.005723, 0.358127},
		{3, 0.1 + 0.8/7, 0.1, 0.018236, 0.032240, 0.501120},
		{5, 0.1 + 0.8/7, 0.1 + 24.0/35/5, 0.018236, 0.032240, 0.501120},
		{6, 0.1 + 0.8/7 + 24.0/35/5, 0.1 + 24.0/35/5, 0.027763, 0.078627, 0.650488},
		{7, 0.1 + 0.8/7 + 2*24.0/35/5, 0.1 + 24.0/35/5, 0.031603, 0.143907, 0.767477},
		{8, 0.1 + 0.8/7 + 2*24.0/35/5, 0.1 + 2*24.0/35/5, 0.031603, 0.143907, 0.767477},
	} {
		one, two := i.At(1, c.t), i.At(2, c.t)
		near(t, "first cause", one.Estimate, c.one, 1e-12)
		near(t, "second cause", two.Estimate, c.two, 1e-12)
		near(t, "variance", math.Pow(i.Causes[0].StandardError[slices.Index(i.Times, c.t)], 2), c.variance, 1e-6)
		near(t, "low", one.Low, c.low, 1e-6)
		near(t, "high", one.High, c.high, 1e-6)
	}
	near(t, "nothing yet", i.At(1, 0.5).Estimate, 0, 0)
	nan(t, "after the last", i.At(1, 10).Estimate)
}

func drawLifetimes(t *rapid.T, causes int) []Lifetime {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Lifetime {
		return Lifetime{Time: float64(rapid.IntRange(0, 25).Draw(t, "time")), Cause: rapid.IntRange(0, causes).Draw(t, "cause")}
	}), 1, 60).Draw(t, "lifetimes")
}

func TestIncidencesAndSurvivalSumToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLifetimes(t, 4)
		s, i := KaplanMeier(l, 0.95, LogLog), AalenJohansen(l, 4, 0.95)
		for at, survival := range i.Survival {
			if survival != s.Estimate[at] {
				t.Fatalf("S(%v) = %v beside the causes, %v alone", i.Times[at], survival, s.Estimate[at])
			}
			sum := survival
			for _, c := range i.Causes {
				sum += c.Estimate[at]
				if !(0 <= c.Low[at] && c.Low[at] <= c.Estimate[at]+1e-12 && c.Estimate[at] <= c.High[at]+1e-12 && c.High[at] <= 1) {
					t.Fatalf("at %v: %v outside of [%v, %v]", i.Times[at], c.Estimate[at], c.Low[at], c.High[at])
				}
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Fatalf("S + ΣF = %v at %v", sum, i.Times[at])
			}
			if !(0 <= s.Low[at] && s.Low[at] <= survival+1e-12 && survival <= s.High[at]+1e-12 && s.High[at] <= 1) {
				t.Fatalf("S(%v) = %v outside of [%v, %v]", s.Times[at], survival, s.Low[at], s.High[at])
			}
		}
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
		order.Shuffle(len(l), func(a, b int) { l[a], l[b] = l[b], l[a] })
		again := AalenJohansen(l, 4, 0.95)
		for k := range i.Causes {
			if !slices.Equal(again.Causes[k].Estimate, i.Causes[k].Estimate) || !slices.Equal(again.Causes[k].High, i.Causes[k].High) {
				t.Fatalf("the order of lifetimes changed cause %d", k+1)
			}
		}
		if !slices.Equal(KaplanMeier(l, 0.95, LogLog).Low, s.Low) {
			t.Fatal("the order of lifetimes changed the survival curve")
		}
	})
}

// With one cause F is 1 - S, and its variance is Greenwood's; without censoring it is binomial for any number of causes.
func TestVarianceOfIncidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		single := drawLifetimes(t, 1)
		s, i := KaplanMeier(single, 0.9, LogLog), AalenJohansen(single, 1, 0.9)
		for at := range s.Times {
			if s.Estimate[at] > 0 && math.Abs(s.StandardError[at]-i.Causes[0].StandardError[at]) > 1e-9 {
				t.Fatalf("at %v: Greenwood %v, incidence %v", s.Times[at], s.StandardError[at], i.Causes[0].StandardError[at])
			}
		}
		for at, estimate := range i.Causes[0].Estimate {
			if estimate != 1-s.Estimate[at] || i.Causes[0].High[at] < estimate {
				t.Fatalf("at %v: F = %v beside S = %v", s.Times[at], estimate, s.Estimate[at])
			}
		}
		complete := slices.DeleteFunc(drawLifetimes(t, 3), func(l Lifetime) bool { return l.Cause == Censored })
		n := float64(len(complete))
		i = AalenJohansen(complete, 3, 0.9)
		for at := range i.Times {
			for k, c := range i.Causes {
				p, se := c.Estimate[at], c.StandardError[at]
				if math.Abs(se*se-p*(1-p)/n) > 1e-9 {
					t.Fatalf("cause %d at %v: variance %v, expected that of a share, %v", k+1, i.Times[at], se*se, p*(1-p)/n)
				}
			}
		}
	})
}
