// Package strategy holds the rules under test: when to enter, how large, how leveraged, where the stop and the
// take-profit stand. An Entry produces setups; a Rule turns one setup into a Plan, which is all that a replay needs to
// place the position. Every rule under test meets the same setups, so that comparisons are paired.
//
// Money, prices and sizes are the fixed-point types of pkg/market; percentages are written "2%" or "0.02". Sizes are
// rounded down to the instrument's lot, stop prices toward the entry (the loss at the stop never exceeds the one asked
// for) and take-profit prices away from it (the target is never missed by rounding).
//
// A rule sees completed bars at or before the entry and asks the venue through Exchange; there is no clock and no
// randomness but the scenario's seed, so the same setup always gives the same plan. Rules hold no state and may be used
// from several goroutines.
//
// The package imports pkg/market only: it knows neither the exchange's books nor files.
package strategy
