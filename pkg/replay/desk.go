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

// desk places orders: the crowd when its instruments have a price, the rules under test at their setups, and timed
// exits when they are due. It looks at what is due, never at all accounts.
type desk struct {
	plan    *plan
	tracker *tracker
	clock   *clock
	venue   rulebookExchange

	priced  []bool
	waiting []int32   // crowd accounts whose instruments are not all priced, ascending
	queues  [][]int32 // setups by instrument, by time
	exits   exitHeap
	depth   []market.Quote // last known, by instrument

	outages   *outages
	beyond    []int // entries by rule whose stop lies beyond liquidation
	refused   []int // entries by rule that were refused
	late      []int // entries by rule, listed with a price, whose stop was passed when they were placed
	reason    []string
	indexless []int // entries by rule that watch an index price which the data does not have
	outside   int   // setups listed at a price at which the bar of their time did not trade

	now       market.Time
	sequences []sequence               // by rule
	managed   []management             // by rule
	cares     map[risk.AccountID]*care // looked up only, never walked
	heard     []*care                  // with news
	alarms    [][3]priceAlarms         // by instrument and watched price
	timers    alarmHeap
	fundings  [][]alarm // by instrument
	floors    [][]*care // by instrument
	serial    int64
	occasions int
	counted   market.Time // of occasions
}

func newDesk(p *plan, t *tracker) *desk {
	n := len(p.instruments)
	d := &desk{plan: p, tracker: t, priced: make([]bool, n), queues: make([][]int32, n), depth: make([]market.Quote, n),
		beyond: make([]int, len(p.rules)), refused: make([]int, len(p.rules)), late: make([]int, len(p.rules)),
		indexless: make([]int, len(p.rules)), reason: make([]string, len(p.rules))}
	d.venue = rulebookExchange{plan: p, price: d.lastPrice}
	d.alarms, d.fundings, d.floors = make([][3]priceAlarms, n), make([][]alarm, n), make([][]*care, n)
	d.cares, d.managed = map[risk.AccountID]*care{}, make([]management, len(p.rules))
	for r := range p.rules {
		d.sequences = append(d.sequences, sequence{strategy.NewRecord(p.rules[r].Equity), nobody})
	}
	t.listener = d.hear
	for i := range p.crowd {
		d.waiting = append(d.waiting, int32(i))
	}
	for i, s := range p.setups {
		d.queues[s.instrument] = append(d.queues[s.instrument], int32(i))
	}
	return d
}

// act does what is due after a tick.
func (d *desk) act(c *clock) error {
	d.now = c.tick.Time
	joined := false
	for k := range c.tick.Prices {
		u := &c.tick.Prices[k]
		if !d.priced[u.Instrument] {
			d.priced[u.Instrument], joined = true, true
		}
		if u.BidDepth > 0 {
			d.depth[u.Instrument] = u.BidDepth // both sides carry the same figure
		}
	}
	if joined {
		if err := d.loadCrowd(c.tick.Time); err != nil {
			return err
		}
	}
	for k := range c.tick.Prices {
		if !c.opened[k] {
			continue
		}
		u := &c.tick.Prices[k]
		q := &d.queues[u.Instrument]
		for len(*q) > 0 && d.plan.setups[(*q)[0]].Time <= c.tick.Time {
			s := &d.plan.setups[(*q)[0]]
			*q = (*q)[1:]
			if s.Price > 0 && !d.clock.tracks[u.Instrument].traded(s.Time, s.Price) {
				d.outside++
			}
			for r := range d.plan.rules {
				if err := d.enter(s, int32(r), u); err != nil {
					return err
				}
			}
		}
	}
	if err := d.leave(c.tick.Time); err != nil {
		return err
	}
	return d.tellNews()
}

