package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// trial is one simulated sample: an interval, and the true value that it should hold.
type trial func(random *rand.Rand, index int) (i Interval, truth float64)

// coverage returns the share of intervals that hold the truth, seeded by the number of the sample.
func coverage(samples int, draw trial) float64 {
	held := make([]bool, samples)
	each(2, samples, func() func(int) {
		return func(index int) {
			i, truth := draw(rand.New(rand.NewPCG(20251010, uint64(index))), index)
			// An end that no value of so small a sample can be bounds nothing.
			held[index] = !(i.Low > truth) && !(i.High < truth)
		}
	})
	count := 0
	for _, h := range held {
		if h {
			count++
		}
	}
	return float64(count) / float64(samples)
}

// Coverage is measured within four standard errors of simulation of what the method promises: its level; at least its level
// where it says so; or the shortfall that docs/STATISTICS.md states. `go test -run Coverage -v` prints the table there.
func TestCoverage(t *testing.T) {
	for _, c := range []struct {
		name        string
		samples     int
		least, most float64 // true coverage that passes, before the error of simulation
		draw        trial
	}{
		{"Student, mean of 10 normal values", 8000, 0.95, 0.95, studentTrial},
		{"Kaplan-Meier log-log, 50 lifetimes, S = 0.7, half of them censored", 3000, 0.94, 0.965, survivalTrial},
		{"Kaplan-Meier, median of 80 lifetimes", 3000, 0.93, 0.975, medianTrial},
		{"Aalen-Johansen, 100 lifetimes, F = 0.3, two causes and censoring", 3000, 0.94, 0.965, incidenceTrial},
		{"order statistics, 90% quantile of 100", 8000, 0.95, 1, quantileTrial},
		{"BCa, mean of 40 exponential values", 1000, 0.92, 0.95, bcaTrial},
		{"percentiles, mean of 40 exponential values", 1000, 0.91, 0.945, percentileTrial},
		{"percentiles, shortfall of the worst 50 of 1000 normal values", 500, 0.91, 0.95, shortfallTrial(1000)},
		{"percentiles, shortfall of the worst 5 of 100 normal values", 1000, 0.70, 0.85, shortfallTrial(100)},
		{"BCa, shortfall of the worst 5 of 100 normal values", 500, 0.72, 0.88, accelerated},
		{"stationary bootstrap, automatic length, mean of 400 with φ = 0.5", 600, 0.88, 0.95, stationaryTrial(0)},
		{"the same with blocks of one, which is wrong", 400, 0.65, 0.80, stationaryTrial(1)},
		{"Sharpe, 500 skewed returns", 6000, 0.94, 0.955, sharpeTrial},
		{"2³ factorial, an interaction, 30 entries", 6000, 0.95, 0.95, factorialTrial},
	} {
		got := coverage(c.samples, c.draw)
		error := math.Sqrt(got * (1 - got) / float64(c.samples))
		t.Logf("%-70s %5.1f%% ± %.1f", c.name, 100*got, 100*error)
		if got < c.least-4*error || got > c.most+4*error {
			t.Errorf("%s: coverage %v ± %v, expected %v to %v", c.name, got, error, c.least, c.most)
		}
	}
}

func studentTrial(random *rand.Rand, _ int) (Interval, float64) {
	v := make([]float64, 10)
	for i := range v {
		v[i] = 3 + 2*random.NormFloat64()
	}
	return StudentMean(v, 0.95), 3
}

// exponentials draws lifetimes of rate 1, each cause with equal chance, censored at a uniform time.
func exponentials(random *rand.Rand, n, causes int, until float64) []Lifetime {
	l := make([]Lifetime, n)
	for i := range l {
		end, stop := random.ExpFloat64(), until*random.Float64()
		l[i] = Lifetime{Time: end, Cause: 1 + int(random.Uint64N(uint64(causes)))}
		if stop < end {
			l[i] = Lifetime{Time: stop}
		}
	}
	return l
}

func survivalTrial(random *rand.Rand, _ int) (Interval, float64) {
	return KaplanMeier(exponentials(random, 50, 1, 1.6), 0.95, LogLog).At(-math.Log(0.7)), 0.7
}

