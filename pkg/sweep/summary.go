package sweep

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// SummarySchema is the version that a sweep's summary.json names.
const SummarySchema = "backtest/sweep/v1"

// Summary is a sweep's summary.json.
type Summary struct{ report.SweepSummary }

// JSON returns the summary as summary.json holds it.
func (s *Summary) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(&s.SweepSummary, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	return append(b, '\n'), nil
}

// maxHeatmap is the number of values of an axis beyond which no heatmap is drawn.
const maxHeatmap = 128

// frontierLimit bounds the points of the frontier that are listed, and maxCloud those that are drawn around it.
const (
	frontierLimit = 100
	maxCloud      = 2000
)

// point is what is kept of a row.
type point struct {
	variant    int64
	group      int32
	entered    int64
	liquidated int64
	mean       float64
	shortfall  float64
	low, high  float64 // of the liquidation probability
}

// builder turns the rows into a summary, in one pass.
type builder struct {
	plan   *Plan
	s      Summary
	points []point
	groups []string
	byName map[string]int32
	place  map[string]int
}

func newBuilder(p *Plan, id string) *builder {
	b := &builder{plan: p, byName: map[string]int32{}, place: map[string]int{}}
	for i, c := range p.columns() {
		b.place[c.Name] = i
	}
	s := &b.s.SweepSummary
	*s = report.SweepSummary{Schema: SummarySchema, SHA256: id, Title: p.Title, Scenario: p.Scenario, Rulebook: p.Rulebook, Data: p.Data.Name,
		Provenance: p.Data.Metadata["provenance"], Design: p.Design.Kind, Samples: p.Design.Samples, Seed: p.Design.Seed, Variants: p.Variants,
		Level: report.Number(p.Level), Axes: []report.SweepAxis{}, Frontier: []report.SweepPoint{}}
	for i := range p.Axes {
		a := &p.Axes[i]
		s.Axes = append(s.Axes, report.SweepAxis{Key: a.Key, Column: a.Column(), Values: a.Len(), First: a.Value(0), Last: a.Value(a.Len() - 1)})
	}
	return b
}

// add takes in row k of a batch.
func (b *builder) add(v []*columnar.Values, k int) {
	at := func(name string) *columnar.Values { return v[b.place[name]] }
	number := func(name string) float64 {
		if c := at(name); !c.Null[k] {
			return c.Float64[k]
		}
		return math.NaN()
	}
	s := &b.s.SweepSummary
	s.Rows++
	if at("engine").String[k] == EngineScan {
		s.Scanned++
	}
	if !at("error").Null[k] {
		s.Impossible++
		return
	}
	name := at("group").String[k]
	g, ok := b.byName[name]
	if !ok {
		g = int32(len(b.groups))
		b.byName[name] = g
		b.groups = append(b.groups, name)
	}
	p := point{variant: at("variant").Int64[k], group: g, entered: at("accounts").Int64[k] - at("refused").Int64[k], liquidated: at("liquidated").Int64[k],
		mean: number("pnl_mean"), shortfall: number("expected_shortfall_95"), low: number("liquidation_probability_low"), high: number("liquidation_probability_high")}
	if p.entered > 0 {
		b.points = append(b.points, p)
	} else {
		s.Empty++
	}
}

// summary completes the summary. The crowd is left out of it where there are rules.
func (b *builder) summary() *Summary {
	if crowd, ok := b.byName[replay.CrowdGroup]; ok && len(b.groups) > 1 {
		b.points = slices.DeleteFunc(b.points, func(p point) bool { return p.group == crowd })
	}
	s := &b.s.SweepSummary
	s.Heatmap = b.heatmap()
	b.frontier()
	every := (len(b.points) + maxCloud - 1) / maxCloud
	for i := 0; i < len(b.points); i += max(every, 1) {
		s.Cloud = append(s.Cloud, b.point(&b.points[i]))
	}
	return &b.s
}

// point names a row.
func (b *builder) point(p *point) report.SweepPoint {
	return report.SweepPoint{Variant: p.variant, Values: b.plan.values(p.variant), Group: b.groups[p.group], Accounts: p.entered,
		Liquidation: report.Interval{Estimate: report.Number(float64(p.liquidated) / float64(p.entered)), Low: report.Number(p.low), High: report.Number(p.high),
			Level: report.Number(b.plan.Level), Method: "wilson"},
		Mean: report.Number(p.mean), Shortfall: report.Number(p.shortfall)}
}

// frontier lists the rows than which no other has both a higher mean and a smaller expected shortfall, from the highest mean
// down. Of equal rows the first variant stands for all.
func (b *builder) frontier() {
	order := make([]int, len(b.points))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int {
		p, q := &b.points[x], &b.points[y]
		if c := cmp.Compare(q.mean, p.mean); c != 0 {
			return c
		}
		return cmp.Compare(q.shortfall, p.shortfall)
	})
	best := math.Inf(-1)
	s := &b.s.SweepSummary
	for _, i := range order {
		if p := &b.points[i]; p.shortfall > best {
			best = p.shortfall
			if s.FrontierSize++; len(s.Frontier) < frontierLimit {
				s.Frontier = append(s.Frontier, b.point(p))
			}
		}
	}
}

// heatmap pools the rows by the first two axes that take several values; nil where there is none or where one has too many.
func (b *builder) heatmap() *report.SweepHeatmap {
	var axes []int
	for i := range b.plan.Axes {
		if b.plan.Axes[i].Len() > 1 && len(axes) < 2 {
			axes = append(axes, i)
		}
	}
	if len(axes) == 0 {
		return nil
	}
	axis := func(i int) report.HeatmapAxis {
		a := &b.plan.Axes[i]
		h := report.HeatmapAxis{Key: a.Key}
		for k := range a.Len() {
			h.Values = append(h.Values, a.Value(k))
		}
		return h
	}
	for _, i := range axes {
		if b.plan.Axes[i].Len() > maxHeatmap {
			return nil
		}
	}
	h := &report.SweepHeatmap{X: axis(axes[len(axes)-1]), Y: report.HeatmapAxis{Values: []string{""}}}
	if len(axes) == 2 {
		h.Y = axis(axes[0])
	}
	type sum struct {
		rows                int
		entered, liquidated int64
		mean, shortfall     float64
	}
	sums := make([]sum, len(h.X.Values)*len(h.Y.Values))
	for i := range b.points {
		p := &b.points[i]
		place := b.plan.points.at(p.variant)
		cell := place[axes[len(axes)-1]]
		if len(axes) == 2 {
			cell += place[axes[0]] * int64(len(h.X.Values))
		}
		c := &sums[cell]
		c.rows++
		c.entered += p.entered
		c.liquidated += p.liquidated
		c.mean += float64(p.mean * float64(p.entered))
		c.shortfall += p.shortfall
	}
	none := report.Number(math.NaN())
	for _, c := range sums {
		cell := report.HeatmapCell{Rows: c.rows, Liquidation: none, Shortfall: none, Mean: none}
		if c.rows > 0 {
			n := float64(c.entered)
			cell = report.HeatmapCell{Rows: c.rows, Liquidation: report.Number(float64(c.liquidated) / n), Shortfall: report.Number(c.shortfall / float64(c.rows)), Mean: report.Number(c.mean / n)}
		}
		h.Cells = append(h.Cells, cell)
	}
	return h
}
