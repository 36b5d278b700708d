package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mean(sample []float64) float64 {
	sum := 0.0
	for _, v := range sample {
		sum += v
	}
	return sum / float64(len(sample))
}

// spatial is test A of B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), table 14.1.
var spatial = []float64{48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41}

// Their table 14.2 gives for the variance 171.5 the 90% intervals (100.8, 233.9) by percentiles and (115.8, 259.6) by BCa,
// from 2,000 resamples, with an acceleration of 0.061.
func TestBCaOfEfronAndTibshirani(t *testing.T) {
	variance := func(sample []float64) float64 {
		m, sum := mean(sample), 0.0
		for _, v := range sample {
			sum += (v - m) * (v - m)
		}
		return sum / float64(len(sample))
	}
	b := Bootstrap{Level: 0.9, Resamples: 20_000, Seed: 1}
	i := b.BCa(spatial, variance)
	near(t, "variance", i.Estimate, 171.5, 0.05)
	near(t, "low", i.Low, 115.8, 2.5)
	near(t, "high", i.High, 259.6, 4)
	all := make([]int32, len(spatial))
	for k := range all {
		all[k] = int32(k)
	}
	without := b.leaveOut(all, func() RowStatistic {
		return func(rows []int32) float64 {
			var sample []float64
			for _, r := range rows {
				sample = append(sample, spatial[r])
			}
			return variance(sample)
		}
	})
	near(t, "acceleration", acceleration(without), 0.061, 5e-4)
}

func TestBCaIsOfItsArgumentsOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-100, 100), 2, 40).Draw(t, "values")
		b := Bootstrap{Level: 0.9, Resamples: 60, Seed: rapid.Uint64().Draw(t, "seed"), Block: rapid.IntRange(0, 5).Draw(t, "block")}
		one, shared := b.BCa(values, mean), b
		shared.Workers = 4
		if many := shared.BCa(values, mean); !same(one, many) {
			t.Fatalf("one worker %+v, four %+v", one, many)
		}
		rows := func(rows []int32) float64 {
			sum := 0.0
			for _, r := range rows {
				sum += values[r]
			}
			return sum / float64(len(rows))
		}
		if b.Block >= 2 {
			if i := shared.BCaRows(len(values), rows); !same(one, i) {
				t.Fatalf("by values %+v, by rows %+v", one, i)
			}
			return
		}
		permuted := slices.Clone(values)
		rand.New(rand.NewPCG(b.Seed, 5)).Shuffle(len(values), func(i, j int) { permuted[i], permuted[j] = permuted[j], permuted[i] })
		if i := b.BCa(permuted, mean); !same(one, i) {
			t.Fatalf("permuting the values changed %+v to %+v", one, i)
		}
	})
}

func same(a, b Interval) bool {
	equal := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	return equal(a.Estimate, b.Estimate) && equal(a.Low, b.Low) && equal(a.High, b.High) && a.Level == b.Level && a.Method == b.Method
}

func TestResamplingOfLittle(t *testing.T) {
	b, s := Bootstrap{Level: 0.95, Resamples: 100, Seed: 3}, Stationary{Level: 0.95, Resamples: 100, Seed: 3}
	for what, values := range map[string][]float64{"nothing": nil, "a missing value": {1, math.NaN(), 2}} {
		for _, i := range []Interval{b.BCa(values, mean), s.Interval(values, mean), b.ExpectedShortfall(values, 0.95, "m")} {
			nan(t, what, i.Estimate, i.Low, i.High)
		}
	}
	for what, values := range map[string][]float64{"one value": {0.1}, "equal values": {0.1, 0.1, 0.1, 0.1}} {
		first := func(sample []float64) float64 { return sample[0] }
		for _, i := range []Interval{b.BCa(values, first), s.Interval(values, first), b.ExpectedShortfall(values, 0.5, "m")} {
			if i.Estimate != 0.1 || i.Low != 0.1 || i.High != 0.1 {
				t.Errorf("%s: %+v, expected 0.1 without a width", what, i)
			}
		}
	}
	still := b.BCaRows(4, func(rows []int32) float64 { return 0.1 })
	if still.Estimate != 0.1 || still.Low != 0.1 || still.High != 0.1 {
		t.Errorf("a statistic that never moves: %+v", still)
	}
	// Of eight rows a resample that has each of them once, in their order, is drawn once in 8^8 times: all replicates are above.
	aside := b.BCaRows(8, func(rows []int32) float64 {
		if slices.Equal(rows, []int32{0, 1, 2, 3, 4, 5, 6, 7}) {
			return -1
		}
		return float64(rows[0])
	})
	nan(t, "replicates on one side", aside.Low, aside.High)
	near(t, "estimate below every replicate but itself", aside.Estimate, -1, 0)
	missing := MeanDifference([]float64{1, math.NaN(), 2, 5, 7}, b, "m")
	nan(t, "mean with a missing difference", missing.Estimate, missing.Low, missing.High)
	d := Pairs{A: []float64{1, math.NaN(), 2, 5, 7}, B: []float64{1, 2, 3, 4, 5}}.Differences(b, "m")
	nan(t, "a missing outcome", d.Mean.Low, d.Median.Estimate, d.Median.Low, d.Median.High, d.ExpectedShortfall.Estimate, d.ExpectedShortfall.High)
}

