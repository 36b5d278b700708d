package synth

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// grid is the window in seconds and what all instruments share on it.
type grid struct {
	from   market.Time
	length int       // seconds
	sigma  []float64 // standard deviation of one second's log return of an instrument of volatility multiple 1
	common []float64 // the common factor's deviates
}

func newGrid(p *Points) *grid {
	g := &grid{from: p.From, length: int((p.To - p.From) / market.Second)}
	g.sigma = make([]float64, g.length)
	g.common = make([]float64, g.length)
	draw := newStream(p.Seed, "common")
	for k := range g.length {
		perMinute := at(p.Model.Volatility, g.time(k))
		g.sigma[k] = perMinute / math.Sqrt(60)
		g.common[k] = draw.normal()
	}
	return g
}

func (g *grid) time(second int) market.Time   { return g.from + market.Time(second)*market.Second }
func (g *grid) second(moment market.Time) int { return int((moment - g.from) / market.Second) }

// walk returns the log price of a free random walk at the start of each second and at the end of the last.
func (g *grid) walk(p *Points, i *Instrument) []float64 {
	own := newStream(p.Seed, "price "+i.Symbol)
	a, b := math.Sqrt(p.Model.CommonShare.Value), math.Sqrt(1-p.Model.CommonShare.Value)
	w := make([]float64, g.length+1)
	for k := range g.length {
		z := float64(a*g.common[k]) + float64(b*own.normal())
		w[k+1] = w[k] + float64(float64(g.sigma[k]*i.Volatility.Value)*z)
	}
	return w
}

// clock returns the variance spent up to each second: the time in which the bridge runs evenly.
func (g *grid) clock() []float64 {
	c := make([]float64, g.length+1)
	for k, s := range g.sigma {
		c[k+1] = c[k] + float64(s*s)
	}
	return c
}

// bridge returns the price at each second of the window: the walk, tilted between any two points so that it meets both.
// Between them the drift follows the variance, so that a fall happens where the profile says that markets moved.
func (g *grid) bridge(p *Points, i *Instrument) []market.Price {
	w, c := g.walk(p, i), g.clock()
	limits := newLimits(g, i)
	path := make([]market.Price, g.length)
	for n := 1; n < len(i.Prices); n++ {
		a, b := i.Prices[n-1], i.Prices[n]
		ka, kb := g.second(a.At), g.second(b.At)
		start, end := ln(market.Float(a.Price)), ln(market.Float(b.Price))
		tilt := (end - start) - (w[kb] - w[ka])
		path[ka] = onTick(a.Price, i.Tick)
		for k := ka + 1; k < kb; k++ {
			f := (c[k] - c[ka]) / (c[kb] - c[ka])
			x := start + (w[k] - w[ka]) + float64(f*tilt)
			path[k] = limits.fold(k, x, i.Tick)
		}
	}
	return path
}

// onTick rounds down to the tick.
func onTick(p, tick market.Price) market.Price { return p - p%tick }

// limits are the prices that the path may take at each second other than those of points.
type limits struct {
	low, high []market.Price
}

// newLimits keeps the path strictly between the lowest low and the highest high everywhere and between an extreme and
// the other side inside of its window: an extreme is touched at its own second only.
func newLimits(g *grid, i *Instrument) *limits {
	lowest, highest := i.Tick, market.Price(math.MaxInt64)
	for _, p := range i.Prices {
		switch {
		case p.Kind == Low && (lowest == i.Tick || p.Price+i.Tick < lowest):
			lowest = p.Price + i.Tick
		case p.Kind == High && (highest == math.MaxInt64 || p.Price-i.Tick > highest):
			highest = p.Price - i.Tick
		}
	}
	l := &limits{make([]market.Price, g.length), make([]market.Price, g.length)}
	for k := range g.length {
		l.low[k], l.high[k] = lowest, highest
	}
	for _, p := range i.Prices {
		for k := g.second(p.Time); k < g.second(p.Time+p.Within); k++ {
			switch p.Kind {
			case Low:
				l.low[k] = max(l.low[k], p.Price+i.Tick)
			case High:
				l.high[k] = min(l.high[k], p.Price-i.Tick)
			}
		}
	}
	return l
}

// fold turns the log price x into a price on the tick grid, reflecting at the limits what would pass them.
func (l *limits) fold(k int, x float64, tick market.Price) market.Price {
	low, high := l.low[k], l.high[k]
	if v := exp(x) * market.Scale; v < float64(low) {
		x = float64(2*ln(market.Float(low))) - x
	} else if v > float64(high) {
		x = float64(2*ln(market.Float(high))) - x
	}
	ticks := math.Floor(float64(exp(x)*market.Scale)/float64(tick) + 0.5)
	return min(max(market.Price(ticks)*tick, low), high)
}
