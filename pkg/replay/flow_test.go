package replay

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// TestForcedFlowByHand: the crowd's 2 BTC are liquidated and its 1 BTC is stopped at a mark of 100: 300 sold. A short of 5 is taken
// over, 3 of it are deleveraged against longs: 2 bought, 200. A probe's position counts where all do, and what is deleveraged
// with it goes with it. Entries, closes, take-profits and what the fund sells of a takeover are in none.
func TestForcedFlowByHand(t *testing.T) {
	e := func(k risk.Kind, side market.Side, size market.Qty) *risk.Event {
		return &risk.Event{Kind: k, Side: side, Size: size * market.Scale, Mark: 100 * market.Scale, Price: 50 * market.Scale}
	}
	for _, c := range []struct {
		all         bool
		sold, gross string
	}{{false, "100", "500"}, {true, "300", "700"}} {
		f := newForcedFlow(1, c.all)
		f.event(e(risk.Liquidation, market.Long, 2), true)
		f.event(e(risk.Stop, market.Long, 1), true)
		f.event(e(risk.Takeover, market.Short, 5), true)
		f.event(e(risk.Insurance, market.Short, 2), false)
		f.event(e(risk.ADL, market.Long, 3), false)
		f.event(e(risk.Takeover, market.Long, 4), false)
		f.event(e(risk.ADL, market.Short, 2), true)
		for _, k := range []risk.Kind{risk.Entry, risk.Add, risk.Close, risk.TakeProfit, risk.SocializedLoss, risk.Funding} {
			f.event(e(k, market.Long, 7), true)
		}
		if f.sold[0].String() != c.sold || f.gross.String() != c.gross || len(f.moved) != 1 {
			t.Errorf("all %v: sold %v, gross %v; expected %s, %s", c.all, f.sold[0], f.gross, c.sold, c.gross)
		}
		f.clear()
		if !f.sold[0].IsZero() || !f.gross.IsZero() || len(f.moved) != 0 {
			t.Error("something is left after clearing")
		}
	}
}

func TestFlowRecordIsReadByTick(t *testing.T) {
	f := newForcedFlow(2, true)
	r := &flowRecord{}
	f.event(&risk.Event{Kind: risk.Stop, Side: market.Long, Size: market.Scale, Mark: market.Scale, Instrument: 1}, true)
	r.keep(7, f)
	if len(r.at(3)) != 0 || len(r.at(7)) != 1 || len(r.at(8)) != 0 {
		t.Errorf("rows %+v were read at other ticks than 7", r.rows)
	}
}
