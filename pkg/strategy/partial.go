package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// placeNear fills in the part of the position that is given up before the rest.
func placeNear(c *Context, stop StopOrder, size market.Qty, p *Plan) error {
	if !stop.Active || stop.Near == 0 {
		return nil
	}
	side := market.Price(c.Setup.Side)
	price := roundToTick(c.Price-side*stop.Near, c.Instrument.Tick, c.Setup.Side)
	part, _ := market.MulDivFloor(int64(size), int64(stop.NearShare), market.Scale) // a share is below 1
	lots := market.Qty(part) / c.Instrument.Lot * c.Instrument.Lot
	switch {
	case lots <= 0 || lots >= size:
		return fmt.Errorf("%w: %s of a size of %s is no part in lots of %s: raise the size or change the share", ErrImpossible, stop.NearShare, size, c.Instrument.Lot)
	case side*(c.Price-price) <= 0 || side*(price-p.Stop) <= 0:
		return fmt.Errorf("%w: the near stop, %s away, is within one tick of the entry at %s or of the stop at %s", ErrImpossible, stop.Near, c.Price, p.Stop)
	}
	p.NearStop = PartialOrder{price, lots}
	return nil
}

// placeLadder fills in a take-profit in parts. Sizes are differences of rounded-down cumulative sizes, so that they add up
// to what was asked for; a rung below one lot joins the next.
func placeLadder(c *Context, l Laddered, stop StopOrder, p *Plan) error {
	rungs, err := l.Rungs(c, stop)
	if err != nil {
		return err
	}
	size := p.Size.Abs()
	total, closed := market.Rate(0), market.Qty(0)
	for _, r := range rungs {
		price := roundToTick(r.Price, c.Instrument.Tick, c.Setup.Side)
		if price <= 0 || market.Price(c.Setup.Side)*(price-c.Price) <= 0 {
			return fmt.Errorf("%w: take-profit %s is on the wrong side of a %s entered at %s", ErrImpossible, r.Price, c.Setup.Side, c.Price)
		}
		if r.Share <= 0 || r.Share > market.Scale-total {
			return fmt.Errorf("%w: shares of the take-profit add up to more than 100%%, or one is not above 0: %s after %s", ErrImpossible, r.Share, total)
		}
		total += r.Share
		if total == market.Scale {
			p.TakeProfit = price
			return nil
		}
		upTo, _ := market.MulDivFloor(int64(size), int64(total), market.Scale) // a share is at most 1
		upTo -= upTo % int64(c.Instrument.Lot)
		if part := market.Qty(upTo) - closed; part > 0 {
			p.Targets = append(p.Targets, PartialOrder{price, part})
			closed += part
		}
	}
	return nil
}
