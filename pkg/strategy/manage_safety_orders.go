package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// SafetyOrders rests further orders on the losing side of the entry, each farther away and larger than the one before.
type SafetyOrders struct {
	Count     int
	Step      market.Rate // share of the entry price to the first order
	StepScale market.Rate // each step over the one before
	Size      market.Rate // of the first order, of the entry's size
	SizeScale market.Rate // each size over the one before
	Target    market.Rate // take-profit from the average entry; 0: the rule's own stays
}

var safetyOrdersDoc = Doc{
	Summary: "adds to a losing position with resting orders (dollar-cost averaging)",
	Formula: "order k = 1..count of size * size_scale^(k-1) times the entry's, at entry - side * entry * step * (1 + step_scale + ... + step_scale^(k-1)); with target, the take-profit moves to average entry * (1 + side * target)",
	Source:  "3Commas help, DCA bot: price deviation, step scale, volume scale",
	Warning: "each order makes the position larger the more it loses; it needs an equity that carries all of them",
	Params: []Param{
		{Name: "count", Unit: "orders", Default: "3", Help: "how many"},
		{Name: "step", Unit: "share of price", Default: "2%", Help: "from the entry to the first order"},
		{Name: "step_scale", Unit: "multiple", Default: "1", Help: "each step over the one before"},
		{Name: "size", Unit: "multiple", Default: "1", Help: "size of the first order, of the entry's"},
		{Name: "size_scale", Unit: "multiple", Default: "1", Help: "each size over the one before"},
		{Name: "target", Unit: "share of price", Optional: true, Help: "take-profit from the average entry price, moved with every order"},
	},
}

func newSafetyOrders(p Params) (Management, error) {
	var s SafetyOrders
	var err error
	if s.Count, err = p.Count("count", 1, 100); err != nil {
		return nil, err
	}
	if s.Step, err = p.Fraction("step", market.Scale-1); err != nil {
		return nil, err
	}
	for _, m := range []struct {
		key string
		to  *market.Rate
	}{{"step_scale", &s.StepScale}, {"size", &s.Size}, {"size_scale", &s.SizeScale}} {
		if *m.to, err = p.Multiple(m.key); err != nil {
			return nil, err
		}
	}
	if p.Has("target") {
		s.Target, err = p.Fraction("target", 10*market.Scale)
	}
	return s, err
}

// Attend implements Management. It fails with ErrImpossible when an order lies at or below a price of 0 or is smaller
// than a lot.
func (s SafetyOrders) Attend(c *Context, p *Plan) (Attendant, error) {
	a := &safetyOrders{target: s.Target, instrument: c.Instrument}
	away, step, scale := market.Rate(0), s.Step, s.Size
	side := market.SideOf(p.Size)
	for k := range s.Count {
		away += step
		distance, ok1 := market.MulDivCeil(int64(away), int64(c.Price), market.Scale)
		size, ok2 := market.MulDivFloor(int64(p.Size.Abs()), int64(scale), market.Scale)
		price := roundToTick(c.Price-market.Price(side)*market.Price(distance), c.Instrument.Tick, -side)
		lots := market.Qty(size) / c.Instrument.Lot * c.Instrument.Lot
		if !ok1 || !ok2 || price <= 0 || lots <= 0 {
			return nil, fmt.Errorf("%w: safety order %d, %s at %s: expected a price above 0 and a size of at least one lot, %s", ErrImpossible, k+1, market.Qty(size), price, c.Instrument.Lot)
		}
		a.orders = append(a.orders, Action{Kind: AddAt, Price: price, Size: lots})
		var ok3, ok4 bool
		step, ok3 = scaled(step, s.StepScale)
		if scale, ok4 = scaled(scale, s.SizeScale); !ok3 || !ok4 {
			return nil, fmt.Errorf("%w: safety order %d: the scales make it larger than a number can hold", ErrImpossible, k+2)
		}
	}
	return a, nil
}

// scaled multiplies two ratios, rounded down.
func scaled(a, by market.Rate) (market.Rate, bool) {
	v, ok := market.MulDivFloor(int64(a), int64(by), market.Scale)
	return market.Rate(v), ok
}

type safetyOrders struct {
	orders     []Action
	target     market.Rate
	instrument market.Instrument
}

// On implements Attendant.
func (a *safetyOrders) On(o *Occasion) ([]Action, error) {
	switch {
	case o.Kind == Opened:
		orders := a.orders
		a.orders = nil // a re-entry is another position; its orders would lie at prices of the first
		return orders, nil
	case o.Kind == Added && a.target > 0:
		side := market.SideOf(o.Position.Size)
		distance, ok := market.MulDivCeil(int64(a.target), int64(o.Position.EntryPrice), market.Scale)
		price := roundToTick(o.Position.EntryPrice+market.Price(side)*market.Price(distance), a.instrument.Tick, side)
		if !ok || price <= 0 {
			return nil, nil // beyond all prices: never reached
		}
		return []Action{{Kind: MoveTakeProfit, Price: price, Watch: WatchLast}}, nil
	}
	return nil, nil
}
