package scan

import (
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// find returns how a position ends, by the trees.
func (s *Series) find(p *position) ending {
	screen := s.screen(p)
	stops, x := s.stopTree(p)
	limit := s.bars - 1
	timed := s.bars // the bar in which the time is up, if any
	if p.exit > 0 {
		timed = max(s.lastBar(p.exit), int(p.bar))
	}
	reached := -1 // the first bar from the present one on that reaches the stop; below the present one: not known
	for i := int(p.bar); i <= limit; {
		until := timed
		if stops != nil {
			if reached < i {
				reached = stops.first(i, min(until, limit), x)
			}
			until = min(until, reached)
		}
		at := min(screen.first(i, min(until, limit)), until)
		if at > limit {
			break
		}
		if end, over := s.within(p, at); over {
			return end
		}
		i = at + 1
		timed = max(timed, i) // a gap in the data: the next tick is that of a later bar
	}
	return ending{kind: Open}
}

// stopTree returns the tree of the price that the stop watches, on the side on which it waits, and what to look for.
func (s *Series) stopTree(p *position) (*minima, float64) {
	if p.stop == 0 {
		return nil, 0
	}
	watch := 1
	if p.watch == strategy.WatchMark {
		watch = 0
	}
	if p.size > 0 {
		return s.falls[watch], float64(p.stop)
	}
	return s.rises[watch], -float64(p.stop)
}

// roundingSlack is more than the units by which the roundings of value, notional and margin can make equity less maintenance
// margin rise while the mark gets worse.
const roundingSlack = 4

// plain returns how a position ends, by looking at every bar on the way: the loop that find replaces, and its twin in tests
// and benchmarks. A bar is walked where its stop is reached, its time may be up, or the bar's worst mark and funding leave
// less than roundingSlack above the maintenance margin.
func (s *Series) plain(p *position) ending {
	long := p.size > 0
	marks, watched := &s.o.Mark, &s.o.Last
	if p.watch == strategy.WatchMark {
		watched = marks
	}
	for i := int(p.bar); i < s.bars; i++ {
		look := p.exit > 0 && p.exit < s.o.End[i] || p.exit > 0 && i+1 < s.bars && p.exit < s.o.Time[i+1]
		if long {
			look = look || p.stop > 0 && watched.Low[i] <= p.stop
		} else {
			look = look || p.stop > 0 && watched.High[i] >= p.stop
		}
		for e := s.settled(i); !look && e <= s.first[i+1]; e++ {
			if long {
				look = s.excess(p, marks.Low[i], e) <= roundingSlack
			} else {
				look = s.excess(p, marks.High[i], e) <= roundingSlack
			}
		}
		if !look {
			continue
		}
		if end, over := s.within(p, i); over {
			return end
		}
	}
	return ending{kind: Open}
}
