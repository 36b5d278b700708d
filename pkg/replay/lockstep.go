package replay

import (
	"context"
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// lockstep walks several exchanges over one path. At every moment all of them get the data's prices at their displacements, then all
// their flows are added, then all move; so which of them stands first makes no difference.
type lockstep struct {
	lanes []*lane // in the order of their venues' names
	*coupling
	rounds  int
	ticks   []*risk.Tick
	moves   []int
	sent    []bool
	strode  []market.InstrumentID
	watched *watch
}

// couple sets up the exchanges of some plans, in their order.
func couple(plans []*coupledPlan, c *scenario.Contagion, w policy, recorded bool) (*lockstep, error) {
	s := &lockstep{coupling: &coupling{ownMark: market.Float(c.OwnMark), halfLife: c.Arbitrage}}
	for _, p := range plans {
		var recorder Recorder
		if recorded {
			recorder = p.recorder
		}
		l, err := p.plan.lane(w, recorder, pass{moves: true})
		if err != nil {
			s.close()
			return nil, fmt.Errorf("venue %s: %w", p.name, err)
		}
		l.mover.coupled, l.mover.seat = s.coupling, len(s.lanes)
		s.lanes, s.movers = append(s.lanes, l), append(s.movers, l.mover)
		s.weight, s.cutOff = append(s.weight, market.Float(p.depthShare)), append(s.cutOff, p.cutOff)
		s.rounds = l.mover.rounds
	}
	n, instruments := len(s.lanes), len(s.lanes[0].plan.instruments)
	s.at, s.moved = make([]market.Time, instruments), make([]float64, instruments)
	s.ticks, s.moves, s.sent = make([]*risk.Tick, n), make([]int, n), make([]bool, n)
	s.watched = newWatch(s.lanes)
	return s, nil
}

func (s *lockstep) close() {
	for _, l := range s.lanes {
		l.close()
	}
}

// run walks the window to its end.
func (s *lockstep) run(ctx context.Context) (err error) {
	defer overflowed(&err)
	for {
		more, err := s.advance()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := s.walk(); err != nil {
			return err
		}
		for _, l := range s.lanes {
			if err := l.act(ctx); err != nil {
				return err
			}
		}
	}
	for _, l := range s.lanes {
		if err := l.finish(); err != nil {
			return err
		}
	}
	return nil
}

// advance brings every clock to the next moment of the data, which is the same for all.
func (s *lockstep) advance() (more bool, err error) {
	for v, l := range s.lanes {
		ok, err := l.clock.advance()
		if err != nil {
			return false, err
		}
		if first := s.lanes[0].clock; v == 0 {
			more = ok
		} else if ok != more || more && (l.clock.tick.Time != first.tick.Time || len(l.clock.tick.Prices) != len(first.tick.Prices)) {
			return false, fmt.Errorf("replay: defect: coupled venues do not walk one path: %v with %d prices beside %v with %d",
				l.clock.tick.Time, len(l.clock.tick.Prices), first.tick.Time, len(first.tick.Prices))
		}
		s.ticks[v] = &l.clock.tick
	}
	return more, nil
}

// walk brings every exchange to the moment, in the steps that the stepper of one takes.
func (s *lockstep) walk() error {
	n := s.lanes[0].walk.steps(&s.lanes[0].clock.tick)
	for _, l := range s.lanes[1:] {
		if k := l.walk.steps(&l.clock.tick); k != n {
			return fmt.Errorf("replay: defect: coupled venues walk to %v in %d and %d steps", l.clock.tick.Time, n, k)
		}
	}
	for k := 1; k < n; k++ {
		for v, l := range s.lanes {
			s.ticks[v] = l.walk.partway(&l.clock.tick, k, n)
		}
		if err := s.apply(); err != nil {
			return err
		}
	}
	for v, l := range s.lanes {
		l.walk.arrive(&l.clock.tick)
		s.ticks[v] = &l.clock.tick
	}
	if err := s.apply(); err != nil {
		return err
	}
	for _, l := range s.lanes {
		l.mover.show(&l.clock.tick)
	}
	return nil
}

// apply brings the exchanges to a moment of the base path.
func (s *lockstep) apply() error {
	now := s.ticks[0].Time
	for v, m := range s.movers {
		m.arrive(s.ticks[v])
	}
	for v, m := range s.movers {
		if err := m.lay(s.ticks[v]); err != nil {
			return err
		}
		s.moves[v], s.sent[v] = 0, true
	}
	if err := s.send(false); err != nil {
		return err
	}
	if err := s.settle(now); err != nil {
		return err
	}
	s.watched.look(now, s.movers)
	for v, l := range s.lanes {
		if err := l.walk.follow(s.ticks[v]); err != nil {
			return err
		}
	}
	return nil
}

// send gives the exchanges whose turn it is their ticks, then adds what all of them forced.
func (s *lockstep) send(induced bool) error {
	for v, m := range s.movers {
		if !s.sent[v] {
			continue
		}
		if err := m.send(induced); err != nil {
			return err
		}
	}
	for v, m := range s.movers {
		if s.sent[v] {
			m.absorb(m.out.Time)
		} else {
			m.flow.clear()
		}
	}
	s.atOnce(s.ticks[0].Time)
	return nil
}

// settle moves all venues to their displacements, all by one step before any exchange hears of it.
func (s *lockstep) settle(now market.Time) error {
	for round := 0; s.gather(); round++ {
		if round == s.rounds {
			for _, m := range s.movers {
				if len(m.away) > 0 {
					m.told.LimitHits++
				}
			}
			break
		}
		for _, m := range s.movers {
			m.stride()
		}
		for v, m := range s.movers {
			m.tell(now, s.strode)
			if s.sent[v] = len(m.out.Prices) > 0; s.sent[v] {
				s.moves[v]++
			}
		}
		if err := s.send(true); err != nil {
			return err
		}
	}
	for v, m := range s.movers {
		m.leave(s.moves[v])
	}
	return nil
}

// gather finds what is away from where it is wanted on any venue.
func (s *lockstep) gather() bool {
	s.strode = s.strode[:0]
	for _, m := range s.movers {
		m.gather()
		s.strode = append(s.strode, m.away...)
	}
	slices.Sort(s.strode)
	s.strode = slices.Compact(s.strode)
	return len(s.strode) > 0
}
