package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// D. H. Bailey, M. López de Prado, "The deflated Sharpe ratio" (2014), numerical example: the best of 100 trials over five
// years of 250 days has an annual ratio of 2.5, skewness -3, kurtosis 10; the trials' annual ratios have a variance of 1/2. The
// expected maximum is 0.1132 a day and the deflated ratio 0.9004; with 46 trials it would be 0.9505.
func TestDeflatedSharpeOfThePaper(t *testing.T) {
	s := SharpeSample{N: 1250, Ratio: 2.5 / math.Sqrt(250), Skewness: -3, Kurtosis: 10}
	near(t, "expected maximum", ExpectedMaximumSharpe(100, 0.5/250), 0.1132, 5e-5)
	near(t, "deflated, 100 trials", s.Deflated(100, 0.5/250), 0.9004, 5e-5)
	near(t, "deflated, 46 trials", s.Deflated(46, 0.5/250), 0.9505, 5e-5)
	near(t, "one trial", s.Deflated(1, 0.5/250), s.Probabilistic(0), 0)
}

// D. H. Bailey, M. López de Prado, "The Sharpe ratio efficient frontier" (2012): an annual ratio of 2 is above 1 with 95%
// confidence after 2.73 years of daily normal returns, 2.83 of weekly and 3.24 of monthly ones.
func TestMinimumTrackRecordOfThePaper(t *testing.T) {
	for perYear, years := range map[float64]float64{252: 2.73, 52: 2.83, 12: 3.24} {
		s := SharpeSample{Ratio: 2 / math.Sqrt(perYear), Kurtosis: 3}
		length := s.MinimumTrackRecord(1/math.Sqrt(perYear), 0.95)
		near(t, "years", length/perYear, years, 0.005)
		s.N = int(math.Round(length))
		near(t, "confidence after that", s.Probabilistic(1/math.Sqrt(perYear)), 0.95, 0.002)
	}
	nan(t, "no length is enough", SharpeSample{Ratio: 0.1, Kurtosis: 3}.MinimumTrackRecord(0.1, 0.95))
}

func TestSharpeByHand(t *testing.T) {
	// Mean 2, squares 4+0+4+0 = 8 over n-1: deviation sqrt(8/3). Symmetric; fourth moment 32/4 over the square of 8/4 is 2.
	returns := []float64{0, 2, 4, 2}
	s := SharpeOf(returns, 1)
	near(t, "ratio", s.Ratio, 1/math.Sqrt(8.0/3), 1e-12)
	near(t, "skewness", s.Skewness, 0, 1e-12)
	near(t, "kurtosis", s.Kurtosis, 2, 1e-12)
	near(t, "standard error", s.StandardError(), math.Sqrt((1+0.25*3.0/8)/3), 1e-12)
	i := Sharpe(returns, 1, 4, 0.95)
	near(t, "annualized", i.Estimate, 2/math.Sqrt(8.0/3), 1e-12)
	near(t, "annualized low", i.Low, 2/math.Sqrt(8.0/3)-2*1.959964*math.Sqrt((1+0.25*3.0/8)/3), 1e-6)
	// Below a target of 3: -3, -1, 0, -1; their squares sum to 11, over all four.
	near(t, "sortino", Sortino(returns, 3, 1), -1/math.Sqrt(11.0/4), 1e-12)
	near(t, "sortino of a year of nine", Sortino(returns, 3, 9), -3/math.Sqrt(11.0/4), 1e-12)
	near(t, "omega", Omega(returns, 3), 1.0/5, 1e-12)
	near(t, "omega at the mean", Omega(returns, 2), 1, 1e-12)
}

func TestRatiosOfLittle(t *testing.T) {
	for what, r := range map[string][]float64{"nothing": nil, "one return": {0.1}, "equal returns": {0.1, 0.1, 0.1}, "a missing return": {0.1, math.NaN(), 0.2}} {
		s := SharpeOf(r, 0)
		i := Sharpe(r, 0, 365, 0.95)
		nan(t, what, s.Ratio, s.StandardError(), s.Probabilistic(0), s.MinimumTrackRecord(0, 0.95), s.Deflated(5, 1), i.Estimate, i.Low, i.High,
			Sortino(r, 0, 365), Omega(r, 0))
	}
	nan(t, "no trials", ExpectedMaximumSharpe(0, 1), ExpectedMaximumSharpe(math.NaN(), 1), ExpectedMaximumSharpe(5, math.NaN()))
	benchmark, deflated := Deflate([]SharpeSample{SharpeOf([]float64{1, 1}, 0)})
	nan(t, "a sweep of nothing", benchmark, deflated[0])
	benchmark, deflated = Deflate([]SharpeSample{SharpeOf([]float64{1, 2, 4}, 0), SharpeOf([]float64{1, 1}, 0)})
	near(t, "one variant that is a number", benchmark, 0, 0)
	near(t, "its ratio", deflated[0], SharpeOf([]float64{1, 2, 4}, 0).Probabilistic(0), 0)
	nan(t, "the other", deflated[1])
}

