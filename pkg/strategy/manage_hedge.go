package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// HedgedPair holds the opposite side of another instrument as long as the position.
type HedgedPair struct {
	Symbol string
	Ratio  market.Rate
}

var hedgeDoc = Doc{
	Summary: "holds the opposite side of another instrument as long as the position: a hedged pair",
	Formula: "at the entry, opens -side * ratio * notional / price of symbol, with the rule's leverage and margin mode; closes it at market when the position is closed",
	Source:  "Gatev, Goetzmann, Rouwenhorst, Pairs Trading: Performance of a Relative-Value Arbitrage Rule (2006)",
	Params: []Param{
		{Name: "symbol", Unit: "symbol", Help: "instrument of the other leg; it needs data in the run"},
		{Name: "ratio", Unit: "multiple", Default: "1", Help: "notional of the other leg, of the position's"},
	},
}

func newHedge(p Params) (Management, error) {
	ratio, err := p.Multiple("ratio")
	return HedgedPair{p["symbol"], ratio}, err
}

// Attend implements Management. A position in the hedge's own instrument is not hedged by it.
func (h HedgedPair) Attend(c *Context, p *Plan) (Attendant, error) {
	if p.EquityFloor > 0 {
		return nil, fmt.Errorf("%w: an equity stop is the price of one position, and a hedged pair has two: use another stop", ErrImpossible)
	}
	if c.Setup.Symbol == h.Symbol {
		return nil, fmt.Errorf("%w: %s cannot be hedged with itself: leave it out of the entries' symbols", ErrImpossible, h.Symbol)
	}
	return hedge{h}, nil
}

type hedge struct{ HedgedPair }

// On implements Attendant.
func (h hedge) On(o *Occasion) ([]Action, error) {
	if o.Kind != Opened {
		return nil, nil
	}
	return []Action{{Kind: Hedge, Symbol: h.Symbol, Ratio: h.Ratio}}, nil
}

var errTopUpCross = fmt.Errorf("%w: a top-up moves money to an isolated margin; a cross position has the whole wallet already", ErrImpossible)
