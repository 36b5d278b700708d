package stats

import "math"

// Grid is a full factorial of factors with any number of levels, at least two each. Its cells are numbered with the last
// factor moving first: of levels 3 and 2, cell 2·a + b has level a of the first factor and level b of the second.
type Grid []int

// Term is a main effect or an interaction in a Grid: for every factor 0 where it takes no part, else the level that is
// compared with the factor's first.
type Term []int

// Order is how many factors take part: 1 for a main effect.
func (t Term) Order() (n int) {
	for _, level := range t {
		if level > 0 {
			n++
		}
	}
	return n
}

// Cells is how many cells the grid has.
func (g Grid) Cells() int {
	n := 1
	for _, levels := range g {
		n *= levels
	}
	return n
}

// Terms lists the effects of up to order factors: those of fewer factors first, and among as many those of earlier
// factors and lower levels first. With order at least the number of factors there are Cells() - 1 of them.
func (g Grid) Terms(order int) (all []Term) {
	for size := 1; size <= min(order, len(g)); size++ {
		t := make(Term, len(g))
		var walk func(factor, left int)
		walk = func(factor, left int) {
			if left == 0 {
				all = append(all, append(Term(nil), t...))
				return
			}
			for f := factor; f <= len(g)-left; f++ {
				for t[f] = 1; t[f] < g[f]; t[f]++ {
					walk(f+1, left-1)
				}
				t[f] = 0
			}
		}
		walk(0, size)
	}
	return all
}

// Contrast returns what each entry says about an effect, from response[cell][entry] of cells that all saw the same entries
// on the same path:
//
//	contrast[j] = Σ over cells of Π over factors w(factor, level)·response[cell][j] / 2^(order-1)
//	w = 1/levels for a factor that takes no part; else +1 at the term's level, -1 at the first, 0 at the others
//
// So a main effect is the mean at a level less that at the factor's first, and an interaction of two is half of the
// difference that the second makes to the effect of the first; where all factors have two levels it is that of Contrasts. A
// factor that changes nothing has contrasts of exactly zero, because every sum is taken factor by factor. It panics unless
// response has a row for each cell and all of one length.
func (g Grid) Contrast(t Term, response [][]float64) []float64 {
	if len(response) != g.Cells() || len(t) != len(g) {
		panic("stats: a grid's responses have one row for each of its cells, and a term one number for each factor")
	}
	contrast, cells := make([]float64, len(response[0])), make([]float64, len(response))
	for j := range contrast {
		for c, r := range response {
			if len(r) != len(contrast) {
				panic("stats: the cells of a grid have different numbers of entries")
			}
			cells[c] = r[j]
		}
		contrast[j] = g.reduce(t, cells)
	}
	return contrast
}

// reduce is the contrast of one figure of every cell. It overwrites cells.
func (g Grid) reduce(t Term, cells []float64) float64 {
	n, divisor := len(cells), 0.5
	for f := len(g) - 1; f >= 0; f-- {
		levels := g[f]
		n /= levels
		if t[f] > 0 {
			divisor *= 2
		}
		for i := range n {
			part := cells[i*levels : (i+1)*levels]
			if t[f] > 0 {
				cells[i] = part[t[f]] - part[0]
				continue
			}
			sum := 0.0
			for _, v := range part {
				sum += v
			}
			cells[i] = sum / float64(levels)
		}
	}
	return cells[0] / max(divisor, 1)
}

// Shortfalls estimates the effects on the expected shortfall of the cells, values[cell][entry] in the order of entry:
// contrasts of the cells' shortfalls (definition and sign of ExpectedShortfall), with percentile bootstrap intervals from
// resamples of blocks of entries that all cells share. The p-value inverts the interval: twice the smaller share of
// resamples on either side of zero, those at zero counting on both,
//
//	p = min(1, 2·(1 + min(#{r <= 0}, #{r >= 0}))/(1 + Resamples))
//
// A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application" (1997), section 4.4. Like the interval it is too
// small where few values make up the tail. NaN for no entries or with one missing.
func (g Grid) Shortfalls(terms []Term, values [][]float64, tail float64, b Bootstrap, method string) (effects []Interval, p []float64) {
	effects, p = make([]Interval, len(terms)), make([]float64, len(terms))
	n := len(values[0])
	missing := n == 0 || !(tail < 1)
	for _, v := range values {
		missing = missing || anyNaN(v)
	}
	if missing {
		for i := range terms {
			effects[i], p[i] = none(b.Level, method), math.NaN()
		}
		return effects, p
	}
	cells := make([]ordered, len(values))
	_, sizes := blockSums(values[0], max(b.Block, 1))
	estimates := make([]float64, len(values))
	for c, v := range values {
		cells[c] = order(v, max(b.Block, 1))
		estimates[c] = ExpectedShortfall(cells[c].values, tail)
	}
	replicates := make([][]float64, len(terms))
	for i := range replicates {
		replicates[i] = make([]float64, b.Resamples)
	}
	shortfalls, scratch := make([]float64, len(values)), make([]float64, len(values))
	contrast := func(t Term, figures []float64) float64 {
		copy(scratch, figures)
		return g.reduce(t, scratch)
	}
	b.Draw(n, func(r int, drawn []int32) {
		count := 0
		for k, times := range drawn {
			count += int(times) * sizes[k]
		}
		for c := range cells {
			shortfalls[c] = cells[c].tail(drawn, tailWeight(count, tail))
		}
		for i, t := range terms {
			replicates[i][r] = contrast(t, shortfalls)
		}
	})
	for i, t := range terms {
		p[i] = inverted(replicates[i])
		effects[i] = b.Percentile(contrast(t, estimates), replicates[i], method)
	}
	return effects, p
}

// inverted is the p-value of no effect that the resamples of an effect give; NaN without any.
func inverted(replicates []float64) float64 {
	if len(replicates) == 0 {
		return math.NaN()
	}
	below, above := 0, 0
	for _, v := range replicates {
		if v <= 0 {
			below++
		}
		if v >= 0 {
			above++
		}
	}
	return min(1, 2*float64(1+min(below, above))/float64(1+len(replicates)))
}
