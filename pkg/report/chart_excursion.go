package report

import (
	"math"
	"slices"
	"strconv"

	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// reachedData is what the chart of adverse excursions reads: shares of a group's winners and losers that prices had gone
// so far against.
type reachedData struct {
	Distances []coordinate   `json:"distances"` // shares of the entry price
	Groups    []reachedGroup `json:"groups"`
}

type reachedGroup struct {
	Name    string       `json:"name"`
	Winners reachedCurve `json:"winners"`
	Losers  reachedCurve `json:"losers"`
}

type reachedCurve struct {
	Entries  int          `json:"n"`
	Estimate []coordinate `json:"estimate"`
	Low      []coordinate `json:"low"`
	High     []coordinate `json:"high"`
}

// reachedPoints is how many distances the chart has.
const reachedPoints = 50

// reachedFigure draws, for each group, how many of its winners and losers had been how far under water.
func (r *Run) reachedFigure(groups []*group, level float64) (*libraryFigure, error) {
	var all []float64
	for _, g := range groups {
		for _, e := range g.excursions {
			all = append(all, e.Adverse)
		}
	}
	slices.Sort(all)
	far := stats.Quantile(all, 0.99)
	if !(far > 0) {
		return nil, nil
	}
	far = float64(math.Ceil(far*1_000) / 1_000)
	distances := make([]float64, reachedPoints+1)
	data := reachedData{}
	for i := range distances {
		c := coordinate(float64(far*float64(i)) / reachedPoints)
		data.Distances, distances[i] = append(data.Distances, c), printed(c)
	}
	for _, g := range groups {
		var winners, losers []float64
		for _, e := range g.excursions {
			switch {
			case e.Result > 0:
				winners = append(winners, e.Adverse)
			case e.Result < 0:
				losers = append(losers, e.Adverse)
			}
		}
		if len(winners)+len(losers) > 0 {
			data.Groups = append(data.Groups, reachedGroup{g.name, reached(winners, distances, level), reached(losers, distances, level)})
		}
	}
	return newLibraryFigure("reached", "How far prices had gone against winners and losers",
		"Of the entries that ended with a profit (winners) and with a loss (losers), the share whose maximum adverse excursion was at least so far; Wilson intervals of "+percent(level)+". A stop at a distance would have met that share of each. A rule's own stop cuts what it can show.", data)
}

// reached counts the excursions of at least each distance, which ascend.
func reached(adverse, distances []float64, level float64) reachedCurve {
	slices.Sort(adverse)
	c := reachedCurve{Entries: len(adverse)}
	for _, d := range distances {
		below, _ := slices.BinarySearch(adverse, d)
		w := stats.Wilson(len(adverse)-below, len(adverse), level)
		c.Estimate = append(c.Estimate, coordinate(w.Estimate))
		c.Low, c.High = append(c.Low, coordinate(w.Low)), append(c.High, coordinate(w.High))
	}
	return c
}

// ExcursionRows are the groups that have excursions.
func (p *page) ExcursionRows() []Group {
	return slices.DeleteFunc(slices.Clone(p.Groups), func(g Group) bool { return g.Excursions == nil })
}

// distance prints a distance from the entry price with its interval.
func distance(i Interval) string {
	if !i.Estimate.Exists() {
		return "–"
	}
	return away(i) + " (" + hundredths(i.Low) + "–" + hundredths(i.High) + ")"
}

// away prints a distance from the entry price without its interval, which is in summary.json.
func away(i Interval) string {
	if !i.Estimate.Exists() {
		return "–"
	}
	return hundredths(i.Estimate) + "%"
}

// hundredths prints a share in percent with two decimals and without the sign; an open end as a dash.
func hundredths(n Number) string {
	if !n.Exists() {
		return "–"
	}
	return strconv.FormatFloat(roundZero(float64(n)*100, 2), 'f', 2, 64)
}
