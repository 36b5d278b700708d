package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// deal is the price of one deleveraging: shares of the inventory's cost, or a mark.
type deal struct {
	price  decimal.Decimal // of the events; at a mark also of the cash
	atMark bool
	gained decimal.Decimal // at a mark: what the exchange received for more than the inventory cost
	closed decimal.Decimal // size, signed as the inventory
	book   decimal.Decimal // price at which the book would take all of the inventory
}

// agreed is the price by adl_price, of what the fund left of an inventory.
func (x *Exchange) agreed(v *inventory) *deal {
	d := x.priced(v)
	d.book = x.slipped(v.listing, v.size, v.listing.mark)
	return d
}

func (x *Exchange) priced(v *inventory) *deal {
	bankruptcy, mark := bankruptcyPrice(v.size, v.cost), v.listing.mark
	switch x.policies().ADLPrice {
	case "mark":
		return &deal{price: mark, atMark: true}
	case "previous_mark":
		return &deal{price: v.listing.previous, atMark: true}
	case "bankruptcy_near_mark":
		far := market.Decimal(x.options.Rulebook.Parameters.ADLMarkDistance).Mul(mark)
		if bankruptcy.Sub(mark).Abs().GreaterThan(far) {
			return &deal{price: mark, atMark: true}
		}
	}
	return &deal{price: bankruptcy}
}

// paid is the cash that moves for a part of the inventory.
func (d *deal) paid(v *inventory, part decimal.Decimal) decimal.Decimal {
	if d.atMark {
		return floor(part.Mul(d.price))
	}
	return v.costOf(part)
}

// deleverage closes what is left of an inventory against opposite positions, in the order of their ranking.
func (x *Exchange) deleverage(v *inventory) {
	if v.size.IsZero() {
		return
	}
	d := x.agreed(v)
	for _, p := range x.counterparties(v) {
		if v.size.IsZero() {
			break
		}
		if !p.size.IsZero() && x.accepts(v, p, d) {
			x.deleverageOne(v, p, d, v.size.Abs())
		}
	}
	x.settleDeal(v, d)
}

// parts are how much of a counterparty's position meets the inventory: signed as the counterparty, and as the inventory.
func parts(v *inventory, p *position) (own, taken decimal.Decimal) {
	own = p.signed(decimal.Min(v.size.Abs(), p.size.Abs()))
	return own, own.Neg()
}

// deleverageOne closes a counterparty, for at most a size.
func (x *Exchange) deleverageOne(v *inventory, p *position, d *deal, size decimal.Decimal) {
	x.settle(p)
	own := p.signed(decimal.Min(v.size.Abs(), p.size.Abs(), size))
	taken := own.Neg()
	pay := d.paid(v, taken)
	cost := v.release(taken)
	d.gained = d.gained.Add(pay).Sub(cost)
	d.closed = d.closed.Add(taken)
	realized := p.reduce(own, pay.Neg())
	fee := x.counterpartyFee(p, own, d.price)
	p.credit(fee.Neg())
	x.book.fees = x.book.fees.Add(fee)
	e := v.event(risk.ADL, p.account.id, own, d.price, realized, decimal.Zero)
	e.Fee, e.Deficit = units[market.Quote](fee), units[market.Quote](lacks(taken, cost, v.listing.mark))
	e.BookDeficit = units[market.Quote](lacks(taken, cost, d.book))
	x.emit(e)
	if p.size.IsZero() {
		x.finish(p, e)
	}
}

// counterpartyFee is min(ceil(maker·ceil(|d|·P)), what its scope has), and nothing below zero: neither a rebate nor a fee of
// a negative price.
func (x *Exchange) counterpartyFee(p *position, own, price decimal.Decimal) decimal.Decimal {
	if x.policies().ADLFee != "maker" {
		return decimal.Zero
	}
	has := decimal.Max(decimal.Zero, p.scope().equity(current))
	if !price.IsPositive() {
		return decimal.Zero
	}
	return decimal.Min(decimal.Max(ceil(market.Decimal(x.options.Rulebook.Maker).Mul(notional(own, price))), decimal.Zero), has)
}

// settleDeal books what a mark was better or worse than the inventory's cost.
func (x *Exchange) settleDeal(v *inventory, d *deal) {
	switch {
	case d.gained.IsPositive():
		x.forFund(v, d.closed, d.price, d.gained, false)
	case d.gained.IsNegative():
		paid := decimal.Min(d.gained.Neg(), v.listing.fund.above())
		if paid.IsPositive() {
			x.forFund(v, d.closed, d.price, paid.Neg(), false)
		}
		if rest := d.gained.Add(paid); rest.IsNegative() {
			x.nobodyPays(rest, v.event(risk.SocializedLoss, risk.TheExchange, d.closed, d.price, decimal.Zero, decimal.Zero))
		}
	}
}
