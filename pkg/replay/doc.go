// Package replay drives an exchange through recorded history: it selects the series, turns bars into ticks, loads the
// crowd, lets the rules under test trade, and tells a recorder what happened.
//
// In go a scenario, a catalog of bars and a rulebook; out come events, steps, one row per account and a Result. The
// order of everything is a function of these inputs alone: workers only decode bars ahead of the one goroutine that
// runs the exchange, and ties go to the lowest instrument, account and rule.
//
// docs/adr/0004-intrabar-and-mark.md gives the reasons for the paths inside bars and for the mark price.
package replay
