package risk

import (
	"math"
	"math/big"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// draining is the search for a common leverage: what each claim may keep at a level of leverage.
type draining struct {
	mark   market.Price
	lot    int64
	claims []claim
	equity []int64 // of the claims' scopes, at least 0
}

// drain takes from the most levered down to a common leverage: the least one, in 1e-8, that asks for no more than lots. What is
// missing then goes to the lower accounts of those that are above it still.
func (x *Exchange) drain(v *inventory, claims []claim, lots int64) {
	l := &x.listings[v.instrument]
	d := draining{mark: l.mark, lot: int64(max(l.Lot, 1)), claims: claims, equity: make([]int64, len(claims))}
	top := new(big.Int)
	for k := range claims {
		p := &x.positions[claims[k].position]
		s := x.scopeOf(claims[k].position)
		x.evaluate(&s)
		d.equity[k] = int64(max(s.equity, 0))
		if l := x.leverageOf(p, market.Quote(d.equity[k])); l.Cmp(top) > 0 {
			top = l
		}
	}
	low, high := d.level(top, lots)
	for k := range claims {
		claims[k].lots = d.asked(k, high)
		lots -= claims[k].lots
	}
	if low.Sign() < 0 {
		return
	}
	for k := range claims {
		more := min(d.asked(k, low)-claims[k].lots, lots)
		claims[k].lots += more
		lots -= more
	}
}

// level returns the least leverage that asks for no more than lots, and the one below it, which asks for more, or is -1. top is
// the highest leverage of a claim.
func (d *draining) level(top *big.Int, lots int64) (low, high *big.Int) {
	low, high = big.NewInt(-1), new(big.Int).Add(top, big.NewInt(1)) // low asks for more, high for no more
	// Less is asked for the higher the level is, so that the order of the trials changes nothing. Most levels fit 64 bits, where a
	// trial costs a tenth: begin there.
	middle, one := big.NewInt(math.MaxInt64), big.NewInt(1)
	if middle.Cmp(high) >= 0 {
		middle = half(low, high)
	}
	for new(big.Int).Sub(high, low).Cmp(one) > 0 {
		if d.asksForMore(middle, lots) {
			low = middle
		} else {
			high = middle
		}
		middle = half(low, high)
	}
	return low, high
}

// half returns the middle of two numbers, rounded down.
func half(low, high *big.Int) *big.Int {
	middle := new(big.Int).Add(low, high)
	return middle.Rsh(middle, 1)
}

// asksForMore reports whether a level asks the claims for more than lots.
func (d *draining) asksForMore(level *big.Int, lots int64) bool {
	for k := range d.claims {
		asked := d.asked(k, level)
		if asked > lots {
			return true
		}
		lots -= asked
	}
	return false
}

// asked returns the lots that a level asks of a claim. It keeps floor(level * equity / mark) base units, in whole lots: leverage is
// notional over equity.
func (d *draining) asked(k int, level *big.Int) int64 {
	var kept int64
	if level.IsInt64() {
		v, ok := market.MulDivFloor(level.Int64(), d.equity[k], int64(d.mark))
		if !ok {
			return 0 // more than any size
		}
		kept = v / d.lot
	} else {
		v := new(big.Int).Mul(level, big.NewInt(d.equity[k]))
		if v.Quo(v, big.NewInt(int64(d.mark))).Quo(v, big.NewInt(d.lot)); !v.IsInt64() {
			return 0
		}
		kept = v.Int64()
	}
	return max(0, d.claims[k].capacity-kept)
}
