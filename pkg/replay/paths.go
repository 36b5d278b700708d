package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// History is the path that is no synthetic one: the data itself, over the whole window, which synthetic paths cut to whole bars.
const History = -1

// Paths replays a scenario along synthetic paths, one at a time or several at once. Everything that they share is read and
// drawn once: the history, the crowd, the entries. Path k is a function of scenario, data, rulebook and k alone, and is made
// while the replay reads it.
type Paths struct {
	plan   *plan
	window stretch // of the paths
	from   stretch // of the history that a bootstrap draws from
	whole  covered // of it, without its holes
	list   []chronicle
	shock  *shock
	models []jumpModel
	unit   market.Interval // of which all bars are multiples
	notes  []string
}

// oneHistory refuses a scenario that asks for paths where one history is replayed.
func oneHistory(o Options) error {
	if o.Scenario != nil && o.Scenario.Contagion != nil {
		return o.Scenario.At("contagion", errors.New("puts several venues under one clock and this is a run of one; use `backtest run`, or take the section out with --set contagion=none"))
	}
	if o.Scenario == nil || o.Scenario.Paths == nil {
		return nil
	}
	return o.Scenario.At("paths", errors.New("asks for many paths and this is a run of one history; use `backtest montecarlo`, or take the section out"))
}

// OpenPaths prepares the paths of a scenario that has a section of that name. The options' Progress and Recorder are not
// used.
func OpenPaths(o Options) (*Paths, error) {
	if o.Scenario == nil || o.Scenario.Paths == nil {
		return nil, errors.New("replay: the scenario has no section paths; give one, such as {kind: bootstrap, count: 1000}")
	}
	o.Progress, o.Recorder = nil, nil
	asked := *o.Scenario
	if !asked.Paths.Crowd {
		asked.Crowd = nil
	}
	o.Scenario = &asked
	plan, err := prepare(o)
	if err != nil {
		return nil, err
	}
	p := &Paths{plan: plan}
	if err := p.read(); err != nil {
		return nil, err
	}
	return p, p.choose()
}

// read takes the history into memory and cuts it to whole cells.
func (p *Paths) read() error {
	q := p.plan
	from, to := q.from, q.to
	settings := q.scenario.Paths
	elsewhere := false
	if b := settings.Bootstrap; settings.Kind == scenario.KindBootstrap {
		if b.History.From != 0 {
			from, elsewhere = b.History.From, true
		}
		if b.History.To != 0 {
			to, elsewhere = b.History.To, true
		}
	}
	var err error
	if p.list, err = q.readChronicles(from, to); err != nil {
		return err
	}
	long, unit, err := longest(p.list)
	if err != nil {
		return err
	}
	if long == 0 {
		return q.scenario.At("paths.bootstrap.history", fmt.Errorf("data %s has no bar between %s and %s; `backtest data inspect` shows what it has", q.o.Catalog.Name(), from, to))
	}
	p.unit = unit
	p.window, p.from = stretch{from: q.from, to: q.to}.trim(long), stretch{from: from, to: to}.trim(long)
	if elsewhere {
		p.reach(long)
	}
	if p.window.cells() == 0 || p.from.cells() == 0 || p.from.from >= p.from.to {
		return q.scenario.At("window", fmt.Errorf("%s to %s has no whole bar of %s to make paths of; widen it", from, to, market.FormatInterval(long)))
	}
	if p.window.from != q.from || p.window.to != q.to {
		p.notes = append(p.notes, fmt.Sprintf("paths begin at %s and end at %s, between two of the longest bars, %s", p.window.from, p.window.to, market.FormatInterval(long)))
	}
	return p.openings(elsewhere)
}

