package risk

import (
	"math/bits"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// rankKey names one side of one instrument.
type rankKey struct {
	instrument market.InstrumentID
	side       market.Side
}

// ranking is a heap of ADL candidates, best score first, ties by the lower account; where there are no scores, a list by account.
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

// deleverage closes inventory against opposite positions, best ADL score first, the last one in part, at the price that the
// rulebook says. What nobody takes stays in v (docs/MODEL.md section 5, step 5).
func (x *Exchange) deleverage(v *inventory) {
	key := rankKey{v.instrument, -market.SideOf(v.size)}
	r := x.ranking[key]
	if r == nil {
		r = x.rank(key)
		x.ranking[key] = r
	}
	v.book = x.bookPrice(*v)
	whole := *v
	price, atBankruptcy := x.adlPrice(v)
	var received market.Quote
	if x.rules.score == scoreRandomStart {
		received = x.deleverageFrom(r, v, price, atBankruptcy)
	} else {
		received = x.deleverageByScore(r, key, v, price, atBankruptcy)
	}
	if closed := whole.less(v); closed.size != 0 && received != closed.cash {
		x.settleGap(closed, price, received-closed.cash)
	}
}

// deleverageByScore returns the cash that the counterparties paid.
func (x *Exchange) deleverageByScore(r *ranking, key rankKey, v *inventory, price market.Price, atBankruptcy bool) (received market.Quote) {
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
		received += x.deleverageOne(id, part, v.take(-part), price, atBankruptcy)
	}
	return received
}

// adlPrice returns the price of ADL fills; at the bankruptcy price cash moves in shares of what was paid for the inventory.
func (x *Exchange) adlPrice(v *inventory) (price market.Price, atBankruptcy bool) {
	l := &x.listings[v.instrument]
	bankruptcy := perUnit(v.cash, v.size)
	switch x.rules.adlPrice {
	case adlAtMark:
		return l.mark, false
	case adlAtPreviousMark:
		if l.updated != x.ticks {
			return l.mark, false
		}
		return l.previous, false
	case adlAtBankruptcyNearMark:
		distance := market.Int128Of(int64(bankruptcy)).Sub(market.Int128Of(int64(l.mark)))
		if distance.Sign() < 0 {
			distance = distance.Neg()
		}
		limit, _ := x.rules.ADLMarkDistance.OfFloor(market.Quote(l.mark)) // a share fits
		if distance.Cmp(market.Int128Of(int64(limit))) > 0 {
			return l.mark, false
		}
	}
	return bankruptcy, true
}

// settleGap books what the counterparties of an inventory paid at a mark price against what was paid for it: a gain to the
// fund; a loss that the fund pays as far as it can, and nobody beyond that.
func (x *Exchange) settleGap(v inventory, price market.Price, gap market.Quote) {
	fund := max(gap, -x.available(v.instrument))
	if fund != 0 {
		x.bookForFund(v, price, fund, false)
	}
	if rest := fund - gap; rest > 0 {
		x.bookForNobody(v, price, rest, false)
	}
}

// deleverageOne closes part of one counterparty, which receives the inventory's part for its cash, or for its value at a
// mark price, and returns the cash.
func (x *Exchange) deleverageOne(id int32, part market.Qty, v inventory, price market.Price, atBankruptcy bool) market.Quote {
	p := &x.positions[id]
	s := x.scopeOf(id)
	x.settle(id)
	// The counterparty's change is the inventory's size, for which it pays.
	cash := v.cash
	if !atBankruptcy {
		cash = x.value(p.account, p.instrument, v.size, price)
	}
	realized := x.reduce(id, v.size, cash, ledger.Engine)
	fee := x.adlFee(id, s, part, price)
	x.emit(Event{Kind: ADL, Account: p.account, Instrument: p.instrument, Side: market.SideOf(part), Size: part.Abs(), Price: price, RealizedPnL: realized, Fee: fee,
		Deficit: x.lacks(v), BookDeficit: x.lacksAt(v, v.book), Exempt: v.exempt})
	if p.size == 0 {
		// At a bankruptcy price beyond the market a winner can lose more than the scope holds.
		if left := *x.wallet(s); left < 0 && !x.evaluate(&s) {
			x.coverShortfall(id, market.SideOf(part), part.Abs(), price, -left)
		}
		x.remove(id)
	}
	x.file(s)
	return cash
}

