package replay

import (
	"fmt"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// pieceList yields pieces that are known beforehand.
type pieceList []piece

// next implements pieces.
func (l *pieceList) next() (p piece, ok bool) {
	if len(*l) == 0 {
		return p, false
	}
	p, *l = (*l)[0], (*l)[1:]
	return p, true
}

// shock is history with its crash changed: moved in time, scaled, or followed by a second leg. History without the crash
// is the calm; a path takes calm until the crash begins, then the crash, then calm again. Moving the crash thereby moves the calm
// that it passes to its other side; a second leg pushes calm out at the end.
type shock struct {
	window   stretch
	from, to market.Time // of the crash in history
	start    [2]market.Time
	scale    scenario.Range
	second   scenario.SecondLeg
}

// newShock checks that the crash and wherever it may be moved to lie within the window.
func newShock(s *scenario.Scenario, window stretch) (*shock, error) {
	k := s.Paths.Shock
	h := &shock{window: window, from: k.At, to: k.At + market.Time(k.Length), scale: k.Scale, second: k.Second}
	h.start[0], h.start[1] = k.ShockStart()
	cell := window.cell
	for _, t := range []struct {
		key string
		at  market.Time
	}{{"at", h.from}, {"length", h.to}, {"start.from", h.start[0]}, {"start.to", h.start[1]}, {"second.after.low", market.Time(k.Second.After.Low)}, {"second.after.high", market.Time(k.Second.After.High)}} {
		if t.at%cell != 0 && (k.Second.Share > 0 || t.key[0] != 's' || t.key[1] != 'e') {
			return nil, s.At("paths.shock."+t.key, fmt.Errorf("does not lie between two bars; the longest bars of the data have %s: give whole multiples of it", market.FormatInterval(cell)))
		}
	}
	if h.from < window.from || h.to > window.to {
		return nil, s.At("paths.shock.at", fmt.Errorf("the crash, %s to %s, does not lie within the bars of the window, %s to %s; move it, or widen the window", h.from, h.to, window.from, window.to))
	}
	last := h.start[1] + h.to - h.from
	if k.Second.Share > 0 {
		last += market.Time(k.Second.After.High) + h.to - h.from
	}
	if h.start[0] < window.from || last > window.to {
		return nil, s.At("paths.shock.start", fmt.Errorf("a crash that begins between %s and %s can end, with its second leg, at %s; the bars of the window are from %s to %s: begin it within them and leave it room, or widen the window",
			h.start[0], h.start[1], last, window.from, window.to))
	}
	return h, nil
}

// pieces draws a path.
func (h *shock) pieces(d draws) pieces {
	var list pieceList
	length := h.to - h.from
	at, calm := h.window.from, h.window.from // of the path, and where calm goes on in history
	take := func(until market.Time) {
		for at < until {
			if calm == h.from {
				calm = h.to
			}
			n := until - at
			if calm < h.from {
				n = min(n, h.from-calm)
			}
			list = append(list, piece{at: at, from: calm, length: n, scale: 1})
			at, calm = at+n, calm+n
		}
	}
	leg := func(scale float64) {
		list = append(list, piece{at: at, from: h.from, length: length, scale: scale})
		at += length
	}
	cell := h.window.cell
	start := h.start[0] + market.Time(d.below(uint64((h.start[1]-h.start[0])/cell)+1))*cell
	first := d.between(h.scale.Low, h.scale.High)
	again := d.uniform() <= h.second.Share
	low, high := market.Time(h.second.After.Low), market.Time(h.second.After.High)
	lull := low + market.Time(d.below(uint64((high-low)/cell)+1))*cell
	then := d.between(h.second.Scale.Low, h.second.Scale.High)
	take(start)
	leg(first)
	if again {
		take(at + lull)
		leg(then)
	}
	take(h.window.to)
	return &list
}
