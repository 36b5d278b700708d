package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Open fills an order that opens or adds to a position, against the liquidity provider. The instrument needs a mark
// price, so a first tick comes before the first order. It returns a *Refusal for an order that the rules do not
// accept and an *OverflowError for one too large; nothing has changed then.
func (x *Exchange) Open(o Order) (err error) {
	defer guard(&err)
	if err := x.refuseCollateral(o.Account, o.Instrument); err != nil {
		return err
	}
	if err := x.acceptable(o); err != nil {
		return err
	}
	l := &x.listings[o.Instrument]
	id := x.find(o.Account, o.Instrument)
	kind := Add
	notional := x.notional(o.Account, o.Instrument, o.Size, o.Price)
	margin := o.Margin
	if margin == 0 {
		margin = x.initialMargin(o.Account, o.Instrument, venue.Exposure{Size: o.Size.Abs(), Entry: notional, Long: o.Size > 0, Leverage: o.Leverage, Cross: o.Mode == Cross})
	}
	var fee market.Quote
	if o.Fee {
		fee = x.fee(x.o.Rulebook.Taker, o.Account, o.Instrument, notional)
	}
	if err := x.affordable(o, margin, fee); err != nil {
		return err
	}
	if id == none {
		kind = Entry
		id = x.insert(o)
	}
	p := &x.positions[id]
	x.settle(id)
	pay := x.value(o.Account, o.Instrument, o.Size, o.Price)
	x.ledger.Post(ledger.Traders, ledger.Provider, pay)
	x.resize(id, o.Size)
	addQty(&l.provider, -o.Size)
	p.cost += pay
	a := &x.accounts[o.Account]
	if o.Mode == Isolated {
		a.wallet -= margin
		p.margin += margin
	}
	a.wallet -= fee
	x.ledger.Post(ledger.Traders, ledger.FeeIncome, fee)
	x.file(x.scopeOf(id))
	if o.Mode == Isolated {
		x.file(scope{account: o.Account, position: none}) // the margin came out of the wallet that backs it
	}
	x.emit(Event{Kind: kind, Account: o.Account, Instrument: o.Instrument, Side: market.SideOf(o.Size), Size: o.Size.Abs(),
		Price: o.Price, Fee: fee, Book: true})
	return nil
}

// acceptable checks an order against everything but the money.
func (x *Exchange) acceptable(o Order) error {
	refuse := func(format string, args ...any) error {
		return &Refusal{Account: o.Account, Symbol: x.listings[o.Instrument].Symbol, Rule: fmt.Sprintf(format, args...)}
	}
	l := &x.listings[o.Instrument]
	switch {
	case !l.priced:
		return refuse("the instrument has no mark price yet; orders are possible from its first tick on")
	case o.Size == 0:
		return refuse("size 0; expected a positive (long) or negative (short) size")
	case o.Price <= 0:
		return refuse("price %v; expected a positive price", o.Price)
	case o.Leverage < market.Scale:
		return refuse("leverage %v; expected at least 1", o.Leverage)
	case o.Margin < 0:
		return refuse("margin %v is negative", o.Margin)
	}
	after := o.Size
	if id := x.find(o.Account, o.Instrument); id != none {
		p := &x.positions[id]
		if p.mode != o.Mode || market.SideOf(p.size) != market.SideOf(o.Size) {
			return refuse("%v %v does not match the open position, %v %v; close it first", o.Mode, market.SideOf(o.Size), p.mode, market.SideOf(p.size))
		}
		if after += p.size; market.SideOf(after) != market.SideOf(o.Size) {
			x.must(0, false, o.Account, o.Instrument, "size")
		}
		if pay := x.value(o.Account, o.Instrument, o.Size, o.Price); pay+p.cost < pay != (p.cost < 0) {
			x.must(0, false, o.Account, o.Instrument, "cost")
		}
	}
	n := x.notional(o.Account, o.Instrument, after, o.Price)
	if limit := l.contract.MaxLeverage(venue.Exposure{Size: after.Abs(), Notional: n, Entry: n}); o.Leverage > market.Rate(limit)*market.Scale {
		return refuse("leverage %vx above the limit of %dx for a notional of %v; lower the leverage or the size", o.Leverage, limit, n)
	}
	return nil
}

// initialMargin returns what opening a notional requires: its share by leverage, or by open interest where that is more, and
// the reserve for a closing fee that the venue counts in.
func (x *Exchange) initialMargin(a AccountID, i market.InstrumentID, e venue.Exposure) market.Quote {
	l := &x.listings[i]
	var interest market.Quote
	if l.contract.Margin.InterestScale {
		interest = x.notional(a, i, x.OpenInterest(i), l.mark)
	}
	v, ok := l.contract.OpeningMargin(e, interest)
	return x.must(v, ok, a, i, "initial margin")
}

