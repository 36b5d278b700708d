// Package synth reconstructs a market from published control points: prices at known moments, lows, funding rates, open
// interest and depth, each with its source and its quality. Between the points it draws a seeded log-price bridge on a
// grid of one second whose volatility follows a stated profile and whose instruments share a common factor. The result
// passes exactly through every point and is labeled as reconstructed wherever it goes.
//
// The same file gives the same bytes on every architecture: only operations that IEEE 754 rounds correctly are used
// (+ - * / sqrt), each product is rounded before it is added, and logarithms, exponentials and normal deviates are this
// package's own.
package synth
