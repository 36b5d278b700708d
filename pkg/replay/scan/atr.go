package scan

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// AverageTrueRanges returns Variant.ATR: Wilder's average over the bars completed at each bar's open, -1 where
// there are fewer than period of them.
func AverageTrueRanges(times []market.Time, last Bars, period int) []market.Price {
	return ContinueATR(strategy.NewATRState(period), times, last)
}

// ContinueATR is AverageTrueRanges from a state that saw the bars before.
func ContinueATR(state strategy.ATRState, times []market.Time, last Bars) []market.Price {
	column := make([]market.Price, len(times))
	for i := range column {
		column[i] = -1
		if v, ok := state.ATR(); ok {
			column[i] = v
		}
		state.Add(strategy.Bar{Time: times[i], Open: last.Open[i], High: last.High[i], Low: last.Low[i], Close: last.Close[i]})
	}
	return column
}
