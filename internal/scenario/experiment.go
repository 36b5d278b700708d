package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Experiment is a designed experiment: a base rule, and factors whose levels change it. A cell takes one level of every
// factor and is a rule like any other; all cells take the same entries on the same path.
type Experiment struct {
	Base    Rule               `yaml:"base"` // without name and group, which the levels give
	Factors []ExperimentFactor `yaml:"factors"`
	// Generators make a fraction of the grid of factors with two levels each: in "d = a * b * c" d has the sign of the
	// product, first levels counting as -1 and second ones as +1. G. E. P. Box, J. S. Hunter, W. G. Hunter, "Statistics for
	// Experimenters" (2005), chapter 6.
	Generators   []string `yaml:"generators,omitempty"`
	Interactions int      `yaml:"interactions"`     // factors of the highest interaction that is reported; 1: main effects alone
	Within       string   `yaml:"within,omitempty"` // factor whose levels are compared in every combination of the others
}

// ExperimentFactor is one thing that is varied. Its first level is what the others are compared with.
type ExperimentFactor struct {
	Name   string  `yaml:"name"`
	Levels []Level `yaml:"levels"`
}

// Level is what a level changes of the base rule; what it does not name stays.
type Level struct {
	Name       string          `yaml:"name"`
	Equity     market.Quote    `yaml:"equity,omitempty"`
	Sizing     Part            `yaml:"sizing,omitempty"`
	Leverage   Part            `yaml:"leverage,omitempty" short:"fixed.leverage"`
	Margin     string          `yaml:"margin,omitempty"`
	Stop       Part            `yaml:"stop,omitempty" short:"percent.percent"`
	TakeProfit Part            `yaml:"take_profit,omitempty" short:"percent.percent"`
	Hold       Duration        `yaml:"hold,omitempty"`
	Manage     []Part          `yaml:"manage,omitempty"`
	EquityMode string          `yaml:"equity_mode,omitempty"`
	Collateral *RuleCollateral `yaml:"collateral,omitempty"`
}

// change applies the level to a rule and returns the keys that it changed.
func (l *Level) change(r *Rule) (keys []string) {
	set := func(key string, given bool, apply func()) {
		if given {
			apply()
			keys = append(keys, key)
		}
	}
	set("equity", l.Equity != 0, func() { r.Equity = l.Equity })
	set("sizing", l.Sizing.Kind != "", func() { r.Sizing = l.Sizing })
	set("leverage", l.Leverage.Kind != "", func() { r.Leverage = l.Leverage })
	set("margin", l.Margin != "", func() { r.Margin = l.Margin })
	set("stop", l.Stop.Kind != "", func() { r.Stop = l.Stop })
	set("take_profit", l.TakeProfit.Kind != "", func() { r.TakeProfit = l.TakeProfit })
	set("hold", l.Hold != 0, func() { r.Hold = l.Hold })
	set("manage", len(l.Manage) > 0, func() { r.Manage = l.Manage })
	set("equity_mode", l.EquityMode != "", func() { r.EquityMode = l.EquityMode })
	set("collateral", l.Collateral != nil, func() { r.Collateral = l.Collateral })
	return keys
}

// experimentPath is where the experiment stands in the file.
const experimentPath = "probes.experiment"

// Cell is one cell of an experiment: the level of every factor, by number, and the rule that it makes.
type Cell struct {
	Levels []int
	Rule   PlacedRule
}

// Cells returns the cells, the last freely chosen factor moving first. In a fraction the generated factors follow from the
// others. The experiment has been checked.
func (e *Experiment) Cells() []Cell {
	d, err := e.Design()
	if err != nil {
		return nil
	}
	var cells []Cell
	levels := make([]int, len(e.Factors))
	for {
		for i := range e.Factors {
			if d.word[i] != nil {
				levels[i] = d.generated(i, levels)
			}
		}
		cells = append(cells, Cell{slices.Clone(levels), e.rule(levels)})
		at := len(d.Free) - 1
		for ; at >= 0; at-- {
			if f := d.Free[at]; levels[f]+1 < len(e.Factors[f].Levels) {
				levels[f]++
				break
			}
			levels[d.Free[at]] = 0
		}
		if at < 0 {
			return cells
		}
	}
}

