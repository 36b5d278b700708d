package strategy

import (
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// DrawdownLadder cuts leverage as the account's drawdown grows. It needs the results of the rule's earlier setups, so
// that the rule has to trade in sequence.
type DrawdownLadder struct {
	Full  market.Rate // without a drawdown
	Rungs []DrawdownRung
}

// DrawdownRung is the leverage from a drawdown on.
type DrawdownRung struct {
	Drawdown, Leverage market.Rate
}

var drawdownLadderDoc = Doc{
	Summary: "less leverage from one drawdown of equity to the next (needs equity_mode: sequential)",
	Formula: "leverage of the last rung with drawdown >= its drawdown; drawdown = 1 - equity / highest equity after any closed setup",
	Source:  "Grossman, Zhou, Optimal Investment Strategies for Controlling Drawdowns, Mathematical Finance 3 (1993), on exposure that falls with drawdown",
	Params: []Param{
		{Name: "leverage", Unit: "multiple", Help: "without a drawdown"},
		{Name: "rungs", Unit: "leverage at drawdown, comma-separated", Help: `such as "10x at 5%, 5x at 10%, 2x at 20%", drawdowns ascending`},
	},
}

func newDrawdownLadder(p Params) (Leverage, error) {
	var l DrawdownLadder
	var err error
	if l.Full, err = p.Multiple("leverage"); err != nil {
		return nil, err
	}
	last := market.Rate(0)
	for text := range strings.SplitSeq(p["rungs"], ",") {
		leverage, at, ok := strings.Cut(text, " at ")
		drawdown, valid := parseFraction(strings.TrimSpace(at))
		rate, err := market.Parse[market.Rate](strings.TrimSuffix(strings.TrimSpace(leverage), "x"))
		if !ok || !valid || err != nil || drawdown <= last || drawdown > market.Scale || rate < market.Scale {
			return nil, p.errorf("rungs", `leverages and drawdowns, such as "10x at 5%, 5x at 10%", drawdowns ascending from above 0 to at most 100%, leverage at least 1x`)
		}
		l.Rungs, last = append(l.Rungs, DrawdownRung{drawdown, rate}), drawdown
	}
	if l.Full < market.Scale {
		err = p.errorf("leverage", "at least 1x")
	}
	return l, err
}

// Leverage implements Leverage.
func (l DrawdownLadder) Leverage(c *Context, _ market.Qty) (market.Rate, error) {
	r, err := c.record("drawdown_ladder")
	if err != nil {
		return 0, err
	}
	leverage, drawdown := l.Full, r.Drawdown()
	for _, rung := range l.Rungs {
		if drawdown >= rung.Drawdown {
			leverage = rung.Leverage
		}
	}
	return leverage, nil
}
