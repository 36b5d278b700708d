package risk

import (
	"fmt"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// check refuses a bound that means nothing.
func (p Participation) check() error {
	switch {
	case p.Share < 0:
		return fmt.Errorf("exchange: participation %v; expected the share of the depth that the liquidation engine may take, such as 0.1, or 0 for no bound", p.Share)
	case p.Interval < 0:
		return fmt.Errorf("exchange: participation interval of %d ms; expected at least 0", int64(p.Interval))
	case p.Share > 0 && p.Depth <= 0:
		return fmt.Errorf("exchange: participation %v of a depth of %v where an instrument has none; expected a positive notional", p.Share, p.Depth)
	}
	return nil
}

// usage is what bounded orders used of one side of a book in one interval.
type usage struct {
	period int64
	used   market.Quote
}

// period numbers the interval that the present tick belongs to.
func (x *Exchange) period() int64 {
	every := int64(x.o.Participation.Interval)
	if every == 0 {
		return x.ticks
	}
	n := int64(x.now) / every
	if int64(x.now)%every < 0 {
		n--
	}
	return n
}

// usageOf returns what was used in this interval of the side that closing a size hits: bids for what was long, asks for what was
// short; and the depth of that side.
func (x *Exchange) usageOf(i market.InstrumentID, size market.Qty) (u *usage, depth market.Quote) {
	l := &x.listings[i]
	u, depth = &l.used[0], l.bid
	if size < 0 {
		u, depth = &l.used[1], l.ask
	}
	if now := x.period(); u.period != now {
		*u = usage{period: now}
	}
	if depth <= 0 {
		depth = x.o.Participation.Depth
	}
	return u, depth
}

// passes returns how much of an order that closes d the book takes in this interval: all of it, or what is left of the capacity,
// rounded down to the lot.
func (x *Exchange) passes(i market.InstrumentID, d market.Qty, exempt bool) market.Qty {
	if x.o.Participation.Share == 0 || exempt || d == 0 {
		return d
	}
	u, depth := x.usageOf(i, d)
	capacity := market.Quote(saturated(market.MulDivFloor(int64(depth), int64(x.o.Participation.Share), market.Scale)))
	l := &x.listings[i]
	largest := saturated(market.MulDivFloor(int64(max(0, capacity-u.used)), market.Scale, int64(l.mark)))
	lot := int64(max(l.Lot, 1))
	largest -= largest % lot
	if int64(d.Abs()) <= largest {
		return d
	}
	return market.Qty(largest) * market.Qty(market.SideOf(d))
}

// use counts a bounded order in, at mark.
func (x *Exchange) use(i market.InstrumentID, d market.Qty, exempt bool) {
	if x.o.Participation.Share == 0 || exempt {
		return
	}
	u, _ := x.usageOf(i, d)
	n := x.notional(TheExchange, i, d, x.listings[i].mark)
	u.used = market.Quote(saturated(int64(u.used+n), u.used+n >= u.used))
}

// saturated is v, or where that does not fit the largest number, which bounds nothing.
func saturated(v int64, ok bool) int64 {
	if !ok {
		return math.MaxInt64
	}
	return v
}

// exempt reports whether an account's orders and takeovers are not bounded.
func (x *Exchange) exempt(a AccountID) bool { return a >= 0 && x.o.Exempt != nil && x.o.Exempt(a) }
