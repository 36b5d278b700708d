package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// inventory is a position that the exchange took over: what is left of it and of the cash paid for it.
type inventory struct {
	listing  *listing
	size     decimal.Decimal
	cost     decimal.Decimal
	market   decimal.Decimal // price at which the book takes it, once it was asked
	equity   decimal.Decimal // of the scope, before it was taken over; of what was carried not below zero
	sequence int64           // of the takeover event; of what was carried, of the run's latest
	exempt   bool            // taken over from an account whose takeovers are not bounded
}

// takeOver buys the positions of a scope for the cash that leaves it with exactly zero, and disposes of them.
func (x *Exchange) takeOver(s scope, held []*position) {
	equity, maintenance := s.equity(current), x.maintenance(s, current)
	payments := make([]decimal.Decimal, len(held))
	for i, p := range held {
		payments[i] = p.value(p.listing.mark).Sub(shareOf(equity, x.maintenanceOf(p, p.listing.mark), maintenance))
	}
	for i, p := range held {
		if i == len(held)-1 {
			payments[i] = p.cost.Sub(s.wallet()) // what makes the scope zero
		}
		payments[i] = decimal.Min(payments[i], p.mostPaid())
		v := &inventory{
			listing: p.listing, size: p.size, cost: payments[i], equity: equity, sequence: int64(len(x.events)),
			exempt: x.exempt(p.account.id),
		}
		bankruptcy := bankruptcyPrice(p.size, payments[i])
		realized := p.reduce(p.size, payments[i])
		x.takeover = v.sequence
		taken := v.event(risk.Takeover, p.account.id, v.size, bankruptcy, realized, decimal.Zero)
		x.emit(taken)
		x.finish(p, taken)
		x.dispose(v)
	}
}

// mostPaid is the larger of what a position cost and its value at mark plus the value's amount.
func (p *position) mostPaid() decimal.Decimal {
	value := p.value(p.listing.mark)
	return decimal.Max(p.cost, value.Add(value.Abs()))
}

// bankruptcyPrice is T/q rounded down to units.
func bankruptcyPrice(size, payment decimal.Decimal) decimal.Decimal { return divFloor(payment, size) }

// dispose is steps 4 to 6: book and fund, counterparties, nobody. What does not pass into the book is carried.
func (x *Exchange) dispose(v *inventory) {
	x.resume(v.listing)
	if left := x.offer(v); left.size.IsZero() {
		x.carry(v)
	} else {
		v.size, v.cost = v.size.Add(left.size), v.cost.Add(left.cost)
	}
	if x.policies().ADLAllocation != "queue" {
		if !v.size.IsZero() {
			x.pool(v)
		}
		return
	}
	x.deleverage(v)
	x.socialize(v)
}

// offer takes the part that passes out of an inventory, sells of it what the fund takes, and returns what the fund left.
func (x *Exchange) offer(v *inventory) *inventory {
	part := *v
	part.size = x.passes(v.listing, v.size, v.exempt)
	if part.size.IsZero() {
		return &part
	}
	part.cost, part.market = v.release(part.size), x.slipped(v.listing, part.size, v.listing.mark)
	taken := x.affords(&part, part.cost.Sub(floor(part.size.Mul(part.market))))
	if !taken.IsZero() {
		x.forFund(&part, taken, part.market, x.sell(&part, taken), true)
	}
	return &part
}

// socialize sells what nobody took into the book.
func (x *Exchange) socialize(v *inventory) {
	if rest := v.size; !rest.IsZero() {
		v.market = x.slipped(v.listing, rest, v.listing.mark) // a smaller order than the whole position was
		e := v.event(risk.SocializedLoss, risk.TheExchange, rest, v.market, decimal.Zero, decimal.Zero)
		e.Book, e.Deficit = true, units[market.Quote](lacks(rest, v.cost, v.listing.mark))
		if delta := x.sell(v, rest); delta.IsNegative() {
			e.BookDeficit = units[market.Quote](delta.Neg())
			x.nobodyPays(delta, e)
		} else { // slipping less than the whole would have, it made a gain after all
			x.forFund(v, rest, v.market, delta, true)
		}
	}
}

// forFund books a result of the liquidation engine to the fund: of a sale into the book, or a gap in money.
func (x *Exchange) forFund(v *inventory, d, price, delta decimal.Decimal, sale bool) {
	x.toFund(v.listing, delta)
	e := v.event(risk.Insurance, risk.TheExchange, d, price, delta, delta)
	e.Book = sale
	x.emit(e)
}

// nobodyPays books a loss that is left.
func (x *Exchange) nobodyPays(delta decimal.Decimal, e risk.Event) {
	x.book.socialized = x.book.socialized.Add(delta)
	e.RealizedPnL = units[market.Quote](delta)
	x.emit(e)
}

// affords is how much (signed) of an inventory, all of which would cost the insurance fund so much, it has room for: whole
// lots unless it has room for all.
func (x *Exchange) affords(v *inventory, loss decimal.Decimal) decimal.Decimal {
	if !loss.IsPositive() {
		return v.size
	}
	x.resume(v.listing)
	room := x.room(v.listing, v.equity)
	if !loss.GreaterThan(room) {
		return v.size
	}
	x.limited(v.listing, room)
	size := floorTo(divFloor(room.Mul(v.size.Abs()), loss), v.listing.lot)
	if v.size.IsNegative() {
		return size.Neg()
	}
	return size
}

// costOf is the part of the inventory's cost that goes with d of it.
func (v *inventory) costOf(d decimal.Decimal) decimal.Decimal {
	if d.Equal(v.size) {
		return v.cost
	}
	return divFloor(v.cost.Mul(d), v.size)
}

// release takes d out of the inventory and returns the cost that goes with it.
func (v *inventory) release(d decimal.Decimal) decimal.Decimal {
	cost := v.costOf(d)
	v.size, v.cost = v.size.Sub(d), v.cost.Sub(cost)
	return cost
}

// sell sells d into the book and returns the result against what was paid for it.
func (x *Exchange) sell(v *inventory, d decimal.Decimal) decimal.Decimal {
	cash := floor(d.Mul(v.market)) // V(P): the exchange's own sales are floored like any value
	x.use(v.listing, d, v.exempt)
	x.book.provider = x.book.provider.Sub(cash)
	v.listing.providerSize = v.listing.providerSize.Add(d)
	return cash.Sub(v.release(d))
}

func (v *inventory) event(kind risk.Kind, a risk.AccountID, d, price, realized, fund decimal.Decimal) risk.Event {
	counted := price
	if price.Sign() <= 0 { // no book has such a price
		counted = v.listing.mark
	}
	return risk.Event{
		Kind: kind, Side: sideOf(d), Instrument: v.listing.id, Account: a, Size: units[market.Qty](d.Abs()),
		Price: units[market.Price](price), Mark: units[market.Price](v.listing.mark),
		Notional:    units[market.Quote](notional(d, counted)),
		RealizedPnL: units[market.Quote](realized), FundDelta: units[market.Quote](fund), Exempt: v.exempt,
	}
}
