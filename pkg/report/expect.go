package report

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

// expect compares metrics of the summary with published figures.
func expect(s *Summary, expectations []scenario.Expectation) ([]Expectation, error) {
	if len(expectations) == 0 {
		return []Expectation{}, nil
	}
	text, err := s.JSON()
	if err != nil {
		return nil, err
	}
	return expectIn(text, expectations)
}

// expectIn compares metrics of a JSON text with published figures.
func expectIn(text []byte, expectations []scenario.Expectation) ([]Expectation, error) {
	list := []Expectation{}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	for _, e := range expectations {
		value := evaluate(tree, e.Metric)
		list = append(list, Expectation{Metric: e.Metric, Value: Number(value), Low: Number(e.Low), High: Number(e.High),
			Within: value >= e.Low && value <= e.High, Fitted: e.Fitted, Source: e.Source, Quality: e.Quality, Note: e.Note})
	}
	return list, nil
}

// evaluate returns what a metric names: the value at a path or, where there is none, at paths joined by " + ", " - " and one
// " / ", the sum before it over the sum after it. NaN where a path has no number.
func evaluate(tree any, metric string) float64 {
	if value := lookup(tree, metric); !math.IsNaN(value) {
		return value
	}
	over, under, quotient := strings.Cut(metric, " / ")
	value := sumOf(tree, over)
	if quotient {
		value /= sumOf(tree, under)
	}
	if math.IsInf(value, 0) {
		return math.NaN()
	}
	return value
}

// sumOf adds up paths joined by " + " and " - ".
func sumOf(tree any, terms string) (sum float64) {
	for _, added := range strings.Split(terms, " + ") {
		for i, path := range strings.Split(added, " - ") {
			if value := lookup(tree, strings.TrimSpace(path)); i == 0 {
				sum += value
			} else {
				sum -= value
			}
		}
	}
	return sum
}

// lookup follows a path of keys through summary.json, such as market.instruments.BTCUSDT.low or
// groups.crowd.liquidation_probability.estimate: an element of a list is named by its symbol, name, group, or place. NaN
// where there is no such number.
func lookup(tree any, path string) float64 {
	for path != "" {
		var ok bool
		if tree, path, ok = descend(tree, path); !ok {
			return math.NaN()
		}
	}
	switch v := tree.(type) {
	case float64:
		return v
	case string:
		if x, err := strconv.ParseFloat(v, 64); err == nil {
			return x
		}
	}
	return math.NaN()
}

// descend takes the first key off a path. Names of groups may contain dots, so the longest that fits is tried first.
func descend(tree any, path string) (child any, rest string, ok bool) {
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
		if child, ok := member(tree, path[:end]); ok {
			return child, strings.TrimPrefix(path[end:], "."), true
		}
	}
	return nil, "", false
}

func member(tree any, key string) (any, bool) {
	switch t := tree.(type) {
	case map[string]any:
		child, ok := t[key]
		return child, ok
	case []any:
		for _, item := range t {
			fields, _ := item.(map[string]any)
			for _, name := range []string{"symbol", "name", "group", "time"} {
				if fields[name] == key {
					return item, true
				}
			}
		}
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(t) {
			return t[i], true
		}
	}
	return nil, false
}
