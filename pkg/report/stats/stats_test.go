package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s = %v, expected %v", what, got, want)
	}
}

// The published examples of R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
// Medicine 17 (1998), table I: methods 3 (score) and 5 (Clopper-Pearson).
func TestIntervalsOfNewcombe(t *testing.T) {
	for _, c := range []struct {
		successes, trials                          int
		wilsonLow, wilsonHigh, exactLow, exactHigh float64
	}{
		{81, 263, 0.2553, 0.3662, 0.2527, 0.3676},
		{15, 148, 0.0624, 0.1605, 0.0578, 0.1617},
		{0, 20, 0, 0.1611, 0, 0.1684},
		{1, 29, 0.0061, 0.1718, 0.0009, 0.1776},
	} {
		w, e := Wilson(c.successes, c.trials, 0.95), ClopperPearson(c.successes, c.trials, 0.95)
		near(t, "wilson low", w.Low, c.wilsonLow, 5e-5)
		near(t, "wilson high", w.High, c.wilsonHigh, 5e-5)
		near(t, "exact low", e.Low, c.exactLow, 5e-5)
		near(t, "exact high", e.High, c.exactHigh, 5e-5)
	}
}

func TestIntervalsAtTheEnds(t *testing.T) {
	// With no successes the exact upper end solves (1-p)^n = 0.025; with all, the lower end is its mirror.
	near(t, "exact high of 0/10", ClopperPearson(0, 10, 0.95).High, 1-math.Pow(0.025, 0.1), 1e-10)
	near(t, "exact low of 10/10", ClopperPearson(10, 10, 0.95).Low, math.Pow(0.025, 0.1), 1e-10)
	if i := Wilson(10, 10, 0.95); i.High != 1 || i.Estimate != 1 {
		t.Errorf("Wilson(10, 10) = %+v, expected to end at exactly 1", i)
	}
	for _, i := range []Interval{Wilson(0, 0, 0.95), ClopperPearson(0, 0, 0.95)} {
		if !math.IsNaN(i.Estimate) || !math.IsNaN(i.Low) || !math.IsNaN(i.High) {
			t.Errorf("%s of no trials = %+v, expected NaN", i.Method, i)
		}
	}
}

func TestIntervalsHoldTheEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200_000).Draw(t, "trials")
		k := rapid.IntRange(0, n).Draw(t, "successes")
		w, e := Wilson(k, n, 0.95), ClopperPearson(k, n, 0.95)
		for _, i := range []Interval{w, e} {
			if !(0 <= i.Low && i.Low <= i.Estimate && i.Estimate <= i.High && i.High <= 1) {
				t.Fatalf("%d of %d: %+v is not ordered", k, n, i)
			}
		}
		mirror := Wilson(n-k, n, 0.95)
		if math.Abs(mirror.Low-(1-w.High)) > 1e-12 {
			t.Fatalf("%d of %d: wilson of the failures is not the mirror of that of the successes", k, n)
		}
	})
}

func TestMcNemar(t *testing.T) {
	// 6 against 16: 2·sum_{k<=6} C(22,k)/2^22 = 2·(1+22+231+1540+7315+26334+74613)/4194304.
	near(t, "McNemar(6, 16)", McNemar(6, 16), 2*110056.0/4194304, 1e-12)
	near(t, "McNemar(16, 6)", McNemar(16, 6), 2*110056.0/4194304, 1e-12)
	near(t, "McNemar(0, 5)", McNemar(0, 5), 1.0/16, 1e-12)
	near(t, "McNemar(0, 0)", McNemar(0, 0), 1, 0)
	near(t, "McNemar(7, 7)", McNemar(7, 7), 1, 0)
	if p := McNemar(0, 50_000); !(p >= 0 && p < 1e-300) {
		t.Errorf("McNemar(0, 50000) = %v, expected next to nothing", p)
	}
}

func TestQuantile(t *testing.T) {
	// numpy.quantile([1, 2, 4, 8], [0, .25, .5, .9, 1]) = 1, 1.75, 3, 6.8, 8: h = 3p.
	v := []float64{1, 2, 4, 8}
	for p, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 3, 0.9: 6.8, 1: 8} {
		near(t, "quantile", Quantile(v, p), want, 1e-12)
	}
	near(t, "one value", Quantile([]float64{7}, 0.3), 7, 0)
	if !math.IsNaN(Quantile(nil, 0.5)) {
		t.Error("the median of nothing is not NaN")
	}
}

