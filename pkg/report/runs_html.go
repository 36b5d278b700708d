package report

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
)

// comparisonPage is what the template of comparison.html reads.
type comparisonPage struct {
	*RunComparison
	Linked  bool
	Style   template.CSS
	Script  template.JS
	Chart   template.HTML
	Changes []pairedFigure
	Apart   template.HTML // displacements of coupled venues
}

// pairedFigure are the charts of one run against the baseline.
type pairedFigure struct {
	PairedRuns
	Liquidation, PnL template.HTML
}

// HTML returns the comparison as one page that needs no other file and no network. linked pages stand beside the run
// directories and lead to their reports.
func (c *RunComparison) HTML(linked bool) ([]byte, error) {
	t, err := template.New("compare.gohtml").Funcs(functions).ParseFS(templates, "template/compare.gohtml", "template/coupling.gohtml", "template/expectations.gohtml")
	if err != nil {
		return nil, err
	}
	p := &comparisonPage{RunComparison: c, Linked: linked, Chart: runsChart(c)}
	if p.Style, p.Script, err = dress("compare.css"); err != nil {
		return nil, err
	}
	if c.Coupling != nil {
		p.Apart = couplingChart(c.Coupling)
	}
	for i, r := range c.Paired {
		p.Changes = append(p.Changes, figureOf(i, r))
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("%s: %w", ComparisonHTMLFile, err)
	}
	return b.Bytes(), nil
}

// figureOf draws the differences of one run.
func figureOf(i int, r PairedRuns) pairedFigure {
	f := pairedFigure{PairedRuns: r}
	var list []Comparison
	for _, q := range r.Rules {
		q.A, q.B = q.Rule, r.Baseline
		list = append(list, q.Comparison)
	}
	rule := func(c Comparison) string { return c.A }
	id := strconv.Itoa(i + 1)
	f.Liquidation = differenceChart(list, MetricLiquidationProbability, "run-liquidation-"+id, "Difference of the liquidation probability",
		"percentage points; below zero: liquidated less often than in "+r.Baseline, 100, pointLabel, rule)
	f.PnL = differenceChart(list, MetricPnLMean, "run-pnl-"+id, "Difference of the mean P&L", "quote per entry; above zero: kept more than in "+r.Baseline, 1, short, rule)
	return f
}

// Title is what the page is about.
func (p *comparisonPage) Title() string { return p.Baseline().Scenario.Title }

// Reconstructed reports whether any run rests on made prices.
func (p *comparisonPage) Reconstructed() bool {
	for i := range p.Runs {
		if p.Runs[i].Data.Reconstructed() {
			return true
		}
	}
	return false
}
