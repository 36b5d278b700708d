package risk

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// LiquidationPrice returns the first mark price, coming from the safe side, at which an isolated position with the given
// size, entry price, margin and leverage is liquidatable by the exact test that a tick applies; ok is false when no positive
// price is, or when an amount does not fit. inclusive is the rulebook's trigger; leverage matters only where the closing fee at
// the bankruptcy value is part of the requirement.
//
// The tier is the one at the liquidation price (Binance FAQ b3c689c1f50a44cabb3a84e663b81d93), unless the rulebook takes it
// from size or entry. The closed form of each tier's line gives an estimate, and a search in units of 1e-8 around it the price
// itself. Where margin jumps at a boundary, the search begins at the entry and goes through the tiers.
func LiquidationPrice(c *venue.Contract, inclusive bool, size market.Qty, entry market.Price, margin market.Quote, leverage market.Rate) (price market.Price, ok bool) {
	cost, fits := market.ValueFloor(size, entry)
	if !fits || size == 0 {
		return 0, false
	}
	t := isolatedTest{c, inclusive, size, cost, margin, leverage}
	if m := &c.Margin; m.Whole && !m.Linear && !m.ByEntry && !m.BySize && size > 0 && !t.hit(entry) {
		return t.throughTiers(entry)
	}
	estimate, ok := t.firstLine()
	if !ok {
		estimate = 1
	}
	return t.around(estimate)
}

// isolatedTest is the trigger of docs/MODEL.md section 1 for one isolated position without pending funding.
type isolatedTest struct {
	contract     *venue.Contract
	inclusive    bool
	size         market.Qty
	cost, margin market.Quote
	leverage     market.Rate
}

// hit reports whether the position is liquidatable at a mark price. Amounts that do not fit lie far on the losing side of a
// short and far on the safe side of a long.
func (t *isolatedTest) hit(p market.Price) bool {
	value, ok1 := market.ValueFloor(t.size, p)
	notional, ok2 := market.ValueCeil(t.size.Abs(), p)
	if !ok1 || !ok2 {
		return t.size < 0
	}
	maintenance, ok := t.contract.MaintenanceMargin(t.exposure(notional))
	if !ok {
		return t.size < 0
	}
	equity := t.margin + value - t.cost
	return equity < maintenance || t.inclusive && equity == maintenance
}

func (t *isolatedTest) exposure(notional market.Quote) venue.Exposure {
	return venue.Exposure{Size: t.size.Abs(), Notional: notional, Entry: max(t.cost, -t.cost), Long: t.size > 0, Leverage: t.leverage}
}

// around finds the change nearest to an estimate.
func (t *isolatedTest) around(estimate market.Price) (price market.Price, ok bool) {
	side := market.Price(market.SideOf(t.size))
	// Bracket the change: unsafe is on the losing side of the price, safe on the other.
	unsafe, safe, step := estimate, estimate, market.Price(1)
	for !t.hit(unsafe) {
		if unsafe == 1 && side > 0 || step > 1<<60 {
			return 0, false
		}
		unsafe = max(unsafe-side*step, 1)
		step *= 2
	}
	for step = 1; t.hit(safe); step *= 2 {
		if step > 1<<60 || safe == 1 && side < 0 {
			return safe, true
		}
		safe = max(safe+side*step, 1)
	}
	return t.between(safe, unsafe), true
}

// between bisects to the first price that is hit, coming from a safe one.
func (t *isolatedTest) between(safe, unsafe market.Price) market.Price {
	for unsafe-safe > 1 || safe-unsafe > 1 {
		if middle := (unsafe + safe) / 2; t.hit(middle) {
			unsafe = middle
		} else {
			safe = middle
		}
	}
	return unsafe
}

// throughTiers follows a long down from its entry. Within a tier the test changes once; where the price leaves a tier the
// requirement falls, so nothing happens at the boundary itself.
func (t *isolatedTest) throughTiers(entry market.Price) (price market.Price, ok bool) {
	notional, fits := market.ValueCeil(t.size, entry)
	if !fits {
		return 0, false
	}
	safe := entry
	for k := t.contract.Tier(notional); k >= 0; k-- {
		lowest := market.Price(1) // within the tier
		if k > 0 {
			v, fits := market.MulDivFloor(int64(t.contract.Tiers[k].Floor), market.Scale, int64(t.size))
			if !fits {
				continue
			}
			lowest = max(market.Price(v), 1)
			for n, _ := market.ValueCeil(t.size, lowest); t.contract.Tier(n) < k; n, _ = market.ValueCeil(t.size, lowest) {
				lowest++
			}
		}
		if lowest < safe && t.hit(lowest) {
			return t.between(safe, lowest), true
		}
		safe = min(safe, lowest)
	}
	return 0, false
}

// firstLine solves equity = requirement for every tier that applies and returns the solution that a falling (long) or rising
// (short) price reaches first.
func (t *isolatedTest) firstLine() (price market.Price, ok bool) {
	c, n := t.contract, int64(t.size.Abs())
	side := market.Quote(market.SideOf(t.size))
	for _, e := range t.candidates() {
		rate, amount, fits := c.Rate(e)
		if !fits {
			continue
		}
		if c.Margin.AtEntry {
			fixed, _ := rate.OfCeil(e.Entry)
			rate, amount = 0, amount-fixed
		}
		switch c.Margin.IsolatedFee {
		case venue.FeeAtMark:
			rate += c.Margin.Taker
		case venue.FeeAtBankruptcy:
			fee, _ := c.BankruptcyFee(e)
			amount -= fee
		}
		// Long: q·P(1−r) = C − W − a. Short: |q|·P(1+r) = W − C + a.
		scaled, fits := market.MulDivFloor(int64(side*(t.cost-t.margin-amount)), market.Scale, market.Scale-int64(side)*int64(rate))
		v, valid := market.MulDivFloor(scaled, market.Scale, n)
		if p := market.Price(v); valid && fits && p > 0 && (!ok || market.Quote(p-price)*side > 0) {
			price, ok = p, true
		}
	}
	return price, ok
}

// candidates returns an exposure for each tier that the position may be in.
func (t *isolatedTest) candidates() []venue.Exposure {
	m := &t.contract.Margin
	if m.Linear || m.ByEntry || m.BySize {
		return []venue.Exposure{t.exposure(0)}
	}
	list := make([]venue.Exposure, len(t.contract.Tiers))
	for k, tier := range t.contract.Tiers {
		n := tier.Floor
		if m.CapInclusive {
			n++
		}
		list[k] = t.exposure(n)
	}
	return list
}
