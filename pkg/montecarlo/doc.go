// Package montecarlo replays a scenario along many synthetic paths and keeps of each path and rule what distributions over
// paths need. Paths are independent of one another; the entries of one path are not, so a path gives one figure.
//
// The rows are the same for any number of workers: each path is a function of scenario, data and its number, and rows are
// delivered in the order of paths.
package montecarlo
