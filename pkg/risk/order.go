package risk

import (
	"fmt"
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// stopOrder is one row of the conditional orders. A row whose position is none is done.
type stopOrder struct {
	trigger    market.Price
	trail      market.Price
	peak       market.Price // of a trailing stop, as of its last filing; a trough for a short
	placed     int32        // ticks of the instrument's watched price that were over when it was placed
	position   int32
	next       int32 // the position's next order
	generation uint32
	kind       Kind
	watch      Watch
	size       market.Qty   // closes so much; 0: the whole position
	offset     market.Price // of a limit stop's price beyond its trigger
	limit      bool
	guaranteed bool
	pending    pending
	resting    bool // a limit stop that was reached and waits for its limit, watching the last price
}

// stopQueues hold the orders that look at one price of one instrument: falling by the price at or below which they
// need a look, rising likewise above. extremes remember what trailing stops need of the past.
type stopQueues struct {
	falling, rising queue
	highs, lows     extremes
}

// trailStep is how far, as a share of its distance, a trailing stop lets the price move in its favor before it is
// filed again; in between it is looked at a little too early.
const trailStep = 8

// PlaceStop places a stop, trailing stop or take-profit on an open position. It returns a *Refusal when there is no
// such position or when the trigger is on the wrong side of the watched price, where it would fire at once.
func (x *Exchange) PlaceStop(o StopOrder) error {
	if err := x.refuseCollateral(o.Account, o.Instrument); err != nil {
		return err
	}
	l := &x.listings[o.Instrument]
	refuse := func(format string, args ...any) error {
		return &Refusal{Account: o.Account, Symbol: l.Symbol, Rule: fmt.Sprintf(format, args...)}
	}
	id := x.find(o.Account, o.Instrument)
	if id == none {
		return refuse("no open position for a %v order", o.Kind)
	}
	p := &x.positions[id]
	now := l.watched(o.Watch)
	side := market.SideOf(p.size)
	peak := now
	if o.Trail > 0 {
		if o.Peak > 0 && market.Price(side)*(o.Peak-now) > 0 {
			peak = o.Peak
		}
		o.Trigger = peak - market.Price(side)*o.Trail
	}
	below := o.Kind == Stop == (side == market.Long) // the order waits below the price
	switch {
	case o.Kind != Stop && o.Kind != TakeProfit:
		return refuse("kind %v; expected stop or take_profit", o.Kind)
	case o.Trail < 0 || o.Trail > 0 && o.Kind != Stop:
		return refuse("trail %v on a %v; expected a positive distance on a stop", o.Trail, o.Kind)
	case o.Trigger <= 0:
		return refuse("trigger %v; expected a positive price", o.Trigger)
	case o.Size < 0:
		return refuse("size %v; expected a positive size, or 0 for the whole position", o.Size)
	case o.Offset < 0 || o.Kind != Stop && (o.Limit || o.Guaranteed):
		return refuse("limit %v with offset %v, guaranteed %v on a %v; expected an offset of at least 0, and both on stops only", o.Limit, o.Offset, o.Guaranteed, o.Kind)
	case below && o.Trigger >= now || !below && o.Trigger <= now:
		return refuse("%v of a %v at %v is on the wrong side of the %v price %v; a long's stop and a short's take-profit lie below it", o.Kind, side, o.Trigger, o.Watch, now)
	}
	n := int32(len(x.orders))
	q := &l.stops[o.Watch]
	x.orders = append(x.orders, stopOrder{trigger: o.Trigger, trail: o.Trail, peak: peak, placed: q.highs.ticks, position: id, next: p.orders,
		kind: o.Kind, watch: o.Watch, size: o.Size, limit: o.Limit, offset: o.Offset, guaranteed: o.Guaranteed})
	p.orders = n
	if o.Trail > 0 {
		q.highs.wanted, q.lows.wanted = true, true
	}
	x.fileStop(n)
	return nil
}

func (l *listing) watched(w Watch) market.Price {
	switch w {
	case WatchLast:
		return l.last
	case WatchIndex:
		return l.index
	}
	return l.mark
}

// waitsBelow reports whether an order fires when the price falls to its trigger.
func (x *Exchange) waitsBelow(o *stopOrder) bool {
	return (o.kind == Stop && !o.resting) == (x.positions[o.position].size > 0)
}

// fileStop puts an order into its queue. A trailing stop waits on both sides: at the trigger that it would have if the
// price made the best of the step that it is allowed, and at the end of that step.
func (x *Exchange) fileStop(n int32) {
	o := &x.orders[n]
	q := &x.listings[x.positions[o.position].instrument].stops[o.watch]
	if o.pending != (pending{}) { // due, or to be forgotten where the price comes back
		q.falling.push(entry{always, n, o.generation})
		return
	}
	trigger := int64(o.trigger)
	step := int64(0)
	if o.trail > 0 {
		step = max(int64(o.trail)/trailStep, 1)
	}
	if x.waitsBelow(o) {
		q.falling.push(entry{-(trigger + step), n, o.generation})
		if step > 0 {
			q.rising.push(entry{int64(o.peak) + step, n, o.generation})
		}
		return
	}
	q.rising.push(entry{trigger - step, n, o.generation})
	if step > 0 {
		q.falling.push(entry{-(int64(o.peak) - step), n, o.generation})
	}
}

// cancelOrders ends all orders of a position.
func (x *Exchange) cancelOrders(id int32) {
	for n := x.positions[id].orders; n != none; n = x.orders[n].next {
		x.orders[n].position = none
		x.orders[n].generation++
	}
	x.positions[id].orders = none
}

// fireStops executes the orders that a tick's prices reach, by ascending account, then instrument.
func (x *Exchange) fireStops(prices []PriceUpdate) {
	x.work.stops = x.work.stops[:0]
	for i := range prices {
		l := &x.listings[prices[i].Instrument]
		for w := range l.stops {
			x.work.stops = l.stops[w].collect(x.work.stops, int64(l.watched(Watch(w))), x.orders)
		}
	}
	slices.SortFunc(x.work.stops, func(a, b int32) int {
		p, q := &x.positions[x.orders[a].position], &x.positions[x.orders[b].position]
		if p.account != q.account {
			return int(p.account) - int(q.account)
		}
		if p.instrument != q.instrument {
			return int(p.instrument) - int(q.instrument)
		}
		return int(a) - int(b)
	})
	for k, n := range x.work.stops {
		if x.orders[n].position == none || k > 0 && x.work.stops[k-1] == n {
			continue
		}
		if !x.fireStop(n) {
			x.orders[n].generation++
			x.fileStop(n)
		}
	}
	// The extremes take the tick in after the trailing stops looked at them: a tick cannot both make the peak and
	// fall from it.
	for i := range prices {
		l := &x.listings[prices[i].Instrument]
		for w := range l.stops {
			l.stops[w].highs.add(int64(l.watched(Watch(w))))
			l.stops[w].lows.add(-int64(l.watched(Watch(w))))
		}
	}
}

func (q *stopQueues) collect(hits []int32, now int64, orders []stopOrder) []int32 {
	for _, side := range []struct {
		q *queue
		x int64
	}{{&q.falling, -now}, {&q.rising, now}} {
		for {
			e, ok := side.q.next(side.x)
			if !ok {
				break
			}
			if o := &orders[e.id]; o.position != none && o.generation == e.generation {
				hits = append(hits, e.id)
			}
		}
	}
	return hits
}

// fireStop executes an order if its trigger was reached and liquidation did not come first (docs/MODEL.md section 4).
// It reports whether the order is done.
func (x *Exchange) fireStop(n int32) bool {
	o := &x.orders[n]
	p := &x.positions[o.position]
	l := &x.listings[p.instrument]
	now := l.watched(o.watch)
	if !o.pending.due {
		if o.trail > 0 {
			x.moveTrail(o, &l.stops[o.watch], p.size > 0)
		}
		if x.waitsBelow(o) != (now <= o.trigger) && now != o.trigger {
			o.pending = pending{}
			if o.trail > 0 {
				x.advancePeak(o, now, p.size > 0)
			}
			return false
		}
	}
	if x.held(o) {
		return false
	}
	r := o.trigger
	if l.gap || o.pending != (pending{}) {
		r = now
	}
	s := x.scopeOf(o.position)
	x.evaluateAt(&s, p.instrument, max(l.mark+(r-now), 1))
	if x.liquidatable(&s) {
		return false
	}
	size := p.size
	if o.size > 0 && o.size < size.Abs() {
		size = o.size * market.Qty(market.SideOf(size))
	}
	price := o.trigger
	if o.kind == Stop && !o.guaranteed && !o.resting {
		price = x.slippedSize(p.account, p.instrument, size, max(l.last+(r-now), 1))
		side := market.Price(market.SideOf(size))
		if limit := max(o.trigger-side*o.offset, 1); o.limit && side*(price-limit) < 0 {
			// Nobody takes the other side at the limit: the order rests there from this tick on.
			o.resting, o.trigger, o.trail, o.watch = true, limit, 0, WatchLast
			return false
		}
	}
	if size == p.size {
		x.closeAt(o.position, o.kind, price)
	} else {
		x.dropOrder(n)
		x.closePart(x.find(p.account, p.instrument), o.kind, size, price)
	}
	return true
}

// moveTrail brings a trailing stop's peak and trigger up to the tick before this one.
func (x *Exchange) moveTrail(o *stopOrder, q *stopQueues, long bool) {
	if long {
		if high, ok := q.highs.since(o.placed); ok {
			o.peak = max(o.peak, market.Price(high))
		}
		o.trigger = o.peak - o.trail
		return
	}
	if low, ok := q.lows.since(o.placed); ok {
		o.peak = min(o.peak, market.Price(-low))
	}
	o.trigger = o.peak + o.trail
}

// advancePeak lets a trailing stop that did not fire follow a new extreme.
func (x *Exchange) advancePeak(o *stopOrder, now market.Price, long bool) {
	if long {
		o.peak = max(o.peak, now)
		o.trigger = o.peak - o.trail
		return
	}
	o.peak = min(o.peak, now)
	o.trigger = o.peak + o.trail
}

// extremes answer "the highest value since tick n" for any n: a stack of values that no later one exceeds.
type extremes struct {
	wanted bool // some trailing stop was placed; until then only ticks are counted
	ticks  int32
	at     []int32
	value  []int64
}

func (e *extremes) add(v int64) {
	if e.wanted {
		for len(e.value) > 0 && e.value[len(e.value)-1] <= v {
			e.value, e.at = e.value[:len(e.value)-1], e.at[:len(e.at)-1]
		}
		e.value, e.at = append(e.value, v), append(e.at, e.ticks)
	}
	if e.ticks == math.MaxInt32 {
		panic("risk: more than 2^31 ticks of one instrument")
	}
	e.ticks++
}

// since returns the highest value of the ticks numbered n and later.
func (e *extremes) since(n int32) (int64, bool) {
	k, _ := slices.BinarySearch(e.at, n)
	if k == len(e.at) {
		return 0, false
	}
	return e.value[k], true
}
