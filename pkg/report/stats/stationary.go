package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Stationary describes a stationary bootstrap of a series: blocks that start anywhere, have a random length and wrap
// from the end to the beginning, so that resamples are stationary as the series is taken to be.
type Stationary struct {
	Level     float64
	Resamples int
	Seed      uint64
	Block     float64 // mean length of a block in observations; 0 chooses it from the series, and below 1 counts as 1
	Workers   int     // goroutines that share the resamples; results do not depend on it
}

// Rows fills rows with the places of a resample of a series that is as long: with probability 1/Block the next
// observation is drawn anew from all of them, and else it is the one that follows, the first after the last. Lengths of
// blocks are geometric with mean Block. It depends on nothing but Seed, Block and the number of the resample.
//
// D. N. Politis, J. P. Romano, "The stationary bootstrap", JASA 89 (1994).
func (s Stationary) Rows(resample int, rows []int32) {
	source := rand.NewPCG(s.Seed, purposeStationary+uint64(resample))
	s.fill(rand.New(source), rows)
}

func (s Stationary) fill(random *rand.Rand, rows []int32) {
	n, anew := len(rows), 1/max(s.Block, 1)
	at := 0
	for i := range rows {
		if at++; i == 0 || random.Float64() < anew {
			at = int(random.Uint64N(uint64(n)))
		} else if at == n {
			at = 0
		}
		rows[i] = int32(at)
	}
}

// Interval returns a percentile interval of a statistic of a series in the order of time. With Block 0 the length is
// BlockLength(series).Stationary. NaN for no values or with one missing; no width where all replicates are equal.
func (s Stationary) Interval(series []float64, statistic Statistic) Interval {
	if len(series) == 0 || anyNaN(series) {
		return none(s.Level, "stationary bootstrap")
	}
	if s.Block == 0 {
		s.Block = BlockLength(series).Stationary
	}
	return s.interval(len(series), func() RowStatistic {
		drawn := make([]float64, len(series))
		return func(rows []int32) float64 {
			for i, r := range rows {
				drawn[i] = series[r]
			}
			return statistic(drawn)
		}
	})
}

// IntervalRows is Interval for a statistic of n rows of data that only the caller knows, such as several series that stay
// together. There is no series to choose a block length from: 0 counts as 1.
func (s Stationary) IntervalRows(n int, statistic RowStatistic) Interval {
	if n == 0 {
		return none(s.Level, "stationary bootstrap")
	}
	return s.interval(n, func() RowStatistic { return statistic })
}

func (s Stationary) interval(n int, start func() RowStatistic) Interval {
	estimate := start()(places(n))
	replicates := make([]float64, s.Resamples)
	each(s.Workers, s.Resamples, func() func(int) {
		statistic, rows := start(), make([]int32, n)
		source := new(rand.PCG)
		random := rand.New(source)
		return func(index int) {
			source.Seed(s.Seed, purposeStationary+uint64(index))
			s.fill(random, rows)
			replicates[index] = statistic(rows)
		}
	})
	i := none(s.Level, "stationary bootstrap")
	i.Estimate = estimate
	if len(replicates) > 0 && !anyNaN(replicates) && !math.IsNaN(estimate) {
		slices.Sort(replicates)
		i.Low, i.High = Quantile(replicates, (1-s.Level)/2), Quantile(replicates, (1+s.Level)/2)
	}
	return i
}
