package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Martingale multiplies its notional after each loss in a row, or, as anti-martingale, after each win in a row. It needs
// the results of the rule's earlier setups, so that the rule has to trade in sequence.
type Martingale struct {
	Base   market.Quote
	Factor market.Rate
	Steps  int  // in a row, at most
	Wins   bool // anti-martingale
}

var martingaleParams = []Param{
	{Name: "base", Unit: "quote", Help: "notional of the first setup, and after a streak has ended"},
	{Name: "factor", Unit: "multiple", Default: "2", Help: "what each step multiplies it by"},
	{Name: "steps", Unit: "setups", Default: "6", Help: "steps at most"},
}

var martingaleDoc = Doc{
	Summary: "multiplies the notional after each loss in a row (needs equity_mode: sequential)",
	Formula: "size = base * factor^min(losses in a row, steps) / price",
	Source:  "W. Feller, An Introduction to Probability Theory and Its Applications, vol. 1, on the gambler's ruin",
	Warning: "a martingale turns many small losses into one that ends the account; it is here so that this can be seen",
	Params:  martingaleParams,
}

var antiMartingaleDoc = Doc{
	Summary: "multiplies the notional after each win in a row (needs equity_mode: sequential)",
	Formula: "size = base * factor^min(wins in a row, steps) / price",
	Source:  "the mirror image of the martingale; R. Jones, The Trading Game (1999), on anti-martingale methods",
	Warning: "the largest position is always the one that ends the streak",
	Params:  martingaleParams,
}

func newMartingale(p Params) (Sizing, error) { return readMartingale(p, false) }

func newAntiMartingale(p Params) (Sizing, error) { return readMartingale(p, true) }

func readMartingale(p Params, wins bool) (Sizing, error) {
	m := Martingale{Wins: wins}
	var err error
	if m.Base, err = p.Quote("base"); err != nil {
		return nil, err
	}
	if m.Factor, err = p.Multiple("factor"); err != nil {
		return nil, err
	}
	m.Steps, err = p.Count("steps", 0, 60)
	return m, err
}

// Size implements Sizing.
func (m Martingale) Size(c *Context, _ StopOrder) (market.Qty, error) {
	name, streak := "martingale", 0
	if m.Wins {
		name = "anti_martingale"
	}
	r, err := c.record(name)
	if err != nil {
		return 0, err
	}
	if m.Wins {
		streak = r.Streak
	} else {
		streak = -r.Streak
	}
	notional := m.Base
	for range min(max(streak, 0), m.Steps) {
		next, ok := m.Factor.OfFloor(notional)
		if !ok {
			return 0, fmt.Errorf("%w: %s after %d in a row times %sx does not fit", ErrImpossible, notional, streak, m.Factor)
		}
		notional = next
	}
	return sizeOf(notional, c.Price)
}
