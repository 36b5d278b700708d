package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// tail of the expected shortfall.
const tail = 0.95

// resamplesPerTest is how many resamples and sign patterns there are at least for each test that is adjusted together with
// others: the smallest p-value that can come out is then a hundredth after the correction. mostResamples bounds it.
const (
	resamplesPerTest = 200
	mostResamples    = 20_000
)

// trial is an experiment while its effects are computed: what each entry that all cells entered came to in each cell.
type trial struct {
	design     *scenario.Experiment
	cells      []scenario.Cell
	liquidated [][]float64 // by cell and entry: 1 or 0
	pnl        [][]float64
	boot       stats.Bootstrap
	how        string
}

// experiments estimates the effects of the scenario's experiment. A scenario without one gives none.
func (a *accounts) experiments(s *scenario.Scenario, end market.Time) []Experiment {
	if s.Probes == nil || s.Probes.Experiment == nil {
		return nil
	}
	t := &trial{design: s.Probes.Experiment, cells: s.Probes.Experiment.Cells()}
	out := Experiment{Generators: t.design.Generators, Level: Number(s.Statistics.Level), Effects: []Effect{}}
	for _, f := range t.design.Factors {
		x := ExperimentFactor{Name: f.Name}
		for _, l := range f.Levels {
			x.Levels = append(x.Levels, l.Name)
		}
		out.Factors = append(out.Factors, x)
	}
	entries, exits := t.gather(a.rules, end)
	block, cut := blockLength(entries, exits)
	t.boot = stats.Bootstrap{Level: s.Statistics.Level, Resamples: t.resamples(s.Statistics.Resamples), Seed: s.Seed, Block: block}
	t.how = method(t.boot, len(entries), cut)
	out.Entries, out.Blocks, out.BlockSize, out.Method = len(entries), t.boot.Blocks(len(entries)), block, t.how
	out.Cells = t.summaries(a)
	if len(t.cells) > 0 {
		out.LeftOut = len(a.rules[t.cells[0].Rule.Name]) - len(entries)
	}
	out.Effects, out.Tests = t.effects()
	out.Within = t.within()
	return []Experiment{out}
}

// gather fills in what entries came to, in the order of entry, and returns when they were entered and when the last of
// their cells ended; those that stay open end at end.
func (t *trial) gather(rules map[string][]probe, end market.Time) (entries, exits []market.Time) {
	byCell := make([][]probe, len(t.cells))
	for c := range t.cells {
		byCell[c] = slices.SortedFunc(slices.Values(rules[t.cells[c].Rule.Name]), func(x, y probe) int { return cmp.Compare(x.setup, y.setup) })
	}
	var kept []int // places in every cell's list: all cells were offered the same entries
	for i := range byCell[0] {
		if !slices.ContainsFunc(byCell, func(list []probe) bool {
			return i >= len(list) || list[i].setup != byCell[0][i].setup || outcomes[list[i].outcome] == replay.OutcomeRefused
		}) {
			kept = append(kept, i)
		}
	}
	slices.SortStableFunc(kept, func(i, j int) int { return cmp.Compare(byCell[0][i].entry, byCell[0][j].entry) })
	entries, exits = make([]market.Time, len(kept)), make([]market.Time, len(kept))
	t.liquidated, t.pnl = make([][]float64, len(byCell)), make([][]float64, len(byCell))
	for c, list := range byCell {
		t.liquidated[c], t.pnl[c] = make([]float64, len(kept)), make([]float64, len(kept))
		for k, i := range kept {
			p := &list[i]
			t.liquidated[c][k], t.pnl[c][k] = indicator(outcomes[p.outcome] == replay.OutcomeLiquidated), market.Float(p.pnl)
			entries[k] = byCell[0][i].entry
			exits[k] = max(exits[k], exitOr(*p, end))
		}
	}
	return entries, exits
}

