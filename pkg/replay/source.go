package replay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// segment is a stretch of one series: its bars with from <= time < to.
type segment struct {
	key      columnar.Key
	from, to market.Time
}

// span is what the manifest says about where a series lies.
type span struct {
	key      columnar.Key
	from, to market.Time // the first bar's open and the last bar's end
	rows     int64
}

// source is everything that an instrument is replayed from. Its instrument exists from the first candle on.
type source struct {
	symbol  string
	candles []segment
	mark    []segment
	index   []segment
	bars    int64 // at most so many, for progress
}

// spans groups the bar series of a kind by symbol, the finest interval first.
func spans(series []columnar.SeriesInfo, kind columnar.Kind) map[string][]span {
	found := map[string][]span{}
	for _, s := range series {
		if s.Kind == kind && s.Rows > 0 {
			found[s.Symbol] = append(found[s.Symbol], span{s.Key, s.From, s.To + s.Interval, s.Rows})
		}
	}
	for _, list := range found {
		slices.SortFunc(list, func(a, b span) int { return cmp.Compare(a.key.Interval, b.key.Interval) })
	}
	return found
}

// splice covers [from, to) with the finest series wherever it lies, and with the next coarser one before and after it.
// At a seam the finer series gives way to the coarser one's grid, so that no bar is replayed twice and none overlaps
// another; what no series covers stays open.
func splice(list []span, from, to market.Time) []segment {
	if len(list) == 0 || from >= to {
		return nil
	}
	fine, rest := list[0], list[1:]
	d := fine.key.Interval
	a, b := max(fine.from, from), min(fine.to, to)
	if a >= b {
		return splice(rest, from, to)
	}
	before := splice(rest, from, a)
	after := splice(rest, b, to)
	if len(before) > 0 {
		if coarse := before[len(before)-1].key.Interval; coarse > d {
			a = ceilTo(a, coarse)
			before = splice(rest, from, a)
		}
	}
	if len(after) > 0 {
		if coarse := after[0].key.Interval; coarse > d {
			b = floorTo(b, coarse)
			after = splice(rest, b, to)
		}
	}
	if a >= b { // the finer series is shorter than a coarse bar
		return splice(rest, from, to)
	}
	return slices.Concat(before, []segment{{fine.key, a, b}}, after)
}

func floorTo(t market.Time, d market.Interval) market.Time { return t - ((t%d)+d)%d }

func ceilTo(t market.Time, d market.Interval) market.Time { return floorTo(t+d-1, d) }

// window returns the time to replay and says so where it is not the scenario's.
func window(wanted [2]market.Time, all map[string][]span) (from, to market.Time, note string) {
	first, last := market.Time(0), market.Time(0)
	for _, list := range all {
		for _, s := range list {
			if first == 0 || s.from < first {
				first = s.from
			}
			last = max(last, s.to)
		}
	}
	from, to = wanted[0], wanted[1]
	if from == 0 {
		from = first
	}
	if to == 0 {
		to = last
	}
	if from >= last || to <= first {
		return first, last, fmt.Sprintf("the data covers %s to %s and nothing of the scenario's window (%s to %s): all of the data is replayed instead",
			first, last, from, to)
	}
	if from < first || to > last {
		note = fmt.Sprintf("the scenario's window is %s to %s; the data begins %s and ends %s", from, to, first, last)
	}
	return max(from, first), min(to, last), note
}

// selectSources chooses the series of every symbol that has candles in [from, to). History is the time before from
// that is read for entry prices and indicators.
func selectSources(c *columnar.Catalog, symbols []string, from, to market.Time) ([]source, error) {
	series := c.Series()
	candles, marks, indexes := spans(series, columnar.Candles), spans(series, columnar.Mark), spans(series, columnar.Index)
	if len(symbols) == 0 {
		for symbol := range candles {
			symbols = append(symbols, symbol)
		}
		slices.Sort(symbols)
	}
	var chosen []source
	for _, symbol := range symbols {
		list := candles[symbol]
		if len(list) == 0 {
			return nil, fmt.Errorf("data %s has no candles of %s; it has those of %s", c.Name(), symbol, strings.Join(sortedKeys(candles), ", "))
		}
		s := source{symbol: symbol, candles: splice(list, from, to)}
		if len(s.candles) == 0 {
			continue
		}
		s.mark, s.index = splice(marks[symbol], from, to), splice(indexes[symbol], from, to)
		for _, g := range s.candles {
			s.bars += int64((g.to - g.from) / g.key.Interval)
		}
		chosen = append(chosen, s)
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("data %s has no candles between %s and %s; `backtest data inspect` shows what it has", c.Name(), from, to)
	}
	return chosen, nil
}

func sortedKeys[V any](m map[string]V) []string {
	var k []string
	for s := range m {
		k = append(k, s)
	}
	slices.Sort(k)
	return k
}

// describe prints segments as "1m 20:45 to 22:15, 5m otherwise"-like text for notes.
func describe(list []segment) string {
	var parts []string
	for _, g := range list {
		parts = append(parts, fmt.Sprintf("%s from %s to %s", market.FormatInterval(g.key.Interval), g.from, g.to))
	}
	return strings.Join(parts, ", ")
}
