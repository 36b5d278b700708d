package replay

import (
	"math"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// impactLaw turns flow into a displacement of prices (docs/MODEL.md section 12). Flow is counted in multiples of the depth
// within one percent at the time it came, positive for sales. The displacement is a function of the flow that has come, not a
// sum over its parts: by the square root's law (arXiv 1412.4503: along the trajectory too) a cascade in a hundred orders moves
// the price as far as in one.
type impactLaw struct {
	kind        string
	coefficient float64
	halfLife    market.Time
	share       float64 // permanent part
	cap         float64
	profile     risk.Profile
}

func newImpactLaw(f *scenario.Feedback, p risk.Profile) impactLaw {
	return impactLaw{kind: f.Impact, coefficient: market.Float(f.Coefficient), halfLife: market.Time(f.HalfLife), share: f.Share, cap: market.Float(f.Cap), profile: p}
}

// of is the displacement after a flow that nothing has decayed of: at or below 0 after sales.
func (l *impactLaw) of(flow float64) float64 {
	x := math.Abs(flow)
	if x == 0 {
		return 0
	}
	switch l.kind {
	case scenario.ImpactLinear:
		x = float64(l.coefficient * x)
	case scenario.ImpactSquareRoot:
		x = float64(l.coefficient * math.Sqrt(x))
	default:
		x = l.profile.Last(x, l.cap)
	}
	return math.Copysign(x, -flow)
}

// kept is the share of a transient flow that is left after a time: what halves the displacement in a half-life under a linear law and
// a square root. Walking a profile, it halves the flow.
func (l *impactLaw) kept(elapsed market.Time) float64 {
	halves := float64(elapsed) / float64(l.halfLife)
	if l.kind == scenario.ImpactSquareRoot {
		halves *= 2
	}
	if halves > 500 {
		return 0
	}
	return exp2(-halves)
}

// displacement is how far an instrument's mark and last price stand from the path of the data, as a fraction of it.
type displacement struct {
	transient, permanent float64 // flow
	applied              float64 // of prices now
	at                   market.Time
	capped               bool // the law asked for more than the cap
}

// decay lets time pass.
func (d *displacement) decay(l *impactLaw, now market.Time) {
	if d.transient != 0 && now > d.at {
		if d.transient = float64(d.transient * l.kept(now-d.at)); math.Abs(d.transient) < 1e-12 {
			d.transient = 0
		}
	}
	d.at = now
}

// push adds a flow.
func (d *displacement) push(flow float64) {
	d.transient += flow
	d.permanent += flow
}

// target is the displacement that the flow so far asks for.
func (d *displacement) target(l *impactLaw) float64 {
	t := 0.0
	if l.share < 1 {
		t = float64((1 - l.share) * l.of(d.transient))
	}
	if l.share > 0 {
		t += float64(l.share * l.of(d.permanent))
	}
	d.capped = math.Abs(t) > l.cap
	return min(max(t, -l.cap), l.cap)
}

// revert takes back what has decayed: with the base path, since nobody's orders are behind it. A target further out, or on the other side, is
// left for the rounds.
func (d *displacement) revert(target float64) {
	switch {
	case d.applied < 0 && target <= 0:
		d.applied = max(d.applied, target)
	case d.applied > 0 && target >= 0:
		d.applied = min(d.applied, target)
	}
}

// toward moves at most step toward the target; a step of 0 or less is no limit.
func (d *displacement) toward(target, step float64) {
	if move := target - d.applied; step > 0 && math.Abs(move) > step {
		d.applied += math.Copysign(step, move)
		return
	}
	d.applied = target
}

// shifted is a price that is displaced, in whole units: of the tick for last prices, of 1e-8 for mark prices. What is less than a unit is left
// out, so that prices never move by more than the displacement; they stay positive.
func shifted(price market.Price, by float64, unit market.Price) market.Price {
	if by == 0 {
		return price
	}
	unit = max(unit, 1)
	move := market.Price(float64(float64(price)*by)) / unit * unit
	return max(price+move, min(price, unit))
}
