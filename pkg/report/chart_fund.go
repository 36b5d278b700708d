package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// fundChart draws the insurance fund and, below it, what auto-deleveraging closed.
func (l *timeline) fundChart() template.HTML {
	const fundTop, fundBottom, adlTop, adlBottom = 24.0, 190.0, 228.0, 300.0
	x, times := l.timeScale()
	s := newSVG("fund", "Insurance fund and auto-deleveraging", "The fund's balance over time in UTC, its low within each step shaded; below it the notional that auto-deleveraging closed.", 342)
	s.timeAxis(x, times, fundTop, adlBottom)
	low, high := math.Inf(1), math.Inf(-1)
	for _, b := range l.fund {
		if b.set {
			low, high = min(low, market.Float(b.low)), max(high, market.Float(max(b.last, b.low)))
		}
	}
	if !math.IsInf(low, 0) {
		low, high = widen(low, high, 0.08)
		y := scale{low, high, fundBottom, fundTop}
		list := ticks(low, high, 4)
		labels := fundLabels(list)
		s.yAxis(y, frameLeft, frameRight, list, labels, "insurance fund, quote")
		var line strings.Builder
		gap := true
		for i, b := range l.fund {
			if b.set {
				point(&line, gap, l.middle(x, i), y.at(market.Float(b.low)))
				point(&line, false, l.middle(x, i), y.at(market.Float(b.last)))
			}
			gap = gap && !b.set
		}
		s.path("fund", &line)
	}
	l.adlPanel(s, x, adlTop, adlBottom)
	return s.done()
}

// fundLabels prints ticks with as many digits as tell them apart: a fund of billions may move by thousands.
func fundLabels(list []float64) []string {
	labels := make([]string, len(list))
	for i, v := range list {
		labels[i] = short(v)
		if i > 0 && labels[i] == labels[i-1] {
			for k, v := range list {
				labels[k] = grouped(v/1e6, decimalsOf(max((list[1]-list[0])/1e6, 1e-6))) + "m"
			}
			return labels
		}
	}
	return labels
}

func (l *timeline) adlPanel(s *svg, x scale, top, bottom float64) {
	sums := make([]float64, len(l.fund))
	high := 0.0
	for _, v := range l.instruments {
		for i, b := range v.buckets {
			sums[i] += b.adl.Float()
			high = max(high, sums[i])
		}
	}
	if high == 0 {
		s.text("axis", "start", frameLeft-56, top-9, "auto-deleveraged notional")
		s.text("tick", "start", frameLeft, (top+bottom)/2, "nothing was auto-deleveraged")
		return
	}
	y := scale{0, high * 1.05, bottom, top}
	list := ticks(0, y.to, 3)
	labels := make([]string, len(list))
	for i, v := range list {
		labels[i] = shortAxis(v)
	}
	s.yAxis(y, frameLeft, frameRight, list, labels, "auto-deleveraged notional per "+market.FormatInterval(l.width))
	width := max(1, (x.pixelTo-x.pixelFrom)/float64(max(len(l.fund), 1))-0.3)
	for i, v := range sums {
		if v > 0 {
			s.rect("adl", l.middle(x, i)-width/2, y.at(v), width, max(0.6, bottom-y.at(v)), "")
		}
	}
}

// fundSeries is what the page's script draws: one row a bucket of the fund's low and last balance and what auto-deleveraging
// closed.
func (l *timeline) fundSeries() template.JS {
	var b strings.Builder
	fmt.Fprintf(&b, `{"start":%d,"width":%d,"interval":%q,"rows":[`, l.start, l.width, market.FormatInterval(l.width))
	for i, f := range l.fund {
		if i > 0 {
			b.WriteByte(',')
		}
		var closed market.Sum
		for _, v := range l.instruments {
			if i < len(v.buckets) {
				closed.AddSum(v.buckets[i].adl)
			}
		}
		switch {
		case f.set:
			fmt.Fprintf(&b, `[%.2f,%.2f,%.0f]`, market.Float(f.low), market.Float(f.last), closed.Float())
		case !closed.IsZero():
			fmt.Fprintf(&b, `[null,null,%.0f]`, closed.Float())
		default:
			b.WriteByte('0')
		}
	}
	b.WriteString("]}")
	return template.JS(b.String())
}
