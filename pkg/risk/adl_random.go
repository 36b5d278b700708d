package risk

import (
	"slices"

	"github.com/liquidation-lab/backtest/internal/mix"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// deleverageFrom closes inventory against opposite positions by account, beginning at a drawn one, without a ranking (dYdX v4,
// x/clob keeper, OffsetSubaccountPerpetualPosition). A counterparty for which the price is worse than its own bankruptcy
// price is skipped. It returns the cash that the counterparties paid.
func (x *Exchange) deleverageFrom(r *ranking, v *inventory, price market.Price, atBankruptcy bool) (received market.Quote) {
	first := AccountID(mix.At(x.o.Seed, uint64(x.takeovers)*4096+uint64(v.instrument)) % uint64(max(len(x.accounts), 1)))
	from, _ := slices.BinarySearchFunc(r.heap, first, func(c ranked, a AccountID) int { return int(c.account) - int(a) })
	closed := 0
	for k := range r.heap {
		if v.size == 0 {
			break
		}
		id := r.heap[(from+k)%len(r.heap)].position
		p := &x.positions[id]
		if p.size == 0 {
			closed++
			continue
		}
		part := p.size
		if part.Abs() > v.size.Abs() {
			part = -v.size
		}
		offered := *v
		if w := offered.take(-part); x.overlaps(id, part, w, price, atBankruptcy) {
			received += x.deleverageOne(id, part, v.take(-part), price, atBankruptcy)
		}
	}
	if 2*closed > len(r.heap) { // the takeovers after this one need not pass over them again
		r.heap = slices.DeleteFunc(r.heap, func(c ranked) bool { return x.positions[c.position].size == 0 })
	}
	return received
}

// overlaps reports whether a counterparty that closes part of its position for an inventory's part receives at least its own
// bankruptcy cash.
func (x *Exchange) overlaps(id int32, part market.Qty, v inventory, price market.Price, atBankruptcy bool) bool {
	p := &x.positions[id]
	s := x.scopeOf(id)
	x.evaluate(&s)
	mark := x.listings[p.instrument].mark
	share := x.shareOf(&s, p, x.marginReleased(p, part))
	least := x.value(p.account, p.instrument, p.size, mark) - x.value(p.account, p.instrument, p.size-part, mark) - share
	receives := -v.cash
	if !atBankruptcy {
		receives = -x.value(p.account, p.instrument, v.size, price)
	}
	return receives >= least
}
