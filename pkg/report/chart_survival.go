package report

import (
	"math"
	"slices"
)

// survivalData is what the charts of survival and of competing ends read: curves at common times, in seconds from entry.
type survivalData struct {
	Seconds []coordinate    `json:"seconds"`
	Causes  []namedCause    `json:"causes,omitempty"`
	Groups  []survivalGroup `json:"groups"`
}

type namedCause struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

type survivalGroup struct {
	Name      string         `json:"name"`
	AtRisk    []int          `json:"risk"`
	Estimate  []coordinate   `json:"estimate,omitempty"`
	Low       []coordinate   `json:"low,omitempty"`
	High      []coordinate   `json:"high,omitempty"`
	Incidence [][]coordinate `json:"incidence,omitempty"` // by cause
}

// survivalPoints bounds the times of a chart of so many groups, so that a page stays small.
func survivalPoints(groups int) int { return min(160, max(40, 4_000/max(groups, 1))) }

// survivalFigures draws the curves of every group at evenly spaced times. The curves are exact there.
func survivalFigures(groups []*group) (survival, incidence *libraryFigure, err error) {
	longest, level := 0.0, 0.0
	for _, g := range groups {
		if times := g.curves.incidence.Times; len(times) > 0 {
			longest, level = max(longest, times[len(times)-1]), g.curves.incidence.Level
		}
	}
	if longest == 0 {
		return nil, nil, nil
	}
	n := survivalPoints(len(groups))
	seconds := make([]float64, n+1)
	for i := range seconds {
		seconds[i] = math.Round(float64(longest*float64(i)) / float64(n)) // whole, as it is printed
	}
	whole := slices.Compact(seconds)
	curves, ends := survivalData{Seconds: coordinates(whole)}, survivalData{Seconds: coordinates(whole)}
	// Five digits of a long time are not whole seconds; the curve is read where the chart puts it.
	for i, c := range curves.Seconds {
		whole[i] = printed(c)
	}
	met := make([]bool, len(causes))
	for _, g := range groups {
		for k, c := range g.curves.incidence.Causes {
			if at := len(c.Estimate) - 1; at >= 0 && c.Estimate[at] > 0 {
				met[k] = true
			}
		}
	}
	for k, outcome := range causes {
		if met[k] {
			ends.Causes = append(ends.Causes, namedCause{outcome, outcomeLabel(outcome)})
		}
	}
	for _, g := range groups {
		if len(g.curves.incidence.Times) > 0 {
			curve, parts := g.curvesAt(whole, met)
			curves.Groups, ends.Groups = append(curves.Groups, curve), append(ends.Groups, parts)
		}
	}
	survival, err = newLibraryFigure("survival", "Not yet liquidated, by time since entry",
		"Kaplan-Meier with pointwise "+percent(level)+" intervals (bands of up to eight groups, and under the pointer). Other ends are censored: it is the curve of a world in which only liquidation ends positions. Where stops or exits do, the chart of competing ends is the probability that counts.", curves)
	if err != nil || len(ends.Causes) == 0 {
		return survival, nil, err
	}
	incidence, err = newLibraryFigure("incidence", "How positions have ended, by time since entry",
		"Aalen-Johansen: the probability of each end where the ends compete, stacked; what is left above is still open. Positions open when the window ended are censored, and entries of all times taken as alike: where late entries met other prices, the right end is not the share of all entries.", ends)
	return survival, incidence, err
}

// printed is the number that a chart reads for a coordinate.
func printed(c coordinate) float64 {
	text, err := c.MarshalJSON()
	if err != nil {
		return math.NaN()
	}
	return parse(string(text))
}

// curvesAt reads a group's curves at times, and the incidence of those causes that any group met.
func (g *group) curvesAt(seconds []float64, met []bool) (survival, incidence survivalGroup) {
	survival.Name, incidence.Name = g.name, g.name
	incidence.Incidence = make([][]coordinate, 0, len(met))
	for k := range met {
		if met[k] {
			incidence.Incidence = append(incidence.Incidence, nil)
		}
	}
	for _, t := range seconds {
		risk := atRisk(g.curves.incidence, t)
		survival.AtRisk, incidence.AtRisk = append(survival.AtRisk, risk), append(incidence.AtRisk, risk)
		s := g.curves.unliquidated.At(t)
		survival.Estimate = append(survival.Estimate, coordinate(s.Estimate))
		survival.Low, survival.High = append(survival.Low, coordinate(s.Low)), append(survival.High, coordinate(s.High))
		part := 0
		for k := range met {
			if met[k] {
				incidence.Incidence[part] = append(incidence.Incidence[part], coordinate(g.curves.incidence.At(k+1, t).Estimate))
				part++
			}
		}
	}
	return survival, incidence
}

// horizonRow is a row of the table beside the charts: one group, and its incidence of every end at one time.
type horizonRow struct {
	Group    *Group
	First    bool // of its group
	Seconds  Number
	AtRisk   int
	Outcomes []Interval // by causes; an estimate of 0 without bounds where nobody met one
}

// horizonRows turns incidences by outcome into rows by time.
func horizonRows(groups []Group) []horizonRow {
	var rows []horizonRow
	for i := range groups {
		g := &groups[i]
		first := len(rows)
		for _, c := range g.Survival.Incidence {
			at := slices.IndexFunc(rows[first:], func(r horizonRow) bool { return r.Seconds == c.Seconds })
			if at < 0 {
				at = len(rows) - first
				row := horizonRow{Group: g, First: at == 0, Seconds: c.Seconds, AtRisk: c.AtRisk, Outcomes: make([]Interval, len(causes))}
				for k := range row.Outcomes {
					row.Outcomes[k] = Interval{Low: undefined, High: undefined}
				}
				rows = append(rows, row)
			}
			rows[first+at].Outcomes[slices.Index(causes, c.Outcome)] = c.Interval
		}
	}
	return rows
}

// Causes are the columns of the table.
func (f *libraryFigures) Causes() []string { return causes }
