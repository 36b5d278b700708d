package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

//go:embed template
var templates embed.FS

// page is what the template of report.html reads: one file, complete without any other and without the network.
type page struct {
	*Summary
	Manifest    *Manifest
	line        *timeline
	instruments []market.Instrument

	Style   template.CSS
	Script  template.JS
	Tiles   []tile
	Figures []marketFigure

	Library template.JS
	Draw    template.JS
	Drawn   libraryFigures

	FundData                                              template.JS
	FundChart, LeverageChart, OutcomesChart, ReturnsChart template.HTML
	LiquidationDifference, PnLDifference                  template.HTML
}

// tile is one figure at the top of the page.
type tile struct{ Label, Value, Detail string }

var functions = template.FuncMap{
	"amount": amount, "short": shortOf, "price": price, "clock": clock, "share": share, "percent": func(s string) string { return share(Number(parse(s))) }, "signed": signed, "number": number,
	"countInt": count[int], "countInt64": count[int64], "probability": probability, "points": points, "money": money,
	"duration": duration, "plain": plain, "expected": expected, "outOf": outOf, "outcome": outcomeLabel, "pvalue": pvalue,
	"sub":    func(a, b int) int { return a - b },
	"metric": func(c Comparison, name string) Metric { return c.Metrics[name] },
	"raw":    raw, "distance": distance, "away": away,
}

// raw prints a statistic for sorting; nothing where there is none.
func raw(n Number) string {
	if !n.Exists() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', 12, 64)
}

// pvalue prints the p-value of a metric, the adjusted one where there is one; small ones as a bound.
func pvalue(m Metric) string {
	p := m.PValue
	if m.PAdjusted != nil {
		p = m.PAdjusted
	}
	switch {
	case p == nil || !p.Exists():
		return "–"
	case *p < 0.0001:
		return "< 0.0001"
	}
	return strconv.FormatFloat(float64(*p), 'f', 4, 64)
}

func renderHTML(p *page) ([]byte, error) {
	t, err := template.New("report.gohtml").Funcs(functions).ParseFS(templates, "template/report.gohtml", "template/charts.gohtml", "template/experiments.gohtml", "template/expectations.gohtml")
	if err != nil {
		return nil, err
	}
	style, err := templates.ReadFile("template/report.css")
	if err != nil {
		return nil, err
	}
	script, err := templates.ReadFile("template/report.js")
	if err != nil {
		return nil, err
	}
	draw, err := templates.ReadFile("template/charts.js")
	if err != nil {
		return nil, err
	}
	chartStyle, err := templates.ReadFile("template/charts.css")
	if err != nil {
		return nil, err
	}
	p.Style, p.Script = template.CSS(style)+template.CSS(chartStyle), template.JS(script)
	p.Library, p.Draw = template.JS(chartLibrary), template.JS(draw)
	p.FundData = p.line.fundSeries()
	p.Tiles = tiles(p.Summary)
	p.Figures = p.marketFigures()
	p.FundChart = p.line.fundChart()
	p.LeverageChart = leverageChart(p.ByLeverage)
	p.OutcomesChart, p.ReturnsChart = outcomesChart(p.Groups), returnsChart(p.Groups)
	p.LiquidationDifference = differenceChart(p.Comparisons, MetricLiquidationProbability, "difference-liquidation",
		"Difference of the liquidation probability", "percentage points; below zero: A was liquidated less often", 100, pointLabel, ruleLabel)
	p.PnLDifference = differenceChart(p.Comparisons, MetricPnLMean, "difference-pnl", "Difference of the mean P&L",
		"quote per entry; above zero: A kept more", 1, short, ruleLabel)
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// marketFigures draws every instrument; the one that lost the most notional is shown first.
func (p *page) marketFigures() []marketFigure {
	most, at := -1.0, 0
	figures := make([]marketFigure, len(p.instruments))
	for i, instrument := range p.instruments {
		figures[i] = marketFigure{Symbol: instrument.Symbol, SVG: p.line.marketChart(i, instrument.Symbol), Data: p.line.marketSeries(i, instrument.Symbol)}
		if v, err := strconv.ParseFloat(p.Liquidations.ByInstrument[i].Notional, 64); err == nil && v > most {
			most, at = v, i
		}
	}
	if len(figures) > 0 {
		figures[at].Default = true
	}
	return figures
}

func tiles(s *Summary) []tile {
	l, f := s.Liquidations, s.InsuranceFund
	detail := fmt.Sprintf("%s accounts, %s long", count(l.Accounts), share(l.LongShare))
	for _, g := range l.ByGroup {
		if g.Group == "crowd" && len(l.ByGroup) > 1 {
			detail += ", of it crowd " + shortOf(g.Notional)
		}
	}
	list := []tile{{"Liquidated", shortOf(l.Notional), detail}}
	deepest, fall := "", 0.0
	for _, m := range s.Market.Instruments {
		if m.Fall.Exists() && float64(m.Fall) < fall {
			deepest, fall = m.Symbol, float64(m.Fall)
		}
	}
	if deepest != "" {
		list = append(list, tile{"Deepest fall", signed(Number(fall)), deepest + ", open to low"})
	}
	opening, closing := parse(f.Opening), parse(f.Closing)
	change := short(closing - opening)
	if closing > opening {
		change = "+" + change
	}
	return append(list,
		tile{"Insurance fund", change, fmt.Sprintf("%s at the end, paid out %s", short(closing), shortOf(f.Outflow))},
		tile{"Auto-deleveraged", shortOf(s.ADL.Notional), fmt.Sprintf("%s accounts, haircut %s", count(s.ADL.Accounts), shortOf(s.ADL.Haircut))},
		tile{"Socialized loss", shortOf(s.Socialized), "what nobody else could pay"},
		tile{"Ledger imbalance", s.Ledger.Imbalance, "every unit accounted for"})
}

func parse(decimal string) float64 {
	x, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// Rerun is the command that computes the run again.
func (p *page) Rerun() string {
	words := []string{"backtest run", p.Manifest.Command.Scenario}
	if p.Manifest.Command.Data != "" {
		words = append(words, "--data", shellWord(p.Manifest.Command.Data))
	}
	if p.Manifest.Command.Venue != "" {
		words = append(words, "--venue", p.Manifest.Command.Venue)
	}
	for _, s := range p.Manifest.Command.Set {
		words = append(words, "--set", shellWord(s))
	}
	for _, s := range p.Manifest.Command.WhatIf {
		words = append(words, "--what-if", shellWord(s))
	}
	return strings.Join(words, " ")
}

// Licenses is the text of the licenses of the charts' library.
func (p *page) Licenses() string { return chartLicenses() }

// Level is the coverage of the intervals, such as 95%.
func (p *page) Level() string {
	for _, g := range p.Groups {
		return percent(float64(g.LiquidationProbability.Level))
	}
	return ""
}

// Method words how the paired intervals were computed.
func (p *page) Method() string {
	if len(p.Comparisons) == 0 {
		return ""
	}
	return capital(p.Comparisons[0].Metrics[MetricPnLMean].Method)
}

// instrumentRow is an instrument's prices beside what was liquidated of it.
type instrumentRow struct {
	InstrumentMarket
	Flow Flow
}

// Instruments joins both lists, which have one order.
func (p *page) Instruments() []instrumentRow {
	var rows []instrumentRow
	for i, m := range p.Market.Instruments {
		rows = append(rows, instrumentRow{m, p.Liquidations.ByInstrument[i].Flow})
	}
	return rows
}
