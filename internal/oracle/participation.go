package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// usage is what bounded orders have taken of one side of a book, in quote, within an interval.
type usage struct {
	interval int64
	used     decimal.Decimal
}

// exempt says whether an account's forced orders and takeovers are unbounded.
func (x *Exchange) exempt(a risk.AccountID) bool {
	return a != risk.TheExchange && x.options.Exempt != nil && x.options.Exempt(a)
}

// interval numbers the present one: of the clock, or the tick.
func (x *Exchange) interval() int64 {
	if every := x.options.Participation.Interval; every > 0 {
		return int64(x.now / every)
	}
	return int64(x.ticks)
}

// usage of the side that closing a size hits: bids for what is long, asks for what is short. Another interval has forgotten it.
func (x *Exchange) usage(l *listing, d decimal.Decimal) *usage {
	u := &l.usage[indexOf(d)]
	if now := x.interval(); u.interval != now {
		*u = usage{interval: now}
	}
	return u
}

// indexOf is 0 for what is long, 1 for what is short.
func indexOf(size decimal.Decimal) int {
	if sideOf(size) == market.Short {
		return 1
	}
	return 0
}

// passes is how much of an order that closes d the capacity lets through, signed as d.
func (x *Exchange) passes(l *listing, d decimal.Decimal, exempt bool) decimal.Decimal {
	rules := x.options.Participation
	if rules.Share == 0 || exempt {
		return d
	}
	depth := [2]decimal.Decimal{l.bidDepth, l.askDepth}[indexOf(d)]
	if depth.IsZero() {
		depth = market.Decimal(rules.Depth)
	}
	capacity := floor(market.Decimal(rules.Share).Mul(depth))
	left := decimal.Max(decimal.Zero, capacity.Sub(x.usage(l, d).used))
	most := floorTo(divFloor(left, l.mark), l.lot)
	switch {
	case !d.Abs().GreaterThan(most):
		return d
	case d.IsNegative():
		return most.Neg()
	}
	return most
}

// use counts an order that closed d.
func (x *Exchange) use(l *listing, d decimal.Decimal, exempt bool) {
	if !exempt {
		u := x.usage(l, d)
		u.used = u.used.Add(notional(d, l.mark))
	}
}
