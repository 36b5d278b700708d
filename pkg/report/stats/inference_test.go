package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Darwin's maize: R. A. Fisher, "The Design of Experiments" (1935), section 21. Of the 32,768 sign patterns of the fifteen
// differences in eighths of an inch 1,726 sum to 314 or more in absolute value.
var maize = []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}

func TestSignFlipOfDarwinsMaize(t *testing.T) {
	p := SignFlip{Level: 0.95}.Test(maize)
	near(t, "p", p.Estimate, 1726.0/32768, 0)
	if p.Low != p.Estimate || p.High != p.Estimate || p.Method != "sign flip, exact" {
		t.Errorf("%+v, expected an exact p-value", p)
	}
	near(t, "student", StudentTest(maize), 0.0497, 5e-5) // t = 2.148 on 14 degrees, as Fisher computed
	near(t, "mean", StudentMean(maize, 0.95).Estimate, 314.0/15, 1e-12)
	near(t, "low of the mean", StudentMean(maize, 0.95).Low, 314.0/15-2.144787*37.744/math.Sqrt(15), 1e-3)
}

func TestSignFlipAtRandomAgreesWithAllPatterns(t *testing.T) {
	// Twenty-one small numbers have exact frequencies by dynamic programming over sums.
	differences := []float64{3, -1, 4, 1, -5, 9, 2, 6, -5, 3, 5, 8, -9, 7, 9, 3, 2, -3, 8, 4, 6}
	frequencies, observed := map[int]float64{0: 1}, 0.0
	for _, d := range differences {
		next := map[int]float64{}
		for sum, f := range frequencies {
			next[sum+int(d)] += f / 2
			next[sum-int(d)] += f / 2
		}
		frequencies, observed = next, observed+d
	}
	exact := 0.0
	for sum, f := range frequencies {
		if math.Abs(float64(sum)) >= math.Abs(observed) {
			exact += f
		}
	}
	s := SignFlip{Samples: 40_000, Seed: 5, Level: 0.999, Workers: 1}
	p := s.Test(differences)
	if !(p.Low <= exact && exact <= p.High) {
		t.Errorf("%+v does not hold %v", p, exact)
	}
	near(t, "p", p.Estimate, exact, 4*math.Sqrt(exact/40_000))
	s.Workers = 3
	if again := s.Test(differences); again != p {
		t.Errorf("three workers %+v, one %+v", again, p)
	}
	large := make([]float64, 150)
	for i := range large {
		large[i] = 1
	}
	if p := s.Test(large); p.Estimate != 1.0/40_001 || p.Low != 0 {
		t.Errorf("one sign only: %+v", p)
	}
}

// For differences of -1, 0 and 1 the sign flip is McNemar's exact test.
func TestSignFlipIsMcNemar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		onlyA, onlyB, neither := rapid.IntRange(0, 10).Draw(t, "a"), rapid.IntRange(0, 10).Draw(t, "b"), rapid.IntRange(1, 30).Draw(t, "neither")
		d := make([]float64, neither)
		d = append(d, slices.Repeat([]float64{1}, onlyA)...)
		d = append(d, slices.Repeat([]float64{-1}, onlyB)...)
		if p := (SignFlip{Level: 0.95}).Test(d).Estimate; math.Abs(p-McNemar(onlyA, onlyB)) > 1e-12 {
			t.Fatalf("sign flip %v, McNemar %v", p, McNemar(onlyA, onlyB))
		}
	})
}

func TestTestsOfLittle(t *testing.T) {
	s := SignFlip{Samples: 10, Level: 0.95}
	nan(t, "nothing", s.Test(nil).Estimate, StudentTest(nil), StudentMean(nil, 0.95).Estimate)
	nan(t, "a missing difference", s.Test([]float64{1, math.NaN()}).Estimate, StudentTest([]float64{1, math.NaN()}), StudentMean([]float64{1, math.NaN()}, 0.95).Low)
	near(t, "one difference", s.Test([]float64{7}).Estimate, 1, 0)
	near(t, "one difference", StudentMean([]float64{7}, 0.95).Estimate, 7, 0)
	nan(t, "one difference", StudentMean([]float64{7}, 0.95).Low, StudentTest([]float64{7}))
	near(t, "equal differences", s.Test([]float64{0.1, 0.1, 0.1}).Estimate, 0.25, 0)
	near(t, "equal differences", StudentTest([]float64{0.1, 0.1, 0.1}), 0, 0)
	if i := StudentMean([]float64{0.1, 0.1, 0.1}, 0.95); i.Low != 0.1 || i.High != 0.1 {
		t.Errorf("equal differences: %+v", i)
	}
	// Blocks of two cancel: nothing is left to flip.
	near(t, "blocks that cancel", SignFlip{Block: 2, Level: 0.95}.Test([]float64{1, -1, 2, -2}).Estimate, 1, 0)
	near(t, "two blocks", SignFlip{Block: 2, Level: 0.95}.Test([]float64{1, 2, 3, 4}).Estimate, 0.5, 0)
	nan(t, "no samples", SignFlip{Level: 0.95}.Test(make([]float64, 0)).Estimate, SignFlip{}.Test([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}).Estimate)
}

