package risk

import "github.com/liquidation-lab/backtest/pkg/market"

// waitKey names a scope: a position, or the cross scope of an account.
type waitKey struct {
	account  AccountID
	position int32
}

// waits reports whether an evaluated, liquidatable scope sent its orders of this tick already and is left for the next one.
func (x *Exchange) waits(s *scope) bool {
	if len(x.waiting) == 0 {
		return false
	}
	_, sent := x.waiting[waitKey{s.account, s.position}]
	return sent && !x.takenOverAtOnce(s)
}

// cooldown is what an account that was liquidated in part is left alone with (step fraction_first).
type cooldown struct {
	until market.Time
	round uint32 // in which it began
}

// coolingDown reports whether an account's forced orders are whole: a partial one was sent in an earlier round, not longer ago
// than the cooldown.
func (x *Exchange) coolingDown(a AccountID) bool {
	c, known := x.cooling[a]
	return known && c.round != x.rounds && x.now < c.until
}

// coolDown begins an account's cooldown, or lets the one that it is in last longer: a whole order that capacity cut is a partial
// one, also in a cooldown.
func (x *Exchange) coolDown(a AccountID) {
	c := cooldown{until: x.now + x.rules.Cooldown, round: x.rounds}
	if x.coolingDown(a) {
		c.round = x.cooling[a].round
	}
	x.cooling[a] = c
}
