package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// SwingStop stands beyond the extreme of the bars before the entry, where the reason for it is no longer true, and a
// buffer away from it.
type SwingStop struct {
	Lookback int
	Buffer   Distance // zero: none
	Watch    Watch
	Terms
}

var swingStopDoc = Doc{
	Summary: "a stop beyond the lowest low (short: the highest high) of the bars before the entry, and a buffer",
	Formula: "trigger = min(low of `lookback` bars) - buffer for a long, max(high) + buffer for a short",
	Source:  "J. J. Murphy, Technical Analysis of the Financial Markets (1999), on support and resistance",
	Params: terms(
		Param{Name: "lookback", Unit: "bars", Default: "60", Help: "bars in which the extreme is looked for"},
		Param{Name: "buffer", Unit: "distance", Optional: true, Help: `beyond the extreme: "0.2%" of the entry price, or "0.5 atr(14)"`},
	),
}

func newSwingStop(p Params) (Stop, error) {
	var s SwingStop
	var err error
	if s.Lookback, err = p.Count("lookback", 1, maxPeriod); err != nil {
		return nil, err
	}
	if s.Buffer, err = p.DistanceOrNone("buffer"); err != nil {
		return nil, err
	}
	s.Watch, s.Terms, err = readTerms(p)
	return s, err
}

// Stop implements Stop. It fails with ErrImpossible when the entry lies beyond the stop already.
func (s SwingStop) Stop(c *Context) (StopOrder, error) {
	bars, err := c.bars(s.Lookback)
	if err != nil {
		return StopOrder{Watch: s.Watch}, err
	}
	high, low := extremes(bars)
	distance := c.Price - low
	if c.Setup.Side == market.Short {
		distance = high - c.Price
	}
	if !s.Buffer.IsZero() {
		buffer, err := s.Buffer.From(c)
		if err != nil {
			return StopOrder{Watch: s.Watch}, err
		}
		distance += buffer
	}
	if distance <= 0 {
		return StopOrder{Watch: s.Watch}, fmt.Errorf("%w: the price %s lies beyond the extreme of the last %d bars already", ErrImpossible, c.Price, s.Lookback)
	}
	return s.at(c, distance, s.Watch)
}
