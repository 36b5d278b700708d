// Package venue holds dated rulebooks: what a venue's margin tiers, fees and liquidation policies were on a day.
//
// A rulebook is a YAML file (rulebooks/<venue>/<date>.yaml, embedded; or the user's own through LoadFile). Each
// number in it names its source, and a source has a date. What has no source says so and why, and Unsourced lists it.
// Loading is strict: an unknown key, a gap between tiers or a maintenance amount that does not follow from the rates
// is an error that names the file, the contract, the tier, the value and what was expected.
package venue
