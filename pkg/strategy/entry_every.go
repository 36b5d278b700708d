package strategy

import (
	"fmt"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Every enters at the multiples of an interval since 1970-01-01 UTC that lie in the window.
type Every struct {
	Interval market.Time
	Symbols  []string // nil: all of the window
	Sides    []market.Side
}

var everyDoc = Doc{
	Summary: "enter every so often, at the multiples of an interval (15m: at :00, :15, :30 and :45)",
	Formula: "setup at each t = k * interval since 1970-01-01 UTC",
	Source:  "by definition",
	Params: []Param{
		{Name: "interval", Unit: "duration", Help: `time between entries, such as "15m"`},
		symbolsParam, sideParam,
	},
}

func newEvery(p Params) (Entry, error) {
	interval, err := p.Duration("interval")
	if err != nil {
		return nil, err
	}
	symbols, err := p.Symbols("symbols")
	if err != nil {
		return nil, err
	}
	sides, err := p.Sides("side")
	return Every{interval, symbols, sides}, err
}

// Setups implements Entry. Symbols join when their data start.
func (e Every) Setups(w Window) ([]Setup, error) {
	symbols, err := w.choose(e.Symbols)
	if err != nil {
		return nil, fmt.Errorf("entry every: %w", err)
	}
	if e.Interval <= 0 {
		return nil, fmt.Errorf("entry every: interval %dms: expected at least 1ms", int64(e.Interval))
	}
	first := alignUp(w.From, e.Interval)
	if first >= w.To {
		return nil, fmt.Errorf("entry every: no multiple of %s lies in the window %s to %s: shorten the interval", market.FormatInterval(e.Interval), w.From, w.To)
	}
	if count := int64((w.To-1-first)/e.Interval) + 1; count > math.MaxInt32/int64(len(symbols)*max(len(e.Sides), 1)) {
		return nil, fmt.Errorf("entry every: %d times in %d symbols are more than %d setups: lengthen the interval", count, len(symbols), math.MaxInt32)
	}
	var setups []Setup
	for t := first; t < w.To; t += e.Interval {
		for _, symbol := range symbols {
			if t >= w.start(symbol) {
				setups = appendSides(setups, t, symbol, e.Sides)
			}
		}
	}
	return setups, nil
}

// alignUp returns the first multiple of step at or after t.
func alignUp(t, step market.Time) market.Time {
	return t + ((-t)%step+step)%step
}
