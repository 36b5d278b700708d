package report

import (
	"bytes"
	"fmt"
	"html/template"
)

// pathsPage is what the template of montecarlo.html reads.
type pathsPage struct {
	*MonteCarlo
	Manifest *Manifest
	Style    template.CSS
	Script   template.JS
	Spread   []template.HTML
	Running  []template.HTML
	Changes  []Comparison
	Figures  []template.HTML
}

// HTML returns the page, which needs no other file and no network.
func (m *MonteCarlo) HTML(manifest *Manifest) ([]byte, error) {
	t, err := template.New("montecarlo.gohtml").Funcs(functions).Funcs(template.FuncMap{
		"amountOver": amountOver, "metricOf": func(r PathRule, name string) Distribution { return r.Metrics[name] },
	}).ParseFS(templates, "template/montecarlo.gohtml")
	if err != nil {
		return nil, err
	}
	p := &pathsPage{MonteCarlo: m, Manifest: manifest}
	if p.Style, p.Script, err = dress("compare.css"); err != nil {
		return nil, err
	}
	for _, metric := range pathMetrics {
		if chart := spreadChart(m.Rules, metric); chart != "" {
			p.Spread = append(p.Spread, chart)
		}
		if chart := convergenceChart(m.Rules, metric); metric.precise && chart != "" {
			p.Running = append(p.Running, chart)
		}
	}
	for i := range m.Comparisons {
		p.Changes = append(p.Changes, m.Comparisons[i].paired())
	}
	p.Figures = []template.HTML{
		differenceChart(p.Changes, MetricLiquidationProbability, "path-liquidation", "Difference of the liquidation probability",
			"percentage points; below zero: A is liquidated less often", 100, pointLabel, ruleLabel),
		differenceChart(p.Changes, MetricPnLMean, "path-pnl", "Difference of the mean P&L", "quote per entry; above zero: A keeps more", 1, short, ruleLabel)}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("%s: %w", MonteCarloHTMLFile, err)
	}
	return b.Bytes(), nil
}

// BetterOf is how often a comparison's A did better, by its place.
func (p *pathsPage) BetterOf(i int) string { return probability(p.Comparisons[i].Better) }
