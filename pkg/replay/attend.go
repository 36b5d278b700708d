package replay

import (
	"errors"
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// care is what an account needs after its entry: its rule's attendants, the equity at which it is given up, the other leg
// of a pair.
type care struct {
	account    risk.AccountID
	setup      *setup
	rule       int32
	plan       strategy.Plan
	attendants []strategy.Attendant
	generation int32 // of the position: how many were closed
	timers     int   // wake-ups by time that this generation still waits for
	opened     bool
	legs       []market.InstrumentID
	news       []risk.Event // of the tick under way
}

// maxOccasions is how often accounts may be woken within one tick, above one for each account that is cared for; a rule
// that answers every occasion with another one would never end.
const maxOccasions = 1000

// errEndless reports a management whose actions follow each other without end.
var errEndless = errors.New("its management answers every occasion with another one at the same moment; ask for a later time or another price")

// attend begins the management of a planned position.
func attend(r *strategy.Rule, c *strategy.Context, p *strategy.Plan) ([]strategy.Attendant, error) {
	var all []strategy.Attendant
	for k, m := range r.Manage {
		a, err := m.Attend(c, p)
		if err != nil {
			return nil, fmt.Errorf("rule %s: manage %d: setup %d, %s at %s: %w", r.Name, k, c.Setup.ID, c.Setup.Symbol, c.Setup.Time, err)
		}
		all = append(all, a)
	}
	return all, nil
}

// hear keeps an event of an account that is cared for until the exchange is done with its tick.
func (d *desk) hear(e *risk.Event) {
	if len(d.cares) == 0 || e.Account == risk.TheExchange || e.Kind == risk.Funding || e.Kind == risk.Entry || e.Kind == risk.Add {
		return
	}
	c := d.cares[e.Account]
	if c == nil {
		return
	}
	if len(c.news) == 0 {
		d.heard = append(d.heard, c)
	}
	c.news = append(c.news, *e)
}

// react does what a tick made due for the accounts that are cared for: what happened to their positions, then the prices
// and the times that they wait for, then funding. Each looks at the exchange as those before left it.
func (d *desk) react(t *risk.Tick) error {
	d.now = t.Time
	if len(d.cares) == 0 {
		return nil
	}
	if err := d.tellNews(); err != nil {
		return err
	}
	for k := range t.Prices {
		i := t.Prices[k].Instrument
		mark, last, index, _ := d.tracker.exchange.Prices(i)
		for w, now := range [...]market.Price{mark, last, index} {
			if err := d.ring(d.alarms[i][w].take(now), strategy.PriceReached); err != nil {
				return err
			}
		}
	}
	if err := d.ring(d.timers.take(int64(t.Time), nil), strategy.TimeReached); err != nil {
		return err
	}
	for _, f := range t.Funding {
		waiting := d.fundings[f.Instrument]
		d.fundings[f.Instrument] = nil
		if err := d.ring(waiting, strategy.FundingSettled); err != nil {
			return err
		}
		if err := d.moveFloors(f.Instrument); err != nil {
			return err
		}
	}
	return nil
}

// tellNews tells attendants what became of their positions, and of whatever follows from what they do about it.
func (d *desk) tellNews() error {
	for len(d.heard) > 0 {
		c := d.heard[0]
		d.heard = d.heard[1:]
		news := c.news
		c.news = nil
		if err := d.tell(c, news); err != nil {
			return err
		}
	}
	d.heard = nil
	return nil
}

func (d *desk) tell(c *care, news []risk.Event) error {
	h := &d.tracker.holders[c.account]
	var last *risk.Event // of the position; what happens to the other leg is not told
	for k := range news {
		if news[k].Instrument == h.instrument {
			last = &news[k]
		}
	}
	if last == nil || !c.opened {
		return nil
	}
	o := strategy.Occasion{Kind: strategy.Reduced, Price: last.Price}
	if _, left := d.tracker.exchange.Position(c.account, h.instrument); left {
		if err := d.placeFloor(c); err != nil {
			return err
		}
		return d.everyone(c, o)
	}
	o.Kind, o.How = strategy.Closed, ending(last.Kind)
	if o.How == strategy.EndedByLiquidation {
		d.managed[c.rule].lost += h.toppedUp
	}
	c.generation++
	c.timers, c.opened, h.toppedUp = 0, false, 0
	for _, leg := range c.legs {
		if _, open := d.tracker.exchange.Position(c.account, leg); open {
			if err := d.tracker.exchange.Close(c.account, leg); err != nil {
				return err
			}
		}
	}
	c.legs = nil
	return d.everyone(c, o)
}

func ending(k risk.Kind) strategy.Ending {
	switch k {
	case risk.Stop:
		return strategy.EndedByStop
	case risk.TakeProfit:
		return strategy.EndedByTakeProfit
	case risk.Liquidation, risk.Takeover:
		return strategy.EndedByLiquidation
	case risk.ADL:
		return strategy.EndedByADL
	}
	return strategy.EndedByExit
}

// ring answers alarms. An alarm of a position that is gone means nothing.
func (d *desk) ring(due []alarm, kind strategy.OccasionKind) error {
	for _, a := range due {
		c := d.cares[a.account]
		if c.generation != a.generation {
			continue
		}
		if kind == strategy.TimeReached {
			c.timers--
		}
		var err error
		if a.size != 0 {
			err = d.add(c, a.size, a.price) // never at a better price, also where a gap jumped it
		} else {
			err = d.occasion(c, int(a.attendant), strategy.Occasion{Kind: kind, Tag: a.tag, Price: a.price})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// everyone tells all attendants of an account.
func (d *desk) everyone(c *care, o strategy.Occasion) error {
	for k := range c.attendants {
		if err := d.occasion(c, k, o); err != nil {
			return err
		}
	}
	return nil
}

// occasion tells one attendant and carries out what it answers.
func (d *desk) occasion(c *care, k int, o strategy.Occasion) error {
	if d.counted != d.now {
		d.counted, d.occasions = d.now, 0
	}
	if d.occasions++; d.occasions > maxOccasions*(1+len(d.cares)) {
		return d.mistake(c, errEndless)
	}
	d.complete(c, &o)
	actions, err := c.attendants[k].On(&o)
	if err != nil {
		return d.mistake(c, err)
	}
	for _, a := range actions {
		if err := d.carryOut(c, int32(k), a); err != nil {
			return err
		}
	}
	return d.tellNews()
}

// mistake places an error of a management in the scenario.
func (d *desk) mistake(c *care, err error) error {
	rule := &d.plan.rules[c.rule]
	return d.plan.scenario.At(rule.Path+".manage", fmt.Errorf("entry %d, %s at %s: %w", c.setup.ID, c.setup.Symbol, d.now, err))
}

// complete fills in what an occasion says of the present.
func (d *desk) complete(c *care, o *strategy.Occasion) {
	h := &d.tracker.holders[c.account]
	x := d.tracker.exchange
	view := x.Account(c.account)
	o.Time, o.Wallet, o.Equity = d.now, view.Wallet, view.Equity
	o.Mark, o.Last, _, _ = x.Prices(h.instrument)
	if p, open := x.Position(c.account, h.instrument); open {
		o.Position = strategy.Holding{Size: p.Size, EntryPrice: p.EntryPrice, Leverage: p.Leverage, Margin: p.Margin}
		if p.Mode == risk.Isolated {
			o.Position.LiquidationPrice, _ = risk.LiquidationPrice(d.plan.contracts[h.instrument], d.plan.o.Rulebook.Inclusive, p.Size, p.EntryPrice, p.Margin, p.Leverage)
		}
	}
	moment := c.setup.Setup
	moment.Time, moment.Price = d.now, 0
	o.Context = d.context(moment, h.instrument, o.Last, view.Equity, c.rule)
}
