package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Open fills an order that opens or adds; false means that the rules refuse it.
func (x *Exchange) Open(o risk.Order) bool {
	a, l := x.accounts[o.Account], x.listings[o.Instrument]
	d, price, leverage := market.Decimal(o.Size), market.Decimal(o.Price), market.Decimal(o.Leverage)
	p := a.positions[o.Instrument]
	if l.asset || d.IsZero() || !price.IsPositive() || leverage.LessThan(one) || !l.priced {
		return false
	}
	if p != nil && (p.side() != sideOf(d) || p.mode != o.Mode) {
		return false
	}
	whole := d
	if p != nil {
		whole = whole.Add(p.size)
	}
	if leverage.GreaterThan(x.maxLeverage(l.contract, whole, notional(whole, price))) {
		return false
	}
	n := notional(d, price)
	initial := x.initialMargin(l, n, leverage, sideOf(d), o.Mode)
	fee := decimal.Zero
	if o.Fee {
		fee = ceil(n.Mul(market.Decimal(x.options.Rulebook.Taker)))
	}
	need := initial
	if o.Mode == risk.Isolated && o.Margin != 0 {
		need = market.Decimal(o.Margin) // stands in for the initial margin: a position that is loaded may have lost some of it
	}
	if free, checked := x.available(a, &o); checked && need.Add(fee).GreaterThan(free) {
		return false
	}

	kind := risk.Add
	if p == nil {
		kind = risk.Entry
		p = &position{account: a, listing: l, mode: o.Mode, leverage: leverage, settled: l.funding}
		a.positions[o.Instrument] = p
	} else {
		x.settle(p)
	}
	v := floor(d.Mul(price))
	p.size, p.cost = whole, p.cost.Add(v)
	x.book.provider = x.book.provider.Add(v)
	l.providerSize = l.providerSize.Sub(d)
	if o.Mode == risk.Isolated {
		a.wallet = a.wallet.Sub(need)
		p.margin = p.margin.Add(need)
	}
	a.wallet = a.wallet.Sub(fee)
	x.book.fees = x.book.fees.Add(fee)
	x.emit(risk.Event{
		Kind: kind, Side: p.side(), Instrument: l.id, Account: a.id, Size: units[market.Qty](d.Abs()), Price: o.Price,
		Mark: units[market.Price](l.mark), Notional: units[market.Quote](n), Fee: units[market.Quote](fee), Book: true,
	})
	return true
}

// available is what an account may commit: cross equity less the cross positions' initial margins at mark, and for
// isolated orders no more than the wallet. A position from before the replay (no fee) posted its margin earlier: only
// an isolated margin has to be in the wallet.
func (x *Exchange) available(a *account, o *risk.Order) (free decimal.Decimal, checked bool) {
	if !o.Fee {
		return a.wallet, o.Mode == risk.Isolated
	}
	cross := scope{account: a, mode: risk.Cross}
	free = cross.equity(current)
	for _, p := range cross.positions() {
		free = free.Sub(x.initialMargin(p.listing, notional(p.size, p.listing.mark), p.leverage, p.side(), p.mode))
	}
	if o.Mode == risk.Isolated {
		free = decimal.Min(free, a.wallet)
	}
	return free, true
}

// slipped is the price of a forced or stop order that closes a size at a reference price.
func (x *Exchange) slipped(l *listing, size, reference decimal.Decimal) decimal.Decimal {
	depth := l.bidDepth
	if sideOf(size) == market.Short {
		depth = l.askDepth
	}
	slip := market.Decimal(x.options.Execution.Slippage(l.id,
		units[market.Quote](notional(size, reference)), units[market.Quote](depth)))
	if sideOf(size) == market.Long {
		price := floorTo(floor(reference.Mul(one.Sub(slip))), l.tick)
		return decimal.Max(price, l.tick)
	}
	return ceilTo(ceil(reference.Mul(one.Add(slip))), l.tick)
}

// saleCash is what closing d of a position of a side at a price brings: the fill of −d moves floor(−d·P).
func saleCash(d, price decimal.Decimal) decimal.Decimal { return floor(d.Neg().Mul(price)).Neg() }

