package risk

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Hold says what an outage does to the order of an account.
type Hold uint8

// An order that is Free is executed when its trigger is reached. A stop that is Delayed is executed at the first tick at which it is
// free again, wherever the price is then. One that is Refused is not executed and not remembered: it is looked at again
// afterwards, and so are take-profits and resting orders, which need the price to be there (docs/MODEL.md section 4, outages).
const (
	Free Hold = iota
	Delayed
	Refused
)

// pending marks an order that an outage keeps from being executed.
type pending struct {
	since  market.Time // when its trigger was reached
	due    bool        // delayed: executed as soon as it is free
	missed bool        // its trigger was reached while it was refused
}

// held reports whether an outage keeps an order whose trigger is reached, or that is due, from being executed now.
func (x *Exchange) held(o *stopOrder) bool {
	if x.o.Outage == nil {
		return false
	}
	since := o.pending.since
	if !o.pending.due && !o.pending.missed {
		since = x.now
	}
	hold := x.o.Outage(x.positions[o.position].account, since, x.now)
	if hold == Free {
		return false
	}
	due := hold == Delayed && o.kind == Stop && !o.resting
	o.pending = pending{since: since, due: due || o.pending.due, missed: !due}
	return true
}

// always is a key that every tick reaches.
const always = math.MinInt64 / 2
