package oracle

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// terms are the model's additions to an order.
type terms struct {
	size       decimal.Decimal // closes so much; zero: the whole position
	limit      bool
	offset     decimal.Decimal
	guaranteed bool
	resting    bool // reached, and waiting at its limit
}

// agree takes over an order's terms; false means refused.
func (o *order) agree(s market.Side, from risk.StopOrder) bool {
	if from.Size < 0 || from.Offset < 0 || from.Kind != risk.Stop && (from.Limit || from.Guaranteed) {
		return false
	}
	o.terms = terms{size: market.Decimal(from.Size), limit: from.Limit, offset: market.Decimal(from.Offset), guaranteed: from.Guaranteed}
	if from.Peak == 0 || from.Trail == 0 {
		return true
	}
	if s == market.Long {
		o.peak = decimal.Max(o.peak, market.Decimal(from.Peak))
	} else {
		o.peak = decimal.Min(o.peak, market.Decimal(from.Peak))
	}
	return o.price(s).IsPositive()
}

// part is the signed size that an order closes of a position.
func (o *order) part(position decimal.Decimal) decimal.Decimal {
	if o.size.IsZero() || !o.size.LessThan(position.Abs()) {
		return position
	}
	if position.IsNegative() {
		return o.size.Neg()
	}
	return o.size
}

// rests lets a limit stop rest where its fill would be worse than its limit.
func (o *order) rests(s market.Side, fill decimal.Decimal) bool {
	if !o.limit {
		return false
	}
	at := o.price(s).Sub(o.offset)
	if s == market.Short {
		at = o.price(s).Add(o.offset)
	}
	at = decimal.Max(at, decimal.New(1, -market.Decimals))
	if s == market.Long && !fill.LessThan(at) || s == market.Short && !fill.GreaterThan(at) {
		return false
	}
	o.resting, o.trigger, o.trail, o.watch = true, at, decimal.Zero, risk.WatchLast
	return true
}

// drop forgets an order.
func (p *position) drop(o *order) {
	p.orders = slices.DeleteFunc(slices.Clone(p.orders), func(other *order) bool { return other == o })
}

// closePart sells a part of a position to the provider at a price, with the taker fee capped at what is left.
func (x *Exchange) closePart(p *position, kind risk.Kind, d, price decimal.Decimal) {
	x.settle(p)
	cash := saleCash(d, price)
	x.book.provider = x.book.provider.Sub(cash)
	p.listing.providerSize = p.listing.providerSize.Add(d)
	realized := p.reduce(d, cash)
	n := notional(d, price)
	fee := decimal.Min(ceil(n.Mul(market.Decimal(x.options.Rulebook.Taker))), decimal.Max(p.scope().equity(current), decimal.Zero))
	p.credit(fee.Neg())
	x.book.fees = x.book.fees.Add(fee)
	x.emit(risk.Event{
		Kind: kind, Side: sideOf(d), Instrument: p.listing.id, Account: p.account.id, Size: units[market.Qty](d.Abs()),
		Price: units[market.Price](price), Mark: units[market.Price](p.listing.mark), Notional: units[market.Quote](n),
		RealizedPnL: units[market.Quote](realized), Fee: units[market.Quote](fee), Book: true,
	})
}

// Reduce closes a part of a position at market; false when there is none.
func (x *Exchange) Reduce(a risk.AccountID, i market.InstrumentID, size market.Qty) bool {
	p := x.accounts[a].positions[i]
	if p == nil || p.listing.asset || size <= 0 {
		return false
	}
	o := order{terms: terms{size: market.Decimal(size)}}
	d := o.part(p.size)
	if d.Equal(p.size) {
		return x.Close(a, i)
	}
	x.closePart(p, risk.Close, d, x.slipped(p.listing, d, p.listing.last))
	return true
}

// TopUp moves money from the wallet to an isolated margin; false means refused.
func (x *Exchange) TopUp(a risk.AccountID, i market.InstrumentID, amount market.Quote) bool {
	holder := x.accounts[a]
	p := holder.positions[i]
	if p == nil || p.mode != risk.Isolated || amount <= 0 {
		return false
	}
	free, _ := x.available(holder, &risk.Order{Mode: risk.Isolated, Fee: true})
	if market.Decimal(amount).GreaterThan(free) {
		return false
	}
	holder.wallet = holder.wallet.Sub(market.Decimal(amount))
	p.margin = p.margin.Add(market.Decimal(amount))
	return true
}

// CancelStops ends the orders of one kind on a position and returns how many there were.
func (x *Exchange) CancelStops(a risk.AccountID, i market.InstrumentID, kind risk.Kind) int {
	p := x.accounts[a].positions[i]
	if p == nil {
		return 0
	}
	before := len(p.orders)
	p.orders = slices.DeleteFunc(slices.Clone(p.orders), func(o *order) bool { return o.kind == kind })
	return before - len(p.orders)
}
