package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// CoupledOptions say what to replay on several venues under one clock. Scenario has the section contagion; what stands in it about
// single venues is in Venues.
type CoupledOptions struct {
	Scenario *scenario.Scenario
	Catalog  *columnar.Catalog
	Venues   []CoupledVenue
	Workers  int                                     // goroutines that decode ahead, and runs at a time before the coupled one; below 1 means 1. The result does not depend on it.
	Progress func(done, total int64, at market.Time) // bars of all venues and passes; may be nil
	Memory   *Memory                                 // of Catalog; may be nil
}

// CoupledVenue is one of the venues (scenario.Scenario.CoupledVenues).
type CoupledVenue struct {
	scenario.VenueScenario
	Rulebook *venue.Rulebook
	Registry *strategy.Registry // nil: the built-in rules
	Recorder Recorder           // hears the coupled run; may be nil
}

// CoupledResult is what a run of coupled venues amounted to. Venues are in the order of the options; instruments in the order of
// their symbols.
type CoupledResult struct {
	Venues      []VenueResult
	Instruments []CoupledInstrument // none in mode history, where venues have the data's prices
}

// VenueResult is one venue of a coupled run.
type VenueResult struct {
	Name    string
	Result  *Result
	AtData  Verdict // at the data's prices
	Alone   Verdict // with its own feedback, no arbitrage, and an index of its own
	Coupled Verdict
	Apart   *Apart // accounts liquidated in the run alone but not coupled, and the other way round; nil in mode history
}

// CoupledInstrument is what the coupling did to one instrument.
type CoupledInstrument struct {
	Symbol   string
	Distance Distance
	Moved    float64 // pressure that arbitrage moved from one venue to another, in quote
	Trace    []TraceRow
}

// coupledPlan is a venue that is ready to start.
type coupledPlan struct {
	plan       *plan
	name       string
	place      int // in the options
	depthShare market.Rate
	cutOff     []scenario.Span
	recorder   Recorder
	atData     Verdict
	alone      Verdict
	fates      [2][]holder // of the accounts, at the data's prices and alone
}

// RunCoupled replays a scenario with a section contagion: each venue at the data's prices, each alone with its own feedback, and all
// of them together. In mode history, where no order moves a price, there is nothing to couple: each venue is replayed once.
func RunCoupled(ctx context.Context, o CoupledOptions) (*CoupledResult, error) {
	plans, err := prepareCoupled(o)
	if err != nil {
		return nil, err
	}
	r := &coupledRun{CoupledOptions: o, plans: plans, policy: policyNames[o.Scenario.Prices.Intrabar], result: &CoupledResult{Venues: make([]VenueResult, len(plans))}}
	bars := plans[0].plan.bars * int64(len(plans))
	if o.Scenario.Prices.Mode == scenario.ModeHistory {
		r.total = bars
		return r.result, r.history(ctx)
	}
	r.total = 3 * bars
	if err := r.before(ctx); err != nil {
		return nil, err
	}
	return r.result, r.together(ctx)
}

// prepareCoupled reads the data for every venue and draws its crowd. Venues are put in the order of their names, in which
// everything is added up: their order in the file makes no difference.
func prepareCoupled(o CoupledOptions) ([]*coupledPlan, error) {
	if o.Scenario == nil || o.Scenario.Contagion == nil || len(o.Venues) == 0 {
		return nil, errors.New("replay: a scenario with a section contagion and its venues are needed")
	}
	if o.Memory == nil && o.Catalog != nil {
		o.Memory = NewMemory(o.Catalog) // of many runs over the same bars
	}
	var plans []*coupledPlan
	for i, v := range o.Venues {
		p, err := prepare(Options{Scenario: v.Scenario, Catalog: o.Catalog, Registry: v.Registry, Rulebook: v.Rulebook, Workers: o.Workers, Memory: o.Memory})
		if err != nil {
			return nil, fmt.Errorf("venue %s: %w", v.Name, err)
		}
		if p.scenario.Prices.Feedback != nil && p.scenario.Prices.Mode == scenario.ModeFeedback {
			p.noteMode()
		}
		plans = append(plans, &coupledPlan{plan: p, name: v.Name, place: i, depthShare: v.DepthShare, cutOff: v.CutOff, recorder: v.Recorder})
	}
	slices.SortFunc(plans, func(a, b *coupledPlan) int { return cmp.Compare(a.name, b.name) })
	first := plans[0]
	symbols := func(p *coupledPlan) (list []string) {
		for _, src := range p.plan.sources {
			list = append(list, src.symbol)
		}
		return list
	}
	for _, p := range plans[1:] {
		if a, b := symbols(first), symbols(p); !slices.Equal(a, b) {
			return nil, fmt.Errorf("venue %s replays %v, venue %s %v; expected the same instruments on all: name them with `instruments`", first.name, a, p.name, b)
		}
	}
	var pacing []assetPath
	for _, p := range plans {
		pacing = append(pacing, p.plan.pacing...)
	}
	for _, p := range plans {
		p.plan.pacing = pacing // all are walked in the same steps
	}
	return plans, nil
}