// initialAt returns the initial margin of a position at a mark price; nothing for collateral.
func (x *Exchange) initialAt(p *position, mark market.Price) market.Quote {
	if x.isCollateral(p.instrument) {
		return 0
	}
	e := x.exposure(p, mark)
	e.Entry = e.Notional
	return x.initialMargin(p.account, p.instrument, e)
}

func (x *Exchange) fee(rate market.Rate, a AccountID, i market.InstrumentID, notional market.Quote) market.Quote {
	v, ok := rate.OfCeil(notional)
	return x.must(v, ok, a, i, "fee")
}

// affordable checks that the account can post the margin and pay the fee: its wallet, or with cross positions its
// cross equity less their initial margins at mark. Positions from before the replay (Fee unset) posted theirs earlier;
// only an isolated margin has to be there.
func (x *Exchange) affordable(o Order, margin, fee market.Quote) error {
	if !o.Fee && o.Mode == Cross {
		return nil
	}
	available := x.accounts[o.Account].wallet
	if o.Fee {
		s := scope{account: o.Account, position: none}
		x.evaluate(&s)
		free := s.equity
		x.each(s, func(id int32) {
			p := &x.positions[id]
			free -= x.initialAt(p, x.listings[p.instrument].mark)
		})
		if o.Mode == Cross {
			available = free
		}
		available = min(available, free)
	}
	if margin+fee > available {
		return &Refusal{Account: o.Account, Symbol: x.listings[o.Instrument].Symbol, Rule: fmt.Sprintf(
			"insufficient margin: %v needed (initial margin %v, fee %v), %v available; deposit more, or lower size", margin+fee, margin, fee, available)}
	}
	return nil
}

// insert adds a row to the book and to its account's list, which stays in the order of instruments.
func (x *Exchange) insert(o Order) int32 {
	id := int32(len(x.positions))
	x.positions = append(x.positions, position{account: o.Account, instrument: o.Instrument, mode: o.Mode, leverage: o.Leverage,
		funding: x.listings[o.Instrument].funding, orders: none})
	at := &x.accounts[o.Account].positions
	for *at != none && x.positions[*at].instrument < o.Instrument {
		at = &x.positions[*at].next
	}
	x.positions[id].next = *at
	*at = id
	l := &x.listings[o.Instrument]
	l.members = append(l.members, id)
	return id
}

// remove takes a closed row out of its account's list and returns what is left of an isolated margin to the wallet.
func (x *Exchange) remove(id int32) {
	p := &x.positions[id]
	p.generation++
	x.cancelOrders(id)
	a := &x.accounts[p.account]
	at := &a.positions
	for *at != id {
		at = &x.positions[*at].next
	}
	*at = p.next
	a.wallet += p.margin
	p.margin = 0
}

// resize changes a position's size and the totals of its instrument.
func (x *Exchange) resize(id int32, d market.Qty) {
	p := &x.positions[id]
	l := &x.listings[p.instrument]
	total := &l.long
	if p.size < 0 || p.size == 0 && d < 0 {
		total = &l.short
	}
	addQty(total, d)
	p.size += d
}

func addQty(t *market.Int128, d market.Qty) { *t = t.Add(market.Int128Of(int64(d))) }

// settle pays a position's pending funding from its scope's wallet to the provider, or from it.
func (x *Exchange) settle(id int32) {
	p := &x.positions[id]
	due := x.pending(p)
	p.funding = x.listings[p.instrument].funding
	if due == 0 {
		return
	}
	*x.wallet(x.scopeOf(id)) -= due
	x.ledger.Post(ledger.Traders, ledger.Provider, due)
	x.paidFunding.Add(due)
	if x.o.FundingEvents {
		x.emit(Event{Kind: Funding, Account: p.account, Instrument: p.instrument, Side: market.SideOf(p.size), Size: p.size.Abs(),
			Price: x.listings[p.instrument].mark, RealizedPnL: -due})
	}
}

// SettleFunding pays what every open position owes or is owed, as a venue's books would show it at this moment. Between
// settlements the exchange only moves the index; a run calls this at its end, so that totals and accounts say the same.
func (x *Exchange) SettleFunding() {
	for id := range x.positions {
		if x.positions[id].size != 0 {
			x.settle(int32(id))
		}
	}
}

// released returns the cost that goes with d of a position: its share, rounded down, or all of it.
func (x *Exchange) released(p *position, d market.Qty) market.Quote {
	if d.Abs() == p.size.Abs() {
		return p.cost
	}
	v, ok := market.MulDivFloor(int64(p.cost), int64(d.Abs()), int64(p.size.Abs()))
	return x.must(market.Quote(v), ok, p.account, p.instrument, "cost")
}

// reduce changes a settled position by d, opposite to its size, for the cash pay (negative: received) that goes to
// another holder, and returns the realized PnL, which the scope's wallet has received.
func (x *Exchange) reduce(id int32, d market.Qty, pay market.Quote, to ledger.Holder) market.Quote {
	p := &x.positions[id]
	released := x.released(p, d)
	realized := -pay - released
	p.cost -= released
	*x.wallet(x.scopeOf(id)) += realized
	x.resize(id, d)
	x.ledger.Post(ledger.Traders, to, pay)
	return realized
}