func TestDeflateUsesTheSweepItself(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	var variants []SharpeSample
	var ratios []float64
	for range 30 {
		r := make([]float64, 100)
		for i := range r {
			r[i] = random.NormFloat64()
		}
		variants = append(variants, SharpeOf(r, 0))
		ratios = append(ratios, variants[len(variants)-1].Ratio)
	}
	benchmark, deflated := Deflate(variants)
	// The ratios of 30 series without skill vary by about 1/100; the largest of 30 normals is expected at 2.04 deviations.
	near(t, "benchmark", benchmark, 0.204, 0.05)
	best := 0
	for i := range ratios {
		if ratios[i] > ratios[best] {
			best = i
		}
	}
	near(t, "best", deflated[best], variants[best].Probabilistic(benchmark), 0)
	if deflated[best] > 0.95 {
		t.Errorf("the luckiest of 30 is called skilled with %v", deflated[best])
	}
}

func TestDrawdownsByHand(t *testing.T) {
	//                    0    1    2    3    4    5    6    7    8   9   10
	equity := []float64{100, 120, 120, 90, 108, 120, 150, 140, 60, 75, 149}
	all := Drawdowns(equity)
	want := []Drawdown{
		{Peak: 2, Trough: 3, End: 5, Recovered: true, Depth: 30, Share: 0.25},
		{Peak: 6, Trough: 8, End: 10, Depth: 90, Share: 0.6},
	}
	if !slices.Equal(all, want) {
		t.Fatalf("%+v, expected %+v", all, want)
	}
	s := DrawdownsOf(equity)
	if s.Count != 2 || s.Deepest != want[1] || s.Worst != want[1] || s.Longest != want[1] || s.Longest.Length() != 4 {
		t.Errorf("%+v", s)
	}
	near(t, "underwater", s.Underwater, 0.6, 1e-12) // points 3, 4, 7, 8, 9, 10 of 1 to 10
	near(t, "calmar", Calmar(equity, 5), (math.Sqrt(1.49)-1)/0.6, 1e-12)
	near(t, "calmar after a total loss", Calmar([]float64{10, 5, 0}, 1), -1, 1e-12)
	near(t, "calmar after more than that", Calmar([]float64{10, -10}, 1), -0.5, 1e-12)
	// Depth and share may belong to different falls.
	two := DrawdownsOf([]float64{10, 5, 100, 80, 101})
	near(t, "share", two.Worst.Share, 0.5, 1e-12)
	near(t, "depth", two.Deepest.Depth, 20, 1e-12)
}

func TestDrawdownsOfLittle(t *testing.T) {
	for what, equity := range map[string][]float64{"nothing": nil, "one point": {5}, "a missing point": {5, math.NaN(), 4}} {
		s := DrawdownsOf(equity)
		nan(t, what, s.Deepest.Depth, s.Worst.Share, s.Underwater, Calmar(equity, 365))
		if s.Count != 0 {
			t.Errorf("%s: %d falls", what, s.Count)
		}
	}
	for what, equity := range map[string][]float64{"rising": {1, 2, 3}, "level": {0.1, 0.1, 0.1}} {
		s := DrawdownsOf(equity)
		if s.Count != 0 || s.Deepest.Depth != 0 || s.Worst.Share != 0 || s.Underwater != 0 {
			t.Errorf("%s: %+v, expected no fall", what, s)
		}
		nan(t, what, Calmar(equity, 365))
	}
	below := DrawdownsOf([]float64{-1, -5})
	near(t, "depth below zero", below.Deepest.Depth, 4, 0)
	nan(t, "share below zero", below.Worst.Share)
}

// The largest depth is the largest fall between any two points.
func TestDrawdownAgreesWithAllPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		equity := rapid.SliceOfN(rapid.Float64Range(1, 100), 2, 40).Draw(t, "equity")
		deepest, worst, under := 0.0, 0.0, 0
		for i := range equity {
			high := slices.Max(equity[:i+1])
			deepest, worst = max(deepest, high-equity[i]), max(worst, (high-equity[i])/high)
			if equity[i] < high {
				under++
			}
		}
		s := DrawdownsOf(equity)
		if s.Deepest.Depth != deepest || s.Worst.Share != worst || s.Underwater != float64(under)/float64(len(equity)-1) {
			t.Fatalf("%+v, expected depth %v, share %v, %d points under water", s, deepest, worst, under)
		}
	})
}

