package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// Reduce closes a part of a position at market: the last price with the slippage of that size, the taker fee, kind
// Close. It returns a *Refusal when there is no such position or when size is not above 0. A size of the position's or
// more closes it whole.
func (x *Exchange) Reduce(a AccountID, i market.InstrumentID, size market.Qty) (err error) {
	defer guard(&err)
	if err := x.refuseCollateral(a, i); err != nil {
		return err
	}
	id := x.find(a, i)
	if id == none {
		return &Refusal{Account: a, Symbol: x.listings[i].Symbol, Rule: "no open position to reduce"}
	}
	if size <= 0 {
		return &Refusal{Account: a, Symbol: x.listings[i].Symbol, Rule: fmt.Sprintf("size %v; expected a positive size", size)}
	}
	p := &x.positions[id]
	if size >= p.size.Abs() {
		x.closeAt(id, Close, x.slipped(id, x.listings[i].last))
		return nil
	}
	d := size * market.Qty(market.SideOf(p.size))
	x.closePart(id, Close, d, x.slippedSize(a, i, d, x.listings[i].last))
	return nil
}

// closePart closes a part d (same sign) of a position at a fill price on its holder's order (docs/MODEL.md, orders on parts of a position).
// Realized PnL and fee go to the scope's wallet, of an isolated position to its margin; the fee is capped at what is left
// of the scope's equity. The scope stays open: if the fill leaves it liquidatable, the rounds of the tick see to it.
func (x *Exchange) closePart(id int32, kind Kind, d market.Qty, price market.Price) {
	x.settle(id)
	p := &x.positions[id]
	s := x.scopeOf(id)
	l := &x.listings[p.instrument]
	realized := x.reduce(id, -d, x.value(p.account, p.instrument, -d, price), ledger.Provider)
	addQty(&l.provider, d)
	x.evaluate(&s)
	fee := min(x.fee(x.o.Rulebook.Taker, p.account, p.instrument, x.notional(p.account, p.instrument, d, price)), max(s.equity, 0))
	*x.wallet(s) -= fee
	x.ledger.Post(ledger.Traders, ledger.FeeIncome, fee)
	x.emit(Event{Kind: kind, Account: p.account, Instrument: p.instrument, Side: market.SideOf(d), Size: d.Abs(), Price: price, RealizedPnL: realized, Fee: fee, Book: true})
	x.file(x.scopeOf(id))
}
