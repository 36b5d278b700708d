package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Bar is one completed candle.
type Bar struct {
	Time                   market.Time // the bar's open
	Open, High, Low, Close market.Price
}

// Bars is the history a rule may look at: completed bars only, newest last.
type Bars interface {
	Len() int
	At(i int) Bar
}