func TestQuantileInterval(t *testing.T) {
	ascending := make([]float64, 100)
	for i := range ascending {
		ascending[i] = float64(i + 1)
	}
	// The median of a hundred: the 40th and the 61st value, as in tables for the sign test (W. J. Conover, "Practical
	// Nonparametric Statistics", 1999): P(X < 40) = 0.0176 and P(X < 41) = 0.0284 for 100 throws of a coin.
	median := QuantileInterval(ascending, 0.5, 0.95)
	near(t, "low", median.Low, 40, 0)
	near(t, "high", median.High, 61, 0)
	near(t, "estimate", median.Estimate, 50.5, 1e-12)
	// Of ten the second and the ninth: P(X < 2) = 11/1024 is at most 2.5%, P(X < 3) = 56/1024 is not.
	ten := QuantileInterval(ascending[:10], 0.5, 0.95)
	near(t, "low of ten", ten.Low, 2, 0)
	near(t, "high of ten", ten.High, 9, 0)
	// Five values cannot bound their median at 95%: 2/32 is more than 5%.
	five := QuantileInterval(ascending[:5], 0.5, 0.95)
	nan(t, "five values", five.Low, five.High)
	near(t, "five values", five.Estimate, 3, 0)
	extreme := QuantileInterval(ascending, 0.01, 0.95)
	nan(t, "low of the first percent", extreme.Low)          // 0.99^100 = 0.37
	near(t, "high of the first percent", extreme.High, 4, 0) // P(X >= 4) = 0.018, P(X >= 3) = 0.079
	for _, i := range []Interval{QuantileInterval(nil, 0.5, 0.95), QuantileInterval([]float64{math.NaN(), 1, 2}, 0.5, 0.95), QuantileInterval(ascending, 1, 0.95)} {
		nan(t, "nothing", i.Estimate, i.Low, i.High)
	}
	equal := QuantileInterval([]float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 0.5, 0.95)
	if equal.Low != 0.1 || equal.High != 0.1 || equal.Estimate != 0.1 {
		t.Errorf("equal values: %+v", equal)
	}
}

// The resample's shortfall, taken by walking the tail, is that of the resample written out.
func TestShortfallAgreesWithPlainResampling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-10, 10), 1, 60).Draw(t, "values")
		tail := rapid.SampledFrom([]float64{0, 0.5, 0.9, 0.95, 0.99}).Draw(t, "tail")
		b := Bootstrap{Level: 0.9, Resamples: 20, Seed: rapid.Uint64().Draw(t, "seed"), Block: rapid.IntRange(0, 7).Draw(t, "block")}
		got := b.ExpectedShortfall(values, tail, "m")
		var replicates []float64
		b.Draw(len(values), func(_ int, drawn []int32) {
			var sample []float64
			for i, v := range values {
				for range drawn[i/max(b.Block, 1)] {
					sample = append(sample, v)
				}
			}
			slices.Sort(sample)
			replicates = append(replicates, ExpectedShortfall(sample, tail))
		})
		want := b.Percentile(0, replicates, "m")
		sorted := slices.Sorted(slices.Values(values))
		if math.Abs(got.Low-want.Low) > 1e-9 || math.Abs(got.High-want.High) > 1e-9 || got.Estimate != ExpectedShortfall(sorted, tail) {
			t.Fatalf("%+v, expected [%v, %v]", got, want.Low, want.High)
		}
	})
}