func TestExpectedShortfall(t *testing.T) {
	ascending := make([]float64, 100) // -50 ... 49
	for i := range ascending {
		ascending[i] = float64(i - 50)
	}
	near(t, "worst five of a hundred", ExpectedShortfall(ascending, 0.95), -48, 1e-12)
	near(t, "worst one of twenty", ExpectedShortfall(ascending[:20], 0.95), -50, 1e-12)
	// Thirty values: the worst 1.5 of them are -50 and half of -49.
	near(t, "one and a half of thirty", ExpectedShortfall(ascending[:30], 0.95), (-50-49*0.5)/1.5, 1e-12)
	near(t, "half of ten", ExpectedShortfall(ascending[:10], 0.95), -50, 1e-12)
	near(t, "level 0 is the mean", ExpectedShortfall(ascending, 0), -0.5, 1e-12)
	if !math.IsNaN(ExpectedShortfall(nil, 0.95)) {
		t.Error("the shortfall of nothing is not NaN")
	}
}

func TestGini(t *testing.T) {
	near(t, "equal", Gini([]float64{3, 3, 3}), 0, 1e-12)
	near(t, "one has all", Gini([]float64{0, 0, 0, 9}), 0.75, 1e-12)
	near(t, "1 2 3", Gini([]float64{1, 2, 3}), 2.0/9, 1e-12) // mean absolute difference 8/9 over twice the mean 2
	if !math.IsNaN(Gini(nil)) || !math.IsNaN(Gini([]float64{0, 0})) {
		t.Error("the concentration of nothing is not NaN")
	}
}

// The resample's median and shortfall, taken by walking weights, are those of the resample written out.
func TestDifferencesAgreeWithPlainResampling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 60), rapid.IntRange(1000, 1200)).Draw(t, "pairs")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 1))
		draw := func() (v []float64) {
			for range n {
				v = append(v, math.Round(random.NormFloat64()*50)/8) // with ties
			}
			return v
		}
		p := Pairs{A: draw(), B: draw()}
		b := Bootstrap{Level: 0.9, Resamples: 25, Seed: rapid.Uint64().Draw(t, "seed"), Block: rapid.OneOf(rapid.IntRange(0, 7), rapid.IntRange(100, 300)).Draw(t, "block")}
		got := p.Differences(b, "m")
		mean, median, shortfall := make([]float64, b.Resamples), make([]float64, b.Resamples), make([]float64, b.Resamples)
		b.Draw(n, func(r int, drawn []int32) {
			var x, y []float64
			for i := range n {
				for range drawn[i/max(b.Block, 1)] {
					x, y = append(x, p.A[i]), append(y, p.B[i])
				}
			}
			for i := range x {
				mean[r] += (x[i] - y[i]) / float64(len(x))
			}
			slices.Sort(x)
			slices.Sort(y)
			median[r] = Quantile(x, 0.5) - Quantile(y, 0.5)
			shortfall[r] = ExpectedShortfall(x, 0.95) - ExpectedShortfall(y, 0.95)
		})
		for _, c := range []struct {
			name       string
			got        Interval
			replicates []float64
		}{{"mean", got.Mean, mean}, {"median", got.Median, median}, {"shortfall", got.ExpectedShortfall, shortfall}} {
			want := b.Percentile(0, c.replicates, "m")
			if math.Abs(c.got.Low-want.Low) > 1e-6 || math.Abs(c.got.High-want.High) > 1e-6 {
				t.Fatalf("%s: [%v, %v], expected [%v, %v]", c.name, c.got.Low, c.got.High, want.Low, want.High)
			}
		}
		if again := p.Differences(b, "m"); again != got {
			t.Fatalf("the same seed gave %+v and %+v", got, again)
		}
	})
}

// For independent differences of known spread the interval has the width of the normal one: 2·1.96·σ/√n.
func TestBootstrapWidth(t *testing.T) {
	n := 4000
	d := make([]float64, n)
	for i := range d {
		d[i] = float64(i%2)*2 - 1 // σ = 1
	}
	i := MeanDifference(d, Bootstrap{Level: 0.95, Resamples: 4000, Seed: 7}, "m")
	near(t, "estimate", i.Estimate, 0, 1e-12)
	near(t, "width", i.High-i.Low, 2*1.96/math.Sqrt(float64(n)), 0.004)
	// Neighbors that cancel leave nothing to vary once they are drawn together.
	blocked := MeanDifference(d, Bootstrap{Level: 0.95, Resamples: 100, Seed: 7, Block: 2}, "m")
	near(t, "blocked width", blocked.High-blocked.Low, 0, 1e-12)
}

func BenchmarkDifferences(b *testing.B) {
	n := 20_000
	p := Pairs{A: make([]float64, n), B: make([]float64, n)}
	for i := range n {
		p.A[i], p.B[i] = math.Mod(float64(i)*0.618033988749, 1), math.Mod(float64(i)*0.414213562373, 1)
	}
	boot := Bootstrap{Level: 0.95, Resamples: 200, Seed: 1, Block: n / 20}
	for b.Loop() {
		p.Differences(boot, "m")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(boot.Resamples)/float64(n), "ns/pair/resample")
}
