package report

import (
	"fmt"
	"html/template"
	"slices"
)

// leverageSeries are the three lines of the leverage chart.
var leverageSeries = []struct {
	population string
	stop       bool
	class      string
	place      int // beside the leverage's middle
	label      string
}{
	{PopulationProbes, false, "nostop", -1, "rules without a stop"},
	{PopulationProbes, true, "withstop", 1, "rules with a stop"},
	{PopulationCrowd, false, "crowd", 0, "crowd without a stop"},
	{PopulationCrowd, true, "crowdstop", 2, "crowd with a stop"},
}

// fewSetups is below what a share says anything about; such rows stay in summary.json and out of the chart.
const fewSetups = 30

// leverageChart draws liquidation probabilities by leverage, with and without a stop, with their intervals. Leverages
// stand at equal distances: they are choices, not a measure.
func leverageChart(rows []LeverageRow) template.HTML {
	const top, bottom = 58.0, 320.0
	rows = slices.DeleteFunc(slices.Clone(rows), func(r LeverageRow) bool { return r.Setups < fewSetups })
	var levers []int
	for _, r := range rows {
		if !slices.Contains(levers, r.Leverage) {
			levers = append(levers, r.Leverage)
		}
	}
	if len(levers) == 0 {
		return ""
	}
	slices.Sort(levers)
	s := newSVG("leverage", "Liquidation probability by leverage", "Share of accounts that were liquidated, by leverage, with confidence intervals; rules with and without a stop and the crowd apart.", 372)
	y := scale{0, 1, bottom, top}
	list := []float64{0, 0.2, 0.4, 0.6, 0.8, 1}
	s.yAxis(y, frameLeft, frameRight, list, []string{"0%", "20%", "40%", "60%", "80%", "100%"}, "")
	const left = frameLeft + 20 // the first label stays clear of the axis
	column := (frameRight - left) / float64(len(levers))
	for i, l := range levers {
		s.text("tick strong", "middle", left+(float64(i)+0.5)*column, bottom+19, fmt.Sprintf("%dx", l))
	}
	s.text("axis", "middle", (frameLeft+frameRight)/2, bottom+42, "leverage at entry")
	s.line("base", frameLeft, bottom, frameRight, bottom)
	legend := frameLeft
	for k, series := range leverageSeries {
		any := false
		for _, r := range rows {
			if r.Population != series.population || r.Stop != series.stop {
				continue
			}
			any = true
			at := left + (float64(slices.Index(levers, r.Leverage))+0.5)*column + float64(series.place)*min(16, column/8)
			drawProbability(s, y, at, series.class, series.place, r, k%2 == 1)
		}
		if any {
			mark(s, series.class, legend+6, 20, k%2 == 1, "")
			s.text("tick", "start", legend+17, 24, series.label)
			legend += 34 + 7.0*float64(len(series.label))
		}
	}
	return s.done()
}

func drawProbability(s *svg, y scale, at float64, class string, place int, r LeverageRow, hollow bool) {
	p := r.Probability
	low, high := y.at(float64(p.Low)), y.at(float64(p.High))
	s.line("error "+class, at, low, at, high)
	s.line("error "+class, at-4, low, at+4, low)
	s.line("error "+class, at-4, high, at+4, high)
	mark(s, class, at, y.at(float64(p.Estimate)), hollow,
		fmt.Sprintf("%dx: %s of %s accounts liquidated, %s", r.Leverage, count(r.Liquidated), count(r.Accounts), probability(p)))
	// Labels stand on their own side, so that two marks of one height keep theirs apart.
	switch estimate := min(y.at(float64(p.Estimate)), y.pixelFrom-9); {
	case place < 0:
		s.text("value", "end", at-9, estimate+4, share(p.Estimate))
	case place > 0:
		s.text("value", "start", at+10, estimate+4, share(p.Estimate))
	default:
		s.text("value", "middle", at, high-9, share(p.Estimate))
	}
}

func mark(s *svg, class string, x, y float64, diamond bool, tip string) {
	if diamond {
		s.diamond("mark "+class, x, y, 6.5, tip)
	} else {
		s.circle("mark "+class, x, y, 5, tip)
	}
}
