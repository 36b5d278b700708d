package strategy

import (
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// At enters at given times, in every symbol on every side.
type At struct {
	Times   []market.Time
	Symbols []string // nil: all of the window
	Sides   []market.Side
}

var atDoc = Doc{
	Summary: "enter at given times",
	Formula: "setup at each time",
	Source:  "by definition",
	Params: []Param{
		{Name: "time", Unit: "UTC times, comma-separated", Help: "when to enter, such as 2025-10-10T20:50:00Z"},
		symbolsParam, sideParam,
	},
}

var (
	symbolsParam = Param{Name: "symbols", Unit: "symbols, comma-separated", Default: "all", Help: "what to enter; all is every symbol of the data"}
	sideParam    = Param{Name: "side", Unit: "long, short or both", Default: "long", Help: "direction; both makes one setup of each"}
)

func newAt(p Params) (Entry, error) {
	times, err := p.Times("time")
	if err != nil {
		return nil, err
	}
	symbols, err := p.Symbols("symbols")
	if err != nil {
		return nil, err
	}
	sides, err := p.Sides("side")
	return At{times, symbols, sides}, err
}

// Setups implements Entry. A time outside of the window is an error, and so is one before the data of a symbol that
// was named; symbols that were not named are left out until their data start.
func (a At) Setups(w Window) ([]Setup, error) {
	symbols, err := w.choose(a.Symbols)
	if err != nil {
		return nil, fmt.Errorf("entry at: %w", err)
	}
	times := slices.Sorted(slices.Values(a.Times))
	var setups []Setup
	for _, t := range times {
		if t < w.From || t >= w.To {
			return nil, fmt.Errorf("entry at: time %s is outside of the window: expected %s <= time < %s", t, w.From, w.To)
		}
		for _, symbol := range symbols {
			switch start := w.start(symbol); {
			case t >= start:
				setups = appendSides(setups, t, symbol, a.Sides)
			case a.Symbols != nil:
				return nil, fmt.Errorf("entry at: time %s is before the data of %s, which start at %s: enter later or leave the symbol out", t, symbol, start)
			}
		}
	}
	return setups, nil
}

func appendSides(setups []Setup, t market.Time, symbol string, sides []market.Side) []Setup {
	for _, side := range sides {
		setups = append(setups, Setup{ID: int32(len(setups)), Time: t, Symbol: symbol, Side: side})
	}
	return setups
}

// choose returns the named symbols in ascending order, all of the window's for nil.
func (w *Window) choose(named []string) ([]string, error) {
	if len(w.Symbols) == 0 {
		return nil, fmt.Errorf("the data hold no symbol")
	}
	if named == nil {
		return slices.Sorted(slices.Values(w.Symbols)), nil
	}
	for _, s := range named {
		if !slices.Contains(w.Symbols, s) {
			return nil, unknown(ErrUnknown, "symbol", s, w.Symbols)
		}
	}
	return slices.Sorted(slices.Values(named)), nil
}