// A rule that changes nothing differs by exactly zero, surely.
func TestNoDifferenceIsExactlyZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 2, 50).Draw(t, "outcomes")
		b := Bootstrap{Level: 0.95, Resamples: 50, Seed: rapid.Uint64().Draw(t, "seed"), Block: rapid.IntRange(0, 9).Draw(t, "block")}
		s := Stationary{Level: 0.95, Resamples: 50, Seed: b.Seed}
		difference := make([]float64, len(values))
		d := Pairs{A: values, B: values}.Differences(b, "m")
		for _, i := range []Interval{d.Mean, d.Median, d.ExpectedShortfall, MeanDifference(difference, b, "m"), StudentMean(difference, 0.95),
			b.BCa(difference, mean), s.Interval(difference, mean),
			b.BCaRows(len(values), func(rows []int32) float64 {
				sum := 0.0
				for _, r := range rows {
					sum += values[r] - values[r]
				}
				return sum
			})} {
			if i.Estimate != 0 || i.Low != 0 || i.High != 0 {
				t.Fatalf("%+v, expected exactly zero without a width", i)
			}
		}
		if p := (SignFlip{Samples: 100, Level: 0.95}).Test(difference); p.Estimate != 1 || p.Low != 1 || p.High != 1 {
			t.Fatalf("sign flip %+v, expected 1", p)
		}
		if p := StudentTest(difference); p != 1 {
			t.Fatalf("student %v, expected 1", p)
		}
	})
}

// Blocks are geometric with the mean asked for, start anywhere alike, and wrap.
func TestStationaryRows(t *testing.T) {
	s := Stationary{Seed: 9, Block: 8}
	n, rows := 500, make([]int32, 500)
	starts, wrapped := 0, 0
	visits := make([]int, n)
	for r := range 400 {
		s.Rows(r, rows)
		for i, at := range rows {
			visits[at]++
			switch {
			case i == 0:
			case at == 0 && rows[i-1] == int32(n-1):
				wrapped++
			case at != rows[i-1]+1:
				starts++
			}
		}
	}
	// Of 399 successors each 500 a share 1/8 is drawn anew, of which 1/500 follow on by chance: sd 148.
	near(t, "breaks", float64(starts), 400*499.0/8*499/500, 4*148)
	if wrapped == 0 {
		t.Error("no block wrapped")
	}
	for at, v := range visits { // 400 expected; blocks make the sd about sqrt(400·15)
		if v < 400-5*78 || v > 400+5*78 {
			t.Errorf("observation %d was drawn %d times, expected about 400", at, v)
		}
	}
	s.Block = 1
	s.Rows(0, rows)
	again := make([]int32, n)
	s.Rows(0, again)
	if !slices.Equal(rows, again) {
		t.Error("the same resample differs")
	}
	s.Rows(1, again)
	if slices.Equal(rows, again) {
		t.Error("two resamples are the same")
	}
	series := autoregressive(300, 0.5, 4)
	for _, block := range []float64{0, 1, 20} {
		one := Stationary{Level: 0.9, Resamples: 200, Seed: 2, Block: block, Workers: 1}
		many := one
		many.Workers = 3
		if a, b := one.Interval(series, mean), many.Interval(series, mean); a != b {
			t.Errorf("one worker %+v, three %+v", a, b)
		}
	}
}

