package synth

import (
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// contradictions refuses points that no path can pass through, with the point to remove.
func (r *reader) contradictions(i *Instrument, symbol place) {
	byMoment := func(a, b PricePoint) int { return int(min(max(a.At-b.At, -1), 1)) }
	slices.SortStableFunc(i.Prices, byMoment)
	slices.SortStableFunc(i.Mark, byMoment)
	if n := len(i.Prices); n < 2 || i.Prices[0].At != r.points.From || i.Prices[n-1].At != r.points.To {
		r.add(symbol, "%s: expected prices at both ends of the window, %s and %s; the bridge hangs between them", i.Symbol,
			r.points.From, r.points.To)
		return
	}
	for k, p := range i.Prices {
		if p.Kind != Quote && p.Price%i.Tick != 0 {
			r.add(p.place, "%s: %s %s is not a multiple of the tick %s; only a quote of another venue may lie between ticks",
				i.Symbol, p.Kind, p.Price, i.Tick)
		}
		if k > 0 && p.At == i.Prices[k-1].At {
			r.add(p.place, "%s: two prices at %s, %s and %s; keep the better source", i.Symbol, p.At, i.Prices[k-1].Price, p.Price)
		}
		if p.Kind == Low || p.Kind == High {
			r.respects(i, p)
		}
	}
	for _, p := range i.Mark {
		lowest := slices.MinFunc(i.Prices, func(a, b PricePoint) int { return int(min(max(a.Price-b.Price, -1), 1)) })
		switch {
		case p.Kind != Low:
			r.add(p.place, "%s: mark points are lows; was a %s", i.Symbol, p.Kind)
		case p.Price < lowest.Price:
			r.add(p.place, "%s: mark low %s is below the lowest price %s; a smoothed price cannot be", i.Symbol, p.Price, lowest.Price)
		}
	}
	if len(i.Mark) > 1 {
		r.add(i.Mark[1].place, "%s: expected at most one mark low; keep the lowest", i.Symbol)
	}
}

// respects reports the points inside of an extreme's window that lie beyond it.
func (r *reader) respects(i *Instrument, extreme PricePoint) {
	sign := market.Price(1)
	if extreme.Kind == High {
		sign = -1
	}
	for _, p := range i.Prices {
		inside := p.At >= extreme.Time && p.At < extreme.Time+extreme.Within
		if !inside || sign*p.Price >= sign*extreme.Price || p.place == extreme.place {
			continue
		}
		r.add(extreme.place, "%s: %s %s from %s for %s is contradicted by the %s %s at %s (%s); remove one of them or narrow the window",
			i.Symbol, extreme.Kind, extreme.Price, extreme.Time, market.FormatInterval(extreme.Within), p.Kind, p.Price, p.At, p.Venue)
	}
}
