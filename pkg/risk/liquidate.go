package risk

import (
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// closing is a position that a scope's liquidation is about to close, with its maintenance margin when it began.
type closing struct {
	position    int32
	maintenance market.Quote
}

// liquidate runs rounds until no scope is liquidatable. Each round takes what the screens yield, evaluates it exactly,
// and works through what is liquidatable, worst first. A round after the first exists because the one before changed
// other accounts: ADL took profits that backed a cross account, or a scope kept positions.
func (x *Exchange) liquidate() {
	for x.round = 1; ; x.round++ {
		x.gather()
		if len(x.work.scopes) == 0 {
			x.round = 0
			return
		}
		x.roundsMax = max(x.roundsMax, x.round)
		slices.SortFunc(x.work.scopes, x.worstFirst)
		clear(x.ranking)
		for i := range x.work.scopes {
			x.liquidateScope(x.work.scopes[i])
		}
		x.allocatePools()
	}
}

// gather fills work.scopes with the liquidatable scopes and files the others anew.
func (x *Exchange) gather() {
	hits := x.work.hits[:0]
	for i := range x.listings {
		if l := &x.listings[i]; l.dirty {
			l.dirty = false
			hits = l.screen.collect(hits, l, x.positions)
		}
	}
	x.work.hits = hits
	x.rounds++
	x.work.scopes = x.work.scopes[:0]
	for _, id := range hits {
		s := x.scopeOf(id)
		seen := &x.positions[id].seen
		if s.position == none {
			seen = &x.accounts[s.account].seen
		}
		if *seen == x.rounds {
			continue
		}
		*seen = x.rounds
		if !x.evaluate(&s) {
			continue
		}
		if !x.liquidatable(&s) || x.waits(&s) {
			x.file(s)
			continue
		}
		if s.position == none {
			x.accounts[s.account].queued = x.rounds
		} else {
			x.positions[id].queued = x.rounds
		}
		x.work.scopes = append(x.work.scopes, s)
	}
}

// worstFirst orders scopes by ascending equity / maintenance margin, ties by account, then isolated before cross, then
// the lower instrument. A scope without equity of which nothing is required counts 0, so that this is an order.
func (x *Exchange) worstFirst(a, b scope) int {
	required := func(s *scope) int64 {
		if s.equity == 0 {
			return max(int64(s.maintenance), 1)
		}
		return int64(s.maintenance)
	}
	if c := compareProducts(int64(a.equity), required(&b), int64(b.equity), required(&a)); c != 0 {
		return c
	}
	switch {
	case a.account != b.account:
		return int(a.account) - int(b.account)
	case a.position == none:
		return 1
	case b.position == none:
		return -1
	}
	return int(x.positions[a.position].instrument) - int(x.positions[b.position].instrument)
}

// compareProducts compares a·b with c·d exactly.
func compareProducts(a, b, c, d int64) int { return market.Mul128(a, b).Cmp(market.Mul128(c, d)) }

// liquidateScope takes a scope through forced orders and, where they do not suffice, takeover (docs/MODEL.md section 5).
func (x *Exchange) liquidateScope(s scope) {
	if !x.evaluate(&s) || !x.liquidatable(&s) {
		x.file(s)
		return
	}
	x.line(s)
	if x.takenOverAtOnce(&s) || !x.forceOrders(&s) {
		x.takeOver(s)
	}
	x.file(s)
}

// line fills work.close with a scope's positions in the order in which they are closed: by maintenance margin, largest first,
// ties by the lower instrument. Their orders are cancelled and their funding is settled.
func (x *Exchange) line(s scope) {
	x.work.close = x.work.close[:0]
	x.each(s, func(id int32) {
		x.settle(id)
		x.cancelOrders(id)
		p := &x.positions[id]
		x.work.close = append(x.work.close, closing{id, x.maintenance(p, x.listings[p.instrument].mark)})
	})
	slices.SortStableFunc(x.work.close, func(a, b closing) int {
		switch {
		case a.maintenance > b.maintenance:
			return -1
		case a.maintenance < b.maintenance:
			return 1
		}
		return int(x.positions[a.position].instrument) - int(x.positions[b.position].instrument)
	})
}

// takenOverAtOnce reports whether an evaluated, liquidatable scope is taken over without forced orders.
func (x *Exchange) takenOverAtOnce(s *scope) bool {
	switch {
	case x.rules.step == stepTakeover, s.equity < 0 && x.rules.negativeTakenOver:
		return true
	case x.rules.backstop:
		var least market.Quote
		x.each(*s, func(id int32) {
			p := &x.positions[id]
			l := &x.listings[p.instrument]
			part, ok := l.contract.BackstopFraction.OfFloor(x.maintenance(p, l.mark))
			least += x.must(part, ok, p.account, p.instrument, "close-out margin")
		})
		return s.equity < least
	}
	return false
}

// takeOver buys all remaining positions of a scope at their bankruptcy prices, which leaves it with exactly zero, and
// disposes of them. What no price of them makes up for is the fund's, as after a close. work.close has the positions in their order.
func (x *Exchange) takeOver(s scope) {
	x.evaluate(&s)
	insolvent := s.equity < 0
	last := none
	for _, c := range x.work.close {
		if x.positions[c.position].size != 0 {
			last = c.position
		}
	}
	// What the scope's equity is short of, or still has, is shared by maintenance margin; the last position takes
	// what makes the scope zero.
	for _, c := range x.work.close {
		p := &x.positions[c.position]
		if p.size == 0 {
			continue
		}
		var cash market.Quote // received by the account
		if c.position == last {
			cash = p.cost - *x.wallet(s)
		} else {
			mark := x.listings[p.instrument].mark
			cash = x.counted(p.account, p.instrument, p.size, mark) - x.shareOf(&s, p, x.maintenance(p, mark))
		}
		cash = min(cash, x.mostPaid(p))
		size := p.size
		realized := x.reduce(c.position, -size, -cash, ledger.Engine)
		x.takeovers = x.sequence
		x.emit(Event{Kind: Takeover, Account: p.account, Instrument: p.instrument, Side: market.SideOf(size), Size: size.Abs(),
			Price: perUnit(cash, size), RealizedPnL: realized})
		if left := *x.wallet(s); c.position == last && left < 0 {
			x.coverShortfall(c.position, market.SideOf(size), size.Abs(), perUnit(cash, size), -left)
		}
		x.remove(c.position)
		x.dispose(inventory{instrument: p.instrument, size: size, cash: cash, exempt: x.exempt(p.account)}, insolvent)
	}
}

// mostPaid returns the most cash for which a position is taken over: what it cost, or, if that is more, twice what a long is worth at mark
// and nothing for a short. A deficit beyond that is of other positions, closed before, and no price of this one (docs/MODEL.md section 5, step 3).
func (x *Exchange) mostPaid(p *position) market.Quote {
	value := x.counted(p.account, p.instrument, p.size, x.listings[p.instrument].mark)
	if value < 0 {
		return max(p.cost, 0)
	}
	twice := value + value
	if twice < value { // beyond what an amount can hold: no bound
		return math.MaxInt64
	}
	return max(p.cost, twice)
}

// perUnit returns cash / size as a price, rounded down; a negative one (a long whose debt exceeds its value) stays
// negative, since that is the price at which the account would have been at zero.
func perUnit(cash market.Quote, size market.Qty) market.Price {
	c, n := int64(cash), int64(size)
	if n < 0 {
		c, n = -c, -n
	}
	v, ok := market.MulDivFloor(c, market.Scale, n)
	if !ok {
		return math.MaxInt64
	}
	return market.Price(v)
}