// rule is the base with the changes of a choice of levels.
func (e *Experiment) rule(levels []int) PlacedRule {
	r := PlacedRule{Rule: e.Base, Path: experimentPath + ".base", places: map[string]string{}}
	names := make([]string, len(levels))
	for i, l := range levels {
		f := &e.Factors[i]
		names[i] = f.Name + " " + f.Levels[l].Name
		path := fmt.Sprintf("%s.factors.%d.levels.%d", experimentPath, i, l)
		for _, key := range f.Levels[l].change(&r.Rule) {
			r.places[key] = path + "." + key
		}
	}
	r.Name = strings.Join(names, ", ")
	r.Group = r.Name
	if r.Leverage.Kind == "fixed" {
		r.Sizing = r.Sizing.with("leverage", r.Leverage.Params["leverage"])
	}
	return r
}

// Design says which factors are free and how the others follow from them.
type Design struct {
	Free []int   // factors that take all of their levels
	word [][]int // of a generated factor, the free factors whose product it is; nil for a free one
}

// generated returns the level of a generated factor: the product of its word, with -1 for a first and +1 for a second
// level.
func (d *Design) generated(factor int, levels []int) int {
	sign := 1
	for _, f := range d.word[factor] {
		if levels[f] == 0 {
			sign = -sign
		}
	}
	return (sign + 1) / 2
}

// Aliases returns the products of factors other than a term itself that have the same signs in every cell as the term, a
// list of factors, up to a number of factors each: what a fraction cannot tell apart from it. Factors are numbers.
func (d *Design) Aliases(term []int, most int) (same [][]int) {
	base := d.reduced(term)
	n := len(d.word)
	if len(d.Free) == n {
		return nil
	}
	var subset []int
	var walk func(from int)
	walk = func(from int) {
		if len(subset) > 0 && !slices.Equal(subset, term) && slices.Equal(d.reduced(subset), base) {
			same = append(same, slices.Clone(subset))
		}
		if len(subset) == most {
			return
		}
		for f := from; f < n; f++ {
			subset = append(subset, f)
			walk(f + 1)
			subset = subset[:len(subset)-1]
		}
	}
	walk(0)
	slices.SortStableFunc(same, func(a, b []int) int { return len(a) - len(b) })
	return same
}

// reduced writes a product of factors in free ones; those that stand twice fall out.
func (d *Design) reduced(term []int) []int {
	odd := make([]bool, len(d.word))
	for _, f := range term {
		word := d.word[f]
		if word == nil {
			word = []int{f}
		}
		for _, g := range word {
			odd[g] = !odd[g]
		}
	}
	var list []int
	for f, is := range odd {
		if is {
			list = append(list, f)
		}
	}
	return list
}

// Design reads the generators. Errors do not name the place.
func (e *Experiment) Design() (*Design, error) {
	d := &Design{word: make([][]int, len(e.Factors))}
	find := func(name string) int {
		return slices.IndexFunc(e.Factors, func(f ExperimentFactor) bool { return f.Name == name })
	}
	for _, g := range e.Generators {
		left, right, ok := strings.Cut(g, "=")
		target := find(strings.TrimSpace(left))
		if !ok || target < 0 {
			return nil, fmt.Errorf("%q; expected FACTOR = FACTOR * FACTOR, with names of factors", g)
		}
		if d.word[target] != nil {
			return nil, fmt.Errorf("%q generates %s a second time; keep one", g, e.Factors[target].Name)
		}
		word := []int{}
		for _, name := range strings.Split(right, "*") {
			f := find(strings.TrimSpace(name))
			if f < 0 || slices.Contains(word, f) || f == target {
				return nil, fmt.Errorf("%q: %q; expected the name of another factor, once", g, strings.TrimSpace(name))
			}
			word = append(word, f)
		}
		slices.Sort(word)
		d.word[target] = word
	}
	for i, f := range e.Factors {
		if d.word[i] == nil {
			d.Free = append(d.Free, i)
		}
		if len(e.Generators) > 0 && len(f.Levels) != 2 {
			return nil, fmt.Errorf("factor %s has %d levels; a fraction needs two of every factor: leave the generators out for the full grid", f.Name, len(f.Levels))
		}
	}
	for i, word := range d.word {
		if f := slices.IndexFunc(word, func(f int) bool { return d.word[f] != nil }); f >= 0 {
			return nil, fmt.Errorf("%s is generated from %s, which is generated too; write it as a product of free factors", e.Factors[i].Name, e.Factors[word[f]].Name)
		}
	}
	return d, nil
}

// Bounds of what one scenario asks for.
const (
	maxRules   = 4096 // each takes every entry, with an account of its own
	maxFactors = 10
)

var factorName = regexp.MustCompile(`^[^=*,\s](?:[^=*,\n]{0,38}[^=*,\s])?$`)

