package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
)

// leverMetric is one figure that the sensitivity charts are drawn of.
type leverMetric struct {
	id, title, axis string
	of              func(*LeverFigures) string
}

// leverMetrics are the charts, in their order.
var leverMetrics = []leverMetric{
	{"fund", "Insurance fund: closing less opening", "change of the fund over the run, difference to the baseline, quote", func(f *LeverFigures) string { return f.FundChange }},
	{"adl", "Auto-deleveraging", "notional taken by ADL, difference to the baseline, quote", func(f *LeverFigures) string { return f.ADLNotional }},
	{"socialized", "Socialized loss", "socialized loss, difference to the baseline, quote", func(f *LeverFigures) string { return f.SocializedLoss }},
	{"liquidated", "Liquidations", "liquidated notional, difference to the baseline, quote", func(f *LeverFigures) string { return f.LiquidatedNotional }},
}

// tornadoBar is a lever in one chart.
type tornadoBar struct {
	lever      *LeverRun
	difference float64
}

// tornadoChart draws what every lever changes of one figure, the largest change first.
func tornadoChart(l *Levers, m *leverMetric) template.HTML {
	const left, row, top = 320.0, 24.0, 40.0
	bars := make([]tornadoBar, len(l.Runs))
	low, high := 0.0, 0.0
	for i := range l.Runs {
		x, err := strconv.ParseFloat(m.of(&l.Runs[i].Difference), 64)
		if err != nil {
			x = 0 // the differences were computed here; a decimal always parses
		}
		bars[i] = tornadoBar{&l.Runs[i], x}
		low, high = min(low, x), max(high, x)
	}
	slices.SortStableFunc(bars, func(a, b tornadoBar) int { return cmp.Compare(math.Abs(b.difference), math.Abs(a.difference)) })
	bottom := top + row*float64(len(bars))
	s := newSVG("tornado-"+m.id, m.title, "One bar for each lever, the largest change first: "+m.axis+".", bottom+52)
	s.text("axis", "start", 12, 22, fmt.Sprintf("%s (baseline %s)", m.title, leverAmount(m.of(&l.Baseline))))
	if low == 0 && high == 0 {
		s.text("name", "middle", (left+frameRight)/2, (top+bottom)/2+4, "no lever changes it")
		low, high = -1, 1
	}
	wide := (high - low) * 0.14 // room for the labels beside the bars
	x := scale{low - wide, high + wide, left, frameRight}
	for _, v := range ticks(low, high, 6) {
		s.line("grid", x.at(v), top, x.at(v), bottom)
		s.text("tick", "middle", x.at(v), bottom+17, short(v))
	}
	s.text("axis", "middle", (left+frameRight)/2, bottom+40, m.axis)
	for i, b := range bars {
		y := top + row*float64(i)
		from, to := min(x.at(0), x.at(b.difference)), max(x.at(0), x.at(b.difference))
		label := change(m.of(&b.lever.Difference))
		s.text("name", "end", left-10, y+row/2+4, shorten(b.lever.Lever, 44))
		switch {
		case b.difference < 0:
			s.rect("short", from, y+4, max(to-from, 1), row-8, b.lever.Lever+": "+label)
			s.text("value", "end", from-6, y+row/2+4, label)
		case b.difference > 0:
			s.rect("long", from, y+4, max(to-from, 1), row-8, b.lever.Lever+": "+label)
			s.text("value", "start", to+6, y+row/2+4, label)
		default:
			s.text("value", "start", x.at(0)+6, y+row/2+4, label)
		}
	}
	s.line("base", x.at(0), top, x.at(0), bottom)
	return s.done()
}
