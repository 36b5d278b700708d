package report

import (
	"maps"
	"reflect"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// ruleGrid is where the rules of a run differ by leverage and stop: a plane of cells for each set of rules that are
// alike in everything else.
type ruleGrid struct {
	Leverages []string    `json:"leverages"`
	Stops     []string    `json:"stops"`
	Planes    []gridPlane `json:"planes"`
}

// gridPlane are the rules of one set.
type gridPlane struct {
	Name  string     `json:"name"`
	Cells []gridCell `json:"cells"` // by leverage, within it by stop
	like  scenario.Rule
}

// gridCell is what became of one rule.
type gridCell struct {
	Leverage  int           `json:"x"` // index
	Stop      int           `json:"y"`
	Rule      string        `json:"rule"`
	Entries   int           `json:"n"`
	P         coordinate    `json:"p"` // liquidation probability
	Low       coordinate    `json:"low"`
	High      coordinate    `json:"high"`
	Shortfall coordinate    `json:"es"` // mean of the worst twentieth of P&L
	Q         [5]coordinate `json:"q"`  // quantiles of P&L

	Probability Interval  `json:"-"`
	ES          Number    `json:"-"`
	Quantiles   Quantiles `json:"-"`
}

// newRuleGrid finds the planes; nil where no two rules differ by leverage and by stop.
func newRuleGrid(s *scenario.Scenario, probes map[string][]probe, level float64) *ruleGrid {
	if s.Probes == nil {
		return nil
	}
	g := &ruleGrid{}
	var leverages []market.Rate
	var rules []scenario.PlacedRule
	for _, r := range s.Probes.Expand() {
		leverage, err := market.Parse[market.Rate](r.Leverage.Params["leverage"])
		if r.Leverage.Kind != "fixed" || err != nil {
			continue // follows the market: no number to put on an axis
		}
		if !slices.Contains(leverages, leverage) {
			leverages = append(leverages, leverage)
		}
		if stop := stopLabel(r.Stop); !slices.Contains(g.Stops, stop) {
			g.Stops = append(g.Stops, stop)
		}
		rules = append(rules, r)
	}
	slices.Sort(leverages)
	for _, l := range leverages {
		g.Leverages = append(g.Leverages, market.Format(l)+"x")
	}
	for _, r := range rules {
		leverage, _ := market.Parse[market.Rate](r.Leverage.Params["leverage"])
		c := newGridCell(probes[r.Name], level)
		c.Rule, c.Leverage, c.Stop = r.Name, slices.Index(leverages, leverage), slices.Index(g.Stops, stopLabel(r.Stop))
		g.add(r, c)
	}
	g.Planes = slices.DeleteFunc(g.Planes, func(p gridPlane) bool { return !p.plane() })
	if len(g.Planes) == 0 {
		return nil
	}
	return g
}

// stopLabel names a stop on an axis.
func stopLabel(stop scenario.Part) string {
	if stop.IsNone() {
		return "no stop"
	}
	return stop.String()
}

// add puts a cell on the plane of its like; of two rules in one place the second begins another plane.
func (g *ruleGrid) add(r scenario.PlacedRule, c gridCell) {
	like := alike(r)
	for i := range g.Planes {
		p := &g.Planes[i]
		taken := slices.ContainsFunc(p.Cells, func(o gridCell) bool { return o.Leverage == c.Leverage && o.Stop == c.Stop })
		if !taken && reflect.DeepEqual(p.like, like) {
			p.Cells = append(p.Cells, c)
			return
		}
	}
	g.Planes = append(g.Planes, gridPlane{Name: "rules like " + r.Name, Cells: []gridCell{c}, like: like})
}

// alike is a rule without what the axes show. An exposure that equals the leverage follows it; the rules of factors are
// alike by their making.
func alike(r scenario.PlacedRule) scenario.Rule {
	if r.Path == "probes.factors" {
		return scenario.Rule{Name: r.Path}
	}
	if leverage := r.Leverage.Params["leverage"]; r.Sizing.Params["exposure"] == leverage {
		r.Sizing.Params = maps.Clone(r.Sizing.Params)
		r.Sizing.Params["exposure"] = "leverage"
	}
	r.Name, r.Group, r.Leverage, r.Stop = "", "", scenario.Part{}, scenario.Part{}
	return r.Rule
}

// plane reports that the cells spread over both axes.
func (p *gridPlane) plane() bool {
	x, y := map[int]bool{}, map[int]bool{}
	for _, c := range p.Cells {
		x[c.Leverage], y[c.Stop] = true, true
	}
	return len(x) > 1 && len(y) > 1
}

func newGridCell(probes []probe, level float64) gridCell {
	var values []float64
	liquidated := 0
	for _, p := range probes {
		switch outcomes[p.outcome] {
		case replay.OutcomeRefused:
			continue
		case replay.OutcomeLiquidated:
			liquidated++
		}
		values = append(values, market.Float(p.pnl))
	}
	slices.Sort(values)
	w := interval(stats.Wilson(liquidated, len(values), level))
	c := gridCell{Entries: len(values), Probability: w, ES: Number(stats.ExpectedShortfall(values, 0.95)),
		P: coordinate(w.Estimate), Low: coordinate(w.Low), High: coordinate(w.High)}
	c.Shortfall = coordinate(c.ES)
	c.Quantiles = fiveQuantiles(values)
	for k, v := range c.Quantiles.List() {
		c.Q[k] = coordinate(v)
	}
	return c
}

// figures draws the grid: P&L by leverage where there are three of them, and both maps.
func (g *ruleGrid) figures() (fan, liquidation, shortfall *libraryFigure, err error) {
	if g == nil {
		return nil, nil, nil, nil
	}
	if len(g.Leverages) > 2 {
		if fan, err = newLibraryFigure("leverageFan", "P&L by leverage",
			"Light: 5% to 95% of the entries; dark: the middle half; line: the median. In quote, after fees and funding.", g); err != nil {
			return nil, nil, nil, err
		}
	}
	if liquidation, err = newLibraryFigure("liquidationMap", "Liquidation probability by leverage and stop", "Share of the entries that were liquidated.", g); err != nil {
		return nil, nil, nil, err
	}
	shortfall, err = newLibraryFigure("shortfallMap", "Worst 5% by leverage and stop", "Mean P&L of the worst twentieth of the entries (expected shortfall), in quote.", g)
	return fan, liquidation, shortfall, err
}