// enter takes a setup by one rule.
func (d *desk) enter(s *setup, r int32, u *risk.PriceUpdate) error {
	rule := &d.plan.rules[r]
	instrument := d.plan.instruments[s.instrument]
	h := holder{entryTime: d.clock.tick.Time, deposit: rule.Equity, setup: s.ID, rule: r, instrument: s.instrument, size: market.Qty(s.Side)}
	if end, out := d.outages.closed(s.ID, d.clock.tick.Time); out {
		d.outages.entries++
		return d.refuse(h, d.outages.refusal(end))
	}
	setup := s.Setup
	reference := u.Last
	if setup.Price > 0 {
		reference = setup.Price
	}
	if rule.built.Sequential {
		if why := d.ready(r); why != "" {
			return d.refuse(h, why)
		}
		h.deposit = d.sequences[r].record.Equity
	}
	context := d.context(setup, s.instrument, reference, h.deposit, r)
	plan, err := rule.built.Plan(context)
	if err == nil {
		err = rule.allowed(&plan)
	}
	var attendants []strategy.Attendant
	if err == nil {
		attendants, err = attend(rule.built, context, &plan)
	}
	if err != nil {
		if !isImpossible(err) {
			return d.plan.scenario.At(rule.Path, fmt.Errorf("entry %d, %s at %s: %w", s.ID, instrument.Symbol, h.entryTime, err))
		}
		return d.refuse(h, err.Error())
	}
	for _, n := range plan.Notes {
		if n.Kind == strategy.StopBeyondLiquidation {
			d.beyond[r]++
		}
	}
	if plan.Watch == strategy.WatchIndex && u.Index == 0 && (plan.Stop > 0 || plan.TakeProfit > 0) {
		d.indexless[r]++
	}
	h.size, h.leverage, h.mode, h.stop = plan.Size, plan.Leverage, risk.MarginMode(plan.Margin), plan.Stop
	h.entryPrice = setup.Price
	if h.entryPrice == 0 {
		h.entryPrice = d.fill(s.instrument, plan.Size, u.Last)
	}
	if text := wrongSide(&plan, u); text != "" {
		// A trade of a list was made at its price, whatever came after: refusing it for a stop that the price has passed
		// would keep the losers out.
		if passed := stopPassed(&plan, u); !passed || setup.Price == 0 {
			return d.refuse(h, text)
		}
		d.late[r]++
		return d.open(h, s, &plan, attendants, true)
	}
	return d.open(h, s, &plan, attendants, false)
}

// fill prices a market order: the last price with the slippage of its notional.
func (d *desk) fill(i market.InstrumentID, size market.Qty, last market.Price) market.Price {
	notional, _ := market.ValueCeil(size.Abs(), last) // an overflow is refused when the position opens
	slip := d.plan.execution.Slippage(i, notional, d.depth[i])
	return risk.Slipped(last, slip, market.SideOf(size), d.plan.instruments[i].Tick)
}

// wrongSide explains why the exchange would refuse a plan's stop or take-profit: the price that it watches has passed it
// already, or lies too low to trail. Asked before the position opens, since it would be left without its orders. Empty
// when neither is refused.
func wrongSide(p *strategy.Plan, u *risk.PriceUpdate) string {
	watched := watchedPrice(p, u)
	side := market.Price(market.SideOf(p.Size))
	if stopPassed(p, u) {
		return fmt.Sprintf("stop at %v would fire at once: the %v price is %v", p.Stop, p.Watch, watched)
	}
	if p.Trail > 0 && p.Peak > 0 && (watched-(p.Peak-p.Trail*side))*side <= 0 {
		return fmt.Sprintf("stop at %v, %v from the best price %v, would fire at once: the %v price is %v", p.Peak-p.Trail*side, p.Trail, p.Peak, p.Watch, watched)
	}
	if p.Trail > 0 && watched-p.Trail*side <= 0 {
		return fmt.Sprintf("stop trailing by %v would lie at or below 0: the %v price is %v", p.Trail, p.Watch, watched)
	}
	if p.NearStop.Size > 0 && (watched-p.NearStop.Price)*side <= 0 {
		return fmt.Sprintf("stop at %v would fire at once: the %v price is %v", p.NearStop.Price, p.Watch, watched)
	}
	for _, o := range orders(0, 0, p) {
		if o.Kind == risk.TakeProfit && (o.Trigger-watched)*side <= 0 {
			return fmt.Sprintf("take-profit at %v would fire at once: the %v price is %v", o.Trigger, p.Watch, watched)
		}
	}
	return ""
}

// watchedPrice is the price that triggers a plan's orders; the mark stands in for an index that is not known.
func watchedPrice(p *strategy.Plan, u *risk.PriceUpdate) market.Price {
	if watched := [...]market.Price{u.Mark, u.Last, u.Index}[p.Watch]; watched > 0 {
		return watched
	}
	return u.Mark
}

