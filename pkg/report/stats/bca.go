package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// jackknifeGroups is the most parts that the jackknife of a BCa interval leaves out in turn. The acceleration that it
// estimates does not depend on the number of parts but for noise of about 0.4 of its inverse.
const jackknifeGroups = 250

// BCa returns the bias-corrected and accelerated bootstrap interval of a statistic of values: the percentile interval at
// levels that are moved by the median bias z0 and the acceleration a,
//
//	α(q) = Φ(z0 + (z0+z_q)/(1 - a(z0+z_q))),  q = (1-level)/2 and (1+level)/2
//	z0 = Φ⁻¹(share of replicates below the estimate, those equal to it by half)
//	a = Σ(θ.-θᵢ)³ / (6·(Σ(θ.-θᵢ)²)^1.5),  θᵢ the statistic without part i, θ. their mean
//
// B. Efron, "Better bootstrap confidence intervals", JASA 82 (1987); B. Efron, R. Tibshirani, "An Introduction to the
// Bootstrap" (1993), chapter 14. The parts left out are single values up to 250 of them, else 250 parts of equal size.
//
// With a Block below 2 the values stand alone and their order changes nothing; else blocks of neighbors are drawn and
// left out together. NaN for no values or with one missing. Where every replicate is the estimate the interval has no width;
// where all of them lie on one side of it (a maximum), or the acceleration leaves no level, the ends are NaN: the
// method does not apply.
func (b Bootstrap) BCa(values []float64, statistic Statistic) Interval {
	if anyNaN(values) {
		return none(b.Level, "bca")
	}
	sample := slices.Clone(values)
	if b.Block < 2 {
		slices.Sort(sample) // one order for all permutations of the values
	}
	if len(sample) == 0 {
		return none(b.Level, "bca")
	}
	estimate := statistic(slices.Clone(sample))
	if b.Block < 2 {
		// The parts that the jackknife leaves out are neighbors, which must have nothing in common.
		generator(b.Seed, purposeGroups, 0).Shuffle(len(sample), func(i, j int) { sample[i], sample[j] = sample[j], sample[i] })
	}
	return b.bca(estimate, len(sample), func() RowStatistic {
		drawn := make([]float64, len(sample)+max(b.Block, 0))
		return func(rows []int32) float64 {
			drawn = drawn[:0]
			for _, r := range rows {
				drawn = append(drawn, sample[r])
			}
			return statistic(drawn)
		}
	})
}

// BCaRows is BCa for a statistic of n rows of data that only the caller knows, such as pairs. With a Block below 2 the rows
// must stand in an order without meaning; replicates, and so the last digits of the ends, depend on that order.
func (b Bootstrap) BCaRows(n int, statistic RowStatistic) Interval {
	if n == 0 {
		return none(b.Level, "bca")
	}
	return b.bca(statistic(places(n)), n, func() RowStatistic { return statistic })
}

// bca takes a function that makes a statistic for each worker.
func (b Bootstrap) bca(estimate float64, n int, start func() RowStatistic) Interval {
	i := none(b.Level, "bca")
	if i.Estimate = estimate; b.Resamples < 1 {
		return i
	}
	all := places(n)
	replicates := b.replicates(all, start)
	if math.IsNaN(i.Estimate) || anyNaN(replicates) {
		return i
	}
	slices.Sort(replicates)
	if replicates[0] == i.Estimate && replicates[len(replicates)-1] == i.Estimate {
		i.Low, i.High = i.Estimate, i.Estimate
		return i
	}
	bias, acceleration := bias(i.Estimate, replicates), acceleration(b.leaveOut(all, start))
	if low, ok := shifted((1-b.Level)/2, bias, acceleration); ok {
		i.Low = Quantile(replicates, low)
	}
	if high, ok := shifted((1+b.Level)/2, bias, acceleration); ok {
		i.High = Quantile(replicates, high)
	}
	return i
}

// replicates draws as many blocks as there are, with replacement, for each resample.
func (b Bootstrap) replicates(all []int32, start func() RowStatistic) []float64 {
	out := make([]float64, b.Resamples)
	block, blocks := max(b.Block, 1), b.Blocks(len(all))
	each(b.Workers, b.Resamples, func() func(int) {
		statistic, rows := start(), make([]int32, 0, len(all)+block)
		source := new(rand.PCG)
		random := rand.New(source)
		return func(index int) {
			source.Seed(b.Seed, purposeBCa+uint64(index))
			rows = rows[:0]
			for range blocks {
				at := int(random.Uint64N(uint64(blocks))) * block
				for k := at; k < min(at+block, len(all)); k++ {
					rows = append(rows, int32(k))
				}
			}
			out[index] = statistic(rows)
		}
	})
	return out
}

// leaveOut returns the statistic without each part in turn: a block, or several of them.
func (b Bootstrap) leaveOut(all []int32, start func() RowStatistic) []float64 {
	blocks := b.Blocks(len(all))
	parts := min(blocks, jackknifeGroups)
	if parts < 2 {
		return nil
	}
	out := make([]float64, parts)
	each(b.Workers, parts, func() func(int) {
		statistic, rows := start(), make([]int32, 0, len(all))
		return func(part int) {
			from := min(part*blocks/parts*max(b.Block, 1), len(all))
			to := min((part+1)*blocks/parts*max(b.Block, 1), len(all))
			rows = append(append(rows[:0], all[:from]...), all[to:]...)
			out[part] = statistic(rows)
		}
	})
	return out
}

// bias is the median bias of ascending replicates in standard normal units.
func bias(estimate float64, ascending []float64) float64 {
	below, _ := slices.BinarySearch(ascending, estimate)
	upTo, _ := slices.BinarySearch(ascending, math.Nextafter(estimate, math.Inf(1)))
	share := (float64(below) + float64(upTo)) / float64(2*len(ascending))
	return distuv.UnitNormal.Quantile(share)
}

// acceleration is the rate at which the standard error grows with the statistic, from the jackknife; 0 where nothing
// varies.
func acceleration(without []float64) float64 {
	mean := 0.0
	for _, v := range without {
		mean += v / float64(len(without))
	}
	squares, cubes := 0.0, 0.0
	for _, v := range without {
		d := mean - v
		squares += float64(d * d)
		cubes += float64(float64(d*d) * d)
	}
	if squares == 0 {
		return 0
	}
	return cubes / float64(6*float64(squares*math.Sqrt(squares)))
}

// shifted moves a level, and reports whether there is one.
func shifted(level, bias, acceleration float64) (float64, bool) {
	z := bias + distuv.UnitNormal.Quantile(level)
	scale := 1 - float64(acceleration*z)
	if math.IsInf(bias, 0) || math.IsNaN(acceleration) || scale <= 0 {
		return 0, false
	}
	return distuv.UnitNormal.CDF(bias + z/scale), true
}
