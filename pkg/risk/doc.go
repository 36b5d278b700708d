// Package risk is the exchange: accounts with isolated and cross margin, collateral in assets, tiered maintenance margin, funding, stops,
// liquidation into the book, insurance fund, auto-deleveraging and socialized loss.
//
// In go orders and ticks (prices, funding, depth); out come events and exact balances. Money, sizes and prices are
// integers of 1e-8; docs/MODEL.md has every formula with its source and the order in which a tick applies them. The
// package knows neither where prices come from nor who decides to trade.
//
// A tick costs what it crosses, not how many accounts there are: positions and orders wait in queues ordered by the
// price at which they become interesting (trigger.go), and whatever a queue yields is re-computed exactly before
// anything happens to it.
//
// After every tick: the ledger sums to zero, sizes per instrument sum to zero with the liquidity provider, no scope
// is liquidatable, and the insurance fund is not below its floor.
package risk
