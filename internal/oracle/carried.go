package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// carried is what the liquidation engine holds of an instrument and side, and the cash it paid for it.
type carried struct{ size, cost decimal.Decimal }

// lacks is T − V(M): what a size that was bought for a cost is short of at mark. The engine knows no haircut.
func lacks(size, cost, mark decimal.Decimal) decimal.Decimal { return cost.Sub(floor(size.Mul(mark))) }

// atRisk is max(0, Σ(cash − V(M))) of what is carried of some instruments.
func atRisk(listings ...*listing) decimal.Decimal {
	sum := decimal.Zero
	for _, l := range listings {
		for _, c := range l.carried {
			sum = sum.Add(lacks(c.size, c.cost, l.mark))
		}
	}
	return decimal.Max(decimal.Zero, sum)
}

// carry keeps what did not pass, as far as the room pays what it lacks at mark. The rest stays in v.
func (x *Exchange) carry(v *inventory) {
	if v.size.IsZero() {
		return
	}
	part := x.affords(v, lacks(v.size, v.cost, v.listing.mark))
	cost := v.release(part)
	c := &v.listing.carried[indexOf(part)]
	if !part.IsZero() {
		c.size, c.cost = c.size.Add(part), c.cost.Add(cost)
	}
}

// offerCarried offers all that is carried anew. No scope is queued, and what is offered is not carried meanwhile.
func (x *Exchange) offerCarried() {
	x.rankings, x.queued = map[side][]candidate{}, map[scope]bool{}
	for _, l := range x.listings {
		for i := range l.carried {
			c := l.carried[i]
			if c.size.IsZero() {
				continue
			}
			l.carried[i] = carried{}
			x.dispose(&inventory{listing: l, size: c.size, cost: c.cost, sequence: x.takeover})
		}
	}
	x.allocatePools()
}

// Inventory is the engine's view of what is carried of an instrument.
func (x *Exchange) Inventory(i market.InstrumentID) (long, short risk.Inventory) {
	view := func(c carried) risk.Inventory {
		return risk.Inventory{Size: units[market.Qty](c.size), Cash: units[market.Quote](c.cost)}
	}
	c := x.listings[i].carried
	return view(c[0]), view(c[1])
}
