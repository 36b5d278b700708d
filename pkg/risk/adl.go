package risk

import (
	"math/bits"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// rankKey names one side of one instrument.
type rankKey struct {
	instrument market.InstrumentID
	side       market.Side
}

// ranking is a heap of ADL candidates, best score first, ties by the lower account.
type ranking struct{ heap []ranked }

type ranked struct {
	high, low uint64 // 128-bit score
	account   AccountID
	position  int32
}

func (a ranked) before(b ranked) bool {
	if a.high != b.high {
		return a.high > b.high
	}
	if a.low != b.low {
		return a.low > b.low
	}
	return a.account < b.account
}

// deleverage closes inventory against opposite positions at its bankruptcy price, best ADL score first, the last one
// in part. What nobody takes stays in v.
func (x *Exchange) deleverage(v *inventory) {
	key := rankKey{v.instrument, -market.SideOf(v.size)}
	r := x.ranking[key]
	if r == nil {
		r = x.rank(key)
		x.ranking[key] = r
	}
	whole := *v
	price := perUnit(whole.cash, whole.size)
	for v.size != 0 && len(r.heap) > 0 {
		id := r.heap[0].position
		p := &x.positions[id]
		if market.SideOf(p.size) != key.side || p.size == 0 {
			r.pop()
			continue
		}
		part := p.size
		if part.Abs() >= v.size.Abs() {
			part = -v.size
		}
		if part == p.size {
			r.pop()
		}
		x.deleverageOne(id, part, v.take(-part), price)
	}
}

// deleverageOne closes part of one counterparty, which receives the inventory's part for its cash.
func (x *Exchange) deleverageOne(id int32, part market.Qty, v inventory, price market.Price) {
	p := &x.positions[id]
	s := x.scopeOf(id)
	x.settle(id)
	// The counterparty's change is the inventory's size, for which it pays the inventory's cash.
	realized := x.reduce(id, v.size, v.cash, ledger.Engine)
	x.emit(Event{Kind: ADL, Account: p.account, Instrument: p.instrument, Side: market.SideOf(part), Size: part.Abs(), Price: price, RealizedPnL: realized})
	if p.size == 0 {
		// At a bankruptcy price beyond the market a winner can lose more than the scope holds.
		if left := *x.wallet(s); left < 0 && !x.evaluate(&s) {
			x.coverShortfall(id, market.SideOf(part), part.Abs(), price, -left)
		}
		x.remove(id)
	}
	x.file(s)
}

// rank scores every candidate of a side: the instrument's open positions with a profit, outside of the scopes that the
// round is liquidating. This visits the instrument's positions once per round that needs ADL.
func (x *Exchange) rank(key rankKey) *ranking {
	l := &x.listings[key.instrument]
	r := &ranking{}
	live := l.members[:0]
	for _, id := range l.members {
		p := &x.positions[id]
		if p.size == 0 {
			continue
		}
		live = append(live, id)
		if market.SideOf(p.size) != key.side || x.inRound(p) {
			continue
		}
		if high, low, candidate := x.adlScore(id); candidate {
			r.heap = append(r.heap, ranked{high, low, p.account, id})
		}
	}
	l.members = live
	for i := len(r.heap)/2 - 1; i >= 0; i-- {
		r.down(i)
	}
	return r
}

// inRound reports whether a position's scope is on the list of the running round.
func (x *Exchange) inRound(p *position) bool {
	if p.mode == Isolated {
		return p.queued == x.rounds
	}
	return x.accounts[p.account].queued == x.rounds
}

// adlScore returns max(0, U)/max(1, W) × MM/E of a position, both ratios rounded down to 1e-8, as a product in 1e-16
// (Binance FAQ 360033525471; docs/MODEL.md section 5). A position in profit is a candidate even where its score rounds
// down to 0; one without profit is none.
func (x *Exchange) adlScore(id int32) (high, low uint64, candidate bool) {
	p := &x.positions[id]
	profit := x.value(p.account, p.instrument, p.size, x.listings[p.instrument].mark) - p.cost
	if profit <= 0 {
		return 0, 0, false
	}
	s := x.scopeOf(id)
	x.evaluate(&s)
	if s.equity <= 0 {
		return 0, 0, true
	}
	wallet := *x.wallet(s)
	x.each(s, func(q int32) { wallet -= x.pending(&x.positions[q]) })
	pnl, ok := market.MulDivFloor(int64(profit), market.Scale, int64(max(wallet, market.Scale)))
	x.must(0, ok, p.account, p.instrument, "ADL profit ratio")
	margin, ok := market.MulDivFloor(int64(s.maintenance), market.Scale, int64(s.equity))
	if !ok {
		margin = 1<<63 - 1
	}
	high, low = bits.Mul64(uint64(pnl), uint64(margin))
	return high, low, true
}

func (r *ranking) pop() {
	last := len(r.heap) - 1
	r.heap[0] = r.heap[last]
	r.heap = r.heap[:last]
	r.down(0)
}

func (r *ranking) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(r.heap) {
			return
		}
		if child+1 < len(r.heap) && r.heap[child+1].before(r.heap[child]) {
			child++
		}
		if !r.heap[child].before(r.heap[i]) {
			return
		}
		r.heap[i], r.heap[child] = r.heap[child], r.heap[i]
		i = child
	}
}
