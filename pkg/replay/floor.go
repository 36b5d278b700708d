package replay

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// placeFloor keeps an account's stop where its equity at mark is at the plan's floor: for the one position that it has,
// equity is linear in the mark price, so that the floor is a price. It moves when funding is paid and when the size
// changes. Rounding is toward the entry: the floor is never missed by it.
func (d *desk) placeFloor(c *care) error {
	if c.plan.EquityFloor == 0 {
		return nil
	}
	h := &d.tracker.holders[c.account]
	x := d.tracker.exchange
	p, open := x.Position(c.account, h.instrument)
	if !open {
		return nil
	}
	x.CancelStops(c.account, h.instrument, risk.Stop)
	mark, _, _, _ := x.Prices(h.instrument)
	trigger, ok := floorPrice(p.Size, mark, x.Account(c.account).Equity-c.plan.EquityFloor, d.plan.instruments[h.instrument].Tick)
	if !ok {
		return nil // no positive price takes that much
	}
	if h.stop == 0 {
		h.stop = trigger
	}
	if trigger == mark { // the floor is reached already, by funding or a fee
		if err := x.Close(c.account, h.instrument); err != nil {
			return err
		}
		if h.outcome == closed {
			h.outcome = stopped
		}
		return nil
	}
	return x.PlaceStop(risk.StopOrder{Account: c.account, Instrument: h.instrument, Kind: risk.Stop, Trigger: trigger, Watch: risk.WatchMark})
}

// floorPrice returns the mark price at which a position has lost an amount since a mark, rounded to the tick toward it; ok
// is false where that is no positive price. An amount that is used up gives the mark itself.
func floorPrice(size market.Qty, mark market.Price, amount market.Quote, tick market.Price) (market.Price, bool) {
	away, fits := market.MulDivFloor(int64(max(amount, 0)), market.Scale, int64(size.Abs()))
	if !fits {
		return 0, false
	}
	tick = max(tick, 1)
	if size < 0 {
		return max((mark+market.Price(away))/tick*tick, mark), true
	}
	trigger := mark - market.Price(away)
	if trigger <= 0 {
		return 0, false
	}
	return min((trigger+tick-1)/tick*tick, mark), true
}

// moveFloors places the floors of an instrument anew after a settlement of funding.
func (d *desk) moveFloors(i market.InstrumentID) error {
	kept := d.floors[i][:0]
	for _, c := range d.floors[i] {
		if !c.opened && c.timers == 0 {
			continue
		}
		kept = append(kept, c)
		if err := d.placeFloor(c); err != nil {
			return err
		}
	}
	d.floors[i] = kept
	return d.tellNews()
}
