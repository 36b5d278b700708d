package stats

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A curve has to sort its lifetimes: the baseline is sorting their times alone.
func BenchmarkCurves(b *testing.B) {
	n := 100_000
	l := exponentials(rand.New(rand.NewPCG(1, 1)), n, 4, 4)
	times := make([]float64, n)
	for _, c := range []struct {
		name string
		work func()
	}{
		{"kaplan-meier", func() { KaplanMeier(l, 0.95, LogLog) }},
		{"aalen-johansen", func() { AalenJohansen(l, 4, 0.95) }},
		{"baseline-sort", func() {
			for i := range l {
				times[i] = l[i].Time
			}
			slices.Sort(times)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.work()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/lifetime")
		})
	}
}

// A resample costs its draws and its statistic; the baseline is the statistic of the sample itself. BCa also leaves out 250
// parts, two and a half times the 100 resamples here.
func BenchmarkResamples(b *testing.B) {
	n, resamples, sum := 10_000, 100, 0.0
	v := autoregressive(n, 0.5, 1)
	for _, c := range []struct {
		name string
		work func()
	}{
		{"bca", func() { Bootstrap{Level: 0.95, Resamples: resamples, Seed: 1}.BCa(v, mean) }},
		{"stationary", func() { Stationary{Level: 0.95, Resamples: resamples, Seed: 1, Block: 20}.Interval(v, mean) }},
		{"sign-flip", func() { SignFlip{Level: 0.95, Samples: resamples, Seed: 1}.Test(v) }},
		{"baseline-mean", func() {
			for range resamples {
				sum += mean(v)
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.work()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(resamples)/float64(n), "ns/value/resample")
		})
	}
	if sum == 0 {
		b.Error("the baseline added nothing")
	}
}
