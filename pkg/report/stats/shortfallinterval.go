package stats

import "math"

// ExpectedShortfall returns the mean of the worst (1-tail) share of values, which stand in the order of entry, with a
// percentile bootstrap interval over the same blocks as MeanDifference. Definition and sign are those of the function
// ExpectedShortfall. Few values make up the tail: with fewer than about 30 of them the interval is too narrow (the
// measured coverage is in docs/STATISTICS.md). NaN for no values or with one missing.
func (b Bootstrap) ExpectedShortfall(values []float64, tail float64, method string) Interval {
	n := len(values)
	if n == 0 || anyNaN(values) || !(tail < 1) {
		return none(b.Level, method)
	}
	block := max(b.Block, 1)
	o := order(values, block)
	_, sizes := blockSums(values, block)
	replicates := make([]float64, b.Resamples)
	b.Draw(n, func(r int, drawn []int32) {
		count := 0
		for k, times := range drawn {
			count += int(times) * sizes[k]
		}
		replicates[r] = o.tail(drawn, tailWeight(count, tail))
	})
	return b.Percentile(ExpectedShortfall(o.values, tail), replicates, method)
}

// tail returns the mean of the lowest weight values of a resample in which block k was drawn drawn[k] times.
func (o ordered) tail(drawn []int32, weight float64) float64 {
	left, sum := weight, 0.0
	for i, v := range o.values {
		times := float64(drawn[o.block[i]])
		if times == 0 {
			continue
		}
		take := min(left, times)
		sum += float64(take * v)
		if left -= take; left <= 0 {
			return sum / weight
		}
	}
	return math.NaN()
}