// openings cuts the history and finds the price at which each instrument's paths begin: the open of its first bar in the
// window.
func (p *Paths) openings(elsewhere bool) error {
	for i := range p.list {
		c := &p.list[i]
		c.cut(p.from)
		if len(c.bars) == 0 {
			return p.plan.scenario.At("instruments", fmt.Errorf("%s has no bar between %s and %s, where paths are made from; leave it out by naming the others", c.symbol, p.from.from, p.from.to))
		}
		if c.opening = c.bars[0].open; !elsewhere {
			continue
		}
		first, err := p.plan.readAll(p.plan.sources[i].candles, maxChronicleBars)
		if err != nil {
			return fmt.Errorf("%s: %w", c.symbol, err)
		}
		c.opening = first[0].open
	}
	return nil
}

// reach narrows history to where the data has bars, and says so.
func (p *Paths) reach(cell market.Interval) {
	first, last := market.Time(never), market.Time(0)
	for i := range p.list {
		if bars := p.list[i].bars; len(bars) > 0 {
			first, last = min(first, bars[0].time), max(last, bars[len(bars)-1].end())
		}
	}
	if first > p.from.from || last < p.from.to {
		p.notes = append(p.notes, fmt.Sprintf("paths.bootstrap.history is %s to %s; the data has bars of it from %s to %s", p.from.from, p.from.to, first, last))
		p.from = stretch{from: max(first, p.from.from), to: min(last, p.from.to)}.trim(cell)
	}
}

// choose prepares the kind of paths that the scenario asks for.
func (p *Paths) choose() (err error) {
	s := p.plan.scenario
	switch s.Paths.Kind {
	case scenario.KindBootstrap:
		block := market.Time(s.Paths.Bootstrap.Block)
		cell := market.FormatInterval(p.from.cell)
		if block%p.from.cell != 0 {
			return s.At("paths.bootstrap.block", fmt.Errorf("%s is no multiple of %s, the longest bars of the data; blocks hold whole bars", s.Paths.Bootstrap.Block, cell))
		}
		p.whole = coveredBy(p.list, p.from)
		if length := market.Time(p.whole.total) * p.from.cell; block > length {
			return s.At("paths.bootstrap.block", fmt.Errorf("%s is longer than the history that blocks are taken from, %s between %s and %s; shorten the block, or widen the window or paths.bootstrap.history",
				s.Paths.Bootstrap.Block, scenario.Duration(length), p.from.from, p.from.to))
		}
		p.notes = append(p.notes, p.whole.notes(p.list)...)
	case scenario.KindShock:
		p.shock, err = newShock(s, p.window)
	case scenario.KindJumpDiffusion:
		p.models, err = newJumpModels(s, p.list, p.unit)
	}
	return err
}

// Count is how many paths the scenario asks for.
func (p *Paths) Count() int { return p.plan.scenario.Paths.Count }

// Window is the time that paths span.
func (p *Paths) Window() (from, to market.Time) { return p.window.from, p.window.to }

// Rules lists the rules under test in the scenario's order, and the group of each.
func (p *Paths) Rules() (names, groups []string) {
	for _, r := range p.plan.rules {
		names, groups = append(names, r.Name), append(groups, r.Group)
	}
	return names, groups
}

// OwnEntries reports that entries look at prices or funding, so that every path has its own.
func (p *Paths) OwnEntries() bool { return p.plan.looked }

// HasCrowd reports whether the scenario's crowd is on the paths.
func (p *Paths) HasCrowd() bool { return len(p.plan.crowd) > 0 }

// Notes state what was used for whom, and what paths do not tell.
func (p *Paths) Notes() []string {
	notes := append(slices.Clone(p.plan.notes), p.notes...)
	if p.plan.o.Scenario.Crowd == nil {
		notes = append(notes, "no crowd is on the paths: fund, auto-deleveraging and socialized loss see the rules alone (paths.crowd)")
	}
	return append(notes, p.describe()...)
}

