package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Print writes the summary for a reader: how the paths were made, what became of each rule over them, how precise that is,
// and what a rule changed path by path.
func (m *MonteCarlo) Print(w io.Writer, t Text) error {
	p := &printer{Text: t, w: w}
	p.heading(&Summary{Scenario: m.Scenario, Data: m.Data})
	p.section(fmt.Sprintf("%s paths, %s; %s", count(m.Paths.Count), m.KindName(), m.Entries()))
	var rows []table.Row
	for i := range m.Rules {
		r := &m.Rules[i]
		l, q, e, d := r.Metrics[MetricLiquidationProbability], r.Metrics[MetricPnLMean], r.Metrics[MetricExpectedShortfall], r.Metrics[MetricDrawdown]
		rows = append(rows, table.Row{r.Name, probability(l.Mean), share(l.History), amountOver(q.Mean), number(q.P05) + " / " + number(q.P95), number(q.History),
			amountOver(e.Mean), amountOver(d.Mean), probability(r.Losing)})
	}
	p.table(table.Row{"rule", "liquidated", "history", "mean P&L per entry", "5% / 95% of paths", "history", "worst 5% of entries", "drawdown", "losing paths"}, rows)
	p.wrapped("", "", "In quote. In brackets the "+m.Level()+" interval over paths. 5% / 95%: between these lie nine of ten paths. history: the data itself.")
	p.precision(m)
	p.pathComparisons(m)
	p.section("Notes")
	for _, n := range m.Notes {
		p.wrapped("  - ", "    ", n)
	}
	if t.Dir != "" {
		p.line("")
		p.line("Written to %s: %s", t.Dir, strings.Join([]string{MonteCarloHTMLFile, MonteCarloFile, PathsFile, ManifestFile}, ", "))
	}
	return p.err
}

// KindName words the kind of paths.
func (m *MonteCarlo) KindName() string { return strings.ReplaceAll(m.Paths.Kind, "_", "-") }

// Entries says which entries the rules take.
func (m *MonteCarlo) Entries() string {
	if m.Own {
		return fmt.Sprintf("entries look at prices: every path has its own, and all rules of a path take the same (in history %s)", count(m.Setups))
	}
	return fmt.Sprintf("every rule takes the same %s entries, at the same times, on every path", count(m.Setups))
}

// Level is the coverage of the intervals.
func (m *MonteCarlo) Level() string {
	for i := range m.Rules {
		return percent(float64(m.Rules[i].Losing.Level))
	}
	return ""
}

// amountOver prints an amount with its interval.
func amountOver(i Interval) string {
	return bracket(number, Metric{Difference: i.Estimate, Low: i.Low, High: i.High})
}

// precision says how far the estimates have settled.
func (p *printer) precision(m *MonteCarlo) {
	p.section("How precise: Monte Carlo standard error, and the paths that an interval of ± " + percent(float64(m.Paths.Precision)) + " takes")
	var rows []table.Row
	for i := range m.Rules {
		r := &m.Rules[i]
		row := table.Row{r.Name}
		for _, metric := range pathMetrics {
			if !metric.precise {
				continue
			}
			d := r.Metrics[metric.name]
			row = append(row, d.Error(metric.amount), d.Needed())
		}
		rows = append(rows, row)
	}
	p.table(table.Row{"rule", "liquidated", "paths", "mean P&L", "paths", "worst 5%", "paths"}, rows)
	p.wrapped("", "", "± is points of a probability, and a share of the rule's equity for amounts.")
}

// Error prints the standard error.
func (d Distribution) Error(amount bool) string {
	if amount {
		return number(d.StandardError)
	}
	return share(d.StandardError)
}

// Needed prints how many paths the wanted precision takes.
func (d Distribution) Needed() string {
	if d.PathsNeeded == nil {
		return "–"
	}
	return count(*d.PathsNeeded)
}

func (p *printer) pathComparisons(m *MonteCarlo) {
	if len(m.Comparisons) == 0 {
		return
	}
	p.section("What the rule changed: A − B on the same paths")
	var rows []table.Row
	for i := range m.Comparisons {
		c := m.Comparisons[i].paired()
		rows = append(rows, table.Row{c.A, c.B, count(c.Pairs), points(c.Metrics[MetricLiquidationProbability]), money(c.Metrics[MetricPnLMean]),
			money(c.Metrics[MetricExpectedShortfall]), money(c.Metrics[MetricDrawdown]), probability(m.Comparisons[i].Better)})
	}
	p.table(table.Row{"A", "B", "paths", "liquidated, points", "mean P&L", "worst 5%", "drawdown", "A better"}, rows, 1)
	p.wrapped("", "", "A better: share of paths on which A's mean P&L is above B's.")
}

// paired is the comparison as those of a run are shown.
func (c *PathComparison) paired() Comparison {
	out := Comparison{A: c.A, B: c.B, Pairs: c.Paths, Metrics: map[string]Metric{}}
	for name, d := range c.Metrics {
		p, adjusted := d.PValue, d.Adjusted
		out.Metrics[name] = Metric{Difference: d.Estimate, Low: d.Low, High: d.High, Level: d.Level, Method: d.Method, PValue: &p, PAdjusted: &adjusted}
	}
	return out
}
