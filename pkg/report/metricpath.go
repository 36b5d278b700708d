package report

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/internal/spell"
)

// MetricError says why a metric names no number of summary.json. Key is the part of the path that leads nowhere.
type MetricError struct {
	Metric, Path, Key string
	Known             []string // what stands in its place, sorted; nil where that depends on the run
	File              string   // in which it was looked for
}

// Error names the path, the key, and the nearest key that exists.
func (e *MetricError) Error() string {
	text := fmt.Sprintf("%s: %s has no number there: %q is unknown", e.Path, e.File, e.Key)
	if e.Key == "" {
		text = fmt.Sprintf("%s: is no number but holds others", e.Path)
	}
	if guess, ok := spell.Nearest(e.Key, e.Known); ok {
		text += "; did you mean " + guess + "?"
	}
	if len(e.Known) > 0 {
		text += " known: " + strings.Join(e.Known, ", ")
	}
	return text
}

// CheckMetric says before a run whether a metric of a scenario's expectations can be found in the summary that the run will
// write: the paths are those of Summary, of coupled venues those of comparison.json that begin with coupling; elements of lists are
// the scenario's instruments, windows, groups and venues, where the scenario names them. The error is a *MetricError. symbols are the instruments of the run; nil accepts every one.
func CheckMetric(metric string, s *scenario.Scenario, symbols []string) error {
	known := map[string][]string{"asset": {}, "symbol": symbols, "window": {}, "group": groupsOf(s)}
	if s.Collateral != nil {
		for _, a := range s.Collateral.Assets {
			known["asset"] = append(known["asset"], a.Symbol)
		}
	}
	root, file := reflect.TypeFor[Summary](), SummaryFile
	if c := s.Contagion; c != nil {
		root, file = reflect.TypeFor[coupledRoot](), ComparisonFile
		known["venue"] = c.Labels()
	}
	for _, w := range s.Statistics.Windows {
		known["window"] = append(known["window"], w.Name)
	}
	// As evaluate does: the whole text is a path, or paths joined by operators.
	if checkPath(root, metric, metric, known) == nil {
		return nil
	}
	over, under, quotient := strings.Cut(metric, " / ")
	sums := []string{over}
	if quotient {
		sums = append(sums, under)
	}
	for _, sum := range sums {
		for _, added := range strings.Split(sum, " + ") {
			for _, path := range strings.Split(added, " - ") {
				if err := checkPath(root, metric, strings.TrimSpace(path), known); err != nil {
					err.File = file
					return err
				}
			}
		}
	}
	return nil
}

// groupsOf lists the groups that the summary of a scenario has.
func groupsOf(s *scenario.Scenario) []string {
	groups := []string{}
	if s.Crowd != nil {
		groups = append(groups, "crowd")
	}
	if s.Probes != nil {
		for _, r := range s.Probes.Expand() {
			group := r.Group
			if group == "" {
				group = r.Name
			}
			if !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

// coupledRoot is what the metrics of coupled venues are looked for in.
type coupledRoot struct {
	Coupling Coupling `json:"coupling"`
}

// checkPath follows a path through the types of Summary, or of another root.
func checkPath(root reflect.Type, metric, path string, known map[string][]string) *MetricError {
	t, rest, field := root, path, ""
	for rest != "" {
		next, name, left, candidates := descendType(t, rest, field, known)
		if next == nil {
			key, _, _ := strings.Cut(rest, ".")
			slices.Sort(candidates)
			return &MetricError{Metric: metric, Path: path, Key: key, Known: candidates}
		}
		t, rest = next, left
		if name != "" {
			field = name
		}
	}
	switch t = pointed(t); t.Kind() {
	case reflect.Float64, reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64, reflect.String: // money is a decimal string
		return nil
	}
	return &MetricError{Metric: metric, Path: path}
}

// descendType takes the first key off a path: the type behind it, the field's name if the key is one, and the rest; a nil
// type where there is no such key, and then what would have been one.
func descendType(t reflect.Type, path, field string, known map[string][]string) (next reflect.Type, name, rest string, candidates []string) {
	switch t = pointed(t); t.Kind() {
	case reflect.Struct:
		key, rest, _ := strings.Cut(path, ".")
		for _, f := range reflect.VisibleFields(t) {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag == key && tag != "" {
				return f.Type, tag, rest, nil
			}
			if tag != "" && tag != "-" {
				candidates = append(candidates, tag)
			}
		}
	case reflect.Slice:
		names := elements(t.Elem(), field, known)
		for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
			if _, err := strconv.Atoi(path[:end]); err == nil || names == nil && !strings.Contains(path[:end], ".") || slices.Contains(names, path[:end]) {
				return t.Elem(), "", strings.TrimPrefix(path[end:], "."), nil
			}
		}
		candidates = slices.Clone(names)
	case reflect.Map:
		_, rest, _ := strings.Cut(path, ".")
		return t.Elem(), "", rest, nil
	}
	return nil, "", "", candidates
}

// elements returns the names of a list's elements, as far as the scenario decides them: those of the field by which
// summary.json names them. nil where the run decides.
func elements(t reflect.Type, field string, known map[string][]string) []string {
	switch field {
	case "by_window":
		return known["window"]
	case "assets":
		return known["asset"]
	case "groups", "by_group":
		return known["group"]
	case "venues":
		return known["venue"]
	}
	t = pointed(t)
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if f.Tag.Get("json") == "symbol" {
				return known["symbol"]
			}
		}
	}
	return nil
}

func pointed(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}
