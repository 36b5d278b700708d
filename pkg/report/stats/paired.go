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

// ordered are values in ascending order and the block that each came from. Stretches of chunk values are also counted
// and summed by block, so that a resample skips them whole: it costs stretches times blocks, not values.
type ordered struct {
	values []float64
	block  []int32
	chunk  int
	blocks int
	counts []float64 // of each stretch, by block
	sums   []float64
}

// smallestChunk is the length of a stretch when there are few blocks; with many it grows, up to a plain walk.
const smallestChunk = 256

func order(values []float64, block int) ordered {
	n := len(values)
	o := ordered{values: make([]float64, n), block: make([]int32, n), blocks: (n + block - 1) / block}
	o.chunk = max(smallestChunk, 4*o.blocks)
	stretches := (n + o.chunk - 1) / o.chunk
	o.counts, o.sums = make([]float64, stretches*o.blocks), make([]float64, stretches*o.blocks)
	from := o.block
	for i := range from {
		from[i] = int32(i)
	}
	slices.SortFunc(from, func(i, j int32) int {
		return cmp.Or(cmp.Compare(values[i], values[j]), cmp.Compare(i, j))
	})
	for i, at := range from {
		o.values[i], o.block[i] = values[at], at/int32(block)
		cell := i/o.chunk*o.blocks + int(o.block[i])
		o.counts[cell]++
		o.sums[cell] += values[at]
	}
	return o
}

// middleAndTail returns the median and the expected shortfall at 95% of a resample of count values, in which block k
// was drawn drawn[k] times: Quantile and ExpectedShortfall of the resample, without building it.
func (o ordered) middleAndTail(drawn []int32, count int) (median, shortfall float64) {
	w := walk{left: float64(float64(count) * 0.05), lower: (count - 1) / 2, upper: count / 2}
	weight := w.left
	for start := 0; start < len(o.values); start += o.chunk {
		size, sum := o.stretch(start/o.chunk, drawn)
		if w.seen+size <= w.lower && (w.left == 0 || float64(size) <= w.left) {
			w.skip(size, sum)
			continue
		}
		end := min(start+o.chunk, len(o.values))
		if w.through(o.values[start:end], o.block[start:end], drawn) {
			break
		}
	}
	return w.median, w.sum / weight
}

// stretch weighs one stretch by the draws.
func (o ordered) stretch(index int, drawn []int32) (size int, sum float64) {
	counts, sums := o.counts[index*o.blocks:][:o.blocks], o.sums[index*o.blocks:][:o.blocks]
	weighed := 0.0
	for k, times := range drawn {
		t := float64(times)
		weighed += float64(t * counts[k])
		sum += float64(t * sums[k])
	}
	return int(weighed), sum
}

// walk goes through a resample in ascending order.
type walk struct {
	left, sum    float64 // weight of the tail still to come, and its sum so far
	seen         int
	lower, upper int // places of the one or two middle values
	low, median  float64
	found        bool
}

func (w *walk) skip(size int, sum float64) {
	w.seen += size
	if w.left > 0 {
		w.sum += sum
		w.left -= float64(size)
	}
}

// through reads values one by one and reports whether the upper middle is reached.
func (w *walk) through(values []float64, blocks, drawn []int32) bool {
	for i, v := range values {
		times := int(drawn[blocks[i]])
		if times == 0 {
			continue
		}
		if w.left > 0 {
			take := min(w.left, float64(times))
			w.sum += float64(take * v)
			w.left -= take
		}
		w.seen += times
		if !w.found && w.seen > w.lower {
			w.low, w.found = v, true
		}
		if w.seen > w.upper {
			w.median = between(w.low, v, 0.5)
			return true
		}
	}
	return false
}