func medianTrial(random *rand.Rand, _ int) (Interval, float64) {
	return KaplanMeier(exponentials(random, 80, 1, 4), 0.95, LogLog).Median(), math.Ln2
}

func incidenceTrial(random *rand.Rand, _ int) (Interval, float64) {
	return AalenJohansen(exponentials(random, 100, 2, 4), 2, 0.95).At(1, -math.Log(0.4)), 0.3
}

func quantileTrial(random *rand.Rand, _ int) (Interval, float64) {
	v := make([]float64, 100)
	for i := range v {
		v[i] = random.ExpFloat64()
	}
	slices.Sort(v)
	return QuantileInterval(v, 0.9, 0.95), math.Log(10)
}

func skewed(random *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = random.ExpFloat64()
	}
	return v
}

func bcaTrial(random *rand.Rand, index int) (Interval, float64) {
	return Bootstrap{Level: 0.95, Resamples: 499, Seed: uint64(index)}.BCa(skewed(random, 40), mean), 1
}

func percentileTrial(random *rand.Rand, index int) (Interval, float64) {
	return MeanDifference(skewed(random, 40), Bootstrap{Level: 0.95, Resamples: 499, Seed: uint64(index)}, "m"), 1
}

func shortfallTrial(n int) trial {
	z := distuv.UnitNormal.Quantile(0.05)
	return func(random *rand.Rand, index int) (Interval, float64) {
		v := make([]float64, n)
		for i := range v {
			v[i] = random.NormFloat64()
		}
		return Bootstrap{Level: 0.95, Resamples: 200, Seed: uint64(index)}.ExpectedShortfall(v, 0.95, "m"), -distuv.UnitNormal.Prob(z) / 0.05
	}
}

func accelerated(random *rand.Rand, index int) (Interval, float64) {
	v := make([]float64, 100)
	for i := range v {
		v[i] = random.NormFloat64()
	}
	shortfall := func(sample []float64) float64 {
		slices.Sort(sample)
		return ExpectedShortfall(sample, 0.95)
	}
	truth := -distuv.UnitNormal.Prob(distuv.UnitNormal.Quantile(0.05)) / 0.05
	return Bootstrap{Level: 0.95, Resamples: 299, Seed: uint64(index)}.BCa(v, shortfall), truth
}

func stationaryTrial(block float64) trial {
	return func(_ *rand.Rand, index int) (Interval, float64) {
		series := autoregressive(400, 0.5, uint64(index))
		return Stationary{Level: 0.95, Resamples: 200, Seed: uint64(index), Block: block}.Interval(series, mean), 0
	}
}

// Returns of 0.2 plus an exponential of mean one less one: a ratio of 0.2 a period, skewness 2, kurtosis 9.
func sharpeTrial(random *rand.Rand, _ int) (Interval, float64) {
	r := skewed(random, 500)
	for i := range r {
		r[i] -= 0.8
	}
	return Sharpe(r, 0, 1, 0.95), 0.2
}

// Entries differ far more than cells do; factors 0 and 2 have an interaction of 0.5.
func factorialTrial(random *rand.Rand, _ int) (Interval, float64) {
	response := make([][]float64, 8)
	entry := make([]float64, 30)
	for j := range entry {
		entry[j] = 20 * random.NormFloat64()
	}
	for cell := range response {
		both := 0.0
		if cell&5 == 5 {
			both = 1
		}
		for j := range entry {
			response[cell] = append(response[cell], entry[j]+3*float64(cell&1)+both+random.NormFloat64())
		}
	}
	return Factorial(response, 0.95)[5].Interval, 0.5
}

// A probability's coverage needs no simulation: it is a sum over all counts.
func TestCoverageOfProbabilities(t *testing.T) {
	n, wilson, points := 50, 0.0, 0
	for p := 0.01; p < 0.995; p += 0.01 {
		exact, w := 0.0, 0.0
		for k := 0; k <= n; k++ {
			chance := distuv.Binomial{N: float64(n), P: p}.Prob(float64(k))
			if i := ClopperPearson(k, n, 0.95); i.Low <= p && p <= i.High {
				exact += chance
			}
			if i := Wilson(k, n, 0.95); i.Low <= p && p <= i.High {
				w += chance
			}
		}
		if exact < 0.95-1e-9 {
			t.Errorf("Clopper-Pearson covers %v with %v", p, exact)
		}
		if w < 0.91 {
			t.Errorf("Wilson covers %v with %v", p, w)
		}
		wilson, points = wilson+w, points+1
	}
	t.Logf("Wilson, 50 trials, mean over p: %.1f%%", 100*wilson/float64(points))
	near(t, "mean coverage of Wilson", wilson/float64(points), 0.953, 0.005)
}

