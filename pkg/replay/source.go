package replay

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// ranged is a stretch of one series: its bars with from <= time < to.
type ranged struct {
	key      columnar.Key
	from, to market.Time
}

// span is what the manifest says about where a series lies; there may be gaps in it.
type span struct {
	key      columnar.Key
	from, to market.Time // the first bar's open and the last bar's end
}

// source is everything that an instrument is replayed from: series of each price, the finest first.
type source struct {
	symbol  string
	candles []ranged
	mark    []ranged
	index   []ranged
	first   market.Time // of its first bar in the window
	opening market.Price
}

// spans groups the bar series of a kind by symbol, the finest interval first.
func spans(series []columnar.SeriesInfo, kind columnar.Kind) map[string][]span {
	found := map[string][]span{}
	for _, s := range series {
		if s.Kind == kind && s.Rows > 0 {
			found[s.Symbol] = append(found[s.Symbol], span{s.Key, s.From, s.To + s.Interval})
		}
	}
	for _, list := range found {
		slices.SortFunc(list, func(a, b span) int { return cmp.Compare(a.key.Interval, b.key.Interval) })
	}
	return found
}

// cover returns the series that reach into [from, to), in their order.
func cover(list []span, from, to market.Time) []ranged {
	var covering []ranged
	for _, s := range list {
		if s.from < to && s.to > from {
			covering = append(covering, ranged{s.key, from, to})
		}
	}
	return covering
}

// complete returns the series that reach into [from, to), each up to its last bar that ends by to: what a longer bar
// says of the time after is not known at to. Shorter bars stand in for it where there are any.
func complete(list []span, from, to market.Time) []ranged {
	series := cover(list, from, to)
	for i := range series {
		series[i].to -= series[i].key.Interval - 1
	}
	return series
}

func floorTo(t market.Time, d market.Interval) market.Time { return t - ((t%d)+d)%d }

// window returns the time to replay and says so where it is not the scenario's. Data that has nothing of the scenario's
// window is an error: a replay of some other time would answer another question.
func window(wanted [2]market.Time, all map[string][]span) (from, to market.Time, note string, err error) {
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
		return 0, 0, "", fmt.Errorf("the data covers %s to %s and has nothing of the window, %s to %s; choose other data, or replay these with --set window.from=%s --set window.to=%s",
			first, last, from, to, first, last)
	}
	if from < first || to > last {
		note = fmt.Sprintf("the scenario's window is %s to %s; the data begins %s and ends %s", from, to, first, last)
	}
	return max(from, first), min(to, last), note, nil
}

// selectSources finds the series of every symbol that may have candles in [from, to).
func selectSources(c *columnar.Catalog, symbols []string, from, to market.Time) ([]source, error) {
	series := c.Series()
	candles, marks, indexes := spans(series, columnar.Candles), spans(series, columnar.Mark), spans(series, columnar.Index)
	if len(symbols) == 0 {
		symbols = slices.Sorted(maps.Keys(candles))
	}
	var chosen []source
	for _, symbol := range symbols {
		if len(candles[symbol]) == 0 {
			return nil, fmt.Errorf("data %s has no candles of %s; it has those of %s", c.Name(), symbol, strings.Join(slices.Sorted(maps.Keys(candles)), ", "))
		}
		s := source{symbol: symbol, candles: complete(candles[symbol], from, to), mark: cover(marks[symbol], from, to), index: cover(indexes[symbol], from, to)}
		if len(s.candles) > 0 {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
}

// intervals names the lengths of bars: "1m where complete, else 5m".
func intervals(list []ranged) string {
	var names []string
	for _, r := range list {
		names = append(names, market.FormatInterval(r.key.Interval))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return names[0] + " where complete, else " + strings.Join(names[1:], ", else ")
}
