package oracle

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// side of an instrument has one ranking in a liquidation round.
type side struct {
	instrument market.InstrumentID
	of         market.Side
}

// candidate is a position that may be deleveraged, with its score when the ranking was taken.
type candidate struct {
	position *position
	score    decimal.Decimal
}

// deleverage closes what is left of an inventory against opposite positions in profit, by descending score, at the
// bankruptcy price.
func (x *Exchange) deleverage(v *inventory) {
	if v.size.IsZero() {
		return
	}
	price := bankruptcyPrice(v.size, v.cost)
	for _, c := range x.ranking(side{v.listing.id, -sideOf(v.size)}) {
		if v.size.IsZero() {
			return
		}
		if p := c.position; !p.size.IsZero() {
			x.deleverageOne(v, p, price)
		}
	}
}

func (x *Exchange) deleverageOne(v *inventory, p *position, price decimal.Decimal) {
	x.settle(p)
	d := decimal.Min(v.size.Abs(), p.size.Abs())
	own, taken := d, d.Neg() // signed as the counterparty and as the inventory
	if p.size.IsNegative() {
		own, taken = taken, own
	}
	cost := v.release(taken) // handed over at cost: the counterparty closes at the bankruptcy price
	realized := p.reduce(own, cost.Neg())
	e := v.event(risk.ADL, p.account.id, own, price, realized, decimal.Zero)
	x.emit(e)
	if p.size.IsZero() {
		x.finish(p, e)
	}
}

// ranking is taken at its first use in a round and kept for the round.
func (x *Exchange) ranking(s side) []candidate {
	if kept, ok := x.rankings[s]; ok {
		return kept
	}
	ranked := []candidate{}
	for _, a := range x.accounts {
		p := a.positions[s.instrument]
		if p == nil || p.side() != s.of || x.queued[p.scope()] || !p.unrealized(p.listing.mark).IsPositive() {
			continue
		}
		ranked = append(ranked, candidate{p, p.score()})
	}
	slices.SortStableFunc(ranked, func(a, b candidate) int { return b.score.Cmp(a.score) }) // ties stay by account
	x.rankings[s] = ranked
	return ranked
}

// score is max(0, U) / max(1, W) · MM / E, both ratios rounded down, 0 if E ≤ 0. The 1 is one
// whole of the settlement currency.
func (p *position) score() decimal.Decimal {
	s := p.scope()
	equity := s.equity(current)
	if !equity.IsPositive() {
		return decimal.Zero
	}
	wallet := s.wallet()
	for _, other := range s.positions() {
		wallet = wallet.Sub(other.pendingFunding())
	}
	profit := divFloor(p.unrealized(p.listing.mark), decimal.Max(one, wallet))
	return profit.Mul(divFloor(s.maintenance(current), equity))
}
