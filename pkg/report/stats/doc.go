// Package stats turns the outcomes of a run into figures with intervals.
//
// In go counts and float64 series, out come estimates; nothing here decides anything in the exchange. Every function is
// a pure function of its arguments: random resampling takes its seed, and products are written so that no compiler
// fuses them. A figure that does not exist (the median of nothing) is NaN, never zero.
package stats