// validate checks the structure: names, keys that belong to one factor each, generators.
func (e *Experiment) validate(f *findings) {
	if e.Base.Name != "" || e.Base.Group != "" {
		f.add(experimentPath+".base", "has a name or a group; cells are named by their levels: leave both out")
	}
	if len(e.Factors) == 0 || len(e.Factors) > maxFactors {
		f.add(experimentPath+".factors", "%d factors; expected 1 to %d, each {name: NAME, levels: [{name: off}, {name: on, stop: 2%%}]}", len(e.Factors), maxFactors)
	}
	owner := map[string]int{}
	for i := range e.Factors {
		e.validateFactor(f, i, owner)
	}
	if e.Interactions < 1 || e.Interactions > maxFactors {
		f.add(experimentPath+".interactions", "%d; expected 1 (main effects) to %d factors", e.Interactions, maxFactors)
	}
	if e.Within != "" && !slices.ContainsFunc(e.Factors, func(x ExperimentFactor) bool { return x.Name == e.Within }) {
		f.add(experimentPath+".within", "%q; expected the name of a factor, whose levels are compared in every combination of the others", e.Within)
	}
	if e.Within != "" && len(e.Generators) > 0 {
		f.add(experimentPath+".within", "a fraction has no cells that differ in one factor alone; leave within or the generators out")
	}
	if _, err := e.Design(); err != nil {
		f.add(experimentPath+".generators", "%w", err)
	}
}

func (e *Experiment) validateFactor(f *findings, i int, owner map[string]int) {
	path := fmt.Sprintf("%s.factors.%d", experimentPath, i)
	x := &e.Factors[i]
	if !factorName.MatchString(x.Name) {
		f.add(path+".name", "%q; expected up to 40 letters without '=', '*' and ','", x.Name)
	} else if slices.ContainsFunc(e.Factors[:i], func(o ExperimentFactor) bool { return o.Name == x.Name }) {
		f.add(path+".name", "%q stands twice; names tell factors apart", x.Name)
	}
	if len(x.Levels) < 2 {
		f.add(path+".levels", "%d levels; a factor is varied over at least two, the first of which the others are compared with", len(x.Levels))
	}
	for l := range x.Levels {
		at := fmt.Sprintf("%s.levels.%d", path, l)
		name := x.Levels[l].Name
		if !factorName.MatchString(name) {
			f.add(at+".name", "%q; expected up to 40 letters without '=', '*' and ','", name)
		} else if slices.ContainsFunc(x.Levels[:l], func(o Level) bool { return o.Name == name }) {
			f.add(at+".name", "%q stands twice; names tell levels apart", name)
		}
		for _, key := range x.Levels[l].change(&Rule{}) {
			if o, taken := owner[key]; taken && o != i {
				f.add(at+"."+key, "factor %s changes %s too, so that a cell would depend on the order of factors; give the key to one factor, or make one factor of their combinations", e.Factors[o].Name, key)
			}
			owner[key] = i
		}
	}
}

// bounded checks what has to hold before rules are expanded and reports whether it does.
func (p *Probes) bounded(f *findings) bool {
	before := len(f.errs)
	if e := p.Experiment; e != nil {
		e.validate(f)
		if len(f.errs) > before {
			return false
		}
		d, _ := e.Design() // it was checked
		sizes := make([]int, len(d.Free))
		for i, free := range d.Free {
			sizes[i] = len(e.Factors[free].Levels)
		}
		if n, text := product(sizes); n > maxRules {
			f.add(experimentPath+".factors", "%s cells; expected at most %d: every cell takes every entry. Take levels out, state a fraction with generators, or search many variants with `backtest sweep`", text, maxRules)
		}
	}
	if g := p.Factors; g != nil {
		if n, text := product([]int{len(g.Leverage), len(g.Stop)}); n > maxRules {
			f.add("probes.factors", "%s rules; expected at most %d: every rule takes every entry. Search many variants with `backtest sweep`", text, maxRules)
		}
	}
	if n := len(p.Rules); n > maxRules {
		f.add("probes.rules", "%d rules; expected at most %d", n, maxRules)
	}
	return len(f.errs) == before
}

// product multiplies and stops beyond a bound; text prints the product, or the factors where it is far beyond.
func product(sizes []int) (n int, text string) {
	n = 1
	words := make([]string, len(sizes))
	for i, size := range sizes {
		words[i] = itoa(size)
		if n <= 1<<40 {
			n *= size
		}
	}
	if n > 1<<40 {
		return n, strings.Join(words, " x ")
	}
	return n, itoa(n)
}
