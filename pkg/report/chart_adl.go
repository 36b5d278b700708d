package report

import (
	"fmt"
	"html/template"
)

// takenRow is one distribution of fractions taken, with its largest.
type takenRow struct {
	name string
	FigureSpread
}

// takenChart draws fractions that ADL took of positions, a row each: middle half, 5% to 95%, and the largest. "" where nothing was
// taken.
func takenChart(id, title string, rows []takenRow) template.HTML {
	high := 0.0
	for _, r := range rows {
		if r.Max.Exists() {
			high = max(high, float64(r.Max))
		}
	}
	if high == 0 {
		return ""
	}
	const top = 44.0
	bottom := top + groupRow*float64(len(rows))
	s := newSVG(id, title, "One row for each distribution: a thin line from the 5% to the 95% quantile, a box around the middle half, a bar at the median, a diamond at the largest.", bottom+58)
	x := scale{0, high * 1.03, groupLabels, frameRight}
	for _, v := range ticks(0, high*1.03, 9) {
		s.line("grid", x.at(v), top-4, x.at(v), bottom)
		s.text("tick", "middle", x.at(v), bottom+17, share(Number(v)))
	}
	s.text("axis", "middle", (groupLabels+frameRight)/2, bottom+40, title)
	s.text("tick", "start", groupLabels, 22, "line: 5% to 95% of positions · box: middle half · bar: median · diamond: largest")
	for i, r := range rows {
		y := top + groupRow*(float64(i)+0.5)
		s.label(groupLabels-10, y, r.name)
		if r.Count == 0 {
			s.text("tick", "start", groupLabels+8, y+4, "none")
			continue
		}
		s.box(x, y, high, r.name, r.Quantiles)
		s.diamond("mark crowd", x.at(float64(r.Max)), y, 5, fmt.Sprintf("%s: largest %s of %s positions", r.name, share(r.Max), count(r.Count)))
	}
	return s.done()
}

// TakenChart draws what a run's ADL took of profits and positions.
func (p *page) TakenChart() template.HTML {
	return takenChart("taken", "taken of deleveraged positions", []takenRow{{"of the profit", p.ADL.OfProfit}, {"of the position", p.ADL.OfPosition}})
}

// TakenChart draws the fractions of profit that ADL took in each run.
func (p *comparisonPage) TakenChart() template.HTML {
	var rows []takenRow
	for i := range p.Runs {
		rows = append(rows, takenRow{p.Runs[i].Name, p.Runs[i].ADL.OfProfit})
	}
	return takenChart("taken", "taken of the profits of deleveraged positions", rows)
}
