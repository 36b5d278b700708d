package replay

import (
	"container/heap"
	"errors"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// protect places what a plan has beside its position: stops, take-profits, the timed exit; then its attendants hear that it
// is open. c is nil for a plan that needs no care.
func (d *desk) protect(id risk.AccountID, i market.InstrumentID, plan *strategy.Plan, c *care) error {
	for _, o := range orders(id, i, plan) {
		if err := d.tracker.exchange.PlaceStop(o); err != nil {
			return err
		}
	}
	if plan.Exit > 0 {
		e := exit{time: plan.Exit, account: id}
		if c != nil {
			e.generation = c.generation
		}
		heap.Push(&d.exits, e)
	}
	if c == nil {
		return nil
	}
	c.opened = true
	if err := d.placeFloor(c); err != nil {
		return err
	}
	if err := d.everyone(c, strategy.Occasion{Kind: strategy.Opened, Price: d.tracker.holders[id].entryPrice}); err != nil {
		return err
	}
	return d.tellNews()
}

// orders returns the stops and take-profits of a plan, those of a part of the position before that of the whole.
func orders(id risk.AccountID, i market.InstrumentID, plan *strategy.Plan) []risk.StopOrder {
	var all []risk.StopOrder
	stop := risk.StopOrder{Account: id, Instrument: i, Kind: risk.Stop, Watch: risk.Watch(plan.Watch), Trigger: plan.Stop, Trail: plan.Trail, Peak: plan.Peak,
		Limit: plan.Fill == strategy.FillLimit, Offset: plan.Limit, Guaranteed: plan.Fill == strategy.FillGuaranteed}
	if n := plan.NearStop; n.Size > 0 {
		near := stop
		near.Trigger, near.Trail, near.Peak, near.Size = n.Price, 0, 0, n.Size
		all = append(all, near)
	}
	if plan.Stop > 0 || plan.Trail > 0 {
		all = append(all, stop)
	}
	target := risk.StopOrder{Account: id, Instrument: i, Kind: risk.TakeProfit, Watch: risk.Watch(plan.Watch)}
	for _, t := range plan.Targets {
		target.Trigger, target.Size = t.Price, t.Size
		all = append(all, target)
	}
	if plan.TakeProfit > 0 {
		target.Trigger, target.Size = plan.TakeProfit, 0
		all = append(all, target)
	}
	return all
}

// look takes a position into care if its plan or its rule asks for more than orders.
func (d *desk) look(id risk.AccountID, s *setup, r int32, plan *strategy.Plan, attendants []strategy.Attendant) *care {
	if len(attendants) == 0 && plan.EquityFloor == 0 {
		return nil
	}
	c := &care{account: id, setup: s, rule: r, plan: *plan, attendants: attendants}
	d.cares[id] = c
	if plan.EquityFloor > 0 {
		d.floors[s.instrument] = append(d.floors[s.instrument], c)
	}
	return c
}

// context is what is known now of an instrument, for a rule.
func (d *desk) context(s strategy.Setup, i market.InstrumentID, price market.Price, equity market.Quote, r int32) *strategy.Context {
	t := &d.clock.tracks[i]
	c := &strategy.Context{Setup: s, Price: price, Equity: equity, Instrument: d.plan.instruments[i], Exchange: d.venue.entering(i, price), ATR: t.averageTrueRange, Bars: t.recent.last}
	if d.plan.rules[r].built.Sequential {
		record := *d.sequences[r].record
		c.Record = &record
	}
	return c
}

// averageTrueRange is that of the bars completed by now. Periods that nobody asked for before the run, as a script may,
// are taken over the bars that are kept.
func (t *track) averageTrueRange(period int) (market.Price, bool) {
	for i := range t.ranges {
		if t.ranges[i].period == period {
			return t.ranges[i].state.ATR()
		}
	}
	return strategy.ATR(t.recent.bars, period)
}

// isImpossible reports an entry that a rule cannot carry out, which is refused, and not an error.
func isImpossible(err error) bool {
	return errors.Is(err, strategy.ErrImpossible) || errors.Is(err, strategy.ErrHistory)
}
