package replay

import (
	"context"
	"errors"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// Run replays a scenario. The result and everything the recorder is told are a function of scenario, data and rulebook
// alone. A context that ends stops the run with its error.
func Run(ctx context.Context, o Options) (*Result, error) {
	if err := oneHistory(o); err != nil {
		return nil, err
	}
	p, err := prepareMode(o)
	if err != nil {
		return nil, err
	}
	if o.Scenario.Prices.Intrabar != "envelope" {
		r, _, err := p.passes(ctx, policyNames[o.Scenario.Prices.Intrabar], o.Recorder)
		return r, err
	}
	return p.envelope(ctx, o.Recorder)
}

// plan is a run that is ready to start, as often as there are policies to try.
type plan struct {
	o           Options
	scenario    *scenario.Scenario
	from, to    market.Time
	sources     []source
	instruments []market.Instrument
	contracts   []*venue.Contract
	funding     []*market.Funding
	depth       []*market.Depth
	interest    []market.Qty // open interest of the data at the window's start, 0 where unknown
	history     []history
	execution   risk.Impact
	registry    *strategy.Registry
	entries     strategy.Entry
	rules       []rule
	periods     []int // of the average true ranges that the rules ask for
	lookBack    int   // bars that the rules ask for at most
	setups      []setup
	looked      bool           // the entries looked at prices or funding: another path has others
	weights     []market.Quote // of the insurance funds, by instrument
	crowd       []crowdAccount
	assets      []assetPath // of collateral, ordered by symbol
	pacing      []assetPath // whose paths the steps follow
	counts      *CrowdCounts
	notes       []string
	bars        int64 // expected, for progress
	done        int64 // of the policies before this one
	total       int64
	before      *plan          // of the run that is compared with; nil in mode history
	path        *syntheticPath // in the place of history; nil: history
}

// prepare reads everything that is small, and chooses the series for what is not.
func prepare(o Options) (*plan, error) {
	if o.Scenario == nil || o.Catalog == nil || o.Rulebook == nil {
		return nil, errors.New("replay: a scenario, a catalog and a rulebook are needed")
	}
	p := &plan{o: o, scenario: o.Scenario}
	s := o.Scenario
	e := s.Execution
	p.execution = risk.Impact{HalfSpread: e.HalfSpread, Coefficient: market.Float(e.Impact) * 100, SquareRoot: e.Exponent == 0.5, Cap: e.Cap, DefaultDepth: e.Deepened(e.Depth)}
	for _, b := range e.Profile {
		p.execution.Profile = append(p.execution.Profile, risk.Band(b))
	}
	if p.execution.Profile != nil {
		p.execution.DefaultDepth = e.Deepened(p.execution.Profile.WithinOnePercent())
	}
	if err := p.execution.Check(); err != nil {
		return nil, s.At("execution", err)
	}
	if err := p.chooseData(); err != nil {
		return nil, err
	}
	if err := p.readSmallSeries(); err != nil {
		return nil, err
	}
	if err := p.compileRules(); err != nil {
		return nil, err
	}
	if err := p.draw(); err != nil {
		return nil, err
	}
	for _, src := range p.sources {
		p.bars += int64((p.to - src.first) / src.candles[0].key.Interval)
	}
	p.total = p.bars
	return p, nil
}

// clock lays out the instruments for one run and starts the decoding.
func (p *plan) clock(w policy) (*clock, *pool) {
	feeds := 0
	for _, s := range p.sources {
		feeds += len(s.candles) + len(s.mark) + len(s.index)
	}
	pool := newPool(p.opener(), p.o.Workers, feeds)
	c := &clock{walker: walker{policy: w, seed: p.scenario.Seed}, from: p.from, to: p.to, tracks: make([]track, len(p.sources))}
	for i, s := range p.sources {
		t := &c.tracks[i]
		t.instrument, t.market.Symbol = market.InstrumentID(i), s.symbol
		t.bars = pool.stream(s.candles)
		if p.scenario.Prices.Mark == "auto" {
			t.mark.from = pool.stream(s.mark)
		}
		t.index.from = pool.stream(s.index)
		if i < len(p.funding) {
			t.funding = p.funding[i]
		}
		if i < len(p.depth) && p.depth[i] != nil {
			t.depth = newDepthProfile(p.depth[i], p.scenario.Execution)
		}
		if i < len(p.history) {
			t.ranges, t.recent = slices.Clone(p.history[i].ranges), p.history[i].recent.clone()
		}
		if p.path != nil {
			p.path.lay(t, i)
		}
	}
	return c, pool
}

// run replays the window once under one policy.
func (p *plan) run(ctx context.Context, w policy, recorder Recorder, q pass) (_ *Result, _ *tracker, err error) {
	defer overflowed(&err)
	l, err := p.lane(w, recorder, q)
	if err != nil {
		return nil, nil, err
	}
	defer l.close()
	for {
		more, err := l.clock.advance()
		if err != nil {
			return nil, nil, err
		}
		if !more {
			break
		}
		if err := l.walk.walk(&l.clock.tick); err != nil {
			return nil, nil, err
		}
		if err := l.act(ctx); err != nil {
			return nil, nil, err
		}
	}
	if err := l.finish(); err != nil {
		return nil, nil, err
	}
	return l.result, l.tracker, nil
}

// overflowed makes an error of the panic with which a view of an account says that an amount of it does not fit.
func overflowed(err *error) {
	switch r := recover().(type) {
	case nil:
	case *risk.OverflowError:
		*err = r
	default:
		panic(r)
	}
}

// steps tells the recorder about each instrument that the tick moved, and about those in which it liquidated without
// moving them: a cross account falls with all of its positions. It clears the tick's tallies.
func (p *plan) steps(c *clock, t *tracker, m *mover) error {
	moved := 0 // of the tick's prices, which ascend by instrument
	for i := range t.tally {
		id, sum := market.InstrumentID(i), &t.tally[i]
		s := Step{Time: c.tick.Time, Phase: c.tracks[i].given, Instrument: id}
		if moved < len(c.tick.Prices) && c.tick.Prices[moved].Instrument == id {
			s.Mark, s.Last = c.tick.Prices[moved].Mark, c.tick.Prices[moved].Last
			moved++
		} else if *sum == (tally{}) {
			continue
		} else {
			s.Mark, s.Last, _, _ = t.exchange.Prices(id)
		}
		if t.recorder != nil {
			s.FundingRate, s.OpenInterest, s.Fund = c.tracks[i].rate, t.exchange.OpenInterest(id), t.exchange.Fund()
			s.LongLiquidated, s.ShortLiquidated, s.LiquidationEvents, s.ADLNotional = sum.long, sum.short, sum.events, sum.adl
			s.Displacement = m.displacementOf(id)
			if err := t.recorder.Step(&s); err != nil {
				return err
			}
		}
		*sum = tally{}
	}
	return nil
}

// finish fills in what is known at the end.
func (p *plan) finish(r *Result, c *clock, x *risk.Exchange) {
	r.Candles, r.RoundsMax, r.Totals = c.bars, x.RoundsMax(), x.Totals()
	r.FundClosing = x.Fund()
	if r.Inventory != nil {
		r.Inventory.close(x, p.listed())
	}
	for i := range c.tracks {
		t := &c.tracks[i]
		t.market.MarkSource = t.mark.describe(p.scenario.Prices.Mark)
		r.Market = append(r.Market, t.market)
	}
	r.Groups, r.Rules = p.groups()
	if len(p.crowd) > 0 {
		r.Groups = append(r.Groups, CrowdGroup)
	}
	r.Notes = append(append([]string(nil), p.notes...), p.notesAfter(c)...)
}

// groups returns the groups of the rules, each once, and the rules' names, in the order of the scenario.
func (p *plan) groups() (groups, rules []string) {
	for _, rule := range p.rules {
		rules = append(rules, rule.Name)
		if !slices.Contains(groups, rule.Group) {
			groups = append(groups, rule.Group)
		}
	}
	return groups, rules
}

// groupOf names the group of an account.
func (p *plan) groupOf(t *tracker) func(risk.AccountID) string {
	return func(a risk.AccountID) string {
		if r := t.holders[a].rule; r != noRule {
			return p.rules[r].Group
		}
		return CrowdGroup
	}
}

// opener is where the run's bars are decoded.
func (p *plan) opener() candleOpener {
	if p.o.Memory != nil {
		return p.o.Memory
	}
	return p.o.Catalog
}
