package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// account is a trader: a free wallet and at most one position per instrument.
type account struct {
	id        risk.AccountID
	deposited decimal.Decimal
	wallet    decimal.Decimal // without isolated margins
	positions []*position     // by instrument; nil where there is none

	coolsUntil market.Time // fraction_first: orders are whole before
	patience   patience    // of the cross scope
}

// position is one-way: long or short, never both.
type position struct {
	account  *account
	listing  *listing
	size     decimal.Decimal // signed
	cost     decimal.Decimal // signed cash paid for it
	mode     risk.MarginMode
	leverage decimal.Decimal
	margin   decimal.Decimal // isolated
	settled  decimal.Decimal // F0
	orders   []*order
	patience patience // of an isolated scope
}

// scope is what is liquidated together: an isolated position, or all cross positions of an account.
type scope struct {
	account    *account
	mode       risk.MarginMode
	instrument market.InstrumentID // of an isolated scope; 0 for cross
}

// AddAccount opens an account with a deposit.
func (x *Exchange) AddAccount(deposit market.Quote) risk.AccountID {
	a := &account{
		id: risk.AccountID(len(x.accounts)), deposited: market.Decimal(deposit), wallet: market.Decimal(deposit),
		positions: make([]*position, len(x.listings)),
	}
	x.accounts = append(x.accounts, a)
	x.book.external = x.book.external.Sub(a.deposited)
	return a.id
}

// scopes lists the scopes of the whole exchange that hold a position.
func (x *Exchange) scopes() []scope {
	var all []scope
	for _, a := range x.accounts {
		cross := false
		for _, p := range a.positions {
			if p == nil {
				continue
			}
			if p.mode == risk.Isolated {
				all = append(all, p.scope())
			}
			cross = cross || p.mode == risk.Cross
		}
		if cross {
			all = append(all, scope{account: a, mode: risk.Cross})
		}
	}
	return all
}

func (p *position) scope() scope {
	if p.mode == risk.Cross {
		return scope{account: p.account, mode: risk.Cross}
	}
	return scope{account: p.account, mode: risk.Isolated, instrument: p.listing.id}
}

// positions lists what a scope holds, by instrument.
func (s scope) positions() []*position {
	var held []*position
	for i, p := range s.account.positions {
		if p != nil && p.mode == s.mode && (s.mode == risk.Cross || market.InstrumentID(i) == s.instrument) {
			held = append(held, p)
		}
	}
	return held
}

// wallet is W, before pending funding. An isolated scope without its position has none.
func (s scope) wallet() decimal.Decimal {
	if s.mode == risk.Cross {
		return s.account.wallet
	}
	if p := s.account.positions[s.instrument]; p != nil {
		return p.margin
	}
	return decimal.Zero
}

// side of a position or of an order.
func sideOf(size decimal.Decimal) market.Side {
	if size.IsNegative() {
		return market.Short
	}
	return market.Long
}

func (p *position) side() market.Side { return sideOf(p.size) }
