package stats

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Statistic is a figure of a sample. It may reorder the sample and must not keep it; it is called by several workers at
// once and must depend on nothing but its argument.
type Statistic func(sample []float64) float64

// RowStatistic is a figure of some rows of the caller's data, given by their places from 0; a row may come several
// times. It must not change the slice; it is called by several workers at once.
type RowStatistic func(rows []int32) float64

// Purposes separate the draws of one seed from one another.
const (
	purposeBCa        = 0x6263610000000000
	purposeGroups     = 0x67726f7570730000
	purposeStationary = 0x7374617400000000
	purposeSigns      = 0x7369676e00000000
)

// generator returns the random numbers of draw index for one purpose. Each draw has its own PCG, so that no result
// depends on which worker makes it or on what was drawn before.
func generator(seed, purpose uint64, index int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, purpose+uint64(index)))
}

// each calls a function for every index below n from up to so many workers. start is called once by each worker and
// returns that function, so that it may own memory; what it writes belongs to its index.
func each(workers, n int, start func() func(index int)) {
	workers = min(max(workers, 1), n)
	if workers <= 1 {
		do := start()
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			do := start()
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				do(i)
			}
		})
	}
	group.Wait()
}

// places returns 0 to n-1: every row once.
func places(n int) []int32 {
	all := make([]int32, n)
	for k := range all {
		all[k] = int32(k)
	}
	return all
}

// anyNaN reports whether a value is missing.
func anyNaN(values []float64) bool {
	for _, v := range values {
		if v != v {
			return true
		}
	}
	return false
}
