// Package scan replays one rule family over bars in memory: isolated positions of one instrument, one at a time an
// account, with a fixed leverage and a stop that stands still, in many variants of both. It does what package replay does
// with the exchange of package risk, to the unit and to the millisecond, at a cost that does not grow with the time that a
// position is held.
//
// # How
//
// A position's bar of interest is the first at which its stop's price is reached, at which it may be liquidatable, or in
// which its time is up. The first two are questions of the form "first bar at or after i whose value is at most x", which
// a tree of minima answers in O(log n); the trees are shared by all variants. The liquidation of a long is linear in
// mark·(1 − rate) − F within a margin tier, F being cumulative funding per unit of base, so there is a tree for every side
// and tier that some variant touches. Trees hold floats with a margin of safety: they name a bar too early, never too
// late. What happens in a bar that they name is walked tick by tick in exact integers (docs/MODEL.md sections 3 to 5 and
// 7), and where nothing happens the search goes on with the next bar.
//
// # What it leaves out
//
// An isolated position of a probe depends on nobody else, as long as nobody is auto-deleveraged against it. So there is no
// crowd, no account with two positions, no cross margin, and no insurance fund that could be exhausted: Outcome.Fund is what
// the fund would gain or lose by each position. There are no take-profits, trailing stops or stops that watch the index
// price, and no prices inside the bars but their four corners and the steps between them (not prices.intrabar: bridge).
// Package replay decides which scenarios are of this family and falls back to the whole exchange for others; a test there
// compares both, position by position.
package scan
