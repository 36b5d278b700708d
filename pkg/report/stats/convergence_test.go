package stats_test

import (
	"math"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// Of 1, 2, ..., n the mean is (n+1)/2 and s² is n(n+1)/12.
func TestRunningMean(t *testing.T) {
	var values []float64
	for k := range 137 {
		values = append(values, float64(k+1))
	}
	list := stats.Running(append([]float64{math.NaN()}, values...))
	want := []int{1, 2, 5, 10, 20, 50, 100, 137}
	if len(list) != len(want) {
		t.Fatalf("%v; expected values at %v", list, want)
	}
	for i, r := range list {
		n := float64(want[i])
		if r.N != want[i] || math.Abs(r.Mean-(n+1)/2) > 1e-12 {
			t.Errorf("%+v at %d; expected the mean %v", r, want[i], (n+1)/2)
		}
		if e := math.Sqrt(n * (n + 1) / 12 / n); i > 0 && math.Abs(r.Error-e) > 1e-12 {
			t.Errorf("%+v; expected the error %v", r, e)
		}
	}
	if !math.IsNaN(list[0].Error) {
		t.Error("one value has no standard error")
	}
}

// Of 0 and 1 in equal parts among 100, s² is 25/99; for a half width of 0.05 at 95% it takes (1.95996·0.50252/0.05)² = 388.03.
func TestSamplesFor(t *testing.T) {
	values := make([]float64, 100)
	for k := range 50 {
		values[k] = 1
	}
	if n := stats.SamplesFor(values, 0.05, 0.95); n != 389 {
		t.Errorf("%d; expected 389", n)
	}
	if n := stats.SamplesFor(values[:50], 0.05, 0.95); n != 0 {
		t.Errorf("%d for values that do not differ; expected 0", n)
	}
}