// summaries describes the cells over the entries that count.
func (t *trial) summaries(a *accounts) []ExperimentCell {
	list := make([]ExperimentCell, len(t.cells))
	for c, cell := range t.cells {
		x := ExperimentCell{Rule: cell.Rule.Name, Because: a.refusals[cell.Rule.Name]}
		for i, l := range cell.Levels {
			x.Levels = append(x.Levels, t.design.Factors[i].Levels[l].Name)
		}
		for _, p := range a.rules[cell.Rule.Name] {
			if outcomes[p.outcome] == replay.OutcomeRefused {
				x.Refused++
			}
		}
		x.LiquidationProbability, x.PnLMean = Number(mean(t.liquidated[c])), Number(mean(t.pnl[c]))
		x.ExpectedShortfall = Number(stats.ExpectedShortfall(slices.Sorted(slices.Values(t.pnl[c])), tail))
		list[c] = x
	}
	return list
}

// effects estimates the main effects and interactions up to the order that the scenario asks for.
func (t *trial) effects() (list []Effect, tests int) {
	d, err := t.design.Design()
	if err != nil { // the scenario was checked
		return nil, 0
	}
	grid := make(stats.Grid, len(d.Free))
	for i, f := range d.Free {
		grid[i] = len(t.design.Factors[f].Levels)
	}
	order := t.design.Interactions
	if len(t.design.Generators) > 0 {
		order = len(d.Free) // aliases of low order may stand at products of many free factors
	}
	terms := grid.Terms(order)
	flip := t.signFlip()
	shortfalls, p := grid.Shortfalls(terms, t.pnl, tail, t.boot, t.how)
	for i, term := range terms {
		e := t.describe(d, term)
		if e == nil {
			continue
		}
		e.LiquidationProbability = t.change(grid.Contrast(term, t.liquidated), flip)
		e.PnLMean = t.change(grid.Contrast(term, t.pnl), flip)
		e.ExpectedShortfall = changeOf(shortfalls[i], p[i])
		list = append(list, *e)
	}
	changes := make([]*Changes, len(list))
	for i := range list {
		changes[i] = &list[i].Changes
	}
	slices.SortStableFunc(list, func(a, b Effect) int { return cmp.Compare(len(a.Factors), len(b.Factors)) })
	return list, adjust(changes)
}

// describe names a term of the free factors. In a fraction the name is that of the product of fewest factors that it stands
// for; nil where that has more factors than the scenario asks for.
func (t *trial) describe(d *scenario.Design, term stats.Term) *Effect {
	var factors []int
	levels := make([]int, len(t.design.Factors))
	for i, level := range term {
		if levels[d.Free[i]] = level; level > 0 {
			factors = append(factors, d.Free[i])
		}
	}
	e := &Effect{}
	if same := d.Aliases(factors, len(t.design.Factors)); len(same) > 0 {
		same = append(same, factors)
		slices.SortStableFunc(same, func(a, b []int) int { return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b)) })
		factors = same[0]
		for _, other := range same[1:] {
			e.Aliases = append(e.Aliases, t.product(other, nil))
		}
		for _, f := range factors {
			levels[f] = 1
		}
	}
	if len(factors) > t.design.Interactions {
		return nil
	}
	e.Name = t.product(factors, levels)
	for _, f := range factors {
		x := t.design.Factors[f]
		e.Factors = append(e.Factors, EffectPart{Factor: x.Name, Level: x.Levels[levels[f]].Name, Against: x.Levels[0].Name})
	}
	return e
}

// product names a product of factors; levels are named where a factor has more than two.
func (t *trial) product(factors, levels []int) string {
	words := make([]string, len(factors))
	for i, f := range factors {
		words[i] = t.design.Factors[f].Name
		if levels != nil && len(t.design.Factors[f].Levels) > 2 {
			words[i] += " " + t.design.Factors[f].Levels[levels[f]].Name
		}
	}
	return strings.Join(words, " × ")
}

// resamples is the scenario's number, or more where many tests are adjusted together; 0 stays 0.
func (t *trial) resamples(asked int) int {
	if asked == 0 {
		return 0
	}
	levels := 0 // a level less the first: as many effects of one factor as there are such
	for _, f := range t.design.Factors {
		levels += len(f.Levels) - 1
	}
	tests := levels
	if t.design.Interactions > 1 || t.design.Within != "" {
		tests = len(t.cells)
	}
	return max(asked, min(mostResamples, 3*resamplesPerTest*tests))
}

