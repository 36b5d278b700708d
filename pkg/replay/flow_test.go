package replay

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// TestForcedFlowByHand: the crowd's 2 BTC are liquidated and its 1 BTC is stopped at a mark of 100: 300 sold. Of a short that was taken over
// the fund buys 2, 200, and 1 is bought at a socialized loss, 100. A probe's stop of 3 and what is sold of its position, 1, count where all
// do. Takeovers and what is deleveraged, gaps in money, entries, closes and take-profits are in none.
func TestForcedFlowByHand(t *testing.T) {
	e := func(k risk.Kind, side market.Side, size market.Qty, book, exempt bool) *risk.Event {
		return &risk.Event{Kind: k, Side: side, Size: size * market.Scale, Mark: 100 * market.Scale, Price: 50 * market.Scale, Book: book, Exempt: exempt}
	}
	for _, c := range []struct {
		all         bool
		sold, gross string
	}{{false, "0", "600"}, {true, "400", "1000"}} {
		f := newForcedFlow(1, c.all)
		f.event(e(risk.Liquidation, market.Long, 2, true, false))
		f.event(e(risk.Stop, market.Long, 1, true, false))
		f.event(e(risk.Takeover, market.Short, 5, false, false))
		f.event(e(risk.Insurance, market.Short, 2, true, false))
		f.event(e(risk.ADL, market.Long, 3, false, false))
		f.event(e(risk.SocializedLoss, market.Short, 1, true, false))
		f.event(e(risk.Insurance, market.Short, 9, false, false))
		f.event(e(risk.SocializedLoss, market.Long, 9, false, false))
		f.event(e(risk.Stop, market.Long, 3, true, true))
		f.event(e(risk.Takeover, market.Long, 4, false, true))
		f.event(e(risk.Insurance, market.Long, 1, true, true))
		for _, k := range []risk.Kind{risk.Entry, risk.Add, risk.Close, risk.TakeProfit} {
			f.event(e(k, market.Long, 7, true, false))
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
	f.event(&risk.Event{Kind: risk.Stop, Side: market.Long, Size: market.Scale, Mark: market.Scale, Instrument: 1, Book: true})
	r.keep(7, f)
	if len(r.at(3)) != 0 || len(r.at(7)) != 1 || len(r.at(8)) != 0 {
		t.Errorf("rows %+v were read at other ticks than 7", r.rows)
	}
}
