package replay

import (
	"math"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// thinning is the share of an instrument's depth that is left under the depth model (docs/MODEL.md section 12): 1/(1 + v/h²),
// v the realized variance, a sum of squared one-minute returns of the last price whose weights halve with the memory, the minute under way
// included; what is missing comes back with the recovery's half-life, and the floor is always left. Returns are taken by the
// minute, whatever ticks the path is walked in, so that neither bars nor steps change the depth.
type thinning struct {
	model    *scenario.DepthModel
	begun    bool
	minute   market.Time  // the one under way
	opened   market.Price // last price before it
	last     market.Price
	variance float64 // of the minutes before it, as of its beginning
	missing  float64 // share that is gone, as of the latest tick
	at       market.Time
}

// share takes in the last price at a time and returns what is left.
func (t *thinning) share(now market.Time, last market.Price) float64 {
	minute := now - now%market.Minute
	if !t.begun {
		t.begun, t.minute, t.opened, t.at = true, minute, last, now
	} else if minute > t.minute {
		t.variance = float64((t.variance + squaredReturn(t.opened, t.last)) * halved(minute-t.minute, market.Time(t.model.Memory)))
		t.minute, t.opened = minute, t.last
	}
	t.last = last
	h := market.Float(t.model.HalvesAt)
	v := t.variance + squaredReturn(t.opened, last)
	gone := 1 - 1/(1+v/float64(h*h))
	t.missing = max(gone, float64(t.missing*halved(now-t.at, market.Time(t.model.Recovery))))
	t.at = now
	return max(1-t.missing, t.model.Floor)
}

func squaredReturn(from, to market.Price) float64 {
	r := float64(to)/float64(from) - 1
	return float64(r * r)
}

// halved is 2^(−elapsed/halfLife).
func halved(elapsed, halfLife market.Time) float64 {
	halves := float64(elapsed) / float64(halfLife)
	switch {
	case halves == 0:
		return 1
	case halves > 500:
		return 0
	}
	return exp2(-halves)
}

// scaledDepth is a depth of which a share is left, at least one unit.
func scaledDepth(depth market.Quote, share float64) market.Quote {
	return max(market.Quote(math.Floor(float64(float64(depth)*share))), 1)
}
