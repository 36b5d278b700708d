package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Band is what rests between mid and a distance from it.
type Band struct {
	Distance market.Rate  // from mid, a fraction of the price
	Notional market.Quote // cumulative
}

// Profile is the shape of one side of the book: bands of ascending distance and notional, between which orders rest evenly.
// Its size is that of the depth within one percent at the time: a profile is scaled, never added.
type Profile []Band

// Check refuses a profile that cannot be walked.
func (p Profile) Check() error {
	for i, b := range p {
		var before Band
		if i > 0 {
			before = p[i-1]
		}
		if b.Distance <= before.Distance || b.Distance >= market.Scale || b.Notional <= before.Notional {
			return fmt.Errorf("band %d of the profile has %v within %v after %v within %v; expected both to rise, the distance to below 1",
				i+1, b.Notional, b.Distance, before.Notional, before.Distance)
		}
	}
	return nil
}

// WithinOnePercent is the notional that the profile has within one percent; all of it where it ends before.
func (p Profile) WithinOnePercent() market.Quote {
	const percent = market.Scale / 100
	var before Band
	for _, b := range p {
		if b.Distance >= percent {
			share := float64(percent-before.Distance) / float64(b.Distance-before.Distance)
			return before.Notional + market.Quote(float64(float64(b.Notional-before.Notional)*share))
		}
		before = b
	}
	return before.Notional
}

// Last is the distance at which an order of share times the depth within one percent has been filled: the price that is left
// behind. Beyond the last band nothing rests, and the distance is beyond.
func (p Profile) Last(share, beyond float64) float64 {
	want := float64(share * float64(p.WithinOnePercent()))
	var before Band
	for _, b := range p {
		if want <= float64(b.Notional) {
			part := (want - float64(before.Notional)) / float64(b.Notional-before.Notional)
			return market.Float(before.Distance) + float64(part*market.Float(b.Distance-before.Distance))
		}
		before = b
	}
	return beyond
}

// Average is the mean distance at which such an order fills: within a band half way through what it takes of it, and
// what no band holds at beyond. It rises with share, to within the last digit of a float64.
func (p Profile) Average(share, beyond float64) float64 {
	want := float64(share * float64(p.WithinOnePercent()))
	if want <= 0 {
		return 0
	}
	cost := 0.0
	var before Band
	for _, b := range p {
		size := float64(b.Notional - before.Notional)
		width := market.Float(b.Distance - before.Distance)
		taken := min(size, want-float64(before.Notional))
		cost += float64(taken * (market.Float(before.Distance) + float64(width*(taken/size))/2))
		if taken < size {
			return cost / want
		}
		before = b
	}
	return (cost + float64((want-float64(before.Notional))*beyond)) / want
}
