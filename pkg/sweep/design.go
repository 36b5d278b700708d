package sweep

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
)

// Designs of a sweep.
const (
	Grid   = "grid"   // every combination, the last axis moving first
	Random = "random" // independent draws, each value of an axis alike, from a seed
	Sobol  = "sobol"  // the points of Sobol's sequence after its origin, which fill the axes more evenly than draws
)

// MaxVariants bounds a sweep.
const MaxVariants = 1_000_000

// Design says which combinations of the axes' values are carried out.
type Design struct {
	Kind    string `json:"kind"`
	Samples int64  `json:"samples,omitempty"` // of random and sobol
	Seed    uint64 `json:"seed,omitempty"`    // of random
}

// points is a design over axes of some lengths.
type points struct {
	design Design
	size   []int64
	count  int64
	sobol  sobol
}

// points lays the design out and refuses one that is too large, before any value is looked at.
func (d Design) points(axes []Axis) (*points, error) {
	p := &points{design: d}
	if len(axes) == 0 {
		return nil, fmt.Errorf("no axis; name at least one key with its values, such as --grid 'probes.factors.leverage=[5, 10, 20]'")
	}
	total, counts := uint64(1), []string{}
	for i := range axes {
		n := axes[i].Len()
		p.size = append(p.size, n)
		counts = append(counts, fmt.Sprint(n))
		high, low := bits.Mul64(total, uint64(n))
		if total = low; high != 0 {
			total = ^uint64(0)
		}
	}
	switch {
	case d.Kind != Grid && d.Kind != Random && d.Kind != Sobol:
		return nil, fmt.Errorf("design %q; expected grid, random or sobol", d.Kind)
	case d.Kind == Grid && d.Samples != 0:
		return nil, fmt.Errorf("%d samples of a grid, which has every combination; expected --design random or sobol", d.Samples)
	case d.Kind == Grid && total > MaxVariants:
		return nil, fmt.Errorf("a grid of %s variants; expected at most %d: narrow the axes, or draw from them with --design sobol --samples 1000", strings.Join(counts, " x "), MaxVariants)
	case d.Kind != Grid && (d.Samples < 1 || d.Samples > MaxVariants):
		return nil, fmt.Errorf("%d samples; expected 1 to %d (--samples)", d.Samples, MaxVariants)
	case d.Kind == Sobol && len(axes) > MaxSobolAxes:
		return nil, fmt.Errorf("%d axes; direction numbers are kept for %d, use --design random", len(axes), MaxSobolAxes)
	}
	p.count = d.Samples
	if d.Kind == Grid {
		p.count = int64(total)
	}
	if d.Kind == Sobol {
		p.sobol = newSobol(len(axes))
	}
	return p, nil
}

// at returns the place on each axis of a variant.
func (p *points) at(variant int64) []int64 {
	place := make([]int64, len(p.size))
	switch p.design.Kind {
	case Grid:
		for k := len(place) - 1; k >= 0; k-- {
			place[k], variant = variant%p.size[k], variant/p.size[k]
		}
	case Random:
		r := rand.New(rand.NewPCG(p.design.Seed, uint64(variant)))
		for k := range place {
			place[k] = r.Int64N(p.size[k])
		}
	case Sobol:
		for k := range place {
			high, low := bits.Mul64(uint64(p.sobol.at(uint32(variant)+1, k)), uint64(p.size[k]))
			place[k] = int64(high<<32 | low>>32)
		}
	}
	return place
}
