package replay

import (
	"math/bits"

	"github.com/liquidation-lab/backtest/internal/mix"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// policy says in which order a bar visits its extremes. The candle does not tell; docs/adr/0004-intrabar-and-mark.md.
type policy uint8

const (
	nearestFirst policy = iota // the extreme nearer to the open; ties: the low
	lowFirst
	highFirst
	bridge // a seeded walk through both extremes
)

var policyNames = map[string]policy{"nearest_first": nearestFirst, "low_first": lowFirst, "high_first": highFirst, "bridge": bridge}

// String prints the policy as scenarios write it.
func (p policy) String() string {
	return [...]string{"nearest_first", "low_first", "high_first", "bridge"}[p]
}

const (
	phases       = 4 // open, first extreme, second extreme, close
	bridgeSteps  = 4 // ticks between two of them under bridge
	bridgePhases = 1 + (phases-1)*bridgeSteps
)

// path is a bar as ticks: prices and their number.
type path struct {
	price [bridgePhases]market.Price
	n     int
}

// walker makes paths. Of one bar, last, mark and index price take the same shape, so that they stay in step.
type walker struct {
	policy policy
	seed   uint64
}

// shape is the course that a bar takes: which extreme comes first, and the seed of its noise under bridge.
type shape struct {
	lowFirst bool
	noise    uint64
}

// shape chooses the course of an instrument's bar from its last prices.
func (w walker) shape(instrument market.InstrumentID, b *bar) shape {
	switch w.policy {
	case lowFirst:
		return shape{lowFirst: true}
	case highFirst:
		return shape{}
	case bridge:
		s := mix.Hash(mix.Hash(w.seed^mix.Hash(uint64(instrument))) ^ uint64(b.time))
		return shape{lowFirst: s&1 == 0, noise: s | 1}
	}
	return shape{lowFirst: b.open-b.low <= b.high-b.open}
}

// walk turns a bar into ticks.
func (s shape) walk(b *bar) path {
	first, second := b.high, b.low
	if s.lowFirst {
		first, second = b.low, b.high
	}
	corners := [phases]market.Price{b.open, first, second, b.close}
	if s.noise == 0 {
		p := path{n: phases}
		copy(p.price[:], corners[:])
		return p
	}
	p := path{n: bridgePhases}
	noise := s.noise
	for leg := range phases - 1 {
		from, to := corners[leg], corners[leg+1]
		p.price[leg*bridgeSteps] = from
		for k := 1; k < bridgeSteps; k++ {
			noise = mix.Hash(noise)
			straight := from + scale(to-from, uint64(k)*(1<<32)/bridgeSteps)
			// Uniform within a quarter of the bar's range either way, never outside of the bar.
			jitter := scale(b.high-b.low, noise>>32)/2 - (b.high-b.low)/4
			p.price[leg*bridgeSteps+k] = min(max(straight+jitter, b.low), b.high)
		}
	}
	p.price[bridgePhases-1] = b.close
	return p
}

// scale returns d times share, a fraction of 2^32, exact in integers and rounded toward zero.
func scale(d market.Price, share uint64) market.Price {
	if d < 0 {
		return -scale(-d, share)
	}
	hi, lo := bits.Mul64(uint64(d), share)
	return market.Price(hi<<32 | lo>>32)
}

// phaseTime returns when tick k of n happens: equally spaced from the bar's open, the last one in its last
// millisecond.
func phaseTime(b *bar, k, n int) market.Time {
	if k == n-1 {
		return b.end() - 1
	}
	return b.time + b.interval*market.Time(k)/market.Time(n-1)
}

// clamp holds a path between two prices: what a coarser series' bar says about it.
func (p *path) clamp(low, high market.Price) {
	for k := range p.n {
		p.price[k] = min(max(p.price[k], low), high)
	}
}
