package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// pair is one setup as two rules lived it.
type pair struct{ a, b probe }

// pairs matches two rules by setup, leaving out setups that either was refused, in the order of entry.
func pairs(a, b []probe) []pair {
	bySetup := func(x, y probe) int { return cmp.Compare(x.setup, y.setup) }
	a, b = slices.SortedFunc(slices.Values(a), bySetup), slices.SortedFunc(slices.Values(b), bySetup)
	var list []pair
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].setup < b[j].setup:
			i++
		case a[i].setup > b[j].setup:
			j++
		default:
			if outcomes[a[i].outcome] != replay.OutcomeRefused && outcomes[b[j].outcome] != replay.OutcomeRefused {
				list = append(list, pair{a[i], b[j]})
			}
			i, j = i+1, j+1
		}
	}
	slices.SortStableFunc(list, func(x, y pair) int { return cmp.Compare(x.a.entry, y.a.entry) })
	return list
}

// minimumBlocks bounds how far overlapping entries are gathered: fewer blocks give no percentiles.
const minimumBlocks = 20

// blockOf returns how many neighboring pairs share most of their path: the median, over pairs, of the entries that lie
// between the pair's own and the time at which both sides of it have ended, its own and all of the same moment among them. It is
// cut so that at least minimumBlocks blocks remain.
func blockOf(list []pair, end market.Time) (block int, cut bool) {
	entries, exits := make([]market.Time, len(list)), make([]market.Time, len(list))
	for i, p := range list {
		entries[i], exits[i] = p.a.entry, max(exitOr(p.a, end), exitOr(p.b, end))
	}
	return blockLength(entries, exits)
}

// blockLength is blockOf for entries in their order and the times at which the last of their rules ended.
func blockLength(entries, exits []market.Time) (block int, cut bool) {
	n := len(entries)
	if n < 2*minimumBlocks {
		return 1, false
	}
	together := make([]float64, n)
	for i, exit := range exits {
		first, _ := slices.BinarySearch(entries, entries[i])
		after, _ := slices.BinarySearch(entries, max(exit, entries[i]+1))
		together[i] = float64(after - first)
	}
	slices.Sort(together)
	block = int(stats.Quantile(together, 0.5))
	if limit := n / minimumBlocks; block > limit {
		return limit, true
	}
	return block, false
}

func exitOr(p probe, end market.Time) market.Time {
	if p.exit == 0 {
		return end
	}
	return p.exit
}

// method words how an interval came about.
func method(b stats.Bootstrap, n int, cut bool) string {
	switch {
	case b.Block <= 1:
		return fmt.Sprintf("paired bootstrap, percentile, %d resamples", b.Resamples)
	case cut:
		return fmt.Sprintf("paired block bootstrap over time, %d blocks of %d entries (they overlap for longer), percentile, %d resamples", b.Blocks(n), b.Block, b.Resamples)
	}
	return fmt.Sprintf("paired block bootstrap over time, %d blocks of %d entries, percentile, %d resamples", b.Blocks(n), b.Block, b.Resamples)
}

// compare estimates the differences between two rules.
func compare(c scenario.Comparison, a, b []probe, s *scenario.Scenario, end market.Time) Comparison {
	list := pairs(a, b)
	block, cut := blockOf(list, end)
	boot := stats.Bootstrap{Level: s.Statistics.Level, Resamples: s.Statistics.Resamples, Seed: s.Seed, Block: block}
	how := method(boot, len(list), cut)
	out := Comparison{A: c.A, B: c.B, Pairs: len(list), Metrics: map[string]Metric{}}
	p := stats.Pairs{A: make([]float64, len(list)), B: make([]float64, len(list))}
	liquidated := make([]float64, len(list))
	countA, countB := 0, 0
	for i, q := range list {
		p.A[i], p.B[i] = market.Float(q.a.pnl), market.Float(q.b.pnl)
		wasA, wasB := outcomes[q.a.outcome] == replay.OutcomeLiquidated, outcomes[q.b.outcome] == replay.OutcomeLiquidated
		liquidated[i] = indicator(wasA) - indicator(wasB)
		countA, countB = countA+int(indicator(wasA)), countB+int(indicator(wasB))
		switch {
		case wasB && !wasA:
			out.LiquidationsAvoided++
		case wasA && !wasB:
			out.LiquidationsAdded++
		}
		if outcomes[q.a.outcome] == replay.OutcomeStopped && q.b.pnl > 0 && q.a.pnl < q.b.pnl {
			out.WinnersCut++
		}
	}
	out.Transitions = transitions(list)
	n := float64(len(list))
	probability := metric(stats.MeanDifference(liquidated, boot, how), float64(countA)/n, float64(countB)/n)
	test := undefined
	if len(list) > 0 {
		test = Number(stats.McNemar(out.LiquidationsAdded, out.LiquidationsAvoided))
	}
	probability.PValue = &test
	out.Metrics[MetricLiquidationProbability] = probability
	d := p.Differences(boot, how)
	sortedA, sortedB := slices.Sorted(slices.Values(p.A)), slices.Sorted(slices.Values(p.B))
	out.Metrics[MetricPnLMean] = metric(d.Mean, mean(p.A), mean(p.B))
	out.Metrics[MetricPnLMedian] = metric(d.Median, stats.Quantile(sortedA, 0.5), stats.Quantile(sortedB, 0.5))
	out.Metrics[MetricExpectedShortfall] = metric(d.ExpectedShortfall, stats.ExpectedShortfall(sortedA, 0.95), stats.ExpectedShortfall(sortedB, 0.95))
	return out
}

// adjustTests corrects the p-values of comparisons that are read together, by Holm's method, and returns how many there are.
func adjustTests(list []*Comparison) (tests int) {
	p := make([]float64, len(list))
	for i, c := range list {
		p[i] = float64(*c.Metrics[MetricLiquidationProbability].PValue)
		if p[i] == p[i] {
			tests++
		}
	}
	for i, adjusted := range stats.Holm(p) {
		m, value := list[i].Metrics[MetricLiquidationProbability], Number(adjusted)
		m.PAdjusted = &value
		list[i].Metrics[MetricLiquidationProbability] = m
	}
	return tests
}

func metric(i stats.Interval, a, b float64) Metric {
	return Metric{Difference: Number(i.Estimate), Low: Number(i.Low), High: Number(i.High), Level: Number(i.Level), Method: i.Method,
		A: Number(a), B: Number(b)}
}

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// transitions counts pairs by how they ended under both rules, the most frequent first.
func transitions(list []pair) []Transition {
	type key struct{ a, b uint8 }
	counts, sums := map[key]int{}, map[key]market.Sum{}
	for _, q := range list {
		k := key{q.a.outcome, q.b.outcome}
		counts[k]++
		sum := sums[k]
		sum.Add(q.a.pnl)
		sum.Sub(q.b.pnl)
		sums[k] = sum
	}
	rows := []Transition{}
	for k, n := range counts {
		rows = append(rows, Transition{A: outcomes[k.a], B: outcomes[k.b], Pairs: n, MeanDifference: Number(sums[k].Float() / float64(n))})
	}
	slices.SortFunc(rows, func(x, y Transition) int {
		return cmp.Or(-cmp.Compare(x.Pairs, y.Pairs), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	return rows
}
