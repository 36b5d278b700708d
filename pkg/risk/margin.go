package risk

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// fundingScale are the units of the funding index in one unit of Price: the index counts 1e-16.
const fundingScale = market.Scale

// scope names what is liquidated together: one isolated position, or all cross positions of an account
// (docs/MODEL.md section 1).
type scope struct {
	account  AccountID
	position int32 // none for the account's cross scope
	// equity and maintenance as of the scope's last evaluation.
	equity, maintenance market.Quote
}

// scopeOf returns the scope that backs a position.
func (x *Exchange) scopeOf(p int32) scope {
	if x.positions[p].mode == Isolated {
		return scope{account: x.positions[p].account, position: p}
	}
	return scope{account: x.positions[p].account, position: none}
}

// each calls f with every open position of a scope.
func (x *Exchange) each(s scope, f func(p int32)) {
	if s.position != none {
		if x.positions[s.position].size != 0 {
			f(s.position)
		}
		return
	}
	for p := x.accounts[s.account].positions; p != none; {
		next := x.positions[p].next // f may close p
		if x.positions[p].mode == Cross && x.positions[p].size != 0 {
			f(p)
		}
		p = next
	}
}

// wallet returns the cash that backs a scope, pending funding not yet taken off.
func (x *Exchange) wallet(s scope) *market.Quote {
	if s.position != none {
		return &x.positions[s.position].margin
	}
	return &x.accounts[s.account].wallet
}

// notional returns size times price rounded up: never in the holder's favor.
func (x *Exchange) notional(a AccountID, i market.InstrumentID, size market.Qty, p market.Price) market.Quote {
	v, ok := market.ValueCeil(size.Abs(), p)
	return x.must(v, ok, a, i, "notional")
}

// value returns the signed size times price rounded down: what the position is worth, never in the holder's favor.
func (x *Exchange) value(a AccountID, i market.InstrumentID, size market.Qty, p market.Price) market.Quote {
	v, ok := market.ValueFloor(size, p)
	return x.must(v, ok, a, i, "value")
}

// pending returns the funding that a position owes since it last settled, rounded up.
func (x *Exchange) pending(p *position) market.Quote {
	due := x.listings[p.instrument].funding.Sub(p.funding)
	if due == (market.Int128{}) {
		return 0
	}
	if d, small := due.Int64(); small {
		if v, ok := market.MulDivCeil(int64(p.size), d, fundingScale*market.Scale); ok {
			return market.Quote(v)
		}
	}
	v, ok := due.MulDivCeil(int64(p.size), fundingScale*market.Scale)
	return x.must(market.Quote(v), ok, p.account, p.instrument, "funding")
}

// exposure returns what a position's margin depends on at a mark price.
func (x *Exchange) exposure(p *position, mark market.Price) venue.Exposure {
	e := venue.Exposure{Size: p.size.Abs(), Entry: p.cost, Long: p.size > 0, Leverage: p.leverage, Cross: p.mode == Cross,
		Notional: x.notional(p.account, p.instrument, p.size, mark)}
	if e.Entry < 0 {
		e.Entry = -e.Entry
	}
	return e
}

// maintenance returns a position's maintenance margin at a mark price.
func (x *Exchange) maintenance(p *position, mark market.Price) market.Quote {
	c := x.listings[p.instrument].contract
	if c.Margin.OfNotional {
		v, ok := c.NotionalMargin(x.notional(p.account, p.instrument, p.size, mark))
		return x.must(v, ok, p.account, p.instrument, "maintenance margin")
	}
	v, ok := c.MaintenanceMargin(x.exposure(p, mark))
	return x.must(v, ok, p.account, p.instrument, "maintenance margin")
}

// equity returns what a position adds to its scope's equity at a mark price: unrealized PnL less pending funding.
func (x *Exchange) equity(p *position, mark market.Price) market.Quote {
	u := x.plus(x.counted(p.account, p.instrument, p.size, mark), -p.cost, p.account, p.instrument, "unrealized PnL")
	return x.plus(u, -x.pending(p), p.account, p.instrument, "unrealized PnL")
}

// evaluate fills in a scope's equity and maintenance margin at the current marks and reports whether it holds any
// position.
func (x *Exchange) evaluate(s *scope) bool {
	return x.evaluateAt(s, -1, 0)
}

// evaluateAt is evaluate with one instrument's mark replaced.
func (x *Exchange) evaluateAt(s *scope, instead market.InstrumentID, mark market.Price) bool {
	s.equity, s.maintenance = *x.wallet(*s), 0
	open := false
	x.each(*s, func(p int32) {
		pos := &x.positions[p]
		at := x.listings[pos.instrument].mark
		if pos.instrument == instead {
			at = mark
		}
		s.equity = x.plus(s.equity, x.equity(pos, at), pos.account, pos.instrument, "equity")
		s.maintenance = x.plus(s.maintenance, x.maintenance(pos, at), pos.account, pos.instrument, "maintenance margin")
		open = true
	})
	return open
}

// liquidatable applies the rulebook's trigger to an evaluated scope that holds a position.
func (x *Exchange) liquidatable(s *scope) bool {
	if x.o.Rulebook.Inclusive {
		return s.equity <= s.maintenance
	}
	return s.equity < s.maintenance
}
