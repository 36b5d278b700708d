package oracle

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
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

// counterparties are whom an inventory is closed against, in order.
func (x *Exchange) counterparties(v *inventory) []*position {
	var list []*position
	for _, c := range x.ranking(side{v.listing.id, -sideOf(v.size)}) {
		list = append(list, c.position)
	}
	if x.policies().ADLScore == "random_start" {
		return x.fromRandomAccount(v, list)
	}
	return list
}

// ranking is taken at its first use in a round and kept for the round.
func (x *Exchange) ranking(s side) []candidate {
	if kept, ok := x.rankings[s]; ok {
		return kept
	}
	unranked := x.policies().ADLScore == "random_start"
	ranked := []candidate{}
	for _, a := range x.accounts {
		p := a.positions[s.instrument]
		if p == nil || p.side() != s.of || x.queued[p.scope()] {
			continue
		}
		if unranked {
			ranked = append(ranked, candidate{position: p})
		} else if p.unrealized(p.listing.mark).IsPositive() {
			ranked = append(ranked, candidate{p, x.score(p)})
		}
	}
	slices.SortStableFunc(ranked, func(a, b candidate) int { return b.score.Cmp(a.score) }) // ties stay by account
	x.rankings[s] = ranked
	return ranked
}

// score is a product of two ratios, each rounded down, and 0 if E ≤ 0.
func (x *Exchange) score(p *position) decimal.Decimal {
	s := p.scope()
	equity := s.equity(current)
	if !equity.IsPositive() {
		return decimal.Zero
	}
	profit, n := p.unrealized(p.listing.mark), notional(p.size, p.listing.mark)
	cost := decimal.Max(unit, p.cost.Abs()) // a position bought for less than a unit counts as bought for one
	leverage := divFloor(n, equity)
	switch x.policies().ADLScore {
	case "pnl_percent_times_leverage":
		return divFloor(profit, cost).Mul(leverage)
	case "pnl_over_notional_times_leverage":
		return divFloor(profit, n).Mul(leverage)
	case "price_gain_times_leverage":
		if p.side() == market.Long {
			return divFloor(n, cost).Mul(leverage)
		}
		return divFloor(p.cost.Abs(), n).Mul(leverage)
	}
	wallet := s.wallet() // binance_leverage_pnl; the 1 is one whole of the settlement currency
	for _, other := range s.positions() {
		wallet = wallet.Sub(other.pendingFunding())
	}
	return divFloor(profit, decimal.Max(one, wallet)).Mul(divFloor(x.maintenance(s, current), equity))
}
