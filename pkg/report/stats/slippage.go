package stats

import (
	"math"
	"slices"
)

// StopFill is a stop that fired: prices in quote currency, size in base.
type StopFill struct {
	Side          float64 // of the position: 1 for a long, which sells below, -1 for a short
	Trigger, Fill float64
	Size          float64 // > 0; only the cost in money depends on it
}

// Slippage is how much worse than its trigger a stop filled, as a share of the trigger price; negative when it filled
// better:
//
//	side·(trigger - fill)/trigger
//
// It contains the gap that jumped the trigger as well as the depth of the book. A. F. Perold, "The implementation
// shortfall", Journal of Portfolio Management 14 (1988), with the trigger as the price decided on.
func (f StopFill) Slippage() float64 { return float64(f.Side*(f.Trigger-f.Fill)) / f.Trigger }

// Cost is the slippage in quote currency: side·(trigger - fill)·size.
func (f StopFill) Cost() float64 { return float64(float64(f.Side*(f.Trigger-f.Fill)) * f.Size) }

// SlippageSummary describes slippage past the stop over many stops, in shares of the trigger price.
type SlippageSummary struct {
	Fills             int
	Past              Interval // share of stops that filled worse than their trigger, Wilson
	Mean, Largest     float64
	Median, P95       Interval // from order statistics
	ExpectedShortfall float64  // mean of the worst 5%, positive when worse than the trigger
	Cost              float64  // sum of money, quote currency
}

// Slippages summarizes stops with intervals of the given level. Figures of no stops are NaN, the cost 0; with a missing
// price all are NaN.
func Slippages(fills []StopFill, level float64) SlippageSummary {
	slips, better := make([]float64, len(fills)), make([]float64, len(fills))
	s := SlippageSummary{Fills: len(fills), Largest: math.NaN()}
	past := 0
	for i, f := range fills {
		slips[i] = f.Slippage()
		better[i] = -slips[i]
		s.Cost += f.Cost()
		if slips[i] > 0 {
			past++
		}
	}
	slices.Sort(slips)
	slices.Sort(better)
	s.Past = Wilson(past, len(fills), level)
	s.Mean, s.Median, s.P95 = meanOf(slips), QuantileInterval(slips, 0.5, level), QuantileInterval(slips, 0.95, level)
	s.ExpectedShortfall = -ExpectedShortfall(better, 0.95)
	if anyNaN(slips) {
		s.Past = none(level, "wilson")
	} else if len(slips) > 0 {
		s.Largest = slips[len(slips)-1]
	}
	return s
}
