package replay

import (
	"context"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// lane is one exchange with all that stands around it, on its way through the window.
type lane struct {
	plan    *plan
	clock   *clock
	pool    *pool
	tracker *tracker
	desk    *desk
	outages *outages
	mover   *mover
	assets  *assetPrices
	walk    stepper
	pass    pass
	result  *Result
}

// lane sets up a run of the window under one policy, before its first tick. close has to be called in the end.
func (p *plan) lane(w policy, recorder Recorder, q pass) (*lane, error) {
	l := &lane{plan: p, pass: q}
	l.clock, l.pool = p.clock(w)
	if err := l.open(recorder); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *lane) open(recorder Recorder) (err error) {
	p, s := l.plan, l.plan.scenario
	l.result = &Result{Instruments: p.instruments, From: p.from, To: p.to, FundOpening: s.InsuranceFund.Opening,
		FundLow: s.InsuranceFund.Opening, FundLowTime: p.from, Pairs: s.Pairs(), Setups: len(p.setups), Crowd: p.counts}
	t := &tracker{assets: len(p.assets), recorder: recorder, listFunding: s.Events.Funding, tally: make([]tally, len(p.instruments)), fund: s.InsuranceFund.Opening, result: l.result}
	l.tracker = t
	l.outages = &outages{list: s.Outages, seed: s.Seed, tracker: t}
	options := risk.Options{Rulebook: p.o.Rulebook, Instruments: p.instruments, Execution: p.execution,
		InsuranceFund: s.InsuranceFund.Opening, InsuranceFloor: s.InsuranceFund.Floor,
		FundWeights: p.weights, Seed: s.Seed, FundingEvents: true, Collateral: p.collateral(), Events: t.event, Exempt: t.underTest,
		Participation: risk.Participation{Share: s.Execution.Participation, Interval: s.Execution.ParticipationWithin(), Depth: p.execution.DefaultDepth}}
	if s.Execution.Participation > 0 {
		l.result.Inventory = newInventory(s.InsuranceFund.Opening, p.from)
		t.inventory = l.result.Inventory
	}
	if len(s.Outages) > 0 {
		options.Outage = l.outages.hold
	}
	if t.exchange, err = risk.New(options); err != nil {
		return err
	}
	p.reserve(t)
	l.desk = newDesk(p, t)
	l.desk.outages = l.outages
	l.desk.clock = l.clock
	if l.mover, l.assets = p.mover(t, l.pass), p.assetPrices(t.exchange); l.mover != nil {
		l.mover.assets = l.assets
	}
	l.walk = stepper{tracker: t, mover: l.mover, assets: l.assets, pacing: p.pacing, step: s.Prices.Step, at: p.from, after: l.desk.react}
	return l.clock.begin(p.from)
}

// close ends the decoding.
func (l *lane) close() { l.pool.close() }

// act does what follows a tick of the path: the crowd that becomes possible, the entries and exits that are due, then the
// steps.
func (l *lane) act(ctx context.Context) error {
	p, c, r := l.plan, l.clock, l.result
	if err := l.desk.act(c); err != nil {
		return err
	}
	if l.tracker.err != nil {
		return l.tracker.err
	}
	if err := p.steps(c, l.tracker, l.mover); err != nil {
		return err
	}
	if r.Ticks++; r.Ticks%256 == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.o.Progress != nil {
			share := float64(c.tick.Time-p.from) / float64(p.to-p.from)
			p.o.Progress(p.done+int64(share*float64(p.bars)), p.total, c.tick.Time)
		}
	}
	return nil
}

// finish settles what is pending after the last tick, hands the accounts' rows to the recorder, and completes the result.
func (l *lane) finish() (err error) {
	x, r := l.tracker.exchange, l.result
	x.SettleFunding()
	if r.Ledger, err = x.Reconcile(); err != nil {
		return err
	}
	if l.tracker.recorder != nil {
		if err := l.tracker.rows(l.plan.instruments, l.plan.rules); err != nil {
			return err
		}
	}
	l.plan.finish(r, l.clock, x)
	if l.assets != nil {
		r.Assets = l.assets.told
	}
	r.Deleveraging = l.tracker.taken.conclude(l.plan.groupOf(l.tracker), func(i market.InstrumentID) market.Price {
		mark, _, _, _ := x.Prices(i)
		return mark
	})
	r.Notes = append(append(r.Notes, l.desk.notes()...), l.outages.notes()...)
	if l.pass.moves {
		r.Impact = &l.mover.told.Impact
	}
	return nil
}

func (p *plan) reserve(t *tracker) {
	accounts := len(p.crowd) + len(p.setups)*len(p.rules)
	positions := len(p.setups) * len(p.rules)
	for i := range p.crowd {
		positions += len(p.crowd[i].Positions)
		if p.crowd[i].holding.value > 0 {
			positions++
		}
	}
	t.exchange.Reserve(accounts, positions)
	t.holders = make([]holder, 0, accounts)
}