// Close closes a position at market: the last price with slippage, the taker fee, kind Close.
func (x *Exchange) Close(a AccountID, i market.InstrumentID) (err error) {
	defer guard(&err)
	if err := x.refuseCollateral(a, i); err != nil {
		return err
	}
	id := x.find(a, i)
	if id == none {
		return &Refusal{Account: a, Symbol: x.listings[i].Symbol, Rule: "no open position to close"}
	}
	x.closeAt(id, Close, x.slipped(id, x.listings[i].last))
	return nil
}

// slipped returns the price at which a position's whole size fills against its holder, starting from a reference
// price and rounded to the tick against him.
func (x *Exchange) slipped(id int32, reference market.Price) market.Price {
	p := &x.positions[id]
	return x.slippedSize(p.account, p.instrument, p.size, reference)
}

// slippedSize returns the price at which a forced or stop order that closes a signed size fills.
func (x *Exchange) slippedSize(a AccountID, i market.InstrumentID, size market.Qty, reference market.Price) market.Price {
	l := &x.listings[i]
	n := x.notional(a, i, size, reference)
	depth := l.bid
	if size < 0 {
		depth = l.ask
	}
	slip := min(max(x.o.Execution.Slippage(i, n, depth), 0), market.Scale)
	return Slipped(reference, slip, -market.SideOf(size), l.Tick)
}

// Slipped returns a price moved against an order of the given side (Long buys) by a fraction, rounded to the tick
// against it, at least one tick.
func Slipped(reference market.Price, slip market.Rate, side market.Side, tick market.Price) market.Price {
	tick = max(tick, 1)
	if side == market.Long {
		v, ok := market.MulDivCeil(int64(reference), market.Scale+int64(slip), market.Scale)
		if !ok {
			v = int64(reference)
		}
		return market.Price((v + int64(tick) - 1) / int64(tick) * int64(tick))
	}
	v, _ := market.MulDivFloor(int64(reference), market.Scale-int64(slip), market.Scale)
	return max(market.Price(v/int64(tick)*int64(tick)), tick)
}

// closeAt closes a whole position at a fill price on its holder's order. The fee is capped at what is left of the
// scope; a scope that ends below zero is set to zero at the cost of the insurance fund (docs/MODEL.md section 2).
func (x *Exchange) closeAt(id int32, kind Kind, price market.Price) {
	x.settle(id)
	p := &x.positions[id]
	s := x.scopeOf(id)
	l := &x.listings[p.instrument]
	size, side := p.size, market.SideOf(p.size)
	pay := x.value(p.account, p.instrument, -size, price)
	realized := x.reduce(id, -size, pay, ledger.Provider)
	addQty(&l.provider, size)
	open := x.evaluate(&s)
	left := s.equity
	if !open {
		left = *x.wallet(s)
	}
	fee := min(x.fee(x.o.Rulebook.Taker, p.account, p.instrument, x.notional(p.account, p.instrument, size, price)), max(left, 0))
	*x.wallet(s) -= fee
	x.ledger.Post(ledger.Traders, ledger.FeeIncome, fee)
	shortfall := market.Quote(0)
	if !open && left < 0 {
		shortfall = -left
	}
	x.emit(Event{Kind: kind, Account: p.account, Instrument: p.instrument, Side: side, Size: size.Abs(), Price: price, RealizedPnL: realized, Fee: fee, Book: true})
	if shortfall > 0 {
		x.coverShortfall(id, side, size.Abs(), price, shortfall)
	}
	x.remove(id)
	if s.position == none {
		x.file(s)
	}
}

// coverShortfall brings the empty scope of a position that was just closed back to zero: the insurance fund pays what
// it can, the rest is socialized.
func (x *Exchange) coverShortfall(id int32, side market.Side, size market.Qty, price market.Price, shortfall market.Quote) {
	p := &x.positions[id]
	paid := min(shortfall, x.available(p.instrument))
	*x.wallet(x.scopeOf(id)) += shortfall
	if paid > 0 {
		x.payFund(p.instrument, ledger.Traders, -paid)
		x.emit(Event{Kind: Insurance, Account: TheExchange, Instrument: p.instrument, Side: side, Size: size, Price: price, RealizedPnL: -paid, FundDelta: -paid, Exempt: x.exempt(p.account)})
	}
	if rest := shortfall - paid; rest > 0 {
		x.ledger.Post(ledger.Socialized, ledger.Traders, rest)
		x.emit(Event{Kind: SocializedLoss, Account: TheExchange, Instrument: p.instrument, Side: side, Size: size, Price: price, RealizedPnL: -rest, Exempt: x.exempt(p.account)})
	}
}
