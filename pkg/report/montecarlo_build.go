package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/montecarlo"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// pathMetric is a figure that every path has of every rule.
type pathMetric struct {
	name, title string
	of          func(*montecarlo.Row) float64
	amount      bool // in quote; its wanted precision is a share of the rule's equity
	precise     bool // has a wanted precision
}

var pathMetrics = []pathMetric{
	{MetricLiquidationProbability, "liquidation probability", func(r *montecarlo.Row) float64 { return r.LiquidationProbability }, false, true},
	{MetricPnLMean, "mean P&L", func(r *montecarlo.Row) float64 { return r.PnLMean }, true, true},
	{MetricExpectedShortfall, "worst 5% of entries", func(r *montecarlo.Row) float64 { return r.ExpectedShortfall }, true, true},
	{MetricDrawdown, "drawdown", func(r *montecarlo.Row) float64 { return r.Drawdown }, true, false},
}

// newMonteCarlo makes the summary.
func newMonteCarlo(in Inputs, o *montecarlo.Outcome) *MonteCarlo {
	s := in.Scenario
	m := &MonteCarlo{Schema: MonteCarloSchema,
		Scenario: ScenarioInfo{Name: s.Name, Title: s.Title, Description: s.Description, From: o.From.String(), To: o.To.String(),
			Seed: s.Seed, PriceMode: s.Prices.Mode, Intrabar: s.Prices.Intrabar, Venue: in.Rulebook.ID, SHA256: s.Hash()},
		Data: dataInfo(in), Rulebook: rulebookInfo(in.Rulebook), Setups: o.Setups, Own: o.Own,
		Paths: PathsInfo{Count: o.Paths, Kind: s.Paths.Kind, Crowd: s.Paths.Crowd, Precision: Number(s.Paths.Precision)},
		Rules: []PathRule{}, Comparisons: []PathComparison{}, Notes: append([]string{}, o.Notes...)}
	equities := map[string]market.Quote{}
	if s.Probes != nil {
		for _, r := range s.Probes.Expand() {
			equities[r.Name] = r.Equity
		}
	}
	for i, name := range o.Rules {
		m.Rules = append(m.Rules, pathRule(s, o, i, name, equities[name]))
	}
	for _, c := range s.Pairs() {
		a, b := slices.Index(o.Rules, c.A), slices.Index(o.Rules, c.B)
		m.Comparisons = append(m.Comparisons, comparePaths(s, o, c, a, b))
	}
	adjustPaths(m.Comparisons)
	m.Notes = append(m.Notes,
		fmt.Sprintf("intervals are over %d paths, which are independent; the entries of one path are not, and give one figure together", o.Paths),
		m.Entries(),
		"drawdown: the deepest fall of the rule's realized P&L over all of its entries, each booked whole when it ends and those open at the end last; it is no fall of a marked equity")
	return m
}

// column returns one metric of one rule by path.
func column(o *montecarlo.Outcome, rule int, of func(*montecarlo.Row) float64) []float64 {
	values := make([]float64, o.Paths)
	for k := range values {
		values[k] = of(&o.Rows[k*len(o.Rules)+rule])
	}
	return values
}

func pathRule(s *scenario.Scenario, o *montecarlo.Outcome, i int, name string, equity market.Quote) PathRule {
	r := PathRule{Name: name, Metrics: map[string]Distribution{}}
	if equity > 0 {
		r.Equity = equity.String()
	}
	losing := 0
	for k := range o.Paths {
		row := &o.Rows[k*len(o.Rules)+i]
		r.Entries, r.Refused = r.Entries+int64(row.Entered), r.Refused+int64(row.Refused)
		if row.Entered > 0 {
			r.Paths++
		}
		if row.Liquidated > 0 {
			r.Ruinous++
		}
		if row.PnLMean < 0 {
			losing++
		}
	}
	level := s.Statistics.Level
	r.Losing = interval(stats.Wilson(losing, r.Paths, level))
	means := entered(column(o, i, func(q *montecarlo.Row) float64 { return q.PnLMean }))
	b := stats.Bootstrap{Level: level, Resamples: s.Statistics.Resamples, Seed: s.Seed}
	r.WorstOf = interval(b.ExpectedShortfall(means, montecarlo.Tail, "bootstrap over paths"))
	for _, metric := range pathMetrics {
		half := math.NaN()
		if metric.precise && (!metric.amount || equity > 0) {
			if half = s.Paths.Precision; metric.amount {
				half = float64(half * market.Float(equity))
			}
		}
		d := distribution(column(o, i, metric.of), half, level)
		if metric.name == MetricLiquidationProbability {
			d.Mean = probabilityOver(d.Mean, r.Paths)
		}
		d.History = Number(metric.of(&o.History[i]))
		r.Metrics[metric.name] = d
	}
	return r
}

