package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// inventory is a position that the exchange took over: what is left of it and of the cash paid for it.
type inventory struct {
	listing *listing
	size    decimal.Decimal
	cost    decimal.Decimal
	market  decimal.Decimal // price at which the book takes it
}

// takeOver buys the positions of a bankrupt scope for the cash that leaves it with exactly zero, and disposes of them.
func (x *Exchange) takeOver(s scope, held []*position) {
	equity, maintenance := s.equity(current), s.maintenance(current)
	payments := make([]decimal.Decimal, len(held))
	for i, p := range held {
		share := divFloor(equity.Mul(p.maintenance(p.listing.mark)), maintenance)
		payments[i] = p.value(p.listing.mark).Sub(share)
	}
	for i, p := range held {
		if i == len(held)-1 {
			payments[i] = p.cost.Sub(s.wallet()) // what makes the scope zero
		}
		v := &inventory{listing: p.listing, size: p.size, cost: payments[i], market: x.slipped(p.listing, p.size, p.listing.mark)}
		bankruptcy := bankruptcyPrice(p.size, payments[i])
		realized := p.reduce(p.size, payments[i])
		x.emit(v.event(risk.Takeover, p.account.id, v.size, bankruptcy, realized, decimal.Zero))
		p.remove()
		x.dispose(v)
	}
}

// bankruptcyPrice is T/q rounded down to units. It only stands in events: cash moves in shares of T.
func bankruptcyPrice(size, payment decimal.Decimal) decimal.Decimal { return divFloor(payment, size) }

// dispose is steps 4 to 6: book and fund, counterparties, nobody.
func (x *Exchange) dispose(v *inventory) {
	result := floor(v.size.Mul(v.market)).Sub(v.cost)
	if taken := x.fundTakes(v, result); !taken.IsZero() {
		delta := x.sell(v, taken)
		x.book.fund = x.book.fund.Add(delta)
		x.emit(v.event(risk.Insurance, risk.TheExchange, taken, v.market, delta, delta))
	}
	x.deleverage(v)
	if rest := v.size; !rest.IsZero() {
		v.market = x.slipped(v.listing, rest, v.listing.mark) // a smaller order than the whole position was
		if delta := x.sell(v, rest); delta.IsNegative() {
			x.book.socialized = x.book.socialized.Add(delta)
			x.emit(v.event(risk.SocializedLoss, risk.TheExchange, rest, v.market, delta, decimal.Zero))
		} else { // slipping less than the whole would have, it made a gain after all
			x.book.fund = x.book.fund.Add(delta)
			x.emit(v.event(risk.Insurance, risk.TheExchange, rest, v.market, delta, delta))
		}
	}
}

// fundTakes is the size (signed) that the insurance fund can pay the loss of, whole lots unless it can pay for all.
func (x *Exchange) fundTakes(v *inventory, result decimal.Decimal) decimal.Decimal {
	able := decimal.Max(x.book.fund.Sub(x.fundFloor), decimal.Zero)
	if !result.Neg().GreaterThan(able) {
		return v.size
	}
	size := floorTo(divFloor(able.Mul(v.size.Abs()), result.Neg()), v.listing.lot)
	if v.size.IsNegative() {
		return size.Neg()
	}
	return size
}

// release takes d out of the inventory and returns the cost that goes with it.
func (v *inventory) release(d decimal.Decimal) decimal.Decimal {
	cost := v.cost
	if !d.Equal(v.size) {
		cost = divFloor(v.cost.Mul(d), v.size)
	}
	v.size, v.cost = v.size.Sub(d), v.cost.Sub(cost)
	return cost
}

// sell sells d into the book and returns the result against what was paid for it.
func (x *Exchange) sell(v *inventory, d decimal.Decimal) decimal.Decimal {
	cash := floor(d.Mul(v.market)) // V(P): the exchange's own sales are floored like any value
	x.book.provider = x.book.provider.Sub(cash)
	v.listing.providerSize = v.listing.providerSize.Add(d)
	return cash.Sub(v.release(d))
}

func (v *inventory) event(kind risk.Kind, a risk.AccountID, d, price, realized, fund decimal.Decimal) risk.Event {
	return risk.Event{
		Kind: kind, Side: sideOf(d), Instrument: v.listing.id, Account: a, Size: units[market.Qty](d.Abs()),
		Price: units[market.Price](price), Mark: units[market.Price](v.listing.mark),
		Notional:    units[market.Quote](notional(d, price)),
		RealizedPnL: units[market.Quote](realized), FundDelta: units[market.Quote](fund),
	}
}