// autoregressive draws x[t] = phi·x[t-1] + e, e standard normal, from its stationary law.
func autoregressive(n int, phi float64, seed uint64) []float64 {
	random := rand.New(rand.NewPCG(seed, 77))
	x := make([]float64, n)
	for i := range x {
		if x[i] = random.NormFloat64(); i == 0 {
			x[i] /= math.Sqrt(1 - phi*phi)
		} else {
			x[i] += phi * x[i-1]
		}
	}
	return x
}

// For an autoregression the length that the estimate is after is known: G/g = 2φ/(1-φ²), so that the stationary
// bootstrap's is ((2φ/(1-φ²))²·n)^(1/3); its long-run variance is 1/(1-φ)², its variance 1/(1-φ²).
func TestBlockLengthOfAutoregressions(t *testing.T) {
	for _, phi := range []float64{0.3, 0.7} {
		n, sum := 5000, Dependence{}
		for seed := range 20 {
			d := BlockLength(autoregressive(n, phi, uint64(seed)))
			sum.Stationary += d.Stationary / 20
			sum.LongRunVariance += d.LongRunVariance / 20
			sum.EffectiveSize += d.EffectiveSize / 20
			near(t, "circular over stationary", d.Circular/d.Stationary, math.Cbrt(1.5), 1e-12)
		}
		want := math.Cbrt(math.Pow(2*phi/(1-phi*phi), 2) * float64(n))
		near(t, "length", sum.Stationary, want, 0.15*want) // the window cuts small autocovariances off
		near(t, "long-run variance", sum.LongRunVariance, 1/(1-phi)/(1-phi), 0.06/(1-phi)/(1-phi))
		near(t, "effective size", sum.EffectiveSize, float64(n)*(1-phi)/(1+phi), 0.06*float64(n)*(1-phi)/(1+phi))
	}
	noise := BlockLength(autoregressive(5000, 0, 1))
	if noise.Stationary > 8 {
		t.Errorf("white noise asks for blocks of %v", noise.Stationary)
	}
	x := autoregressive(200, 0.5, 8)
	d := BlockLength(x)
	for i := range x {
		x[i] = 1000 - 7*x[i]
	}
	near(t, "length after a change of unit", BlockLength(x).Stationary, d.Stationary, 1e-9)
}

// Six values by hand: mean 0, R(0) = 28/6, R(1) = (-3·-2 -2·-1 -1·1 +1·2 +2·3)/6 = 15/6. With five lags at most and 5 in
// a row wanted, M is at most 5; the bound 2·sqrt(log10(6)/6) = 0.72 is above every autocorrelation, so m = 0, M = 2, and the
// window leaves R(1) whole and R(2) out: G = 2·R(1), g = R(0) + 2·R(1) = 58/6, b = (30/58)² · 6 to the third.
func TestBlockLengthByHand(t *testing.T) {
	d := BlockLength([]float64{-3, -2, -1, 1, 2, 3})
	near(t, "variance", d.Variance, 28.0/6, 1e-12)
	near(t, "long-run variance", d.LongRunVariance, 58.0/6, 1e-12)
	near(t, "length", d.Stationary, math.Cbrt(30.0/58*30/58*6), 1e-12)
	near(t, "circular", d.Circular, math.Cbrt(1.5*30.0/58*30/58*6), 1e-12)
	near(t, "effective size", d.EffectiveSize, 6*28.0/58, 1e-12)
	if d.Bandwidth != 2 {
		t.Errorf("bandwidth %d, expected 2", d.Bandwidth)
	}
	equal := BlockLength([]float64{0.1, 0.1, 0.1})
	if equal.Stationary != 1 || equal.Circular != 1 || equal.EffectiveSize != 3 || equal.Variance != 0 {
		t.Errorf("equal values: %+v", equal)
	}
	if one := BlockLength([]float64{5}); one.Stationary != 1 || one.EffectiveSize != 1 {
		t.Errorf("one value: %+v", one)
	}
	for _, series := range [][]float64{nil, {1, math.NaN()}} {
		d := BlockLength(series)
		nan(t, "length", d.Stationary, d.Circular, d.EffectiveSize, d.Variance, d.LongRunVariance)
	}
	if turning := BlockLength([]float64{1, -1, 1, -1, 1, -1, 1, -1, 1, -1}); turning.LongRunVariance > 0 || turning.EffectiveSize != 10 || turning.Stationary != 4 {
		t.Errorf("a series that always turns back: %+v", turning)
	}
}