// The fifteen p-values of Y. Benjamini, Y. Hochberg (1995), section 3.2: at 0.05 their procedure calls the first four, that of
// Bonferroni (and of Holm) the first three. Adjusted values agree with those of statsmodels.
func TestManyComparisonsOfThePaper(t *testing.T) {
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	for what, c := range map[string]struct {
		got, want []float64
		called    int
	}{
		"holm": {Holm(p), []float64{0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1, 1, 1, 1, 1, 1}, 3},
		"benjamini-hochberg": {BenjaminiHochberg(p), []float64{0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.063857, 0.063857, 0.0645, 0.0765, 0.486,
			0.581182, 0.714875, 0.753231, 0.813214, 1}, 4},
		"benjamini-yekutieli": {BenjaminiYekutieli(p), []float64{0.004977, 0.009955, 0.031523, 0.118212, 0.200089, 0.211893, 0.211893, 0.214026,
			0.253845, 1, 1, 1, 1, 1, 1}, 3},
	} {
		called := 0
		for i := range p {
			near(t, what, c.got[i], c.want[i], 1e-6)
			if c.got[i] <= 0.05 {
				called++
			}
		}
		if called != c.called {
			t.Errorf("%s calls %d, expected %d", what, called, c.called)
		}
	}
}

func TestManyComparisons(t *testing.T) {
	if len(Holm(nil))+len(BenjaminiHochberg(nil))+len(BenjaminiYekutieli(nil)) != 0 {
		t.Error("no tests have adjusted values")
	}
	for _, adjust := range []func([]float64) []float64{Holm, BenjaminiHochberg, BenjaminiYekutieli} {
		got := adjust([]float64{math.NaN(), 0.03, math.NaN()})
		nan(t, "a test that was not made", got[0], got[2])
		near(t, "the only one that was", got[1], 0.03, 0)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 30).Draw(t, "p")
		holm, bh, by := Holm(p), BenjaminiHochberg(p), BenjaminiYekutieli(p)
		for i := range p {
			if !(p[i] <= bh[i] && bh[i] <= by[i]+1e-15 && bh[i] <= holm[i]+1e-15 && holm[i] <= min(1, float64(len(p))*p[i]) && by[i] <= 1) {
				t.Fatalf("p %v: holm %v, bh %v, by %v of %d", p[i], holm[i], bh[i], by[i], len(p))
			}
			for j := range p {
				if p[i] <= p[j] && !(holm[i] <= holm[j] && bh[i] <= bh[j] && by[i] <= by[j]) {
					t.Fatalf("%v and %v change their order", p[i], p[j])
				}
			}
		}
		reversed := slices.Clone(p)
		slices.Reverse(reversed)
		again := BenjaminiHochberg(reversed)
		slices.Reverse(again)
		if !slices.Equal(again, bh) {
			t.Fatal("the order of tests changed their values")
		}
	})
}

// Known sample sizes of the paired t-test at 5% and 80%: 199, 34 and 15 pairs for effects of 0.2, 0.5 and 0.8 (G*Power, and
// statsmodels 198.15, 33.37, 14.30 before rounding up); its power for 34 pairs and 0.5 is 0.807778.
func TestPowerOfPairedMeans(t *testing.T) {
	for effect, want := range map[float64]int{0.2: 199, 0.5: 34, 0.8: 15, -0.5: 34} {
		if n, ok := PairedMeanSetups(effect, 0.05, 0.8); !ok || n != want {
			t.Errorf("effect %v: %d pairs, %v, expected %d", effect, n, ok, want)
		}
	}
	near(t, "power", PairedMeanPower(34, 0.5, 0.05), 0.8077775, 1e-6)
	near(t, "power of no effect", PairedMeanPower(34, 0, 0.05), 0.05, 1e-9)
	near(t, "detectable", PairedMeanDetectable(50, 0.05, 0.9), 0.4676794, 1e-7) // scipy's nct has 0.9 there
	if n, ok := PairedMeanSetups(0.001, 0.05, 0.8); !ok || math.Abs(float64(n)-math.Pow(1.959964+0.841621, 2)*1e6) > 100 {
		t.Errorf("a thousandth of a deviation needs %d pairs, %v", n, ok)
	}
	if n, ok := PairedMeanSetups(10, 0.05, 0.8); !ok || PairedMeanPower(n, 10, 0.05) < 0.8 || n > 2 && PairedMeanPower(n-1, 10, 0.05) >= 0.8 {
		t.Errorf("ten deviations need %d pairs, %v", n, ok)
	}
	for _, bad := range []float64{0, math.NaN(), 1e-9} {
		if n, ok := PairedMeanSetups(bad, 0.05, 0.8); ok {
			t.Errorf("effect %v: %d pairs", bad, n)
		}
	}
	nan(t, "wrong requests", PairedMeanPower(1, 1, 0.05), PairedMeanPower(5, 1, 0), PairedMeanPower(5, math.NaN(), 0.05), PairedMeanDetectable(1, 0.05, 0.8), PairedMeanDetectable(9, 0.05, 0.01))
}

