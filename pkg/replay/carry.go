package replay

import (
	"container/heap"
	"errors"
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// management counts what a rule's attendants did, for the notes.
type management struct {
	refused  int // actions that the exchange did not accept
	reason   string
	topUps   int
	toppedUp market.Quote
	lost     market.Quote // of it, in positions that were liquidated
	reopened int
}

// carryOut does what an attendant wants. What the rules of the game forbid is counted and left undone.
func (d *desk) carryOut(c *care, k int32, a strategy.Action) error {
	h := &d.tracker.holders[c.account]
	x := d.tracker.exchange
	side := market.Qty(market.SideOf(c.plan.Size))
	switch a.Kind {
	case strategy.WakeAtPrice, strategy.WakeAtTime, strategy.WakeAtFunding, strategy.AddAt:
		return d.setAlarm(c, k, a)
	}
	if end, out := d.outages.closed(h.setup, d.clock.tick.Time); out {
		d.outages.actions++
		d.decline(c, d.outages.refusal(end))
		return nil
	}
	switch a.Kind {
	case strategy.AddNow:
		_, last, _, _ := x.Prices(h.instrument)
		return d.add(c, a.Size*side, d.fill(h.instrument, a.Size*side, last))
	case strategy.Reduce:
		return d.accepted(c, x.Reduce(c.account, h.instrument, a.Size))
	case strategy.CloseOut:
		return d.accepted(c, x.Close(c.account, h.instrument))
	case strategy.MoveStop:
		return d.move(c, risk.Stop, a)
	case strategy.MoveTakeProfit:
		return d.move(c, risk.TakeProfit, a)
	case strategy.TopUp:
		err := x.TopUp(c.account, h.instrument, a.Amount)
		if err == nil {
			d.managed[c.rule].topUps++
			d.managed[c.rule].toppedUp += a.Amount
			h.toppedUp += a.Amount
		}
		return d.accepted(c, err)
	case strategy.Reenter:
		return d.reenter(c)
	case strategy.Hedge:
		return d.hedge(c, a)
	}
	return d.mistake(c, fmt.Errorf("action %d: expected one that a position can have", a.Kind))
}

// setAlarm notes what an attendant waits for.
func (d *desk) setAlarm(c *care, k int32, a strategy.Action) error {
	i := d.tracker.holders[c.account].instrument
	waiting := alarm{serial: d.serial, account: c.account, generation: c.generation, attendant: k, tag: a.Tag, price: a.Price}
	d.serial++
	switch a.Kind {
	case strategy.WakeAtTime:
		waiting.key = int64(max(a.Time, d.now+1))
		c.timers++
		heap.Push(&d.timers, waiting)
		return nil
	case strategy.WakeAtFunding:
		d.fundings[i] = append(d.fundings[i], waiting)
		return nil
	case strategy.AddAt:
		if waiting.size = a.Size * market.Qty(market.SideOf(c.plan.Size)); a.Size <= 0 {
			return d.mistake(c, fmt.Errorf("%s of size %s: expected a size above 0", a.Kind, a.Size))
		}
		a.Watch = strategy.WatchLast
	}
	if a.Price <= 0 {
		return d.mistake(c, fmt.Errorf("%s %s: expected a price above 0", a.Kind, a.Price))
	}
	d.alarms[i][a.Watch].add(waiting, d.watched(i, a.Watch))
	return nil
}

func (d *desk) watched(i market.InstrumentID, w strategy.Watch) market.Price {
	mark, last, index, _ := d.tracker.exchange.Prices(i)
	return [...]market.Price{mark, last, index}[w]
}

// accepted counts a refusal and passes any other error on.
func (d *desk) accepted(c *care, err error) error {
	if refusal := (*risk.Refusal)(nil); errors.As(err, &refusal) {
		d.decline(c, refusal.Rule)
		return nil
	}
	return err
}

func (d *desk) decline(c *care, why string) {
	m := &d.managed[c.rule]
	if m.refused++; m.reason == "" {
		m.reason = why
	}
}

// add adds to a position and tells everyone.
func (d *desk) add(c *care, size market.Qty, price market.Price) error {
	h := &d.tracker.holders[c.account]
	p, open := d.tracker.exchange.Position(c.account, h.instrument)
	if !open || size == 0 {
		d.decline(c, "there is no position to add to")
		return nil
	}
	err := d.tracker.exchange.Open(risk.Order{Account: c.account, Instrument: h.instrument, Size: size, Price: price, Mode: p.Mode, Leverage: p.Leverage, Fee: true})
	if err != nil {
		return d.accepted(c, err)
	}
	if err := d.placeFloor(c); err != nil {
		return err
	}
	return d.everyone(c, strategy.Occasion{Kind: strategy.Added, Price: price})
}

// move replaces a position's stop or take-profit. An order that would fire at once is refused and the old one stays.
func (d *desk) move(c *care, kind risk.Kind, a strategy.Action) error {
	h := &d.tracker.holders[c.account]
	x := d.tracker.exchange
	p, open := x.Position(c.account, h.instrument)
	if !open {
		d.decline(c, "there is no position whose orders could be moved")
		return nil
	}
	now := d.watched(h.instrument, a.Watch)
	beyond := market.Price(market.SideOf(p.Size)) * (now - a.Price) // above 0: a price below, of a long
	if kind == risk.TakeProfit {
		beyond = -beyond
	}
	if a.Price <= 0 || beyond <= 0 {
		d.decline(c, fmt.Sprintf("%v at %v would fire at once: the %v price is %v", kind, a.Price, a.Watch, now))
		return nil
	}
	x.CancelStops(c.account, h.instrument, kind)
	o := risk.StopOrder{Account: c.account, Instrument: h.instrument, Kind: kind, Trigger: a.Price, Watch: risk.Watch(a.Watch)}
	if kind == risk.Stop {
		o.Limit, o.Offset, o.Guaranteed = c.plan.Fill == strategy.FillLimit, c.plan.Limit, c.plan.Fill == strategy.FillGuaranteed
	}
	return d.accepted(c, x.PlaceStop(o))
}

// hedge opens the other leg of a pair.
func (d *desk) hedge(c *care, a strategy.Action) error {
	h := &d.tracker.holders[c.account]
	x := d.tracker.exchange
	i, ok := d.plan.find(a.Symbol)
	leg := market.InstrumentID(i)
	if !ok || leg == h.instrument {
		return d.mistake(c, fmt.Errorf("hedge in %q: expected another instrument of the run", a.Symbol))
	}
	p, open := x.Position(c.account, h.instrument)
	mark, _, _, _ := x.Prices(h.instrument)
	_, last, _, priced := x.Prices(leg)
	if !open || !priced {
		d.decline(c, fmt.Sprintf("no position, or no price of %s yet, to hedge with", a.Symbol))
		return nil
	}
	notional, ok := market.ValueCeil(p.Size.Abs(), mark)
	wanted, fits := a.Ratio.OfFloor(notional)
	size, small := market.MulDivFloor(int64(wanted), market.Scale, int64(last))
	if !ok || !fits || !small {
		d.decline(c, fmt.Sprintf("a hedge of %v times %v does not fit", a.Ratio, notional))
		return nil
	}
	lot := d.plan.instruments[i].Lot
	q := market.Qty(size) / lot * lot * -market.Qty(market.SideOf(p.Size))
	leverage := min(p.Leverage, market.Rate(d.plan.contracts[i].MaxLeverage(venue.Exposure{Size: q.Abs(), Notional: wanted, Entry: wanted}))*market.Scale)
	err := x.Open(risk.Order{Account: c.account, Instrument: leg, Size: q, Price: d.fill(leg, q, last), Mode: p.Mode, Leverage: leverage, Fee: true})
	if err == nil {
		c.legs = append(c.legs, leg)
	}
	return d.accepted(c, err)
}

// reenter plans an account's setup anew and opens it. The row of the account tells the first entry; its outcome is that of
// the last.
func (d *desk) reenter(c *care) error {
	h := &d.tracker.holders[c.account]
	x := d.tracker.exchange
	u := d.update(h.instrument)
	moment := c.setup.Setup
	moment.Time, moment.Price = d.now, 0
	equity := x.Account(c.account).Equity
	switch {
	case c.opened:
		d.decline(c, "the position that is to be entered again is still open")
		return nil
	case moment.Exit != 0 && moment.Exit <= d.now:
		d.decline(c, "the setup's exit is over")
		return nil
	case equity <= 0:
		d.decline(c, "nothing is left to enter with")
		return nil
	}
	plan, err := d.plan.rules[c.rule].built.Plan(d.context(moment, h.instrument, u.Last, equity, c.rule))
	if errors.Is(err, strategy.ErrImpossible) || errors.Is(err, strategy.ErrHistory) {
		d.decline(c, err.Error())
		return nil
	}
	if err != nil {
		return d.mistake(c, err)
	}
	if text := wrongSide(&plan, &u); text != "" {
		d.decline(c, text)
		return nil
	}
	err = x.Open(risk.Order{Account: c.account, Instrument: h.instrument, Size: plan.Size, Price: d.fill(h.instrument, plan.Size, u.Last),
		Mode: risk.MarginMode(plan.Margin), Leverage: plan.Leverage, Fee: true})
	if err != nil {
		return d.accepted(c, err)
	}
	d.managed[c.rule].reopened++
	h.outcome, h.outcomeTime, h.outcomePrice = open, 0, 0
	c.plan = plan
	return d.protect(c.account, h.instrument, &plan, c)
}

// update returns an instrument's prices as a tick carries them.
func (d *desk) update(i market.InstrumentID) risk.PriceUpdate {
	u := risk.PriceUpdate{Instrument: i}
	u.Mark, u.Last, u.Index, _ = d.tracker.exchange.Prices(i)
	return u
}
