package replay

import (
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// depthProfile is the notional that rests within one percent of mid, over time.
type depthProfile struct {
	time     []market.Time
	notional []market.Quote
	row      int
	scaled   bool // some of it, from another band
	// Snapshots of which one side alone tells, because the other stood still.
	onlyBids, onlyAsks int

	follows *whence // the moment of history that a synthetic path follows; nil: the present one
}

// A side whose figure stays within frozenShare for frozenSnapshots is a stale order and no book. `data check` names levels that do not
// move at all for as long.
const (
	frozenSnapshots = 20
	frozenShare     = 0.001
)

// newDepthProfile reduces depth to one figure a snapshot: what rests within one percent on its thinner side. A side that stands still for
// frozenSnapshots is one stale order (17.652 or 17.654 BTC at 121,363.66 for four hours of 2025-10-10, while 2,700 rested on
// the other side): while it does the other side alone tells. Where one percent is not published, the narrowest wider band, or else the
// widest, is scaled in proportion.
// What is left is multiplied by the scenario's depth factor.
func newDepthProfile(d *market.Depth, e scenario.Execution) *depthProfile {
	p := &depthProfile{}
	shots := depthShots(d)
	frozen := [2][]bool{stale(d, shots, 0), stale(d, shots, 1)}
	for n, s := range shots {
		bid, ask := s.row[0], s.row[1]
		if bid < 0 || ask < 0 {
			continue
		}
		bids, asks := d.Notional[bid]/-d.Percentage[bid], d.Notional[ask]/d.Percentage[ask]
		thin := min(bids, asks)
		switch {
		case frozen[0][n] && !frozen[1][n]:
			thin = asks
			p.onlyAsks++
		case frozen[1][n] && !frozen[0][n]:
			thin = bids
			p.onlyBids++
		}
		if q := market.Quote(min(thin, 9e10) * market.Scale); q > 0 {
			p.time, p.notional = append(p.time, s.time), append(p.notional, e.Deepened(q))
			p.scaled = p.scaled || d.Percentage[bid] != -1 || d.Percentage[ask] != 1
		}
	}
	return p
}

// depthShot is a snapshot: the rows that tell of one percent below and above mid, -1 where there is none.
type depthShot struct {
	time market.Time
	row  [2]int
}

func depthShots(d *market.Depth) []depthShot {
	var shots []depthShot
	for i := 0; i < d.Len(); {
		s := depthShot{d.Time[i], [2]int{-1, -1}}
		for ; i < d.Len() && d.Time[i] == s.time; i++ {
			side := &s.row[1]
			if d.Percentage[i] < 0 {
				side = &s.row[0]
			} else if d.Percentage[i] == 0 {
				continue
			}
			if *side < 0 || nearerOnePercent(d.Percentage[i], d.Percentage[*side]) {
				*side = i
			}
		}
		shots = append(shots, s)
	}
	return shots
}

// stale marks the snapshots of one side that belong to a run of frozenSnapshots or more that stand still.
func stale(d *market.Depth, shots []depthShot, side int) []bool {
	marks := make([]bool, len(shots))
	same := func(a, b int) bool {
		return a >= 0 && b >= 0 && d.Percentage[a] == d.Percentage[b] && math.Abs(d.Notional[a]-d.Notional[b]) <= frozenShare*d.Notional[a]
	}
	for from := 0; from < len(shots); {
		to := from + 1
		for to < len(shots) && same(shots[from].row[side], shots[to].row[side]) {
			to++
		}
		for n := from; n < to && to-from >= frozenSnapshots; n++ {
			marks[n] = true
		}
		from = to
	}
	return marks
}

// nearerOnePercent reports whether a band tells more of one percent than another of its side: the narrowest that
// contains it, else the widest.
func nearerOnePercent(a, b float64) bool {
	a, b = math.Abs(a), math.Abs(b)
	if a >= 1 && b >= 1 {
		return a < b
	}
	return a > b
}

// at returns the depth of both sides where a newer snapshot exists than at the call before, otherwise 0, which keeps
// the previous value. Times ascend from call to call.
func (p *depthProfile) at(t market.Time) (bid, ask market.Quote) {
	if p != nil && p.follows != nil {
		return p.elsewhere(p.follows.of(t))
	}
	if p == nil || p.row == len(p.time) || p.time[p.row] > t {
		return 0, 0
	}
	for p.row < len(p.time) && p.time[p.row] <= t {
		p.row++
	}
	q := p.notional[p.row-1]
	return q, q
}

// elsewhere returns the last snapshot at or before a moment of history, where it is not the one that was given last.
func (p *depthProfile) elsewhere(at market.Time) (bid, ask market.Quote) {
	after, _ := slices.BinarySearch(p.time, at+1)
	if after == 0 || after == p.row {
		return 0, 0
	}
	p.row = after
	q := p.notional[after-1]
	return q, q
}
