package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Bar is one completed candle.
type Bar struct {
	Time                   market.Time // the bar's open
	End                    market.Time // the next bar's open: from then on the bar is known
	Open, High, Low, Close market.Price
}

// Bars is the history a rule may look at: completed bars only, newest last.
type Bars interface {
	Len() int
	At(i int) Bar
}

// BarList is a history held in memory.
type BarList []Bar

// Len implements Bars.
func (b BarList) Len() int { return len(b) }

// At implements Bars.
func (b BarList) At(i int) Bar { return b[i] }

// bars returns the newest n completed bars, or ErrHistory.
func (c *Context) bars(n int) (Bars, error) {
	if c.Bars != nil {
		if b, ok := c.Bars(n); ok {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%w: %s at %s has fewer than %d completed bars: start the data earlier or enter later",
		ErrHistory, c.Setup.Symbol, c.Setup.Time, n)
}

// extremes returns the highest high and the lowest low of bars.
func extremes(b Bars) (high, low market.Price) {
	for i := range b.Len() {
		bar := b.At(i)
		if high = max(high, bar.High); i == 0 || bar.Low < low {
			low = bar.Low
		}
	}
	return high, low
}
