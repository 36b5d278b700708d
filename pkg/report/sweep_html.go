package report

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"strings"
)

// sweepPage is what the template of a sweep's report.html reads.
type sweepPage struct {
	*SweepSummary
	Style                        template.CSS
	Script                       template.JS
	Liquidation, Shortfall, Mean template.HTML
	FrontierChart                template.HTML
}

// RenderSweep returns a sweep's report.html: one file, complete without any other and without the network.
func RenderSweep(s *SweepSummary) ([]byte, error) {
	t, err := template.New("sweep.gohtml").Funcs(functions).ParseFS(templates, "template/sweep.gohtml")
	if err != nil {
		return nil, err
	}
	style, script, err := dress()
	if err != nil {
		return nil, err
	}
	p := &sweepPage{SweepSummary: s, Style: style, Script: script, FrontierChart: frontierChart(s)}
	if h := s.Heatmap; h != nil {
		p.Liquidation = heatmapChart(h, "heat-liquidation", "Liquidation probability", func(c *HeatmapCell) Number { return c.Liquidation }, share)
		p.Shortfall = heatmapChart(h, "heat-shortfall", "Expected shortfall of the P&L, worst 5%", func(c *HeatmapCell) Number { return -c.Shortfall },
			func(n Number) string { return number(-n) })
		p.Mean = heatmapChart(h, "heat-mean", "Mean P&L per entry", func(c *HeatmapCell) Number { return -c.Mean }, func(n Number) string { return number(-n) })
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Pair names a row's values beside their keys.
func (s *SweepSummary) Pair(p SweepPoint) string {
	words := make([]string, len(p.Values))
	for i, v := range p.Values {
		words[i] = s.Axes[i].Key + " " + v
	}
	return strings.Join(words, ", ")
}

// maxTips is the number of cells beyond which a heatmap has no tooltips: they would be most of the page.
const maxTips = 2500

// heatmapChart draws the cells by a figure of theirs, the darker the worse; the extremes of the scale are those of the cells.
func heatmapChart(h *SweepHeatmap, id, title string, of func(*HeatmapCell) Number, label func(Number) string) template.HTML {
	const left, top = 150.0, 40.0
	columns, rows := len(h.X.Values), len(h.Y.Values)
	cell := min(34, max(5, 420/float64(rows)))
	bottom := top + cell*float64(rows)
	width := (frameRight - left) / float64(columns)
	s := newSVG(id, title, fmt.Sprintf("%s by %s and %s; the darker a cell, the worse.", title, h.Y.Key, h.X.Key), bottom+56)
	low, high := math.Inf(1), math.Inf(-1)
	for i := range h.Cells {
		if n := of(&h.Cells[i]); n.Exists() {
			low, high = min(low, float64(n)), max(high, float64(n))
		}
	}
	s.text("axis", "start", 12, 22, fmt.Sprintf("%s (%s to %s)", title, label(Number(low)), label(Number(high))))
	for y, name := range h.Y.Values {
		if everyTick(y, rows, 420/14) {
			s.text("tick", "end", left-8, top+(float64(y)+0.5)*cell+4, brief(name))
		}
		for x := range columns {
			c := &h.Cells[y*columns+x]
			n := of(c)
			if !n.Exists() {
				continue
			}
			shade := 0.5 // all alike
			if n == 0 && high == low {
				shade = 0 // nothing happened anywhere
			} else if high > low {
				shade = (float64(n) - low) / (high - low)
			}
			tip := ""
			if len(h.Cells) <= maxTips {
				tip = fmt.Sprintf("%s %s, %s %s: %s", h.Y.Key, name, h.X.Key, h.X.Values[x], label(n))
			}
			s.cell(left+float64(x)*width, top+float64(y)*cell, width, cell, shade, tip)
			if columns <= 16 && rows <= 16 {
				class := "value"
				if shade > 0.55 {
					class = "value dark"
				}
				s.text(class, "middle", left+(float64(x)+0.5)*width, top+(float64(y)+0.5)*cell+4, label(n))
			}
		}
	}
	for x, name := range h.X.Values {
		if everyTick(x, columns, 14) {
			s.text("tick", "middle", left+(float64(x)+0.5)*width, bottom+17, brief(name))
		}
	}
	s.text("axis", "middle", (left+frameRight)/2, bottom+40, h.X.Key)
	if h.Y.Key != "" {
		s.text("axis", "start", 12, bottom+40, "rows: "+h.Y.Key)
	}
	return s.done()
}

// brief shortens a value for an axis: {kind: atr, multiple: 3} as "atr, multiple: 3".
func brief(value string) string {
	value = strings.ReplaceAll(strings.Trim(value, "{}"), "kind: ", "")
	if letters := []rune(value); len(letters) > 18 {
		return string(letters[:17]) + "…"
	}
	return value
}

// everyTick says which of n labels are written so that at most about most of them are.
func everyTick(i, n, most int) bool { return i%((n+most-1)/most) == 0 }

// cell is a rectangle of one color in a strength between 0 and 1.
func (s *svg) cell(x, y, w, h, shade float64, tip string) {
	fmt.Fprintf(&s.b, `<rect class="heat" x="%s" y="%s" width="%s" height="%s" fill-opacity="%.3f"`, num(x), num(y), num(w), num(h), 0.06+float64(0.94*shade))
	s.tip("rect", tip)
}

// frontierChart draws the rows by expected shortfall and mean, those of the frontier joined.
func frontierChart(p *SweepSummary) template.HTML {
	const top, bottom = 40.0, 360.0
	if len(p.Frontier) == 0 {
		return ""
	}
	var xs, ys []float64
	for _, list := range [][]SweepPoint{p.Cloud, p.Frontier} {
		for i := range list {
			xs, ys = append(xs, float64(list[i].Shortfall)), append(ys, float64(list[i].Mean))
		}
	}
	xLow, xHigh := span(xs)
	yLow, yHigh := span(ys)
	s := newSVG("frontier", "Mean P&L against expected shortfall", "Every point is a variant's group; joined are those than which none has both a higher mean and a smaller shortfall.", 412)
	x, y := scale{xLow, xHigh, frameLeft, frameRight}, scale{yLow, yHigh, bottom, top}
	list := ticks(yLow, yHigh, 6)
	labels := make([]string, len(list))
	for i, v := range list {
		labels[i] = short(v)
	}
	s.yAxis(y, frameLeft, frameRight, list, labels, "mean P&L per entry, quote")
	for _, v := range ticks(xLow, xHigh, 8) {
		s.line("grid", x.at(v), top, x.at(v), bottom)
		s.text("tick", "middle", x.at(v), bottom+18, short(v))
	}
	s.text("axis", "middle", (frameLeft+frameRight)/2, bottom+40, "expected shortfall (mean of the worst 5%), quote")
	for i := range p.Cloud {
		c := &p.Cloud[i]
		s.circle("cloud", x.at(float64(c.Shortfall)), y.at(float64(c.Mean)), 2.2, "")
	}
	var d strings.Builder
	for i := range p.Frontier {
		f := &p.Frontier[i]
		point(&d, i == 0, x.at(float64(f.Shortfall)), y.at(float64(f.Mean)))
	}
	s.path("fund", &d)
	for i := range p.Frontier {
		f := &p.Frontier[i]
		s.circle("mark difference", x.at(float64(f.Shortfall)), y.at(float64(f.Mean)), 4, fmt.Sprintf("%s: mean %s, worst 5%% %s, liquidated %s", p.Pair(*f), number(f.Mean), number(f.Shortfall), share(f.Liquidation.Estimate)))
	}
	return s.done()
}

// span returns the range of values, widened a little.
func span(values []float64) (from, to float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	return widen(low, high, 0.05)
}