// powerByHand sums over all pairs of counts.
func powerByHand(n int, a, b, alpha float64) float64 {
	power, choose := 0.0, func(n, k int) float64 {
		x, _ := math.Lgamma(float64(n + 1))
		y, _ := math.Lgamma(float64(k + 1))
		z, _ := math.Lgamma(float64(n - k + 1))
		return math.Exp(x - y - z)
	}
	for i := 0; i <= n; i++ {
		for j := 0; i+j <= n; j++ {
			if McNemar(i, j) <= alpha {
				power += choose(n, i) * choose(n-i, j) * math.Pow(a, float64(i)) * math.Pow(b, float64(j)) * math.Pow(1-a-b, float64(n-i-j))
			}
		}
	}
	return power
}

func TestPowerOfMcNemar(t *testing.T) {
	// R. J. Connor (1987), page 209: shares 0.45 and 0.05 need 23 pairs at 5% and 80%.
	near(t, "connor", math.Ceil(ConnorSetups(0.45, 0.05, 0.05, 0.8)), 23, 0)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		a := rapid.Float64Range(0, 1).Draw(t, "a")
		b := rapid.Float64Range(0, 1).Draw(t, "b") * (1 - a)
		alpha := rapid.SampledFrom([]float64{0.01, 0.05, 0.2}).Draw(t, "alpha")
		if got, want := McNemarPower(n, a, b, alpha), powerByHand(n, a, b, alpha); math.Abs(got-want) > 1e-9 {
			t.Fatalf("power %v, summed over all counts %v", got, want)
		}
	})
	for _, c := range []struct{ a, b float64 }{{0.45, 0.05}, {0.1, 0.05}, {0.02, 0.01}, {0, 0.3}, {1, 0}} {
		n, ok := McNemarSetups(c.a, c.b, 0.05, 0.8)
		if !ok || McNemarPower(n, c.a, c.b, 0.05) < 0.8 || n > 2 && McNemarPower(n-1, c.a, c.b, 0.05) >= 0.8 {
			t.Errorf("%+v: %d pairs, %v, power %v", c, n, ok, McNemarPower(n, c.a, c.b, 0.05))
		}
		// The exact test asks for some pairs more than the approximation.
		if approximate := ConnorSetups(c.a, c.b, 0.05, 0.8); c.a*c.b > 0 && (float64(n) < approximate || float64(n) > 1.3*approximate+5) {
			t.Errorf("%+v: %d pairs, about %v expected", c, n, approximate)
		}
	}
	d := McNemarDetectable(400, 0.2, 0.05, 0.8)
	near(t, "power at the detectable difference", McNemarPower(400, 0.1+d/2, 0.1-d/2, 0.05), 0.8, 1e-9)
	if p := McNemarPower(1000, 0.1, 0.1, 0.05); !(p > 0.03 && p <= 0.05) {
		t.Errorf("size %v, expected just below 5%%", p)
	}
	if _, ok := McNemarSetups(0.2, 0.2, 0.05, 0.8); ok {
		t.Error("equal shares can be told apart")
	}
	near(t, "no discordant pairs", McNemarPower(100, 0, 0, 0.05), 0, 0)
	nan(t, "wrong requests", McNemarPower(0, 0.1, 0.2, 0.05), McNemarPower(9, 0.7, 0.7, 0.05), McNemarPower(9, 0.1, 0.2, 1), ConnorSetups(0.1, 0.1, 0.05, 0.8),
		McNemarDetectable(3, 0.5, 0.05, 0.8), McNemarDetectable(100, 0, 0.05, 0.8), McNemarPower(9, math.NaN(), 0.2, 0.05))
	if p := McNemarPower(1_000_000, 0.01, 0.0105, 0.05); !(p > 0.9 && p < 1) { // normal: Φ(0.0005·1000/sqrt(0.0205) - 1.96) = 0.937
		t.Errorf("a million pairs: %v", p)
	}
}

