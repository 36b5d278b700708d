package report

import (
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// undefined is a statistic that does not exist.
var undefined = Number(math.NaN())

func interval(i stats.Interval) Interval {
	return Interval{Number(i.Estimate), Number(i.Low), Number(i.High), Number(i.Level), i.Method}
}

// wholes returns amounts in quote currency in ascending order.
func wholes(amounts []market.Quote) []float64 {
	v := make([]float64, len(amounts))
	for i, q := range amounts {
		v[i] = market.Float(q)
	}
	slices.Sort(v)
	return v
}

// summary computes a group's statistics.
func (g *group) summary(level float64) Group {
	ascending := wholes(g.pnl)
	n := g.entered()
	s := Group{Name: g.name, Refused: g.counts[replay.OutcomeRefused], Liquidated: g.counts[replay.OutcomeLiquidated],
		Stopped: g.counts[replay.OutcomeStopped], Deleveraged: g.counts[replay.OutcomeDeleveraged], Outcomes: []OutcomeCount{},
		LiquidationProbability: interval(stats.Wilson(g.counts[replay.OutcomeLiquidated], n, level)),
		Deposits:               g.deposits.String(), Fees: g.fees.String(), Funding: g.funding.String()}
	s.Accounts = n + s.Refused
	for _, o := range outcomes {
		if g.counts[o] > 0 {
			s.Outcomes = append(s.Outcomes, OutcomeCount{o, g.counts[o]})
		}
	}
	s.PnL = PnL{Mean: undefined, Median: Number(stats.Quantile(ascending, 0.5)), P05: Number(stats.Quantile(ascending, 0.05)),
		P95: Number(stats.Quantile(ascending, 0.95)), ExpectedShortfall: Number(stats.ExpectedShortfall(ascending, 0.95)), Total: g.total.String()}
	if n > 0 {
		s.PnL.Mean = Number(g.total.Float() / float64(n))
	}
	returns := slices.Sorted(slices.Values(g.returns))
	at := func(p float64) Number { return Number(stats.Quantile(returns, p)) }
	s.Return = Quantiles{P05: at(0.05), P25: at(0.25), Median: at(0.5), P75: at(0.75), P95: at(0.95)}
	s.LossGini = Number(stats.Gini(losses(ascending)))
	seconds := make([]float64, len(g.liquidatedAfter))
	for i, t := range g.liquidatedAfter {
		seconds[i] = float64(t) / float64(market.Second)
	}
	slices.Sort(seconds)
	s.TimeToLiquidation.MedianSeconds = Number(stats.Quantile(seconds, 0.5))
	return s
}

// losses returns the magnitudes of the negative values, ascending.
func losses(ascending []float64) []float64 {
	negative, _ := slices.BinarySearch(ascending, 0)
	v := make([]float64, negative)
	for i, x := range ascending[:negative] {
		v[negative-1-i] = -x
	}
	return v
}
