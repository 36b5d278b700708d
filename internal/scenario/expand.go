package scenario

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// String prints a part on one line: "none", "2%", "atr multiple=2".
func (p Part) String() string {
	if p.Kind == "percent" && len(p.Params) == 1 && p.Params["percent"] != "" {
		return p.Params["percent"]
	}
	words := []string{p.Kind}
	for _, k := range slices.Sorted(maps.Keys(p.Params)) {
		words = append(words, k+"="+p.Params[k])
	}
	return strings.Join(words, " ")
}

// IsNone reports that the part is absent: kind none, or nothing written.
func (p Part) IsNone() bool { return p.Kind == "none" || p.Kind == "" }

// PlacedRule is a rule and the path at which the file describes it, for errors.
type PlacedRule struct {
	Rule
	Path   string
	places map[string]string // of parts that stand elsewhere
}

// Place returns the path of a part of the rule, such as "stop" or "manage.0".
func (r *PlacedRule) Place(key string) string {
	part, rest, _ := strings.Cut(key, ".")
	if path, ok := r.places[part]; ok {
		return strings.TrimSuffix(path+"."+rest, ".")
	}
	return r.Path + "." + key
}

// Expand returns the rules in the order of the file, then those of the factors: each leverage, and within it each
// stop; then the cells of the experiment.
func (p *Probes) Expand() []PlacedRule {
	var rules []PlacedRule
	for i, r := range p.Rules {
		if r.Group == "" {
			r.Group = r.Name
		}
		rules = append(rules, PlacedRule{Rule: r, Path: "probes.rules." + itoa(i)})
	}
	if p.Factors != nil {
		rules = append(rules, p.Factors.expand()...)
	}
	if p.Experiment != nil {
		for _, c := range p.Experiment.Cells() {
			rules = append(rules, c.Rule)
		}
	}
	return rules
}

// expand returns the rules of the grid.
func (f *Factor) expand() (rules []PlacedRule) {
	for _, leverage := range f.Leverage {
		for _, stop := range f.Stop {
			name := market.Format(leverage) + "x, stop " + stop.String()
			if stop.IsNone() {
				name = market.Format(leverage) + "x, no stop"
			}
			rules = append(rules, PlacedRule{Path: "probes.factors", Rule: Rule{Name: name, Group: name, Equity: f.Equity,
				Sizing: f.Sizing.with("leverage", market.Format(leverage)), Leverage: Part{Kind: "fixed", Params: map[string]string{"leverage": market.Format(leverage)}},
				Margin: f.Margin, Stop: stop, TakeProfit: f.TakeProfit, Hold: f.Hold,
				Manage: f.Manage, EquityMode: f.EquityMode, Collateral: f.Collateral}})
		}
	}
	return rules
}

// with returns the part with every parameter that is a word replaced by a value.
func (p Part) with(word, value string) Part {
	q := Part{Kind: p.Kind, Params: maps.Clone(p.Params)}
	for k, v := range q.Params {
		if v == word {
			q.Params[k] = value
		}
	}
	return q
}

// Pairs returns the comparisons to make: those of the file, then, when automatic, each rule that has a stop against
// the first rule that differs from it in nothing else but having none.
func (s *Scenario) Pairs() []Comparison {
	pairs := slices.Clone(s.Comparisons.Pairs)
	if !s.Comparisons.Auto || s.Probes == nil {
		return pairs
	}
	rules := s.Probes.Expand()
	for _, a := range rules {
		if a.Stop.IsNone() {
			continue
		}
		if i := slices.IndexFunc(rules, func(b PlacedRule) bool { return twins(a.Rule, b.Rule) }); i >= 0 {
			if c := (Comparison{A: a.Name, B: rules[i].Name}); !slices.Contains(pairs, c) {
				pairs = append(pairs, c)
			}
		}
	}
	return pairs
}

// twins reports whether b is a without its stop. What b's take-profit watches is a parameter of its absent stop, and
// makes it no other rule.
func twins(a, b Rule) bool {
	a.Name, a.Group, a.Stop = b.Name, b.Group, b.Stop
	return b.Stop.IsNone() && reflect.DeepEqual(a, b)
}

// Sequential reports that the rule trades its setups one after the other from one equity.
func (r *Rule) Sequential() bool { return r.EquityMode == "sequential" }
