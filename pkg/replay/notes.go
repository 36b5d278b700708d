package replay

import (
	"fmt"
	"strings"
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
// who joins late or leaves early.
func (p *plan) describeSources() {
	p.grouped("candles", func(s *source) string { return describe(s.candles) })
	p.grouped("mark price series", func(s *source) string {
		if len(s.mark) == 0 {
			return "none"
		}
		return describe(s.mark)
	})
	for i := range p.sources {
		s := &p.sources[i]
		first, last := s.candles[0], s.candles[len(s.candles)-1]
		if first.from-p.from >= first.key.Interval {
			p.note("%s joins late, at %s: it cannot be traded before", s.symbol, first.from)
		}
		if p.to-last.to >= last.key.Interval {
			p.note("%s has no bars from %s on: its price stands still", s.symbol, last.to)
		}
		for k := 1; k < len(s.candles); k++ {
			if gap := s.candles[k].from - s.candles[k-1].to; gap > 0 {
				p.note("%s has no bars from %s to %s: its price stands still", s.symbol, s.candles[k-1].to, s.candles[k].from)
			}
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
	if c.feed == nil {
		if setting == "last" {
			return "last price, as the scenario asks"
		}
		return "last price: the data has no series"
	}
	var parts []string
	for _, u := range []struct {
		n    int64
		text string
	}{{c.inStep, "from its series"}, {c.bounded, "last price within the bounds of a coarser bar of its series"}, {c.fromLast, "last price: its series has no bar"}} {
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
		if t := &c.tracks[i]; p.sources[i].bars > t.bars {
			notes = append(notes, fmt.Sprintf("%s lacks %d of %d bars within its series: its price stands still there", t.market.Symbol, p.sources[i].bars-t.bars, p.sources[i].bars))
		}
	}
	e := p.scenario.Execution
	return append(notes,
		"price_mode history: recorded prices already contain what forced selling did; simulated orders pay slippage and do not move prices",
		fmt.Sprintf("slippage of market, stop and forced orders: %v + %v × (notional / depth within one percent)^%v, at most %v",
			e.HalfSpread, e.Impact, e.Exponent, e.Cap),
		fmt.Sprintf("within a bar prices take the path %s; the data does not tell the real one", c.walker.policy),
		fmt.Sprintf("margin, fees and liquidation follow %s (%s)", p.o.Rulebook.ID, p.o.Rulebook.Title))
}
