package report

import (
	"html/template"
	"slices"
	"strconv"
)

// Maps draws the changes within a factor as two heatmaps for each of its levels but the first, where two other factors span
// them.
func (e *Experiment) Maps() (list []template.HTML) {
	w := e.Within
	if w == nil || len(w.Others) != 2 {
		return nil
	}
	var levels []string
	for _, r := range w.Rows {
		if !slices.Contains(levels, r.Level) {
			levels = append(levels, r.Level)
		}
	}
	for i, level := range levels {
		h, what := w.heatmap(level)
		id := strconv.Itoa(i + 1)
		list = append(list,
			heatmapChart(h, "within-liquidation-"+id, "Liquidated, points: "+what, func(c *HeatmapCell) Number { return c.Liquidation },
				func(n Number) string { return points(Metric{Difference: n, Low: undefined}) }),
			heatmapChart(h, "within-pnl-"+id, "Mean P&L per entry: "+what, func(c *HeatmapCell) Number { return -c.Mean },
				func(n Number) string { return number(-n) }))
	}
	return list
}

// heatmap lays out the rows of one level by the two other factors, and says what is compared.
func (w *WithinFactor) heatmap(level string) (h *SweepHeatmap, what string) {
	h = &SweepHeatmap{X: HeatmapAxis{Key: w.Others[1]}, Y: HeatmapAxis{Key: w.Others[0]}}
	for _, r := range w.Rows {
		if !slices.Contains(h.Y.Values, r.Levels[0]) {
			h.Y.Values = append(h.Y.Values, r.Levels[0])
		}
		if !slices.Contains(h.X.Values, r.Levels[1]) {
			h.X.Values = append(h.X.Values, r.Levels[1])
		}
	}
	h.Cells = make([]HeatmapCell, len(h.X.Values)*len(h.Y.Values))
	for _, r := range w.Rows {
		if r.Level != level {
			continue
		}
		at := slices.Index(h.Y.Values, r.Levels[0])*len(h.X.Values) + slices.Index(h.X.Values, r.Levels[1])
		h.Cells[at] = HeatmapCell{Rows: 1, Liquidation: r.LiquidationProbability.Estimate, Mean: r.PnLMean.Estimate}
		what = w.Factor + " " + r.Level + " less " + r.Against
	}
	return h, what
}