// coupledRun carries out the passes of a coupled run.
type coupledRun struct {
	CoupledOptions
	plans  []*coupledPlan
	policy policy
	result *CoupledResult
	total  int64 // bars of all passes

	mutex sync.Mutex
	done  int64
}

// tell adds bars that are done to the progress.
func (r *coupledRun) tell(bars int64, at market.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.done += bars; r.Progress != nil {
		r.Progress(r.done, r.total, at)
	}
}

// each calls f for every venue, as many at a time as there are workers. Venues share nothing; of several errors that of the first
// venue is returned.
func (r *coupledRun) each(f func(*coupledPlan) error) error {
	errs := make([]error, len(r.plans))
	seats := make(chan struct{}, max(r.Workers, 1))
	var running sync.WaitGroup
	for i, p := range r.plans {
		seats <- struct{}{}
		running.Add(1)
		go func() {
			defer running.Done()
			defer func() { <-seats }()
			if errs[i] = f(p); errs[i] == nil {
				r.tell(p.plan.bars, p.plan.to)
			}
		}()
	}
	running.Wait()
	return cmp.Or(errs...)
}

// history replays every venue once, one after another, at the data's prices.
func (r *coupledRun) history(ctx context.Context) error {
	for _, p := range r.plans {
		res, t, err := p.plan.run(ctx, r.policy, p.recorder, pass{record: &flowRecord{}})
		if err != nil {
			return fmt.Errorf("venue %s: %w", p.name, err)
		}
		v := t.conclude(res)
		res.Notes = append(res.Notes, r.noteVenue(p))
		r.result.Venues[p.place] = VenueResult{Name: p.name, Result: res, AtData: v, Alone: v, Coupled: v}
		r.tell(p.plan.bars, p.plan.to)
	}
	return nil
}

// before replays every venue at the data's prices, and alone with its own feedback.
func (r *coupledRun) before(ctx context.Context) error {
	err := r.each(func(p *coupledPlan) error {
		res, t, err := p.plan.run(ctx, r.policy, nil, pass{record: &flowRecord{}})
		if err != nil {
			return fmt.Errorf("venue %s at the data's prices: %w", p.name, err)
		}
		p.atData, p.fates[0] = t.conclude(res), t.holders
		return nil
	})
	if err != nil {
		return err
	}
	return r.each(func(p *coupledPlan) error {
		s, err := couple([]*coupledPlan{p}, r.Scenario.Contagion, r.policy, false)
		if err != nil {
			return err
		}
		defer s.close()
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("venue %s alone: %w", p.name, err)
		}
		t := s.lanes[0].tracker
		p.alone, p.fates[1] = t.conclude(s.lanes[0].result), t.holders
		return nil
	})
}

// together replays all venues under one clock.
func (r *coupledRun) together(ctx context.Context) error {
	first := r.plans[0].plan
	if r.Progress != nil {
		n := int64(len(r.plans))
		first.o.Progress = func(done, _ int64, at market.Time) { r.Progress(r.done+n*done, r.total, at) }
		first.total = first.bars
	}
	s, err := couple(r.plans, r.Scenario.Contagion, r.policy, true)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.run(ctx); err != nil {
		return err
	}
	for v, l := range s.lanes {
		p := r.plans[v]
		res := l.result
		res.Notes = append(res.Notes, r.noteVenue(p))
		res.Impact.Before, res.Impact.Run, res.Impact.Apart = p.atData, l.tracker.conclude(res), apart(p.fates[0], l.tracker.holders)
		r.result.Venues[p.place] = VenueResult{Name: p.name, Result: res, AtData: p.atData, Alone: p.alone, Coupled: res.Impact.Run, Apart: apart(p.fates[1], l.tracker.holders)}
	}
	for i := range first.instruments {
		r.result.Instruments = append(r.result.Instruments, r.instrument(s, i))
	}
	return nil
}

// instrument tells what the coupling did to one instrument, venues in the order of the options.
func (r *coupledRun) instrument(s *lockstep, i int) CoupledInstrument {
	c := CoupledInstrument{Symbol: s.lanes[0].plan.instruments[i].Symbol, Moved: s.moved[i]}
	if a := s.watched.furthest[i]; a.largest > 0 {
		c.Distance = Distance{Largest: rateOf(a.largest), Time: a.time, High: r.plans[a.high].name, Low: r.plans[a.low].name}
	}
	for _, row := range s.watched.trace[i] {
		out := TraceRow{Time: row.time, Displacement: make([]market.Rate, len(r.plans))}
		for v, d := range row.displacement {
			out.Displacement[r.plans[v].place] = rateOf(d)
		}
		c.Trace = append(c.Trace, out)
	}
	return c
}

// noteVenue says in a venue's own report what it is part of.
func (r *coupledRun) noteVenue(p *coupledPlan) string {
	if r.Scenario.Prices.Mode == scenario.ModeHistory {
		return fmt.Sprintf("%s is one of %d venues of this scenario; at the data's prices nothing connects them", p.name, len(r.plans))
	}
	return fmt.Sprintf("%s is one of %d coupled venues: arbitrage and the index bring it what the others' forced orders do. The scenario beside this report is this venue alone, which replays otherwise", p.name, len(r.plans))
}
