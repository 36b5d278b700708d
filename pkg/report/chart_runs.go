package report

import (
	"fmt"
	"html/template"
	"strconv"
)

// runMarks is how many runs the chart tells apart by color; more than that share colors and are told apart by their place.
const runMarks = 6

// runsChart draws every group's liquidation probability, one mark a run in the order of the runs.
func runsChart(c *RunComparison) template.HTML {
	names := c.groupNames()
	if len(names) == 0 {
		return ""
	}
	const step = 13.0
	height := max(rowFor(len(names), func(i int) string { return names[i] }), step*float64(len(c.Runs))+10)
	top := 24 + 18*float64((len(c.Runs)+2)/3)
	bottom := top + height*float64(len(names))
	s := newSVG("runs", "Liquidation probability by run", "One band for each group and in it one mark for each run: the share of accounts that were liquidated, with its confidence interval.", bottom+46)
	x := scale{0, 1, groupLabels, frameRight - 20}
	for _, v := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
		s.line("grid", x.at(v), top-4, x.at(v), bottom)
		s.text("tick", "middle", x.at(v), bottom+17, fmt.Sprintf("%.0f%%", v*100))
	}
	s.text("axis", "middle", (x.pixelFrom+x.pixelTo)/2, bottom+38, "liquidated, of the accounts that entered")
	for i, name := range c.names() {
		at, y := groupLabels+float64(i%3)*250, 14+18*float64(i/3)
		s.circle("mark "+runClass(i), at+6, y, 5, "")
		s.text("tick", "start", at+17, y+4, shorten(name, 34))
	}
	for k, name := range names {
		middle := top + height*(float64(k)+0.5)
		if k > 0 {
			s.line("grid", 10, middle-height/2, x.pixelTo, middle-height/2)
		}
		s.label(groupLabels-14, middle, name)
		for i := range c.Runs {
			g := c.Runs[i].group(name)
			if g == nil || !g.LiquidationProbability.Estimate.Exists() {
				continue
			}
			q := g.LiquidationProbability
			y := middle + step*(float64(i)-float64(len(c.Runs)-1)/2)
			s.line("error "+runClass(i), x.at(float64(q.Low)), y, x.at(float64(q.High)), y)
			s.circle("mark "+runClass(i), x.at(float64(q.Estimate)), y, 4.5, fmt.Sprintf("%s, %s: %s", name, c.Runs[i].Name, probability(q)))
		}
	}
	return s.done()
}

func runClass(i int) string { return "run" + strconv.Itoa(i%runMarks) }