// entered leaves out paths on which no entry was accepted.
func entered(values []float64) []float64 {
	return slices.DeleteFunc(values, func(v float64) bool { return v != v })
}

// probabilityOver keeps the interval of a probability within 0 and 1, and gives one that was 0 or 1 on every path the width
// that so many paths leave it: Student's interval of values that are all equal has none. The share of a path lies within 0 and
// 1, so Wilson's errs on the wide side.
func probabilityOver(i Interval, paths int) Interval {
	if i.Low.Exists() {
		i.Low, i.High = max(i.Low, 0), min(i.High, 1)
	}
	if paths == 0 || i.Estimate != 0 && i.Estimate != 1 {
		return i
	}
	w := stats.WilsonOver(int(i.Estimate)*paths, paths, paths, float64(i.Level))
	w.Method = "wilson over paths"
	return interval(w)
}

func distribution(values []float64, half, level float64) Distribution {
	values = entered(values)
	running := stats.Running(values)
	mean := stats.StudentMean(values, level)
	mean.Method = "student over paths"
	d := Distribution{Mean: interval(mean), StandardError: undefined, Deviation: undefined, HalfWidth: Number(half), Convergence: []RunningAt{}}
	for _, r := range running {
		d.Convergence = append(d.Convergence, RunningAt{r.N, Number(r.Mean), Number(r.Error)})
		d.StandardError, d.Deviation = Number(r.Error), Number(float64(r.Error*math.Sqrt(float64(r.N))))
	}
	if n := stats.SamplesFor(values, half, level); n > 0 {
		d.PathsNeeded = &n
	}
	slices.Sort(values)
	at := func(p float64) Number { return Number(stats.Quantile(values, p)) }
	d.Min, d.P05, d.P25, d.P75, d.P95, d.Max = at(0), at(0.05), at(0.25), at(0.75), at(0.95), at(1)
	d.Median = interval(stats.QuantileInterval(values, 0.5, level))
	return d
}

// comparePaths states the differences of two rules over the paths on which both entered.
func comparePaths(s *scenario.Scenario, o *montecarlo.Outcome, c scenario.Comparison, a, b int) PathComparison {
	out := PathComparison{A: c.A, B: c.B, Metrics: map[string]PathDifference{}}
	level := s.Statistics.Level
	for _, metric := range pathMetrics {
		x, y := column(o, a, metric.of), column(o, b, metric.of)
		for k := range x {
			x[k] -= y[k]
			if o.Rows[k*len(o.Rules)+a].Entered == 0 || o.Rows[k*len(o.Rules)+b].Entered == 0 {
				x[k] = math.NaN()
			}
		}
		x = entered(x)
		i := stats.StudentMean(x, level)
		i.Method = "student over paths"
		out.Metrics[metric.name] = PathDifference{interval(i), Number(stats.StudentTest(x)), undefined}
		if metric.name == MetricPnLMean {
			out.Paths = len(x)
			better := 0
			for _, d := range x {
				if d > 0 {
					better++
				}
			}
			out.Better = interval(stats.Wilson(better, len(x), level))
		}
	}
	return out
}

// adjustPaths corrects the p-values of all metrics of all comparisons together, by Holm's method.
func adjustPaths(list []PathComparison) {
	var p []float64
	for i := range list {
		for _, metric := range pathMetrics {
			p = append(p, float64(list[i].Metrics[metric.name].PValue))
		}
	}
	adjusted := stats.Holm(p)
	for i := range list {
		for k, metric := range pathMetrics {
			d := list[i].Metrics[metric.name]
			d.Adjusted = Number(adjusted[i*len(pathMetrics)+k])
			list[i].Metrics[metric.name] = d
		}
	}
}
