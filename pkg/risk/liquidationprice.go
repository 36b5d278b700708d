package risk

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// LiquidationPrice returns the first mark price, coming from the safe side, at which an isolated position with the given
// size, entry price and margin is liquidatable by the exact test that a tick applies; ok is false when no positive
// price is, or when an amount does not fit. inclusive is the rulebook's trigger.
//
// The tier is the one at the liquidation price (Binance FAQ b3c689c1f50a44cabb3a84e663b81d93). Maintenance margin is the
// maximum over the tiers' lines, so that tier is the one whose line is reached first: the closed form of each line gives an
// estimate, and a search in units of 1e-8 around it the price itself.
func LiquidationPrice(c *venue.Contract, inclusive bool, size market.Qty, entry market.Price, margin market.Quote) (price market.Price, ok bool) {
	cost, fits := market.ValueFloor(size, entry)
	if !fits || size == 0 {
		return 0, false
	}
	estimate, ok := firstLine(c, size, cost, margin)
	if !ok {
		estimate = 1
	}
	hit := func(p market.Price) bool { return isolatedLiquidatable(c, inclusive, size, cost, margin, p) }
	side := market.Price(market.SideOf(size))
	// Bracket the change: unsafe is on the losing side of the price, safe on the other.
	unsafe, safe, step := estimate, estimate, market.Price(1)
	for !hit(unsafe) {
		if unsafe == 1 && side > 0 || step > 1<<60 {
			return 0, false
		}
		unsafe = max(unsafe-side*step, 1)
		step *= 2
	}
	for step = 1; hit(safe); step *= 2 {
		if step > 1<<60 || safe == 1 && side < 0 {
			return safe, true
		}
		safe = max(safe+side*step, 1)
	}
	for unsafe-safe > 1 || safe-unsafe > 1 {
		if middle := (unsafe + safe) / 2; hit(middle) {
			unsafe = middle
		} else {
			safe = middle
		}
	}
	return unsafe, true
}

// isolatedLiquidatable is the trigger of docs/MODEL.md section 1 for one isolated position without pending funding.
// Amounts that do not fit lie far on the losing side of a short and far on the safe side of a long.
func isolatedLiquidatable(c *venue.Contract, inclusive bool, size market.Qty, cost, margin market.Quote, p market.Price) bool {
	value, ok1 := market.ValueFloor(size, p)
	notional, ok2 := market.ValueCeil(size.Abs(), p)
	if !ok1 || !ok2 {
		return size < 0
	}
	e := venue.Exposure{Size: size.Abs(), Notional: notional, Entry: max(cost, -cost), Long: size > 0}
	maintenance, ok := c.MaintenanceMargin(e)
	if !ok {
		return size < 0
	}
	equity := margin + value - cost
	return equity < maintenance || inclusive && equity == maintenance
}

// firstLine solves equity = notional·rate − amount for every tier and returns the solution that a falling (long) or rising
// (short) price reaches first.
func firstLine(c *venue.Contract, size market.Qty, cost, margin market.Quote) (price market.Price, ok bool) {
	n := int64(size.Abs())
	side := market.Quote(market.SideOf(size))
	for _, t := range c.Tiers {
		// Long: q·P(1−r) = C − W − a. Short: |q|·P(1+r) = W − C + a.
		scaled, fits := market.MulDivFloor(int64(side*(cost-margin-t.MaintenanceAmount)), market.Scale, market.Scale-int64(side)*int64(t.MaintenanceMarginRate))
		v, valid := market.MulDivFloor(scaled, market.Scale, n)
		if p := market.Price(v); valid && fits && p > 0 && (!ok || market.Quote(p-price)*side > 0) {
			price, ok = p, true
		}
	}
	return price, ok
}
