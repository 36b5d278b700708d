package oracle

import "slices"

// liquidate is step 4 of a tick: rounds until no scope is liquidatable but those that wait.
func (x *Exchange) liquidate() {
	for {
		var worst []scope
		for _, s := range x.scopes() {
			if x.due(s) {
				worst = append(worst, s)
			}
		}
		if len(worst) == 0 {
			return
		}
		x.round++
		x.rankings, x.queued = map[side][]candidate{}, map[scope]bool{}
		for _, s := range worst {
			x.queued[s] = true
		}
		slices.SortStableFunc(worst, x.worseFirst)
		for _, s := range worst {
			if x.due(s) {
				x.liquidateScope(s)
			}
		}
		x.allocatePools()
		x.coolDown()
	}
}

// due says whether a round looks at a scope: when it is liquidatable, and if it waits, only to be taken over in the tick
// that made it wait.
func (x *Exchange) due(s scope) bool {
	if !x.liquidatable(s, current) {
		return false
	}
	if w := *s.patience(); w.waits {
		return w.since == x.ticks && x.mustTakeOver(s)
	}
	return true
}

// worseFirst orders by ascending E/MM, then account, then isolated before cross, then instrument. Nothing of nothing counts
// 0.
func (x *Exchange) worseFirst(a, b scope) int {
	ea, eb, ma, mb := a.equity(current), b.equity(current), x.maintenance(a, current), x.maintenance(b, current)
	if ea.IsZero() {
		ma = one
	}
	if eb.IsZero() {
		mb = one
	}
	if c := ea.Mul(mb).Cmp(eb.Mul(ma)); c != 0 {
		return c
	}
	if a.account != b.account {
		return int(a.account.id - b.account.id)
	}
	if a.mode != b.mode {
		return int(a.mode) - int(b.mode)
	}
	return int(a.instrument) - int(b.instrument)
}

// liquidateScope is section 5 for one scope.
func (x *Exchange) liquidateScope(s scope) {
	for _, p := range s.positions() {
		p.orders = nil
		x.settle(p)
	}
	held := x.byMaintenance(s)
	if x.mustTakeOver(s) || x.sendOrders(s, held) {
		x.takeOver(s, present(held))
		return
	}
	if x.policies().LiquidationPrice != "market" && x.liquidatable(s, current) {
		*s.patience() = patience{waits: true, since: x.ticks, sent: s.patience().sent}
	}
}

// byMaintenance lists the positions of a scope by falling maintenance margin, then by instrument.
func (x *Exchange) byMaintenance(s scope) []*position {
	held := s.positions()
	slices.SortStableFunc(held, func(a, b *position) int {
		return x.maintenanceOf(b, b.listing.mark).Cmp(x.maintenanceOf(a, a.listing.mark))
	})
	return held
}

// present drops what has been closed since the list was made.
func present(held []*position) []*position {
	var still []*position
	for _, p := range held {
		if !p.size.IsZero() {
			still = append(still, p)
		}
	}
	return still
}

// sendOrders is step 2: orders for one position after the other, until the target holds. True means that what the scope
// still holds is to be taken over.
func (x *Exchange) sendOrders(s scope, held []*position) (takeOver bool) {
	if x.policies().LiquidationStep == "per_block" {
		if s.patience().sent == x.ticks {
			return false // one order a tick
		}
		held, s.patience().sent = held[:1], x.ticks
	}
	refused := false
	for _, p := range held {
		for !p.size.IsZero() {
			if x.stepsDown() && x.passedOver(p) {
				break
			}
			if x.policies().LiquidationStep == "tier_step_down_above_first" && x.belowFirstTier(s) {
				return true
			}
			d, whole := x.passes(p.listing, x.step(s, p), x.exempt(p.account.id)), p.size
			if d.IsZero() && x.policies().LiquidationPrice == "market" {
				return true
			}
			if d.IsZero() { // the book takes no more
				refused = true
				break
			}
			o := x.send(x.force(s, p, d))
			if o == filled && x.policies().LiquidationStep == "fraction_first" && !d.Equal(whole) {
				x.cooling = append(x.cooling, p.account)
			}
			if o == takenOver {
				return true
			}
			if o == unfilled {
				refused = true
				break
			}
			if x.targetHolds(s) {
				return false
			}
			if !x.stepsDown() {
				break
			}
		}
	}
	return x.stepsDown() && !refused // all positions were passed over
}
