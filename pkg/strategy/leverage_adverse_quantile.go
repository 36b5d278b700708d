package strategy

import (
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// AdverseQuantile is the largest leverage whose liquidation price is farther away than all but the worst of the moves
// against a position of that side that the bars before the entry held.
type AdverseQuantile struct {
	Quantile  market.Rate
	Horizon   int // bars that a position is held
	Lookback  int // bars
	Multiple  market.Rate
	Step, Max market.Rate
}

var adverseQuantileDoc = Doc{
	Summary: "the largest leverage whose liquidation price lies beyond a quantile of the adverse moves of the past",
	Formula: "a_i = (close_i - min(low_(i+1) ... low_(i+horizon))) / close_i, at least 0, for a long (short: max high); away = multiple * quantile(a) * entry, the quantile being the ceil(q*n)-th smallest of n",
	Source:  "J. Sweeney, Maximum Adverse Excursion (1997); quantile: Hyndman, Fan, Sample Quantiles in Statistical Packages (1996), definition 1",
	Params: []Param{
		{Name: "quantile", Unit: "share", Default: "99%", Help: "share of the past moves that liquidation has to lie beyond"},
		{Name: "horizon", Unit: "bars", Default: "60", Help: "bars over which a move is measured: the time a position is held"},
		{Name: "lookback", Unit: "bars", Default: "1000", Help: "bars of the past, above horizon"},
		{Name: "multiple", Unit: "multiple", Default: "1", Help: "margin of safety on the move"},
		stepParam, maxParam,
	},
}

func newAdverseQuantile(p Params) (Leverage, error) {
	var l AdverseQuantile
	var err error
	if l.Quantile, err = p.Fraction("quantile", market.Scale); err != nil {
		return nil, err
	}
	if l.Horizon, err = p.Count("horizon", 1, maxPeriod-1); err != nil {
		return nil, err
	}
	if l.Lookback, err = p.Count("lookback", l.Horizon+1, maxPeriod); err != nil {
		return nil, err
	}
	if l.Multiple, err = p.Multiple("multiple"); err != nil {
		return nil, err
	}
	if l.Step, err = p.Multiple("step"); err != nil {
		return nil, err
	}
	l.Max, err = readMax(p)
	return l, err
}

// Leverage implements Leverage.
func (l AdverseQuantile) Leverage(c *Context, size market.Qty) (market.Rate, error) {
	bars, err := c.bars(l.Lookback)
	if err != nil {
		return 0, err
	}
	moves := adverseMoves(bars, l.Horizon, c.Setup.Side)
	slices.Sort(moves)
	rank, _ := market.MulDivCeil(int64(l.Quantile), int64(len(moves)), market.Scale)
	move := moves[rank-1]
	scaled, ok := l.Multiple.OfCeil(market.Quote(move))
	away, fits := market.MulDivCeil(int64(scaled), int64(c.Price), market.Scale)
	if !ok || !fits {
		return 0, fmt.Errorf("%w: %s times an adverse move of %s does not fit", ErrImpossible, l.Multiple, move)
	}
	return c.farthest(size, market.Price(away), fmt.Sprintf("%s of the adverse moves over %d bars", l.Quantile, l.Horizon), l.Step, l.Max)
}

// adverseMoves returns, for each bar that has horizon bars after it, how far the price went against a position that was
// entered at its close, as a share of that price rounded up, at least 0. The extremes of the sliding window are kept in
// a queue, so that the work does not grow with the horizon.
func adverseMoves(bars Bars, horizon int, side market.Side) []market.Rate {
	n := bars.Len()
	worst := func(i int) market.Price { // grows as it gets worse
		if side == market.Short {
			return bars.At(i).High
		}
		return -bars.At(i).Low
	}
	moves := make([]market.Rate, 0, n-horizon)
	var queue []int // bars whose worst no later one exceeds
	for i := 1; i < n; i++ {
		for len(queue) > 0 && worst(queue[len(queue)-1]) <= worst(i) {
			queue = queue[:len(queue)-1]
		}
		queue = append(queue, i)
		start := i - horizon // the bar that was entered at
		if start < 0 {
			continue
		}
		for queue[0] <= start {
			queue = queue[1:]
		}
		entry := bars.At(start).Close
		against := worst(queue[0]) - market.Price(side)*-entry // long: entry - low; short: high - entry
		v, _ := market.MulDivCeil(int64(max(against, 0)), market.Scale, int64(entry))
		moves = append(moves, market.Rate(v))
	}
	return moves
}
