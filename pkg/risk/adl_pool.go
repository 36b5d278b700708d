package risk

import (
	"container/heap"
	"math/big"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// pooled ADL: what the fund left of a round's takeovers is closed at once, per instrument and side, in shares that the
// rulebook's allocation gives each counterparty (docs/MODEL.md section 5, step 5).

// claim is one counterparty of a pool.
type claim struct {
	position int32
	account  AccountID
	capacity int64    // lots that may be taken of it
	weight   *big.Int // of its share; nil where the allocation has none
	lots     int64    // taken so far
	left     big.Int  // scratch of fillShares: its share times the total weight, then the remainder
}

// pool keeps what the fund left for the end of the round.
func (x *Exchange) pool(v inventory) {
	i := slices.IndexFunc(x.pools, func(p inventory) bool {
		return p.instrument == v.instrument && market.SideOf(p.size) == market.SideOf(v.size)
	})
	if i < 0 {
		x.pools = append(x.pools, v)
		return
	}
	x.join(&x.pools[i], v)
}

// allocatePools closes the round's pools, ordered by instrument, longs first.
func (x *Exchange) allocatePools() {
	slices.SortFunc(x.pools, carryOrder)
	for _, v := range x.pools {
		x.allocate(&v)
		if v.size != 0 {
			x.socialize(v)
		}
	}
	x.pools = x.pools[:0]
}

// allocate closes a pool against the opposite positions in profit. What they cannot take stays in v.
func (x *Exchange) allocate(v *inventory) {
	claims := x.claims(v)
	lot := int64(max(x.listings[v.instrument].Lot, 1))
	x.giveOut(v, claims, int64(v.size.Abs())/lot)
	v.book = x.bookPrice(*v)
	whole := *v
	price, atBankruptcy := x.adlPrice(v)
	side := market.Qty(-market.SideOf(v.size)) // of the counterparties
	var received market.Quote
	take := func(c *claim, size market.Qty) {
		if size = min(size, x.positions[c.position].size.Abs(), v.size.Abs()); size > 0 {
			received += x.deleverageOne(c.position, size*side, v.take(-size*side), price, atBankruptcy)
		}
	}
	for k := range claims {
		take(&claims[k], market.Qty(claims[k].lots*lot))
	}
	for k := range claims { // what is less than a lot, or more than the lots of all
		take(&claims[k], v.size.Abs())
	}
	if closed := whole.less(v); closed.size != 0 && received != closed.cash {
		x.settleGap(closed, price, received-closed.cash)
	}
}

// claims lists the candidates by account, with their capacities and weights.
func (x *Exchange) claims(v *inventory) []claim {
	l := &x.listings[v.instrument]
	lot := int64(max(l.Lot, 1))
	var list []claim
	x.opposite(rankKey{v.instrument, -market.SideOf(v.size)}, func(id int32, p *position) {
		if x.value(p.account, p.instrument, p.size, l.mark) > p.cost {
			list = append(list, claim{position: id, account: p.account, capacity: int64(p.size.Abs()) / lot})
		}
	})
	slices.SortFunc(list, func(a, b claim) int { return int(a.account) - int(b.account) })
	if x.rules.allocation == allocateDraining {
		return list
	}
	total := new(big.Int)
	for k := range list {
		list[k].weight = x.weightOf(&list[k])
		total.Add(total, list[k].weight)
	}
	if total.Sign() == 0 { // nobody has what the allocation goes by
		for k := range list {
			list[k].weight = big.NewInt(list[k].capacity)
		}
	}
	return list
}

// weightOf returns what a candidate's share is proportional to.
func (x *Exchange) weightOf(c *claim) *big.Int {
	p := &x.positions[c.position]
	mark := x.listings[p.instrument].mark
	switch x.rules.allocation {
	case allocateByContracts, allocateMinMax:
		return big.NewInt(c.capacity)
	case allocateByPnL, allocateCapped:
		return big.NewInt(int64(max(0, x.value(p.account, p.instrument, p.size, mark)-p.cost)))
	}
	s := x.scopeOf(c.position)
	x.evaluate(&s)
	equity := max(s.equity, 0)
	if x.rules.allocation == allocateByEquity {
		return big.NewInt(int64(equity))
	}
	w := big.NewInt(c.capacity) // by risk: lots times leverage
	return w.Mul(w, x.leverageOf(p, equity))
}

// leverageOf returns a position's notional at mark over its scope's equity, rounded down to 1e-8; where there is no equity,
// over one unit of it.
func (x *Exchange) leverageOf(p *position, equity market.Quote) *big.Int {
	n := big.NewInt(int64(x.notional(p.account, p.instrument, p.size, x.listings[p.instrument].mark)))
	n.Mul(n, big.NewInt(market.Scale))
	return n.Quo(n, big.NewInt(int64(max(equity, 1))))
}

// giveOut gives out lots by the allocation.
func (x *Exchange) giveOut(v *inventory, claims []claim, lots int64) {
	switch x.rules.allocation {
	case allocateDraining:
		x.drain(v, claims, lots)
	case allocateCapped:
		full := make([]int64, len(claims))
		for k := range claims {
			full[k] = claims[k].capacity
			capped, _ := market.MulDivFloor(full[k], int64(x.rules.ADLCap), market.Scale) // a share fits
			claims[k].capacity = capped
		}
		lots = fillShares(claims, lots, false)
		for k := range claims {
			claims[k].capacity = full[k]
		}
		fillShares(claims, lots, false)
	default:
		fillShares(claims, lots, x.rules.allocation == allocateMinMax)
	}
}

// fillShares gives out lots in proportion to the weights, nobody more than the capacity: whoever's share would reach it gets all
// of it, and the others share the rest. What rounding down leaves goes to the largest remainders, or, with even, one by one to
// the claim whose taken fraction is the smallest after it; ties to the lower account. It returns the lots that nobody could take.
func fillShares(claims []claim, lots int64, even bool) int64 {
	open := make([]*claim, 0, len(claims))
	for k := range claims {
		if c := &claims[k]; c.lots < c.capacity && c.weight.Sign() > 0 {
			open = append(open, c)
		}
	}
	var total, factor, limit, share big.Int
	for len(open) > 0 && lots > 0 {
		total.SetInt64(0)
		for _, c := range open {
			total.Add(&total, c.weight)
		}
		within, saturated := open[:0], int64(0)
		factor.SetInt64(lots)
		for _, c := range open {
			c.left.Mul(&factor, c.weight)
			room := c.capacity - c.lots
			if limit.Mul(limit.SetInt64(room), &total); c.left.Cmp(&limit) >= 0 {
				saturated += room
				c.lots = c.capacity
			} else {
				within = append(within, c)
			}
		}
		lots -= saturated
		if open = within; saturated > 0 {
			continue
		}
		for _, c := range open {
			share.QuoRem(&c.left, &total, &c.left)
			c.lots += share.Int64()
			lots -= share.Int64()
		}
		if even {
			giveEvenly(open, lots)
		} else {
			slices.SortStableFunc(open, func(a, b *claim) int { return b.left.Cmp(&a.left) })
			for _, c := range open[:lots] {
				c.lots++
			}
		}
		return 0
	}
	return lots
}

// giveEvenly gives out lots one by one, each to the claim whose taken fraction is the smallest after it.
func giveEvenly(open []*claim, lots int64) {
	h := evenly(open)
	for heap.Init(&h); lots > 0 && len(h) > 0; lots-- {
		if h[0].lots++; h[0].lots < h[0].capacity {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
}

// evenly is a heap of claims by (lots + 1) / capacity.
type evenly []*claim

func (h evenly) Len() int      { return len(h) }
func (h evenly) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h evenly) Less(i, j int) bool {
	c := compareProducts(h[i].lots+1, h[j].capacity, h[j].lots+1, h[i].capacity)
	return c < 0 || c == 0 && h[i].account < h[j].account
}
func (h *evenly) Push(c any) { *h = append(*h, c.(*claim)) }
func (h *evenly) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}
