package replay

import (
	"context"
	"fmt"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// pass says what becomes of forced orders in one pass over the window.
type pass struct {
	moves   bool        // they move prices
	record  *flowRecord // kept here
	against *flowRecord // what the path contains already
}

// prepareMode prepares a run in its mode of prices: in counterfactual the altered run, with the run of the unaltered scenario
// before it; in feedback the run itself at the data's prices.
func prepareMode(o Options) (*plan, error) {
	if o.Scenario == nil {
		return prepare(o) // which says so
	}
	switch o.Scenario.Prices.Mode {
	case scenario.ModeFeedback:
		p, err := prepare(o)
		if err != nil {
			return nil, err
		}
		before := *p
		p.before = &before
		p.noteMode()
		p.total *= 2
		return p, nil
	case scenario.ModeCounterfactual:
		before, err := prepare(o)
		if err != nil {
			return nil, err
		}
		if err := alter(&o); err != nil {
			return nil, err
		}
		p, err := prepare(o)
		if err != nil {
			return nil, fmt.Errorf("the altered run: %w", err)
		}
		p.before = before
		pace(before, p)
		p.noteMode()
		p.total *= 2
		return p, nil
	}
	return prepare(o)
}

// alter makes the options those of the altered run. The rulebook has the scenario's own rules in it; the altered ones go on top.
func alter(o *Options) error {
	before := o.Scenario
	altered, err := before.Altered()
	if err != nil {
		return err
	}
	changed := map[string]string{}
	for rule, value := range altered.Rules {
		if before.Rules[rule] != value {
			changed[rule] = value
		}
	}
	o.Scenario = altered
	if o.Rulebook, err = o.Rulebook.Change(changed); err != nil {
		return before.At("counterfactual.set", err)
	}
	return nil
}

// passes replays the window under one policy in the scenario's mode of prices: once, or, where orders move prices, the run that is
// compared with first. The recorder hears the last pass.
func (p *plan) passes(ctx context.Context, w policy, recorder Recorder) (*Result, *tracker, error) {
	if p.before == nil {
		return p.run(ctx, w, recorder, pass{})
	}
	p.before.done, p.before.total = p.done, p.total
	record := &flowRecord{}
	r, t, err := p.before.run(ctx, w, nil, pass{record: record})
	if err != nil {
		return nil, nil, err
	}
	p.done += p.bars
	before, accounts := t.conclude(r), t.holders
	q := pass{moves: true}
	if p.scenario.Prices.Mode == scenario.ModeCounterfactual {
		q.against = record
	}
	if r, t, err = p.run(ctx, w, recorder, q); err != nil {
		return nil, nil, err
	}
	r.Impact.Before, r.Impact.Run, r.Impact.Apart = before, t.conclude(r), apart(accounts, t.holders)
	return r, t, nil
}

// conclude returns the verdict of a run that has ended.
func (t *tracker) conclude(r *Result) Verdict {
	v := t.verdict
	for i := range t.holders {
		if t.holders[i].outcome == liquidated {
			v.Accounts++
		}
	}
	v.SocializedLoss, v.FundClosing, v.FundLow, v.FundOutflow = r.Totals.SocializedLoss, r.FundClosing, r.FundLow, r.FundOutflow
	return v
}

// mover returns what a pass needs between path and exchange; nil if that is nothing.
func (p *plan) mover(t *tracker, q pass) *mover {
	e := &p.scenario.Execution
	if !q.moves && q.record == nil && e.DepthModel == nil && len(e.DepthOf) == 0 {
		return nil
	}
	m := &mover{exchange: t.exchange, step: market.Float(p.scenario.Prices.Step), record: q.record, against: q.against, places: make([]place, len(p.instruments))}
	all := false
	if f := p.scenario.Prices.Feedback; f != nil {
		all, m.rounds = f.Flow == scenario.FlowAll, f.Rounds
		if q.moves {
			law := newImpactLaw(f, p.execution.Profile)
			m.law = &law
		}
	}
	m.flow = newForcedFlow(len(p.instruments), all)
	t.flow = m.flow
	m.told.begun = make([]bool, len(p.instruments))
	for i := range m.places {
		s := &m.places[i]
		s.unit = max(p.instruments[i].Tick, 1)
		s.normal, s.stated = e.DepthFor(p.instruments[i].Symbol)
		if !s.stated {
			s.normal = p.execution.DefaultDepth
		}
		s.depth = s.normal
		if e.DepthModel != nil {
			s.thin = &thinning{model: e.DepthModel}
		}
		m.told.Instruments = append(m.told.Instruments, ImpactMarket{Symbol: p.instruments[i].Symbol})
	}
	return m
}

// noteMode says what the mode rests on.
func (p *plan) noteMode() {
	f := p.scenario.Prices.Feedback
	if f.Flow == scenario.FlowCrowd && len(p.crowd) == 0 {
		p.note("prices.feedback.flow is crowd and there is no crowd: no order moves prices; flow: all counts the rules under test")
	}
	if p.scenario.Prices.Mode == scenario.ModeFeedback {
		p.note("the path of the data contains what forced selling did at the time: the impact of the simulated cascade comes on top of it, and is counted twice as far as both are the same; prices.mode: counterfactual moves only what differs")
	}
}
