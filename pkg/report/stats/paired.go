package stats

import (
	"cmp"
	"slices"
)

// Pairs are outcomes of the same setups under two rules: A[i] and B[i] saw the same entry and the same path. They stand
// in the order of entry, so that blocks of neighbors share what they have in common.
type Pairs struct{ A, B []float64 }

// Differences holds the A - B differences of three statistics.
type Differences struct {
	Mean, Median, ExpectedShortfall Interval
}

// Differences estimates A - B of the mean, of the median and of the expected shortfall at 95% with percentile bootstrap
// intervals from one set of resamples, so that the three speak of the same worlds.
func (p Pairs) Differences(b Bootstrap, method string) Differences {
	n := len(p.A)
	difference := make([]float64, n)
	for i := range n {
		difference[i] = p.A[i] - p.B[i]
	}
	block := max(b.Block, 1)
	a, c := order(p.A, block), order(p.B, block)
	sums, sizes := blockSums(difference, block)
	mean, median, shortfall := make([]float64, b.Resamples), make([]float64, b.Resamples), make([]float64, b.Resamples)
	b.Draw(n, func(r int, drawn []int32) {
		total, count := 0.0, 0
		for k, times := range drawn {
			total += float64(float64(times) * sums[k])
			count += int(times) * sizes[k]
		}
		mean[r] = total / float64(count)
		medianA, shortA := a.middleAndTail(drawn, count)
		medianB, shortB := c.middleAndTail(drawn, count)
		median[r], shortfall[r] = medianA-medianB, shortA-shortB
	})
	if n == 0 {
		return Differences{none(b.Level, method), none(b.Level, method), none(b.Level, method)}
	}
	total := 0.0
	for _, s := range sums {
		total += s
	}
	return Differences{
		Mean:              b.Percentile(total/float64(n), mean, method),
		Median:            b.Percentile(Quantile(a.values, 0.5)-Quantile(c.values, 0.5), median, method),
		ExpectedShortfall: b.Percentile(ExpectedShortfall(a.values, 0.95)-ExpectedShortfall(c.values, 0.95), shortfall, method),
	}
}

// MeanDifference estimates the mean of differences, in the order of entry, with a percentile bootstrap interval.
func MeanDifference(differences []float64, b Bootstrap, method string) Interval {
	n := len(differences)
	if n == 0 {
		return none(b.Level, method)
	}
	sums, sizes := blockSums(differences, max(b.Block, 1))
	replicates := make([]float64, b.Resamples)
	b.Draw(n, func(r int, drawn []int32) {
		total, count := 0.0, 0
		for k, times := range drawn {
			total += float64(float64(times) * sums[k])
			count += int(times) * sizes[k]
		}
		replicates[r] = total / float64(count)
	})
	total := 0.0
	for _, s := range sums {
		total += s
	}
	return b.Percentile(total/float64(n), replicates, method)
}

func blockSums(values []float64, block int) (sums []float64, sizes []int) {
	for chunk := range slices.Chunk(values, block) {
		sum := 0.0
		for _, v := range chunk {
			sum += v
		}
		sums, sizes = append(sums, sum), append(sizes, len(chunk))
	}
	return sums, sizes
}

// ordered are values in ascending order and the block that each came from.
type ordered struct {
	values []float64
	block  []int32
}

func order(values []float64, block int) ordered {
	o := ordered{values: make([]float64, len(values)), block: make([]int32, len(values))}
	from := o.block
	for i := range from {
		from[i] = int32(i)
	}
	slices.SortFunc(from, func(i, j int32) int {
		return cmp.Or(cmp.Compare(values[i], values[j]), cmp.Compare(i, j))
	})
	for i, at := range from {
		o.values[i], o.block[i] = values[at], at/int32(block)
	}
	return o
}

// middleAndTail returns the median and the expected shortfall at 95% of a resample of count values, in which block k
// was drawn drawn[k] times: Quantile and ExpectedShortfall of the resample, without building it.
func (o ordered) middleAndTail(drawn []int32, count int) (median, shortfall float64) {
	weight := float64(float64(count) * 0.05)
	lower, upper := (count-1)/2, count/2 // the places of the one or two middle values
	sum, left, seen := 0.0, weight, 0
	var low float64
	foundLow := false
	for i, v := range o.values {
		times := int(drawn[o.block[i]])
		if times == 0 {
			continue
		}
		if left > 0 {
			take := min(left, float64(times))
			sum += float64(take * v)
			left -= take
		}
		seen += times
		if !foundLow && seen > lower {
			low, foundLow = v, true
		}
		if seen > upper {
			return between(low, v, 0.5), sum / weight
		}
	}
	return low, sum / weight
}
