package replay

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/liquidation-lab/backtest/internal/mix"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// openPosition is a position as drawn, before the crowd is scaled to the open interest and before the venue's rules touch
// it: the same on every venue.
type openPosition struct {
	notional   float64 // quote
	leverage   market.Rate
	entry      market.Price // not rounded to a tick
	instrument market.InstrumentID
	side       market.Side
}

// accountSource returns an account's own stream of random numbers, a function of seed and number alone: neither the
// order of drawing nor the size of the crowd changes an account. Hashing gives neighboring accounts unrelated states.
func accountSource(pcg *rand.PCG, seed, account uint64) {
	state := mix.Hash(mix.Hash(seed) ^ account)
	pcg.Seed(state, mix.Hash(state))
}

// notionalDraw is the distribution of a position's notional: half of the positions lie below the median, log-normally, and
// half above it in a Pareto tail that ends at the maximum. The log-normal's spread follows from the tail's exponent, so
// that the density has no step at the median.
type notionalDraw struct {
	median, min, max float64
	sigma            float64 // of log2
	tail             float64
	survival         float64 // of the untruncated tail at the maximum
}

func newNotionalDraw(n scenario.Notional) notionalDraw {
	d := notionalDraw{median: market.Float(n.Median), min: market.Float(n.Min), max: market.Float(n.Max), tail: n.Tail}
	// Densities per unit of ln(notional) at the median: tail/2 above, 1/(sigma*sqrt(2 pi)) below.
	d.sigma = 2 / (d.tail * math.Sqrt(2*math.Pi)) / math.Ln2
	if d.max > d.median {
		d.survival = exp2(float64(d.tail * (log2(d.median) - log2(d.max))))
	} else {
		d.survival = 1
	}
	return d
}

// draw returns one notional. What falls below the minimum is drawn again.
func (d *notionalDraw) draw(r *rand.Rand) float64 {
	if r.Float64() < 0.5 {
		v := d.survival + float64((1-d.survival)*r.Float64())
		return min(d.max, float64(d.median*exp2(-log2(max(v, d.survival))/d.tail)))
	}
	for range 16 {
		z := math.Abs(normal(r))
		if v := float64(d.median * exp2(-float64(d.sigma*z))); v >= d.min {
			return v
		}
	}
	return d.min
}

// normal returns a nearly normal number of mean 0 and deviation 1: the sum of twelve uniform ones less six, which needs
// no logarithm and ends at six deviations.
func normal(r *rand.Rand) float64 {
	sum := -6.0
	for range 12 {
		sum += r.Float64()
	}
	return sum
}

// weighted picks an index with the probability of its weight.
type weighted struct{ cumulative []float64 }

func newWeighted(weights []float64) weighted {
	w := weighted{cumulative: make([]float64, len(weights))}
	sum := 0.0
	for i, v := range weights {
		sum += v
		w.cumulative[i] = sum
	}
	return w
}

func (w *weighted) total() float64 {
	if len(w.cumulative) == 0 {
		return 0
	}
	return w.cumulative[len(w.cumulative)-1]
}

func (w *weighted) pick(r *rand.Rand) int { return w.at(r.Float64()) }

// at returns the index that owns a part of the total, 0 <= part < 1.
func (w *weighted) at(part float64) int {
	u := float64(part * w.total())
	i, found := slices.BinarySearch(w.cumulative, u)
	if found { // an index owns the half-open interval that ends at its sum
		i++
	}
	return min(i, len(w.cumulative)-1)
}

// entryPrices is where positions were opened: bars weighted by what was traded in them.
type entryPrices struct {
	low, high []market.Price
	traded    weighted // quote
	bars      market.Time
}

// add appends a bar of the given length.
func (e *entryPrices) add(length market.Interval, low, high market.Price, traded float64) {
	e.low, e.high = append(e.low, low), append(e.high, high)
	e.traded.cumulative = append(e.traded.cumulative, e.traded.total()+traded)
	e.bars += length
}

// perDay returns the notional traded in a day of these bars.
func (e *entryPrices) perDay() float64 {
	if e.bars == 0 {
		return 0
	}
	return e.traded.total() / (float64(e.bars) / float64(market.Day))
}

// entryBand is how far around the opening price entries lie, uniformly, when no bar tells.
const entryBand = 0.01

// draw returns an entry price.
func (e *entryPrices) draw(r *rand.Rand, opening market.Price) market.Price {
	low, high := float64(opening)*(1-entryBand), float64(opening)*(1+entryBand)
	if e.traded.total() > 0 {
		i := e.traded.pick(r)
		low, high = float64(e.low[i]), float64(e.high[i])
	}
	return max(1, market.Price(low+float64((high-low)*r.Float64())))
}

// onTick rounds a price down to the tick, and to one tick at least.
func onTick(p, tick market.Price) market.Price { return max(p-p%tick, tick) }
