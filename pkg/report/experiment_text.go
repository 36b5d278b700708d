package report

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// experiments prints what the factors of an experiment change.
func (p *printer) experiments(s *Summary) {
	for i := range s.Experiments {
		e := &s.Experiments[i]
		p.section("Experiment: effects of " + e.names() + " (" + percent(float64(e.Level)) + " intervals)")
		var rows []table.Row
		for _, x := range e.Effects {
			rows = append(rows, append(table.Row{x.Title()}, x.row()...))
		}
		p.table(append(table.Row{"effect"}, changeHeader...), rows)
		p.wrapped("", "", e.Note())
		p.within(e.Within)
		refused := e.Refused()
		for i, c := range refused {
			if i == shownRefusals && len(refused) > shownRefusals+1 {
				p.line("refused: entries of %s more cells; %s has all", count(len(refused)-i), SummaryFile)
				break
			}
			p.wrapped("", "  ", fmt.Sprintf("refused: %s of %s entries of %s, first: %s", count(c.Refused), count(e.Entries+e.LeftOut), c.Rule, c.Because))
		}
	}
}

// shownRefusals is how many cells that were refused entries a terminal names.
const shownRefusals = 2

var changeHeader = table.Row{"liquidated, points", "p", "mean P&L", "p", "ES 95%", "p"}

func (c *Changes) row() table.Row {
	return table.Row{c.LiquidationProbability.Points(), c.LiquidationProbability.Significance(), c.PnLMean.Money(), c.PnLMean.Significance(),
		c.ExpectedShortfall.Money(), c.ExpectedShortfall.Significance()}
}

func (p *printer) within(w *WithinFactor) {
	if w == nil {
		return
	}
	p.section("What " + w.Factor + " changes in every combination of the others")
	header := table.Row{}
	left := []int{}
	for i, name := range w.Others {
		header = append(header, name)
		left = append(left, i)
	}
	left = append(left, len(w.Others))
	var rows []table.Row
	for _, r := range w.Rows {
		row := table.Row{}
		for _, l := range r.Levels {
			row = append(row, l)
		}
		rows = append(rows, append(append(row, r.Level+" less "+r.Against), r.row()...))
	}
	p.table(append(append(header, w.Factor), changeHeader...), rows, left...)
	p.wrapped("", "", fmt.Sprintf("p: adjusted for these %s tests by Holm's method.", count(w.Tests)))
}

func (e *Experiment) names() string {
	words := make([]string, len(e.Factors))
	for i, f := range e.Factors {
		words[i] = f.Name
	}
	return strings.Join(words, ", ")
}

// Note says what the table of effects is over.
func (e *Experiment) Note() string {
	n := fmt.Sprintf("Over the %s entries that all %s cells entered", count(e.Entries), count(len(e.Cells)))
	if e.LeftOut > 0 {
		n += fmt.Sprintf("; %s that a cell was refused are left out", count(e.LeftOut))
	}
	n += ". A main effect is the mean at a level less that at the first, over all levels of the others; an interaction (×) is half of what one factor does to the effect of the other. " +
		"p: adjusted for all " + count(e.Tests) + " tests by Holm's method. ES 95% is in the sign of P&L: above zero, the worst twentieth lost less. " + capital(e.Method) + "."
	if e.Fraction() {
		n += " The design is a fraction (" + strings.Join(e.Generators, "; ") + "): an effect is the sum of all that stand in its row."
	}
	return n
}

// Title names an effect with the levels that are compared, and with what a fraction cannot tell apart from it.
func (x Effect) Title() string {
	name := x.Name
	if len(x.Factors) == 1 {
		name = x.Factors[0].Factor + ": " + x.Factors[0].Level + " less " + x.Factors[0].Against
	}
	for _, a := range x.Aliases {
		name += " + " + a
	}
	return name
}