// reduce takes d (same sign as the position) out for the given cash and returns the realized PnL. Who stands on the
// other side is the caller's business. A position reduced to nothing is gone with its orders, its margin back in the
// wallet.
func (p *position) reduce(d, cash decimal.Decimal) (realized decimal.Decimal) {
	released := p.released(d)
	realized = cash.Sub(released)
	p.cost, p.size = p.cost.Sub(released), p.size.Sub(d)
	p.credit(realized)
	return realized
}

// released is R, the cost that goes with d.
func (p *position) released(d decimal.Decimal) decimal.Decimal {
	if d.Equal(p.size) {
		return p.cost
	}
	return divFloor(p.cost.Mul(d), p.size)
}

// remove forgets a position of size zero; what is left of an isolated margin returns to the wallet.
func (p *position) remove() {
	p.account.wallet = p.account.wallet.Add(p.margin)
	p.margin = decimal.Zero
	p.account.positions[p.listing.id] = nil
	if cross := (scope{account: p.account, mode: risk.Cross}); len(cross.positions()) == 0 {
		p.account.patience = patience{}
	}
}

// Close closes a position at market; false when there is none.
func (x *Exchange) Close(a risk.AccountID, i market.InstrumentID) bool {
	p := x.accounts[a].positions[i]
	if p == nil || p.listing.asset {
		return false
	}
	x.closeWhole(p, risk.Close, x.slipped(p.listing, p.size, p.listing.last))
	return true
}

// closeWhole sells a whole position to the provider at a price, with the taker fee, and makes good a scope that ends
// below zero without positions.
func (x *Exchange) closeWhole(p *position, kind risk.Kind, price decimal.Decimal) {
	x.settle(p)
	size, n, s := p.size, notional(p.size, price), p.scope()
	cash := saleCash(size, price)
	x.book.provider = x.book.provider.Sub(cash)
	p.listing.providerSize = p.listing.providerSize.Add(size)
	realized := p.reduce(size, cash)

	left := s.equity(current) // the closed position counts nothing any more, the others at mark
	fee := decimal.Min(ceil(n.Mul(market.Decimal(x.options.Rulebook.Taker))), decimal.Max(left, decimal.Zero))
	p.credit(fee.Neg())
	x.book.fees = x.book.fees.Add(fee)
	e := risk.Event{
		Kind: kind, Side: sideOf(size), Instrument: p.listing.id, Account: p.account.id, Size: units[market.Qty](size.Abs()),
		Price: units[market.Price](price), Mark: units[market.Price](p.listing.mark), Notional: units[market.Quote](n),
		RealizedPnL: units[market.Quote](realized), Fee: units[market.Quote](fee), Book: true,
	}
	x.emit(e)
	x.finish(p, e)
}

// finish ends a position that was closed whole: a scope that is left without positions and below zero is set to zero
// at the expense of the insurance fund, and of nobody beyond it.
func (x *Exchange) finish(p *position, closed risk.Event) {
	s := p.scope()
	short := decimal.Zero
	if others := s.positions(); len(others) == 1 && s.wallet().IsNegative() { // only the closed one itself
		short = s.wallet().Neg()
		p.credit(short)
	}
	p.remove()
	if short.IsZero() {
		return
	}
	paid := decimal.Min(short, p.listing.fund.above())
	closed.Exempt = closed.Exempt || x.exempt(closed.Account)
	closed.Account, closed.Fee, closed.Deficit, closed.BookDeficit, closed.Book = risk.TheExchange, 0, 0, 0, false
	if paid.IsPositive() {
		x.toFund(p.listing, paid.Neg())
		closed.Kind, closed.RealizedPnL, closed.FundDelta = risk.Insurance, units[market.Quote](paid.Neg()), units[market.Quote](paid.Neg())
		x.emit(closed)
	}
	if unpaid := short.Sub(paid); unpaid.IsPositive() {
		x.book.socialized = x.book.socialized.Sub(unpaid)
		closed.Kind, closed.RealizedPnL, closed.FundDelta = risk.SocializedLoss, units[market.Quote](unpaid.Neg()), 0
		x.emit(closed)
	}
}
