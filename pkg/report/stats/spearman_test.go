package stats

import (
	"math"
	"testing"
)

func TestSpearman(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		want float64
	}{
		// Wikipedia, "Spearman's rank correlation coefficient": IQ and hours of television, rho = -29/165.
		{[]float64{106, 100, 86, 101, 99, 103, 97, 113, 112, 110}, []float64{7, 27, 2, 50, 28, 29, 20, 12, 6, 17}, -29. / 165},
		{[]float64{1, 2, 3}, []float64{10, 100, 1000}, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		// Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5 over the root of 1.5 * 2.
		{[]float64{5, 5, 6}, []float64{1, 2, 3}, 1.5 / math.Sqrt(3)},
		{[]float64{1, 1}, []float64{1, 2}, math.NaN()},
		{[]float64{1}, []float64{1}, math.NaN()},
		{[]float64{1, math.NaN()}, []float64{1, 2}, math.NaN()},
	} {
		if got := Spearman(c.x, c.y); math.Abs(got-c.want) > 1e-12 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("Spearman(%v, %v) = %v; expected %v", c.x, c.y, got, c.want)
		}
	}
}
