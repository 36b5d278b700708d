package replay

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// HedgeCounts say what became of the accounts that hold a position against something outside of the exchange. An account
// whose position the exchange reduced has lost that much of its hedge: what it was hedging stays, and nothing here offsets
// it any more. One that lost some to each cause counts in both.
type HedgeCounts struct {
	Accounts     int
	ByLiquidated int        // accounts that lost some of the hedge to liquidation or takeover
	ByADL        int        // to auto-deleveraging
	Notional     market.Sum // of the hedges at their entry prices
	Lost         market.Sum // of it, closed by the exchange, at the prices at which it was
}

// hedgeLoss is what happened to one hedged account.
type hedgeLoss struct{ liquidated, deleveraged bool }

// hedge takes in an event of an account that is hedged.
func (t *tracker) hedge(e *risk.Event) {
	lost := t.hedges[e.Account]
	if lost == nil {
		return
	}
	h := t.result.Hedges
	switch {
	case (e.Kind == risk.Liquidation || e.Kind == risk.Takeover):
		if !lost.liquidated {
			h.ByLiquidated++
		}
		lost.liquidated = true
	case e.Kind == risk.ADL:
		if !lost.deleveraged {
			h.ByADL++
		}
		lost.deleveraged = true
	default:
		return
	}
	h.Lost.Add(e.Notional)
}

// hedged follows an account that holds its position against something outside of the exchange.
func (t *tracker) hedged(id risk.AccountID, size market.Qty, entry market.Price) {
	if t.result.Hedges == nil {
		t.result.Hedges = &HedgeCounts{}
		t.hedges = map[risk.AccountID]*hedgeLoss{}
	}
	t.hedges[id] = &hedgeLoss{}
	t.result.Hedges.Accounts++
	v, _ := market.ValueFloor(size.Abs(), entry) // the crowd's notionals are checked when it is drawn
	t.result.Hedges.Notional.Add(v)
}
