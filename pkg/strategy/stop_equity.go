package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// EquityStop gives a position up when a share of the account's equity is lost, fees and funding included.
type EquityStop struct {
	Loss market.Rate
}

var equityStopDoc = Doc{
	Summary: "closes the position when a share of the whole account's equity is lost, fees and funding included",
	Formula: "closes where equity at mark = equity before the entry * (1 - loss); the trigger is the mark price at which that is, and moves with funding paid and size",
	Source:  "docs/MODEL.md section 1, equity of a scope; the daily loss limit of proprietary desks",
	Params:  []Param{{Name: "loss", Unit: "share of equity", Help: `share of the account that may be lost, such as "20%"`}},
}

func newEquityStop(p Params) (Stop, error) {
	loss, err := p.Fraction("loss", market.Scale-1)
	return EquityStop{loss}, err
}

// Stop implements Stop.
func (e EquityStop) Stop(*Context) (StopOrder, error) {
	return StopOrder{Loss: e.Loss, Watch: WatchMark}, nil
}
