package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Print writes the comparison for a reader: the exchange, the groups, what changed setup by setup, and what the runs do
// not share.
func (c *RunComparison) Print(w io.Writer, t Text) error {
	p := &printer{Text: t, w: w}
	base := c.Baseline()
	p.line("%s", p.strong(fmt.Sprintf("%d runs side by side: %s", len(c.Runs), base.Scenario.Title)))
	p.line("%s to %s UTC · baseline %s", clock(base.Scenario.From), clock(base.Scenario.To), base.Name)
	p.coupling(c.Coupling)
	p.section("Exchange")
	p.sideBySide(c, "", c.ExchangeRows())
	if rows := c.TakenRows(); rows != nil {
		p.section("What auto-deleveraging took")
		p.sideBySide(c, "", rows)
	}
	if len(c.groupNames()) > 0 {
		p.section("Liquidation probability, with its interval")
		p.sideBySide(c, "group", c.ProbabilityRows())
		p.section("P&L per account in quote: mean / median")
		p.sideBySide(c, "group", c.PnLRows())
		p.section("P&L per account: mean of the worst 5%")
		p.sideBySide(c, "group", c.ShortfallRows())
	}
	p.runExperiments(c)
	for i := range c.Paired {
		p.pairedRuns(c, &c.Paired[i])
	}
	p.inputs(c)
	p.section("Notes")
	for _, n := range c.Notes {
		p.wrapped("  - ", "    ", n)
	}
	p.line("")
	if t.Dir != "" {
		p.line("Written to %s: %s, %s, and a run directory for each: %s", t.Dir, ComparisonHTMLFile, ComparisonFile, strings.Join(c.names(), ", "))
	}
	return p.err
}

func (c *RunComparison) names() []string {
	names := make([]string, len(c.Runs))
	for i := range c.Runs {
		names[i] = c.Runs[i].Name
	}
	return names
}

func (p *printer) sideBySide(c *RunComparison, first string, list []cellRow) {
	p.cells(first, c.names(), list)
}

func (p *printer) pairedRuns(c *RunComparison, r *PairedRuns) {
	if r.Unpaired != "" {
		p.section(fmt.Sprintf("%s less %s: not paired", r.Run, r.Baseline))
		p.wrapped("  ", "  ", r.Unpaired)
		return
	}
	p.section(fmt.Sprintf("%s less %s, over the same %s setups (%s intervals)", r.Run, r.Baseline, count(r.Setups), c.Level()))
	var rows []table.Row
	for _, q := range r.Rules {
		m := q.Metrics[MetricLiquidationProbability]
		rows = append(rows, table.Row{q.Rule, count(q.Pairs), points(m), pvalue(m), money(q.Metrics[MetricPnLMean]), money(q.Metrics[MetricExpectedShortfall]),
			count(q.LiquidationsAvoided), count(q.LiquidationsAdded), q.Refusals(), q.Fitting()})
	}
	p.table(table.Row{"rule", "pairs", "liquidated, points", "McNemar p, adjusted", "mean P&L", "ES 95%", "avoided", "added", "refused", "sizes that differ"}, rows)
	p.wrapped("", "", fmt.Sprintf("avoided: only %s liquidated; added: only %s did. refused: entries that %s / %s did not accept, left out of the pairs.", r.Baseline, r.Run, r.Run, r.Baseline))
	for _, a := range r.Alone {
		p.line("not compared: %s", a)
	}
}

// shownData is how many differing files of data are named on a terminal.
const shownData = 6

func (p *printer) inputs(c *RunComparison) {
	p.section("What the runs do not share")
	var rows []table.Row
	files, more := 0, 0
	for _, d := range c.Inputs {
		if d.Kind == InputData && d.Key != "name" {
			if files++; files > shownData {
				more++
				continue
			}
		}
		rows = append(rows, d.row())
	}
	for _, d := range c.Rules {
		rows = append(rows, d.row())
	}
	if len(rows) == 0 {
		p.line("nothing: scenario, data, rulebook and program are the same")
		return
	}
	header := table.Row{"input", "key"}
	for _, name := range c.names() {
		header = append(header, name)
	}
	p.table(header, rows, 1)
	if more > 0 {
		p.line("and %s more files of data", count(more))
	}
}

func (d InputDifference) row() table.Row {
	row := table.Row{d.Kind, d.Key}
	for _, v := range d.Shown() {
		row = append(row, v)
	}
	return row
}

// longestInput is how much of a value a table shows; the JSON has all of it.
const longestInput = 40

// Shown returns the values as a table shows them: hashes by their beginning, absent ones as a dash.
func (d InputDifference) Shown() []string {
	list := make([]string, len(d.Values))
	for i, v := range d.Values {
		switch {
		case v == "":
			v = "–"
		case len(v) == 64 && strings.Trim(v, "0123456789abcdef") == "":
			v = v[:12]
		}
		list[i] = shorten(v, longestInput)
	}
	return list
}
