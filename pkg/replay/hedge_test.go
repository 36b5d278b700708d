package replay

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Of three hedges of 10 at 100, the first loses 4 and then 6 to liquidation, the second 5 to ADL and 5 to a takeover, the
// third nothing to the exchange: it closes by choice.
func TestHedgesByHand(t *testing.T) {
	x := tracker{result: &Result{}}
	for id := range risk.AccountID(3) {
		x.hedged(id, -10e8, 100e8)
	}
	for _, e := range []risk.Event{
		{Account: 0, Kind: risk.Liquidation, Notional: 480e8}, {Account: 0, Kind: risk.Liquidation, Notional: 720e8},
		{Account: 1, Kind: risk.ADL, Notional: 400e8}, {Account: 1, Kind: risk.Takeover, Notional: 600e8},
		{Account: 2, Kind: risk.Close, Notional: 900e8}, {Account: 7, Kind: risk.ADL, Notional: 50e8},
	} {
		x.hedge(&e)
	}
	h := x.result.Hedges
	if h.Accounts != 3 || h.ByLiquidated != 2 || h.ByADL != 1 || h.Notional.String() != "3000" || h.Lost.String() != "2200" {
		t.Errorf("%+v, expected 3 accounts of 3,000; 2 lost to liquidation, 1 to ADL, together 2,200", h)
	}
}
