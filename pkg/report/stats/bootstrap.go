package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap describes a seeded bootstrap over observations or pairs of them: percentiles, or BCa.
type Bootstrap struct {
	Level     float64
	Resamples int
	Seed      uint64
	Block     int // observations that are drawn together, in their order; below 2 each stands alone; BlockLength has a choice
	Workers   int // goroutines that share the resamples of BCa and BCaRows; results do not depend on it, and Draw is one stream
}

// stream separates the draws of the bootstrap from any other use of the same seed.
const stream = 0x626f6f7473747261

// Blocks returns how many blocks n observations make.
func (b Bootstrap) Blocks(n int) int {
	block := max(b.Block, 1)
	return (n + block - 1) / block
}

// Draw calls use once for each resample with how often each block was drawn: as many draws as there are blocks, with
// replacement, from a PCG of the seed. The slice is reused. Blocks of consecutive observations keep together what
// depends on one another: entries whose holding times overlap share one path (H. R. Künsch, Annals of Statistics 17, 1989;
// here with blocks that do not overlap, E. Carlstein 1986).
func (b Bootstrap) Draw(n int, use func(resample int, drawn []int32)) {
	blocks := b.Blocks(n)
	if blocks == 0 {
		return
	}
	random := rand.New(rand.NewPCG(b.Seed, stream))
	drawn := make([]int32, blocks)
	for r := range b.Resamples {
		clear(drawn)
		for range blocks {
			drawn[random.Uint64N(uint64(blocks))]++
		}
		use(r, drawn)
	}
}

// Percentile returns the interval between the (1-level)/2 and (1+level)/2 quantiles of the resampled statistics (B.
// Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", 1982). It sorts replicates. A replicate that is NaN, from a
// missing observation, makes both ends NaN.
func (b Bootstrap) Percentile(estimate float64, replicates []float64, method string) Interval {
	i := Interval{Estimate: estimate, Low: math.NaN(), High: math.NaN(), Level: b.Level, Method: method}
	if len(replicates) > 0 {
		slices.Sort(replicates)
		i.Low, i.High = Quantile(replicates, (1-b.Level)/2), Quantile(replicates, (1+b.Level)/2)
	}
	return i
}
