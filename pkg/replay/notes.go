package replay

import (
	"fmt"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// note keeps a statement about what was used, lacking or assumed, for terminal and report.
func (p *plan) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

// noteList notes what holds for some of the instruments.
func (p *plan) noteList(text string, symbols []string) {
	switch {
	case len(symbols) == 0:
	case len(symbols) == len(p.sources):
		p.note("%s (all instruments)", text)
	default:
		p.note("%s: %s", text, strings.Join(symbols, ", "))
	}
}

// describeSources notes the series that each instrument is replayed on, instruments with the same ones together, and
// who joins late.
func (p *plan) describeSources() {
	p.grouped("candles", func(s *source) string { return intervals(s.candles) })
	p.grouped("mark price series", func(s *source) string {
		if len(s.mark) == 0 {
			return "none"
		}
		return intervals(s.mark)
	})
	for i := range p.sources {
		if s := &p.sources[i]; s.first-p.from >= s.candles[0].key.Interval {
			p.note("%s joins late, at %s: it cannot be traded before", s.symbol, s.first)
		}
	}
	var fallback []string
	for i, c := range p.contracts {
		if c.Fallback {
			fallback = append(fallback, p.sources[i].symbol)
		}
	}
	p.noteList("not in the rulebook, whose default contract is applied", fallback)
}

// grouped notes one line for each distinct description, in the order of the first instrument that it holds for.
func (p *plan) grouped(what string, of func(*source) string) {
	var order []string
	members := map[string][]string{}
	for i := range p.sources {
		d := of(&p.sources[i])
		if _, ok := members[d]; !ok {
			order = append(order, d)
		}
		members[d] = append(members[d], p.sources[i].symbol)
	}
	for _, d := range order {
		p.note("%s of %s: %s", what, strings.Join(members[d], ", "), d)
	}
}

// describe says where a companion's price came from.
func (c *companion) describe(setting string) string {
	if c.from == nil {
		if setting == "last" {
			return "last price, as the scenario asks"
		}
		return "last price: the data has no series"
	}
	var parts []string
	for _, u := range []struct {
		n    int64
		text string
	}{{c.inStep, "from its series"}, {c.bounded, "last price within the bounds of a coarser bar of its series"}, {c.fromLast, "last price: its series does not fill the bar"}} {
		if u.n > 0 {
			parts = append(parts, fmt.Sprintf("%d bars %s", u.n, u.text))
		}
	}
	return strings.Join(parts, ", ")
}

// notesAfter states what only the run could tell.
func (p *plan) notesAfter(c *clock) []string {
	var notes []string
	order, members := []string(nil), map[string][]string{}
	for i := range c.tracks {
		d := c.tracks[i].mark.describe(p.scenario.Prices.Mark)
		if _, ok := members[d]; !ok {
			order = append(order, d)
		}
		members[d] = append(members[d], c.tracks[i].market.Symbol)
	}
	for _, d := range order {
		notes = append(notes, fmt.Sprintf("mark price of %s: %s", strings.Join(members[d], ", "), d))
	}
	for i := range c.tracks {
		t := &c.tracks[i]
		if p.to-t.end >= market.Minute {
			notes = append(notes, fmt.Sprintf("%s has no bars from %s on: its price stands still", t.market.Symbol, t.end))
		}
		if gaps := t.end - p.sources[i].first - t.covered; gaps > 0 {
			notes = append(notes, fmt.Sprintf("%s lacks bars for %v of its time: its price stands still there", t.market.Symbol, scenario.Duration(gaps)))
		}
	}
	var scaled []string
	for i := range c.tracks {
		if d := c.tracks[i].depth; d != nil && d.scaled {
			scaled = append(scaled, c.tracks[i].market.Symbol)
		}
	}
	if len(scaled) > 0 {
		notes = append(notes, fmt.Sprintf("depth of %s: not published at one percent throughout; the nearest band is scaled in proportion", strings.Join(scaled, ", ")))
	}
	for i := range c.tracks {
		if d := c.tracks[i].depth; d != nil && d.onlyAsks+d.onlyBids > 0 {
			notes = append(notes, fmt.Sprintf("depth of %s: bids stand still in %d of %d snapshots and asks in %d, one stale order and no book; the other side stands for both there", c.tracks[i].market.Symbol, d.onlyAsks, len(d.time), d.onlyBids))
		}
	}
	// How orders slip, and that the path inside bars is unknown, is the report's to say of every run.
	return append(notes,
		fmt.Sprintf("margin, fees and liquidation follow %s (%s)", p.o.Rulebook.ID, p.o.Rulebook.Title))
}

// noteDepth says what stands in for depth that the data does not have.
func (p *plan) noteDepth(symbols []string) {
	var rest []string
	for _, symbol := range symbols {
		if depth, own := p.scenario.Execution.DepthFor(symbol); own {
			p.note("no depth of %s in the data: %v within one percent assumed (execution.depth_of)", symbol, depth)
		} else {
			rest = append(rest, symbol)
		}
	}
	key := "execution.depth"
	if p.execution.Profile != nil {
		key = "execution.profile"
	}
	p.noteList(fmt.Sprintf("no depth in the data: %v within one percent assumed (%s)", p.execution.DefaultDepth, key), rest)
}

// notes states what became of the rules' entries where they were not simply placed.
func (d *desk) notes() []string {
	var notes []string
	for r := range d.plan.rules {
		name := d.plan.rules[r].Name
		if n := d.refused[r]; n > 0 {
			notes = append(notes, fmt.Sprintf("%q: %d of %d entries refused, the first because: %s", name, n, len(d.plan.setups), d.reason[r]))
		}
		if n := d.beyond[r]; n > 0 {
			notes = append(notes, fmt.Sprintf("%q: the stop of %d of %d entries lies beyond the liquidation price and is not reached before it", name, n, len(d.plan.setups)))
		}
	}
	for r := range d.plan.rules {
		if n := d.late[r]; n > 0 {
			notes = append(notes, fmt.Sprintf("%q: the price had passed the stop of %d of %d listed trades when they were placed: it fired at once, at the last price", d.plan.rules[r].Name, n, len(d.plan.setups)))
		}
	}
	for r := range d.plan.rules {
		if n := d.indexless[r]; n > 0 {
			notes = append(notes, fmt.Sprintf("%q: %d of %d entries watch the index price, which the data does not have of their instrument: they watch the mark price", d.plan.rules[r].Name, n, len(d.plan.setups)))
		}
	}
	notes = append(notes, d.notesOfManagement()...)
	if d.outside > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d listed trades have a price at which the bar of their time did not trade; they are opened at it all the same", d.outside, len(d.plan.setups)))
	}
	left := 0
	for _, q := range d.queues {
		left += len(q)
	}
	if left > 0 {
		notes = append(notes, fmt.Sprintf("%d entries were due after the last bar of their instrument and were not taken", left))
	}
	return notes
}

// notesOfManagement states what the rules' attendants did and could not do.
func (d *desk) notesOfManagement() []string {
	var notes []string
	for r := range d.plan.rules {
		name, m := d.plan.rules[r].Name, &d.managed[r]
		if m.topUps > 0 {
			notes = append(notes, fmt.Sprintf("%q: margin was topped up %d times by %v; %v of it went with positions that were liquidated all the same", name, m.topUps, m.toppedUp, m.lost))
		}
		if m.reopened > 0 {
			notes = append(notes, fmt.Sprintf("%q: %d re-entries; rows have the first entry and the outcome of the last", name, m.reopened))
		}
		if m.refused > 0 {
			notes = append(notes, fmt.Sprintf("%q: %d actions of its management were refused, the first because: %s", name, m.refused, m.reason))
		}
		if d.plan.rules[r].built.Sequential {
			notes = append(notes, fmt.Sprintf("%q trades its entries in sequence from one equity: it skips those that come while one is open, so that its pairs are those that both rules took", name))
		}
	}
	return notes
}
