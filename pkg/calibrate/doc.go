// Package calibrate fits parameters of a model to bands of published figures. It knows neither scenarios nor exchanges: a
// function turns values of the parameters into values of the targets. The search is seeded, sequential and bounded by a
// number of evaluations, so that the same problem gives the same fit.
package calibrate
