package replay

import (
	"math/rand/v2"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// distributions prepares what is drawn for every account: leverages of each side, numbers of positions, distances of stops.
func (b *crowdBuilder) distributions() {
	c := b.Crowd
	for side, tilt := range []float64{c.LeverageTilt.Long, c.LeverageTilt.Short} {
		frequency := make([]float64, len(c.Leverage))
		for i, l := range c.Leverage {
			frequency[i] = l.Weight
			if tilt != 0 {
				frequency[i] = float64(l.Weight * exp2(float64(tilt*log2(market.Float(l.Leverage)))))
			}
		}
		b.leverage[side] = newWeighted(frequency)
	}
	counts := make([]float64, len(c.Positions))
	for i, p := range c.Positions {
		counts[i] = p.Weight
	}
	b.counts = newWeighted(counts)
	distances := make([]float64, len(c.Stop.Distances))
	for i, d := range c.Stop.Distances {
		distances[i] = d.Weight
	}
	b.distances = newWeighted(distances)
}

// leverageOf returns the leverage that owns a part of its side's distribution. Above the median notional it falls by the
// scenario's power of the size, rounded down to 0.01, to no less than 1x.
func (b *crowdBuilder) leverageOf(part float64, side market.Side, notional float64) market.Rate {
	drawn := b.Crowd.Leverage[b.leverage[(1-int(side))/2].at(part)].Leverage
	if b.Crowd.LeverageBySize == 0 || notional <= b.notional.median {
		return drawn
	}
	power := exp2(float64(b.Crowd.LeverageBySize * (log2(notional) - log2(b.notional.median))))
	const cent = market.Scale / 100
	return max(market.Rate(float64(float64(drawn)*power))/cent*cent, market.Scale)
}

// distance draws how far an account's stops lie from their entries.
func (b *crowdBuilder) distance(r *rand.Rand) market.Rate {
	if len(b.Crowd.Stop.Distances) == 0 {
		return b.Crowd.Stop.Distance
	}
	return b.Crowd.Stop.Distances[b.distances.pick(r)].Distance
}

// hedge draws the only position of an account that holds it against something outside of the exchange.
func (b *crowdBuilder) hedge(r *rand.Rand) openPosition {
	i := market.InstrumentID(b.listed.pick(r))
	in := &b.Instruments[i]
	p := openPosition{instrument: i, side: market.Long, leverage: b.Crowd.Hedged.Leverage, notional: b.notional.draw(r)}
	if r.Float64() < b.Crowd.Hedged.ShortShare {
		p.side = market.Short
	}
	p.entry = in.Entries.draw(r, in.Mark)
	return p
}
