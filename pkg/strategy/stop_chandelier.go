package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// ChandelierStop hangs below the highest high of the bars before the entry and of the time since, at a multiple of the
// average true range of the entry.
type ChandelierStop struct {
	Multiple market.Rate
	Period   int
	Watch    Watch
	Terms
}

var chandelierStopDoc = Doc{
	Summary: "a trailing stop that hangs from the highest high of the bars before the entry, not from the entry",
	Formula: "trigger = max(high of `period` bars, watched price since) - multiple * ATR(period) for a long, min(low, watched) + multiple * ATR for a short; the average true range is that of the entry",
	Source:  "C. Le Beau, D. Lucas, Technical Traders Guide to Computer Analysis of the Futures Markets (1992)",
	Params: terms(
		Param{Name: "multiple", Unit: "average true ranges", Default: "3", Help: "how far below the high"},
		Param{Name: "period", Unit: "bars", Default: "22", Help: "bars of the high and of the average true range"},
	),
}

func newChandelierStop(p Params) (Stop, error) {
	var s ChandelierStop
	var err error
	if s.Multiple, err = p.Multiple("multiple"); err != nil {
		return nil, err
	}
	if s.Period, err = p.Count("period", 1, maxPeriod); err != nil {
		return nil, err
	}
	s.Watch, s.Terms, err = readTerms(p)
	return s, err
}

// Stop implements Stop. It fails with ErrImpossible when the entry lies beyond the stop already.
func (s ChandelierStop) Stop(c *Context) (StopOrder, error) {
	trail, err := Distance{Rate: s.Multiple, Period: s.Period}.From(c)
	if err != nil {
		return StopOrder{Watch: s.Watch}, err
	}
	bars, err := c.bars(s.Period)
	if err != nil {
		return StopOrder{Watch: s.Watch}, err
	}
	high, low := extremes(bars)
	beyond := high - c.Price // how far the best price lies beyond the entry
	if c.Setup.Side == market.Short {
		beyond = c.Price - low
	}
	distance := trail - max(beyond, 0)
	if distance <= 0 {
		return StopOrder{Watch: s.Watch}, fmt.Errorf("%w: the price %s is %s from the extreme of %d bars, beyond a stop %s from it: enter nearer to the extreme or raise the multiple",
			ErrImpossible, c.Price, beyond, s.Period, trail)
	}
	stop, err := s.at(c, distance, s.Watch)
	stop.Trailing, stop.Trail = err == nil, trail
	return stop, err
}