// Under the hypothesis tests err no more often than they say; under the alternative they see what their power says.
func TestErrorRates(t *testing.T) {
	const samples = 20_000
	rate := func(reject func(random *rand.Rand, index int) bool) float64 {
		// A rejection is an interval that does not hold the truth.
		return 1 - coverage(samples, func(random *rand.Rand, index int) (Interval, float64) {
			if reject(random, index) {
				return Interval{Low: 1, High: 1}, 0
			}
			return Interval{}, 0
		})
	}
	differences := func(random *rand.Rand, n int, shift float64) []float64 {
		d := make([]float64, n)
		for i := range d {
			d[i] = shift + random.NormFloat64()
		}
		return d
	}
	for _, c := range []struct {
		name        string
		least, most float64
		reject      func(random *rand.Rand, index int) bool
	}{
		{"sign flip, 12 differences, none", 0.045, 0.05, func(random *rand.Rand, _ int) bool {
			return SignFlip{}.Test(differences(random, 12, 0)).Estimate <= 0.05
		}},
		{"sign flip at random, 30 differences, none", 0.045, 0.05, func(random *rand.Rand, index int) bool {
			return SignFlip{Samples: 199, Seed: uint64(index)}.Test(differences(random, 30, 0)).Estimate <= 0.05
		}},
		{"student, 34 differences of half a deviation", 0.8077775, 0.8077775, func(random *rand.Rand, _ int) bool {
			return StudentTest(differences(random, 34, 0.5)) <= 0.05
		}},
		{"mcnemar, 120 pairs, 20% against 8%", McNemarPower(120, 0.2, 0.08, 0.05), McNemarPower(120, 0.2, 0.08, 0.05), func(random *rand.Rand, _ int) bool {
			var only [3]int
			for range 120 {
				switch u := random.Float64(); {
				case u < 0.2:
					only[0]++
				case u < 0.28:
					only[1]++
				}
			}
			return McNemar(only[0], only[1]) <= 0.05
		}},
		{"holm, any of 10 true hypotheses", 0.045, 0.05, func(random *rand.Rand, _ int) bool {
			p := make([]float64, 10)
			for i := range p {
				p[i] = random.Float64()
			}
			return slices.Min(Holm(p)) <= 0.05
		}},
		{"probabilistic sharpe above 0.95 without skill, 100 returns", 0.04, 0.06, func(random *rand.Rand, _ int) bool {
			return SharpeOf(differences(random, 100, 0), 0).Probabilistic(0) > 0.95
		}},
	} {
		got := rate(c.reject)
		error := math.Sqrt(got * (1 - got) / samples)
		t.Logf("%-70s %5.1f%% ± %.1f", c.name, 100*got, 100*error)
		if got < c.least-4*error || got > c.most+4*error {
			t.Errorf("%s: rate %v ± %v, expected %v to %v", c.name, got, error, c.least, c.most)
		}
	}
}

// Of the discoveries by Benjamini-Hochberg at 10% no more than the share of true hypotheses times 10% is false, here half.
func TestFalseDiscoveryRate(t *testing.T) {
	false10, samples := 0.0, 3000
	for index := range samples {
		random := rand.New(rand.NewPCG(11, uint64(index)))
		p := make([]float64, 40)
		for i := range p {
			z := random.NormFloat64()
			if i < 20 {
				z += 3
			}
			p[i] = 2 * distuv.UnitNormal.CDF(-math.Abs(z))
		}
		called, wrong := 0.0, 0.0
		for i, v := range BenjaminiHochberg(p) {
			if v <= 0.1 {
				called++
				if i >= 20 {
					wrong++
				}
			}
		}
		if called > 0 {
			false10 += wrong / called / float64(samples)
		}
	}
	t.Logf("false discoveries %.2f%%", 100*false10)
	near(t, "false discovery rate", false10, 0.05, 4*0.06/math.Sqrt(float64(samples)))
}
