// Package market is the vocabulary that every other package shares: prices, sizes, money, rates and times as
// integers of known unit, instruments, and the columns that market data arrives in.
//
// Price, Qty, Quote and Rate count units of 1e-8, because venues publish mark prices with eight decimals and money
// has to add up. Products go through 128 bits, every division names its direction, and a result that does not fit is
// reported by an ok of false, never wrapped. float64 appears only where a figure is a statistic (volume, depth).
//
// The package imports nothing of this module.
package market
