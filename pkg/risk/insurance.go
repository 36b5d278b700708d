package risk

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// inventory is a position that the liquidation engine took over at a bankruptcy price and has to dispose of: it paid
// cash for the signed size. Parts of it carry their share of cash, the last one what is left, so nothing is lost to
// rounding.
type inventory struct {
	instrument market.InstrumentID
	size       market.Qty
	cash       market.Quote
	exempt     bool         // all of it came from accounts whose takeovers are not bounded
	book       market.Price // what the book would fill all at that goes to ADL with it; set when it does
}

// take splits off a part of the inventory.
func (v *inventory) take(part market.Qty) inventory {
	if part == v.size {
		t := *v
		v.size, v.cash = 0, 0
		return t
	}
	// Floor of a product that is smaller than cash itself always fits.
	c, _ := market.MulDivFloor(int64(v.cash), int64(part.Abs()), int64(v.size.Abs()))
	t := *v
	t.size, t.cash = part, market.Quote(c)
	v.size -= part
	v.cash -= t.cash
	return t
}

// less returns what is gone of an inventory of which rest is left.
func (v inventory) less(rest *inventory) inventory {
	v.size, v.cash = v.size-rest.size, v.cash-rest.cash
	return v
}

// dispose sells what was taken over: what the book takes of it, as far as the insurance fund has room for the loss. Where the room
// ends before the book does, the rest goes to opposite positions by auto-deleveraging, and what they cannot take into the book at a
// socialized loss; where the book ends first, the rest is carried, as far as the fund has room for what it lacks at mark, and what is
// then left goes the same way (docs/MODEL.md section 5, steps 4 to 6, and section 14). insolvent says that the scope it came from
// had less than nothing.
func (x *Exchange) dispose(v inventory, insolvent bool) {
	offered := v.take(x.passes(v.instrument, v.size, v.exempt))
	if offered.size != 0 {
		price := x.bookPrice(offered)
		if part := x.roomFor(&offered, price, insolvent); part.size != 0 {
			x.sellForFund(part, price)
		}
	}
	switch {
	case offered.size != 0 && v.size != 0:
		x.join(&v, offered)
	case offered.size != 0:
		v = offered
	case v.size != 0:
		if part := x.roomFor(&v, x.listings[v.instrument].mark, insolvent); part.size != 0 {
			x.carry(part)
		}
	}
	if v.size != 0 && x.rules.allocation != allocateByScore {
		x.pool(v)
		return
	}
	if v.size != 0 {
		x.deleverage(&v)
	}
	if v.size != 0 {
		x.socialize(v)
	}
}

// roomFor splits off what the fund has room for of an inventory at a price.
func (x *Exchange) roomFor(v *inventory, price market.Price, insolvent bool) inventory {
	room, byDrawdown := x.room(v.instrument, insolvent)
	part := x.affordableSize(*v, price, room)
	if byDrawdown && part != v.size {
		x.startDeleveraging(v.instrument)
	}
	return v.take(part)
}

// bookPrice returns what the whole inventory fills at.
func (x *Exchange) bookPrice(v inventory) market.Price {
	return x.slippedSize(TheExchange, v.instrument, v.size, x.listings[v.instrument].mark)
}

// affordableSize returns how much of an inventory can be sold at a price for a loss of at most room: all, or what the room
// pays for, rounded down to the lot.
func (x *Exchange) affordableSize(v inventory, price market.Price, room market.Quote) market.Qty {
	loss := v.cash - x.value(TheExchange, v.instrument, v.size, price)
	if loss <= room {
		return v.size
	}
	part, _ := market.MulDivFloor(int64(v.size.Abs()), int64(room), int64(loss)) // less than size
	lot := max(int64(x.listings[v.instrument].Lot), 1)
	part = part / lot * lot
	for ; part > 0; part -= lot { // rounding of the part's cash may cost a unit more than its share
		w := v
		t := w.take(market.Qty(part) * market.Qty(market.SideOf(v.size)))
		if t.cash-x.value(TheExchange, t.instrument, t.size, price) <= room {
			return t.size
		}
	}
	return 0
}

// sellForFund sells an inventory into the book for the account of the instrument's fund.
func (x *Exchange) sellForFund(v inventory, price market.Price) {
	x.bookForFund(v, price, x.sell(v, price)-v.cash, true)
}

// bookForFund books what the fund gained, or lost, with a part of an inventory that was sold, or deleveraged at another price than
// was paid for it.
func (x *Exchange) bookForFund(v inventory, price market.Price, gain market.Quote, sold bool) {
	x.payFund(v.instrument, ledger.Engine, gain)
	x.emit(Event{Kind: Insurance, Account: TheExchange, Instrument: v.instrument, Side: market.SideOf(v.size), Size: v.size.Abs(),
		Price: price, RealizedPnL: gain, FundDelta: gain, Book: sold, Exempt: v.exempt})
}

// bookForNobody books a loss that no fund pays.
func (x *Exchange) bookForNobody(v inventory, price market.Price, loss market.Quote, sold bool) {
	x.ledger.Post(ledger.Socialized, ledger.Engine, loss)
	e := Event{Kind: SocializedLoss, Account: TheExchange, Instrument: v.instrument, Side: market.SideOf(v.size), Size: v.size.Abs(),
		Price: price, RealizedPnL: -loss, Book: sold, Exempt: v.exempt}
	if sold {
		e.Deficit, e.BookDeficit = x.lacks(v), loss
	}
	x.emit(e)
}

// socialize sells an inventory whole into the book; nobody is left to pay for the loss. A gain goes to the fund.
func (x *Exchange) socialize(v inventory) {
	price := x.bookPrice(v)
	if gain := x.sell(v, price) - v.cash; gain >= 0 {
		x.bookForFund(v, price, gain, true)
	} else {
		x.bookForNobody(v, price, -gain, true)
	}
}

// sell moves an inventory to the liquidity provider and returns the cash that the engine received for it.
func (x *Exchange) sell(v inventory, price market.Price) market.Quote {
	proceeds := x.value(TheExchange, v.instrument, v.size, price)
	x.ledger.Post(ledger.Provider, ledger.Engine, proceeds)
	addQty(&x.listings[v.instrument].provider, v.size)
	x.use(v.instrument, v.size, v.exempt)
	return proceeds
}