// signFlip is the test of contrasts.
func (t *trial) signFlip() stats.SignFlip {
	return stats.SignFlip{Samples: t.boot.Resamples, Seed: t.boot.Seed, Block: t.boot.Block, Level: t.boot.Level}
}

// change estimates the mean of contrasts, one for each entry.
func (t *trial) change(contrast []float64, flip stats.SignFlip) Change {
	return changeOf(stats.MeanDifference(contrast, t.boot, t.how), flip.Test(contrast).Estimate)
}

func changeOf(i stats.Interval, p float64) Change {
	return Change{Estimate: Number(i.Estimate), Low: Number(i.Low), High: Number(i.High), P: Number(p), Adjusted: undefined}
}

// adjust corrects all p-values together and returns how many there are.
func adjust(list []*Changes) (tests int) {
	var p []float64
	for _, c := range list {
		for _, x := range c.all() {
			p = append(p, float64(x.P))
		}
	}
	adjusted := stats.Holm(p)
	for i, c := range list {
		for k, x := range c.all() {
			if x.Adjusted = Number(adjusted[3*i+k]); x.P.Exists() {
				tests++
			}
		}
	}
	return tests
}

func (c *Changes) all() [3]*Change {
	return [3]*Change{&c.LiquidationProbability, &c.PnLMean, &c.ExpectedShortfall}
}

// within compares the levels of the factor that the scenario asks for, in every combination of the others.
func (t *trial) within() *WithinFactor {
	at := slices.IndexFunc(t.design.Factors, func(f scenario.ExperimentFactor) bool { return f.Name == t.design.Within })
	if at < 0 {
		return nil
	}
	factor := &t.design.Factors[at]
	w := &WithinFactor{Factor: factor.Name, Others: []string{}, Rows: []WithinRow{}}
	for i, f := range t.design.Factors {
		if i != at {
			w.Others = append(w.Others, f.Name)
		}
	}
	flip := t.signFlip()
	pair := stats.Grid{2}
	for c, cell := range t.cells {
		level := cell.Levels[at]
		if level == 0 {
			continue
		}
		first := slices.Clone(cell.Levels)
		first[at] = 0
		b := slices.IndexFunc(t.cells, func(o scenario.Cell) bool { return slices.Equal(o.Levels, first) })
		row := WithinRow{Level: factor.Levels[level].Name, Against: factor.Levels[0].Name, A: cell.Rule.Name, B: t.cells[b].Rule.Name, Levels: []string{}}
		for i, l := range cell.Levels {
			if i != at {
				row.Levels = append(row.Levels, t.design.Factors[i].Levels[l].Name)
			}
		}
		row.LiquidationProbability = t.change(pair.Contrast(stats.Term{1}, [][]float64{t.liquidated[b], t.liquidated[c]}), flip)
		row.PnLMean = t.change(pair.Contrast(stats.Term{1}, [][]float64{t.pnl[b], t.pnl[c]}), flip)
		short, p := pair.Shortfalls([]stats.Term{{1}}, [][]float64{t.pnl[b], t.pnl[c]}, tail, t.boot, t.how)
		row.ExpectedShortfall = changeOf(short[0], p[0])
		w.Rows = append(w.Rows, row)
	}
	changes := make([]*Changes, len(w.Rows))
	for i := range w.Rows {
		changes[i] = &w.Rows[i].Changes
	}
	w.Tests = adjust(changes)
	return w
}

// experimentAssumptions says what effects rest on.
func experimentAssumptions(list []Experiment) (notes []string) {
	for i := range list {
		e := &list[i]
		notes = append(notes, fmt.Sprintf("effects of the experiment are over the %d entries that all %d cells entered (%d left out), resampled in %d blocks of neighbors because entries that are open together share a path; p-values are adjusted for all %d tests by Holm's method",
			e.Entries, len(e.Cells), e.LeftOut, e.Blocks, e.Tests))
		if e.Fraction() {
			notes = append(notes, "the experiment is a fraction of its grid ("+strings.Join(e.Generators, "; ")+"): each effect is the sum of those named beside it, which the design cannot tell apart")
		}
	}
	return notes
}