// adlFee charges a counterparty the maker fee where the venue does, at most what its scope has.
func (x *Exchange) adlFee(id int32, s scope, part market.Qty, price market.Price) market.Quote {
	if !x.rules.adlFee || price <= 0 {
		return 0
	}
	p := &x.positions[id]
	left := *x.wallet(s)
	if x.evaluate(&s) {
		left = s.equity
	}
	fee := x.fee(max(x.o.Rulebook.Maker, 0), p.account, p.instrument, x.notional(p.account, p.instrument, part, price))
	fee = min(fee, max(left, 0))
	*x.wallet(s) -= fee
	x.ledger.Post(ledger.Traders, ledger.FeeIncome, fee)
	return fee
}

// rank scores every candidate of a side: the instrument's open positions with a profit (all of them under random_start), outside of the scopes that the
// round is liquidating. This visits the instrument's positions once per round that needs ADL.
func (x *Exchange) rank(key rankKey) *ranking {
	r := &ranking{}
	x.opposite(key, func(id int32, p *position) {
		if x.rules.score == scoreRandomStart {
			r.heap = append(r.heap, ranked{account: p.account, position: id})
		} else if high, low, candidate := x.adlScore(id); candidate {
			r.heap = append(r.heap, ranked{high, low, p.account, id})
		}
	})
	if x.rules.score == scoreRandomStart {
		slices.SortFunc(r.heap, func(a, b ranked) int { return int(a.account) - int(b.account) })
		return r
	}
	for i := len(r.heap)/2 - 1; i >= 0; i-- {
		r.down(i)
	}
	return r
}

// opposite calls f with the open positions of a side outside of the scopes that the round is liquidating, and forgets the closed
// ones.
func (x *Exchange) opposite(key rankKey, f func(id int32, p *position)) {
	if x.isCollateral(key.instrument) {
		return // everybody holds it on one side
	}
	l := &x.listings[key.instrument]
	live := l.members[:0]
	for _, id := range l.members {
		p := &x.positions[id]
		if p.size == 0 {
			continue
		}
		live = append(live, id)
		if market.SideOf(p.size) == key.side && !x.inRound(p) {
			f(id, p)
		}
	}
	l.members = live
}

// inRound reports whether a position's scope is on the list of the running round.
func (x *Exchange) inRound(p *position) bool {
	if p.mode == Isolated {
		return p.queued == x.rounds
	}
	return x.accounts[p.account].queued == x.rounds
}

// adlScore returns the score of a position by the rulebook's policy: two ratios, each rounded down to 1e-8, as a product in
// 1e-16 (docs/MODEL.md section 5). A position in profit is a candidate even where its score rounds down to 0; one without
// profit is none.
func (x *Exchange) adlScore(id int32) (high, low uint64, candidate bool) {
	p := &x.positions[id]
	value := x.value(p.account, p.instrument, p.size, x.listings[p.instrument].mark)
	profit := value - p.cost
	if profit <= 0 {
		return 0, 0, false
	}
	s := x.scopeOf(id)
	x.evaluate(&s)
	if s.equity <= 0 {
		return 0, 0, true
	}
	n := x.notional(p.account, p.instrument, p.size, x.listings[p.instrument].mark)
	entry := max(p.cost, -p.cost, 1)
	ratio := func(a, b market.Quote) uint64 {
		v, ok := market.MulDivFloor(int64(a), market.Scale, int64(b))
		if !ok {
			return 1<<63 - 1
		}
		return uint64(v)
	}
	switch x.rules.score {
	case scoreReturnTimesLeverage:
		high, low = bits.Mul64(ratio(profit, entry), ratio(n, s.equity))
	case scoreMarginTimesLeverage:
		high, low = bits.Mul64(ratio(profit, n), ratio(n, s.equity))
	case scorePriceGainTimesLeverage:
		gain := ratio(n, entry)
		if p.size < 0 {
			gain = ratio(entry, n)
		}
		high, low = bits.Mul64(gain, ratio(n, s.equity))
	default:
		wallet := *x.wallet(s)
		x.each(s, func(q int32) { wallet -= x.pending(&x.positions[q]) })
		high, low = bits.Mul64(ratio(profit, max(wallet, market.Scale)), ratio(s.maintenance, s.equity))
	}
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