// stopPassed reports whether the price that a plan's stop watches has passed it.
func stopPassed(p *strategy.Plan, u *risk.PriceUpdate) bool {
	return p.Stop > 0 && p.Trail == 0 && (watchedPrice(p, u)-p.Stop)*market.Price(market.SideOf(p.Size)) <= 0
}

// open opens a probe's account and position and places its orders. A stop that the price has passed fires at once, as
// one that a gap jumped: it fills at the last price.
func (d *desk) open(h holder, s *setup, plan *strategy.Plan, attendants []strategy.Attendant, passed bool) error {
	notional, ok := market.ValueCeil(h.size.Abs(), h.entryPrice)
	margin, fits := d.plan.contracts[h.instrument].OpeningMargin(venue.Exposure{Size: h.size.Abs(), Entry: notional, Long: h.size > 0, Leverage: h.leverage, Cross: h.mode == risk.Cross}, 0)
	if !ok || !fits {
		return d.refuse(h, fmt.Sprintf("size %v at %v exceeds what an amount can hold", h.size, h.entryPrice))
	}
	h.margin = margin
	held := d.holdingOf(h.rule, h.deposit)
	if held.value > 0 && d.lastPrice(held.asset) == 0 {
		return d.refuse(h, fmt.Sprintf("the collateral asset %s has no price yet", d.plan.rules[h.rule].Collateral.Asset))
	}
	id, err := d.openHolding(h, held)
	if err != nil {
		return err
	}
	x := d.tracker.exchange
	err = x.Open(risk.Order{Account: id, Instrument: h.instrument, Size: h.size, Price: h.entryPrice, Mode: h.mode, Leverage: h.leverage, Fee: true})
	if refusal := (*risk.Refusal)(nil); errors.As(err, &refusal) {
		kept := &d.tracker.holders[id]
		kept.outcome, kept.refusal = refused, refusal.Rule
		d.count(h.rule, refusal.Rule)
		return nil
	}
	if err != nil {
		return err
	}
	if d.plan.rules[h.rule].built.Sequential {
		d.sequences[h.rule].last = id
	}
	if passed {
		if err := x.Close(id, h.instrument); err != nil {
			return err
		}
		if kept := &d.tracker.holders[id]; kept.outcome == closed {
			kept.outcome = stopped
		}
		return nil
	}
	return d.protect(id, h.instrument, plan, d.look(id, s, h.rule, plan, attendants))
}

// refuse keeps an account for a setup that a rule could not take, so that pairs stay complete.
func (d *desk) refuse(h holder, reason string) error {
	h.outcome, h.refusal = refused, reason
	d.count(h.rule, reason)
	_, err := d.tracker.add(h)
	return err
}

func (d *desk) count(rule int32, reason string) {
	if d.refused[rule]++; d.reason[rule] == "" {
		d.reason[rule] = reason
	}
}

// leave closes the positions whose time is up and that are still open.
func (d *desk) leave(now market.Time) error {
	for len(d.exits) > 0 && d.exits[0].time <= now {
		e := heap.Pop(&d.exits).(exit)
		h := &d.tracker.holders[e.account]
		if c := d.cares[e.account]; c != nil && c.generation != e.generation {
			continue
		}
		if _, stillOpen := d.tracker.exchange.Position(e.account, h.instrument); !stillOpen {
			continue
		}
		if end, out := d.outages.closed(h.setup, now); out {
			d.outages.exits++
			heap.Push(&d.exits, exit{end, e.account, e.generation})
			continue
		}
		if err := d.tracker.exchange.Close(e.account, h.instrument); err != nil {
			return err
		}
	}
	return nil
}

// exit is a position's end of time.
type exit struct {
	time       market.Time
	account    risk.AccountID
	generation int32 // of the account's position
}

// exitHeap yields exits by time, then account.
type exitHeap []exit

func (h exitHeap) Len() int { return len(h) }
func (h exitHeap) Less(i, j int) bool {
	return h[i].time < h[j].time || h[i].time == h[j].time && h[i].account < h[j].account
}
func (h exitHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *exitHeap) Push(x any)   { *h = append(*h, x.(exit)) }
func (h *exitHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	*h = (*h)[:last]
	return e
}

// lastPrice returns an instrument's last price, 0 before its first tick.
func (d *desk) lastPrice(i market.InstrumentID) market.Price {
	_, last, _, _ := d.tracker.exchange.Prices(i)
	return last
}