// describe states how the paths are made.
func (p *Paths) describe() []string {
	s := p.plan.scenario
	switch s.Paths.Kind {
	case scenario.KindShock:
		return []string{fmt.Sprintf("the crash is %s to %s; a rebound after it is not part of it and stays whole where it is", p.shock.from, p.shock.to),
			"paths are history with its crash changed; everything else, volume, funding and depth included, is history's of the moment that a path follows"}
	case scenario.KindJumpDiffusion:
		notes := []string{"jump-diffusion takes no mark series, the mark price is the last price; times, volumes, funding and depth are history's of the same moment"}
		for i, m := range p.models {
			notes = append(notes, fmt.Sprintf("jump-diffusion of %s: volatility %.1f%% a year", p.list[i].symbol, 100*m.yearly()))
		}
		return notes
	}
	b := s.Paths.Bootstrap
	return []string{fmt.Sprintf("blocks of %s (%s lengths) are drawn from %s to %s, all instruments of one moment together, with mark, volume, funding and depth; what lasts longer than a block is lost", b.Block, b.Lengths, p.from.from, p.from.to)}
}

// Replay replays path k, from 0 up, or History. It may be called for several paths at once, each with a recorder of its own.
func (p *Paths) Replay(ctx context.Context, k int, recorder Recorder) (*Result, error) {
	q := *p.plan
	if k != History {
		q.path, q.from, q.to, q.notes = &syntheticPath{p, k}, p.window.from, p.window.to, nil
		if q.looked {
			q.setups = nil
			if err := q.drawSetups(); err != nil {
				return nil, fmt.Errorf("path %d: %w", k, err)
			}
		}
	}
	r, _, err := q.run(ctx, policyNames[q.scenario.Prices.Intrabar], recorder, pass{})
	if err != nil && k != History {
		return nil, fmt.Errorf("path %d: %w", k, err)
	}
	return r, err
}

// syntheticPath is one path of many.
type syntheticPath struct {
	of *Paths
	k  int
}

// pieces returns fresh pieces of the path, nil for a model that follows no history.
func (y *syntheticPath) pieces() pieces {
	p := y.of
	s := p.plan.scenario
	switch s.Paths.Kind {
	case scenario.KindBootstrap:
		b := s.Paths.Bootstrap
		return &blocks{draws: newDraws(s.Seed, y.k, "blocks"), history: &p.whole, at: p.window.from, to: p.window.to,
			mean: uint64(market.Time(b.Block) / p.from.cell), fixed: b.Lengths == scenario.LengthsFixed}
	case scenario.KindShock:
		return p.shock.pieces(newDraws(s.Seed, y.k, "shock"))
	}
	return nil
}

// lay puts an instrument's track on the path.
func (y *syntheticPath) lay(t *track, i int) {
	c := &y.of.list[i]
	t.bars, t.funding = y.bars(i), y.funding(i)
	t.mark.from, t.index.from = nil, nil
	if y.of.models != nil {
		return
	}
	t.mark.from, t.index.from = y.companion(c, c.mark), y.companion(c, c.index)
	if t.depth != nil {
		t.depth.follows = &whence{pieces: y.pieces()}
	}
}

// bars streams an instrument's bars from the beginning of the path.
func (y *syntheticPath) bars(i int) stream {
	p, c := y.of, &y.of.list[i]
	if p.models == nil {
		return &spliced{course: course{of: c, pieces: y.pieces()}, bars: c.bars, tick: c.tick}
	}
	seed := p.plan.scenario.Seed
	return &diffusion{of: c, model: p.models[i], cell: p.unit, reached: p.window.from, common: newDraws(seed, y.k, "common"),
		jumps: newDraws(seed, y.k, "jumps"), own: newDraws(seed, y.k, "price "+c.symbol), sizes: newDraws(seed, y.k, "jump "+c.symbol)}
}

// funding returns an instrument's settlements on the path.
func (y *syntheticPath) funding(i int) *market.Funding {
	f := y.of.list[i].funding
	if y.of.models != nil {
		return f
	}
	return (&whence{pieces: y.pieces()}).settled(f)
}

// companion streams the mark's or the index' bars along the path, nil without any.
func (y *syntheticPath) companion(c *chronicle, bars []bar) stream {
	if len(bars) == 0 {
		return nil
	}
	return &spliced{course: course{of: c, pieces: y.pieces()}, bars: bars}
}
