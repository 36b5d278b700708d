package report

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Ten amounts, 1 to 9 and 55: the largest tenth is one account with 55 of 100.
func TestConcentrationByHand(t *testing.T) {
	c := concentrationOf([]float64{55, 1, 2, 3, 0, 4, 5, 6, -3, 7, 8, 9})
	near := func(name string, got Number, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 1e-12 {
			t.Errorf("%s = %v, expected %v", name, got, want)
		}
	}
	if c.Accounts != 10 {
		t.Errorf("%d accounts, expected the 10 above zero", c.Accounts)
	}
	near("top 1%", c.Top1, 0.55)
	near("top 5%", c.Top5, 0.55)
	near("top 10%", c.Top10, 0.55)
	near("median", c.Median, 5.5)
	// Sum of i*x_i is 285 + 550 = 835: 2*835/(10*100) - 1.1 = 0.57.
	near("Gini", c.Gini, 0.57)
	// Type 7: position 8.1 of 0..9, 9 + 0.1*(55-9) = 13.6.
	near("p90 over median", c.P90ToMedian, 13.6/5.5)
	// Position 0.9: 1 + 0.9*(2-1) = 1.9.
	near("median over p10", c.MedianToP10, 5.5/1.9)
	if c.TailAlpha.Exists() {
		t.Errorf("tail exponent %v of ten values, expected none", c.TailAlpha)
	}
	if empty := concentrationOf(nil); empty.Accounts != 0 || empty.Gini.Exists() || empty.Top1.Exists() || empty.Median.Exists() {
		t.Errorf("of nobody: %+v, expected no figures", empty)
	}
}

// The Hill estimate of k draws has a standard error of alpha/sqrt(k).
func TestTailExponentIsRecovered(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, alpha := range []float64{0.87, 1.1, 2} {
		v := make([]float64, 40_000)
		for i := range v {
			v[i] = math.Pow(1-r.Float64(), -1/alpha)
		}
		c := concentrationOf(v)
		if e := float64(c.TailAlpha)/alpha - 1; math.Abs(e) > 4/math.Sqrt(2000) {
			t.Errorf("tail exponent %v of draws of %v, expected within four standard errors of 2.2%%", c.TailAlpha, alpha)
		}
	}
}
