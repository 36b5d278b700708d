package replay

import "github.com/liquidation-lab/backtest/pkg/market"

// blocks are the pieces of a bootstrap: blocks of history, drawn with replacement, one after another until the path is
// full.
//
// Stationary blocks begin anywhere, have geometric lengths, and go on at the beginning where history ends: D. N. Politis,
// J. P. Romano, "The stationary bootstrap", JASA 89 (1994). Fixed blocks begin wherever a whole one fits: H. R. Künsch, Annals of
// Statistics 17 (1989).
type blocks struct {
	draws   draws
	history *covered
	at, to  market.Time // of the path
	mean    uint64      // cells of a block
	fixed   bool
	start   uint64 // cell of history where the block under way goes on
	left    uint64 // cells of it that are to come
}

// next implements pieces. A block that reaches a hole of history goes on behind it as a piece of its own, and at the end of history
// at its beginning.
func (b *blocks) next() (piece, bool) {
	if b.at >= b.to {
		return piece{}, false
	}
	if b.left == 0 && b.fixed {
		b.start, b.left = b.draws.below(b.history.total-b.mean+1), b.mean
	} else if b.left == 0 {
		b.start, b.left = b.draws.below(b.history.total), b.draws.geometric(float64(b.mean))
	}
	s, within := b.history.at(b.start)
	n := min(b.left, s.cells()-within, uint64((b.to-b.at)/s.cell))
	p := piece{at: b.at, from: s.from + market.Time(within)*s.cell, length: market.Time(n) * s.cell, scale: 1, fresh: within == 0}
	b.at += p.length
	b.left -= n
	b.start = (b.start + n) % b.history.total
	return p, true
}
