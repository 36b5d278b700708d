package oracle

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// liquidate is step 4 of a tick: rounds until no scope is liquidatable.
func (x *Exchange) liquidate() {
	for {
		var worst []scope
		for _, s := range x.scopes() {
			if x.liquidatable(s, current) {
				worst = append(worst, s)
			}
		}
		if len(worst) == 0 {
			return
		}
		x.round++
		x.rankings, x.queued = map[side][]candidate{}, map[scope]bool{}
		for _, s := range worst {
			x.queued[s] = true
		}
		slices.SortStableFunc(worst, worseFirst)
		for _, s := range worst {
			if x.liquidatable(s, current) {
				x.liquidateScope(s)
			}
		}
	}
}

// worseFirst orders by ascending E/MM, then account, then isolated before cross, then instrument.
func worseFirst(a, b scope) int {
	if c := a.equity(current).Mul(b.maintenance(current)).Cmp(b.equity(current).Mul(a.maintenance(current))); c != 0 {
		return c
	}
	if a.account != b.account {
		return int(a.account.id - b.account.id)
	}
	if a.mode != b.mode {
		return int(a.mode) - int(b.mode)
	}
	return int(a.instrument) - int(b.instrument)
}

// liquidateScope closes position after position, the largest maintenance margin first, until the scope is safe, or
// hands all that is left to the exchange when a close would fill beyond bankruptcy.
func (x *Exchange) liquidateScope(s scope) {
	for _, p := range s.positions() {
		p.orders = nil
		x.settle(p)
	}
	for {
		held := s.byMaintenance()
		if len(held) == 0 {
			return
		}
		p := held[0]
		l := p.listing
		price := x.slipped(l, p.size, l.mark)
		cash := saleCash(p.size, price)
		after := s.equity(current).Add(cash).Sub(p.value(l.mark))
		if after.IsNegative() {
			x.takeOver(s, held)
			return
		}
		n := notional(p.size, price)
		fee := decimal.Min(ceil(n.Mul(market.Decimal(l.contract.LiquidationFee))), after)
		x.book.provider = x.book.provider.Sub(cash)
		l.providerSize = l.providerSize.Add(p.size)
		size := p.size
		realized := p.reduce(size, cash)
		p.credit(fee.Neg())
		x.book.fund = x.book.fund.Add(fee)
		x.emit(risk.Event{
			Kind: risk.Liquidation, Side: sideOf(size), Instrument: l.id, Account: p.account.id, Size: units[market.Qty](size.Abs()),
			Price: units[market.Price](price), Mark: units[market.Price](l.mark), Notional: units[market.Quote](n),
			RealizedPnL: units[market.Quote](realized), Fee: units[market.Quote](fee), FundDelta: units[market.Quote](fee),
		})
		p.remove()
		if !x.liquidatable(s, current) {
			return
		}
	}
}

// byMaintenance lists the positions of a scope by falling maintenance margin, then by instrument.
func (s scope) byMaintenance() []*position {
	held := s.positions()
	slices.SortStableFunc(held, func(a, b *position) int {
		return b.maintenance(b.listing.mark).Cmp(a.maintenance(a.listing.mark))
	})
	return held
}