func TestExcursions(t *testing.T) {
	e := ExcursionOf([]float64{1, -3, 2, 5, 4}, 4)
	if e != (Excursion{Adverse: 3, Favorable: 5, Result: 4}) {
		t.Errorf("%+v", e)
	}
	if e := ExcursionOf(nil, -1); e != (Excursion{Result: -1}) {
		t.Errorf("a trade without a path: %+v", e)
	}
	nan(t, "a missing point", ExcursionOf([]float64{1, math.NaN(), -2}, 0).Adverse)
	short := ExcursionOfBars([]float64{104, 110}, []float64{95, 99}, 100, -1, 0.02)
	near(t, "adverse of a short", short.Adverse, 0.1, 1e-12)
	near(t, "favorable of a short", short.Favorable, 0.05, 1e-12)
	long := ExcursionOfBars([]float64{104, 110}, []float64{95, 99}, 100, 1, 0.02)
	near(t, "adverse of a long", long.Adverse, 0.05, 1e-12)
	trades := []Excursion{{1, 4, 3}, {2, 2, 1}, {5, 1, -5}, {4, 0, -4}, {0, 0, 0}}
	s := Excursions(trades, 0.95)
	if s.All.Trades != 5 || s.Winners.Trades != 2 || s.Losers.Trades != 2 {
		t.Errorf("%+v", s)
	}
	near(t, "adverse of winners", s.Winners.Adverse.Mean, 1.5, 1e-12)
	near(t, "favorable of losers", s.Losers.Favorable.Mean, 0.5, 1e-12)
	near(t, "largest", s.All.Adverse.Largest, 5, 0)
	near(t, "median", s.All.Adverse.Median.Estimate, 2, 0)
	near(t, "edge ratio", s.EdgeRatio, 7.0/12, 1e-12)
	if i := ReachedAdverse(trades, 4, 0.95); i != Wilson(2, 5, 0.95) {
		t.Errorf("reached 4: %+v", i)
	}
	none := Excursions(nil, 0.95)
	nan(t, "no trades", none.EdgeRatio, none.All.Adverse.Mean, none.All.Adverse.Largest, none.Winners.Favorable.Median.Estimate, ReachedAdverse(nil, 1, 0.95).Estimate)
	missing := Excursions([]Excursion{{math.NaN(), 1, 1}, {1, 1, 1}}, 0.95)
	nan(t, "a missing excursion", missing.EdgeRatio, missing.All.Adverse.Mean, missing.All.Adverse.Largest, missing.All.Adverse.Median.Estimate,
		ReachedAdverse([]Excursion{{math.NaN(), 1, 1}}, 1, 0.95).Estimate)
}

func TestSlippages(t *testing.T) {
	fills := []StopFill{
		{Side: 1, Trigger: 100, Fill: 98, Size: 3},    // a long sold 2% below
		{Side: -1, Trigger: 200, Fill: 210, Size: 1},  // a short bought 5% above
		{Side: 1, Trigger: 50, Fill: 50, Size: 10},    // at the trigger
		{Side: -1, Trigger: 100, Fill: 99.5, Size: 2}, // better
	}
	s := Slippages(fills, 0.95)
	near(t, "mean", s.Mean, (0.02+0.05-0.005)/4, 1e-12)
	near(t, "largest", s.Largest, 0.05, 1e-12)
	near(t, "median", s.Median.Estimate, 0.01, 1e-12)
	near(t, "shortfall", s.ExpectedShortfall, 0.05, 1e-12)
	near(t, "cost", s.Cost, 6+10-1, 1e-12)
	if s.Past != Wilson(2, 4, 0.95) {
		t.Errorf("past the trigger: %+v", s.Past)
	}
	none := Slippages(nil, 0.95)
	nan(t, "no stops", none.Mean, none.Largest, none.ExpectedShortfall, none.Past.Estimate, none.P95.Estimate)
	near(t, "cost of no stops", none.Cost, 0, 0)
	missing := Slippages(append(fills, StopFill{Side: 1, Trigger: 100, Fill: math.NaN(), Size: 1}), 0.95)
	nan(t, "a missing price", missing.Mean, missing.Largest, missing.ExpectedShortfall, missing.Past.Estimate, missing.Cost, missing.P95.Estimate)
}

// Permuting returns or trades changes nothing but the last places of sums.
func TestRatiosDoNotDependOnTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SliceOfN(rapid.Float64Range(-1, 1), 3, 40).Draw(t, "returns")
		p := slices.Clone(r)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0)).Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
		for what, f := range map[string]func([]float64) float64{
			"sharpe":  func(v []float64) float64 { return SharpeOf(v, 0.1).Ratio },
			"sortino": func(v []float64) float64 { return Sortino(v, 0.1, 365) },
			"omega":   func(v []float64) float64 { return Omega(v, 0.1) },
			"student": StudentTest,
			"low":     func(v []float64) float64 { return StudentMean(v, 0.9).Low },
			"flip":    func(v []float64) float64 { return SignFlip{Samples: 50, Level: 0.9}.Test(v).Estimate },
		} {
			a, b := f(r), f(p)
			if math.IsNaN(a) != math.IsNaN(b) || math.Abs(a-b) > 1e-9*max(1, math.Abs(a)) {
				t.Fatalf("%s: %v, permuted %v", what, a, b)
			}
		}
	})
}
