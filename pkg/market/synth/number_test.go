package synth

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestLnAndExpAgreeWithTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(1e-9, 1e12).Draw(t, "x")
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 1e-15*max(1, math.Abs(want)) {
			t.Fatalf("ln(%v) = %v, want %v", x, got, want)
		}
		y := rapid.Float64Range(-30, 30).Draw(t, "y")
		if got, want := exp(y), math.Exp(y); math.Abs(got-want) > 1e-14*want {
			t.Fatalf("exp(%v) = %v, want %v", y, got, want)
		}
	})
	if ln(1) != 0 || exp(0) != 1 {
		t.Errorf("ln(1) = %v, exp(0) = %v; want 0 and 1", ln(1), exp(0))
	}
}

// Mean 0 and variance 1 within five standard errors of 200,000 draws (0.0022 and, with a kurtosis of 2.9, 0.0031).
func TestNormalDeviates(t *testing.T) {
	s := newStream(7, "test")
	const n = 200_000
	sum, squares := 0.0, 0.0
	for range n {
		x := s.normal()
		sum += x
		squares += x * x
	}
	mean := sum / n
	if variance := squares/n - mean*mean; math.Abs(mean) > 0.0112 || math.Abs(variance-1) > 0.0155 {
		t.Errorf("mean %v, variance %v; want 0 and 1", mean, variance)
	}
}

func TestStreamsDifferByPurposeAndSeed(t *testing.T) {
	a, b, c := newStream(1, "price A").uniform(), newStream(1, "price B").uniform(), newStream(2, "price A").uniform()
	if a == b || a == c {
		t.Errorf("streams coincide: %v %v %v", a, b, c)
	}
	if newStream(1, "price A").uniform() != a {
		t.Error("a stream does not repeat itself")
	}
}
