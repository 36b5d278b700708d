package report

import (
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// fan is how the P&L of one rule's entries was distributed, by when they entered.
type fan struct {
	Rule string          `json:"name"`
	Bins []fanBin        `json:"-"`
	Time []int64         `json:"time"` // milliseconds, the middles of the bins
	N    []int           `json:"n"`
	Q    [5][]coordinate `json:"q"` // 5%, 25%, 50%, 75% and 95%; null for bins of fewer than fewEntries
}

// fanBin are the entries of one part of the window.
type fanBin struct {
	From, To  market.Time
	Entries   int
	Quantiles Quantiles
}

// fewEntries is below what a 5% quantile is no more than the smallest value.
const fewEntries = 20

// fanBins is how many parts a window is cut into: at least two times fewEntries a part on average, and few enough that a page of
// many rules stays small.
func fanBins(entries, rules int) int { return min(48, 1_200/max(rules, 1), entries/(2*fewEntries)) }

// fans cuts the window into equal parts and takes the quantiles of the P&L of each rule's entries in each. Windows with
// too few entries for three parts have none.
func fans(rules []string, probes map[string][]probe, from, to market.Time) []fan {
	most := 0
	for _, rule := range rules {
		most = max(most, len(probes[rule]))
	}
	n := fanBins(most, len(rules))
	if n < 3 || to <= from {
		return nil
	}
	var list []fan
	for _, rule := range rules {
		values := make([][]float64, n)
		for _, p := range probes[rule] {
			if outcomes[p.outcome] == replay.OutcomeRefused {
				continue
			}
			i := min(n-1, max(0, int(float64(p.entry-from)/float64(to-from)*float64(n))))
			values[i] = append(values[i], market.Float(p.pnl))
		}
		f := fan{Rule: rule}
		for i, v := range values {
			slices.Sort(v)
			q := fiveQuantiles(v)
			if len(v) < fewEntries {
				q = fiveQuantiles(nil)
			}
			f.add(middleOf(from, to, i, n), fanBin{From: edge(from, to, i, n), To: edge(from, to, i+1, n), Entries: len(v), Quantiles: q})
		}
		list = append(list, f)
	}
	return list
}

// edge is where part i of n begins.
func edge(from, to market.Time, i, n int) market.Time {
	return from + market.Time(float64(i)/float64(n)*float64(to-from))
}

// middleOf is the middle of part i of n of a span.
func middleOf(from, to market.Time, i, n int) market.Time {
	return from + market.Time((float64(i)+0.5)/float64(n)*float64(to-from))
}

func (f *fan) add(middle market.Time, b fanBin) {
	f.Bins = append(f.Bins, b)
	f.Time, f.N = append(f.Time, int64(middle)), append(f.N, b.Entries)
	for k, v := range b.Quantiles.List() {
		f.Q[k] = append(f.Q[k], coordinate(v))
	}
}

// List returns the quantiles in ascending order.
func (q Quantiles) List() [5]Number { return [5]Number{q.P05, q.P25, q.Median, q.P75, q.P95} }

// fiveQuantiles of values in ascending order.
func fiveQuantiles(ascending []float64) Quantiles {
	at := func(p float64) Number { return Number(stats.Quantile(ascending, p)) }
	return Quantiles{P05: at(0.05), P25: at(0.25), Median: at(0.5), P75: at(0.75), P95: at(0.95)}
}

// fanFigure draws the fans over time.
func fanFigure(list []fan) (*libraryFigure, error) {
	if len(list) == 0 {
		return nil, nil
	}
	return newLibraryFigure("entryFan", "P&L by time of entry",
		"Light: 5% to 95% of the entries of that time; dark: the middle half; line: the median. In quote, after fees and funding. Parts of the window with fewer than 20 entries are left out.",
		map[string]any{"rules": list})
}
