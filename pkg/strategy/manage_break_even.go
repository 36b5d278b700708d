package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// BreakEven moves the stop to the entry once the position has gained a distance.
type BreakEven struct {
	After Distance
	Lock  Distance // beyond the entry; zero: at the entry
}

var breakEvenDoc = Doc{
	Summary: "moves the stop to the entry once the position has gained a distance",
	Formula: "when the watched price reaches entry + side * after, trigger = average entry + side * lock",
	Source:  "by definition",
	Params: []Param{
		{Name: "after", Unit: "distance", Help: `gain at which the stop is moved: "1%" or "1 atr(14)"`},
		{Name: "lock", Unit: "distance", Optional: true, Help: "gain that the moved stop keeps, below after"},
	},
}

func newBreakEven(p Params) (Management, error) {
	var b BreakEven
	var err error
	if b.After, err = p.Distance("after"); err != nil {
		return nil, err
	}
	b.Lock, err = p.DistanceOrNone("lock")
	if b.Lock.Period == b.After.Period && b.Lock.Rate >= b.After.Rate {
		err = p.errorf("lock", "a distance below after, "+p["after"])
	}
	return b, err
}

// Attend implements Management.
func (b BreakEven) Attend(c *Context, p *Plan) (Attendant, error) {
	after, err := b.After.From(c)
	if err != nil {
		return nil, err
	}
	a := &breakEven{after: after, watch: p.Watch, tick: c.Instrument.Tick}
	if !b.Lock.IsZero() {
		a.lock, err = b.Lock.From(c)
	}
	return a, err
}

type breakEven struct {
	after, lock, tick market.Price
	watch             Watch
}

// On implements Attendant.
func (b *breakEven) On(o *Occasion) ([]Action, error) {
	side := market.SideOf(o.Position.Size)
	switch o.Kind {
	case Opened:
		return []Action{{Kind: WakeAtPrice, Watch: b.watch, Price: o.Position.EntryPrice + market.Price(side)*b.after}}, nil
	case PriceReached:
		return []Action{{Kind: MoveStop, Watch: b.watch, Price: roundToTick(o.Position.EntryPrice+market.Price(side)*b.lock, b.tick, side)}}, nil
	}
	return nil, nil
}
