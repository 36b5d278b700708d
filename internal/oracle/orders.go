package oracle

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// order is a stop, trailing stop or take-profit of a position.
type order struct {
	kind      risk.Kind
	watch     risk.Watch
	trigger   decimal.Decimal
	trail     decimal.Decimal // zero when the trigger stands still
	peak      decimal.Decimal // highest watched price since placed; the lowest for a short
	reachedAt market.Time     // while held: when the trigger was reached
	held      bool            // was held when it was last looked at
	due       bool            // is executed as soon as it is no longer held
	terms                     // size, limit, guarantee: partial.go
}

// PlaceStop places an order; false means refused: no position, a holding, or it would fire at once.
func (x *Exchange) PlaceStop(o risk.StopOrder) bool {
	p := x.accounts[o.Account].positions[o.Instrument]
	if p == nil || p.listing.asset {
		return false
	}
	w := p.listing.watched(o.Watch)
	placed := &order{kind: o.Kind, watch: o.Watch, trigger: market.Decimal(o.Trigger), trail: market.Decimal(o.Trail), peak: w}
	if !placed.agree(p.side(), o) || placed.reached(p.side(), w) {
		return false
	}
	p.orders = append(p.orders, placed)
	return true
}

func (l *listing) watched(w risk.Watch) decimal.Decimal {
	switch w {
	case risk.WatchLast:
		return l.last
	case risk.WatchIndex:
		return l.index
	}
	return l.mark
}

// price is the trigger now: behind the peak for a trailing stop.
func (o *order) price(s market.Side) decimal.Decimal {
	switch {
	case o.trail.IsZero():
		return o.trigger
	case s == market.Long:
		return o.peak.Sub(o.trail)
	}
	return o.peak.Add(o.trail)
}

// reached says whether a watched price is at or beyond the trigger: down for the stop of a long and the take-profit of
// a short, up for the other two.
func (o *order) reached(s market.Side, w decimal.Decimal) bool {
	c := w.Cmp(o.price(s))
	if (s == market.Long) == (o.kind == risk.Stop && !o.resting) {
		return c <= 0
	}
	return c >= 0
}

// fireOrders is step 3 of a tick: by account, then instrument, then as placed.
func (x *Exchange) fireOrders() {
	for _, a := range x.accounts {
		for _, p := range a.positions {
			if p == nil || !p.listing.touched {
				continue
			}
			for _, o := range p.orders {
				if o.resting || o.due {
					continue
				}
				w := p.listing.watched(o.watch)
				if p.side() == market.Long {
					o.peak = decimal.Max(o.peak, w)
				} else {
					o.peak = decimal.Min(o.peak, w)
				}
			}
			for _, o := range slices.Clone(p.orders) {
				if x.fire(p, o) {
					break // the position and its other orders are gone
				}
			}
		}
	}
}

// fire closes a position if its order's price was reached before its scope became liquidatable.
func (x *Exchange) fire(p *position, o *order) bool {
	l := p.listing
	w := l.watched(o.watch)
	if !o.due && !o.reached(p.side(), w) {
		o.held = false
		return false
	}
	if x.holds(p, o) {
		return false
	}
	r := o.price(p.side())
	if l.gap || o.held {
		r = w
	}
	moment := l.mark.Add(r.Sub(w)) // M*
	at := func(other *listing) decimal.Decimal {
		if other == l {
			return moment
		}
		return other.mark
	}
	if x.liquidatable(p.scope(), at) {
		return false
	}
	size := o.part(p.size)
	price := o.price(p.side()) // a take-profit rests at its trigger
	if o.kind == risk.Stop && !o.guaranteed && !o.resting {
		price = x.slipped(l, size, l.last.Add(r.Sub(w))) // L*
		if o.rests(p.side(), price) {
			return false
		}
	}
	if size.Equal(p.size) {
		x.closeWhole(p, o.kind, price)
		return true
	}
	p.drop(o)
	x.closePart(p, o.kind, size, price)
	return false // the rest of the position stays, with its other orders
}