// The pilot plant of G. E. P. Box, W. G. Hunter, J. S. Hunter, "Statistics for Experimenters" (1978), table 10.1: temperature,
// concentration, catalyst. Two runs of each cell, here the two entries; the book gives the effects.
func TestFactorialOfThePilotPlant(t *testing.T) {
	response := [][]float64{{59, 61}, {74, 70}, {50, 58}, {69, 67}, {50, 54}, {81, 85}, {46, 44}, {79, 81}}
	all := Factorial(response, 0.95)
	for mask, want := range []float64{64.25, 23, -5, 1.5, 1.5, 10, 0, 0.5} {
		near(t, "effect", all[mask].Interval.Estimate, want, 1e-12)
	}
	// Temperature, run by run: (74+69+81+79-59-50-50-46)/4 = 24.5 and (70+67+85+81-61-58-54-44)/4 = 21.5.
	near(t, "standard error", all[1].StandardError, 1.5, 1e-12)
	near(t, "low", all[1].Interval.Low, 23-12.7062*1.5, 1e-3) // t on one degree
	nan(t, "the mean is not tested", all[0].P, all[0].Adjusted)
	if all[0].Order() != 0 || all[2].Order() != 1 || all[5].Order() != 2 || all[7].Order() != 3 {
		t.Error("orders of effects")
	}
	p := make([]float64, 7)
	for i := range p {
		p[i] = all[i+1].P
	}
	for i, adjusted := range Holm(p) {
		near(t, "adjusted", all[i+1].Adjusted, adjusted, 0)
	}
}

func TestContrasts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 5).Draw(t, "factors")
		entries := rapid.IntRange(1, 6).Draw(t, "entries")
		idle := rapid.IntRange(0, k-1).Draw(t, "idle factor")
		response := make([][]float64, 1<<k)
		for cell := range response {
			if off := cell &^ (1 << idle); off != cell {
				response[cell] = response[off]
				continue
			}
			response[cell] = rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), entries, entries).Draw(t, "responses")
		}
		contrast := Contrasts(response)
		for e := range contrast {
			for j := range entries {
				sum, divisor := 0.0, float64(len(response))/2
				for cell := range response {
					sign := 1.0
					if bits.OnesCount(uint(e&^cell))%2 == 1 { // a factor of the effect that is off turns the sign
						sign = -1
					}
					sum += sign * response[cell][j]
				}
				if e == 0 {
					divisor *= 2
				}
				if math.Abs(contrast[e][j]-sum/divisor) > 1e-9 {
					t.Fatalf("effect %b, entry %d: %v, expected %v", e, j, contrast[e][j], sum/divisor)
				}
				if e>>idle&1 == 1 && contrast[e][j] != 0 {
					t.Fatalf("a factor that changes nothing has a contrast of %v", contrast[e][j])
				}
			}
		}
		b := Bootstrap{Level: 0.95, Resamples: 30, Seed: 1}
		for _, all := range [][]Effect{Factorial(response, 0.95), FactorialBlocks(response, b, "m")} {
			e := all[1<<idle]
			if entries > 1 && (e.Interval.Estimate != 0 || e.Interval.Low != 0 || e.Interval.High != 0 || e.P != 1 || e.Adjusted != 1) {
				t.Fatalf("a factor that changes nothing: %+v", e)
			}
		}
		// What entries have in common falls out of all effects: shift each by its own number.
		random := rand.New(rand.NewPCG(uint64(k), 8))
		shifted := make([][]float64, len(response))
		shift := make([]float64, entries)
		for j := range shift {
			shift[j] = math.Round(random.NormFloat64() * 1000)
		}
		for cell := range response {
			for j, v := range response[cell] {
				shifted[cell] = append(shifted[cell], v+shift[j])
			}
		}
		moved := Contrasts(shifted)
		for e := range contrast[1:] {
			for j := range entries {
				if math.Abs(moved[e+1][j]-contrast[e+1][j]) > 1e-8 {
					t.Fatalf("shifting an entry moved effect %b", e+1)
				}
			}
		}
	})
	for _, wrong := range [][][]float64{nil, {{1}}, {{1}, {2}, {3}}, {{1}, {2, 3}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v passed for a factorial", wrong)
				}
			}()
			Contrasts(wrong)
		}()
	}
	empty := Factorial([][]float64{{}, {}}, 0.95)
	nan(t, "no entries", empty[0].Interval.Estimate, empty[1].Interval.Estimate, empty[1].StandardError, empty[1].P)
	missing := Factorial([][]float64{{1, 2}, {math.NaN(), 4}}, 0.95)
	nan(t, "a missing response", missing[0].Interval.Estimate, missing[1].Interval.Low, missing[1].P)
}
