package replay

import (
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// mover stands between the path of the data and the exchange where prices or depth are not the data's own: it lets depth thin,
// moves prices by the impact of forced flow, and records that flow. Runs that need none of it have no mover.
//
// At every moment of the path the exchange gets a tick at the data's prices with the displacement as it stands, less what of it has decayed.
// The forced orders of that tick ask for another displacement; it is reached in moves of at most prices.step, each a tick of
// the exchange at the same moment, whose forced orders count in turn, until all is quiet or the rounds are used up.
type mover struct {
	exchange *risk.Exchange
	flow     *forcedFlow
	law      *impactLaw   // nil: prices stay the data's
	assets   *assetPrices // nil without collateral assets
	step     float64
	rounds   int
	places   []place
	record   *flowRecord // of a run whose flow is wanted
	against  *flowRecord // of the run whose flow the path contains
	coupled  *coupling   // to other venues' movers; nil: alone
	seat     int         // among them
	told     attribution
	tick     int64 // of the base path
	out      risk.Tick
	touched  []market.InstrumentID
	away     []market.InstrumentID // of the touched, what is about to move
}

// place is an instrument as the data has it, and how far it is displaced.
type place struct {
	displacement
	base     risk.PriceUpdate // latest of the data
	index    market.Price     // as the exchange has it undisplaced
	priced   bool
	unit     market.Price // tick
	depth    market.Quote // in force
	normal   market.Quote // where the data has none
	stated   bool         // normal is the instrument's own, or thins: the exchange has to be told
	observed bool         // the data's depth is in force
	thin     *thinning
	inTouch  bool
	sent     [3]market.Price // mark, last and index that the exchange has
}

// apply brings the exchange to a moment of the base path.
func (m *mover) apply(t *risk.Tick) error {
	m.arrive(t)
	if err := m.lay(t); err != nil {
		return err
	}
	if err := m.send(false); err != nil {
		return err
	}
	if m.record != nil {
		m.record.keep(m.tick, m.flow)
	}
	if m.law == nil {
		m.flow.clear()
		return nil
	}
	m.absorb(t.Time)
	if m.against != nil {
		for _, r := range m.against.at(m.tick) {
			m.push(t.Time, r.instrument, -r.sold.Float())
		}
	}
	return m.settle(t.Time)
}

// arrive takes in the data's prices of a moment and takes back what of their displacement has decayed.
func (m *mover) arrive(t *risk.Tick) {
	m.tick++
	for i := range t.Prices {
		u := &t.Prices[i]
		p := &m.places[u.Instrument]
		p.base, p.index = *u, u.Index
		if p.index == 0 {
			p.index = u.Mark
		}
		if m.law != nil {
			m.age(u.Instrument, t.Time)
			p.revert(p.target(m.law))
			m.touch(u.Instrument)
		}
	}
}

// age lets time pass for an instrument's displacement.
func (m *mover) age(i market.InstrumentID, now market.Time) {
	if m.coupled != nil {
		m.coupled.age(m, i, now)
		return
	}
	m.places[i].decay(m.law, now)
}

// lay lays out what the exchange gets at a moment of the base path.
func (m *mover) lay(t *risk.Tick) error {
	m.out.Time, m.out.Funding, m.out.Prices = t.Time, t.Funding, m.out.Prices[:0]
	for i := range t.Prices {
		m.out.Prices = append(m.out.Prices, m.update(t.Time, &t.Prices[i]))
	}
	if m.assets == nil {
		return nil
	}
	list, err := m.assets.updates(t)
	m.out.Prices = append(m.out.Prices, list...)
	return err
}

// update returns what the exchange gets for the data's prices of an instrument.
func (m *mover) update(now market.Time, u *risk.PriceUpdate) risk.PriceUpdate {
	p := &m.places[u.Instrument]
	first := !p.priced
	p.priced = true
	v := m.displaced(u.Instrument, now)
	if u.BidDepth > 0 {
		p.depth, p.observed = u.BidDepth, true // both sides carry the same figure
	}
	if p.observed {
		return v
	}
	if p.thin != nil {
		p.depth = scaledDepth(p.normal, p.thin.share(now, v.Last))
		v.BidDepth, v.AskDepth = p.depth, p.depth
	} else if first && p.stated {
		v.BidDepth, v.AskDepth = p.depth, p.depth
	}
	return v
}

// displaced is an instrument's latest update of the data at the displacement that is applied. The index price is made on other
// venues: it stays, except where those are part of the run.
func (m *mover) displaced(i market.InstrumentID, now market.Time) risk.PriceUpdate {
	p := &m.places[i]
	u := p.base
	mark := p.applied
	if m.coupled != nil {
		var index float64
		mark, index = m.coupled.quoted(m, i, now)
		if u.Index > 0 {
			u.Index = shifted(u.Index, index, 1)
		}
	}
	u.Mark, u.Last = shifted(u.Mark, mark, 1), shifted(u.Last, p.applied, p.unit)
	return u
}

// send gives the exchange a tick and attributes what it forced.
func (m *mover) send(induced bool) error {
	m.flow.clear()
	if err := m.exchange.Tick(&m.out); err != nil {
		return err
	}
	if m.law == nil {
		return nil
	}
	for i := range m.out.Prices {
		u := &m.out.Prices[i]
		if int(u.Instrument) >= len(m.places) { // assets stand last
			break
		}
		p := &m.places[u.Instrument]
		p.sent = [3]market.Price{u.Mark, u.Last, u.Index}
		m.told.price(u.Instrument, m.out.Time, p.base.Last, u.Last, p.applied)
	}
	m.told.flow(m.out.Time, m.flow.gross, induced)
	return nil
}

// absorb turns the forced orders since the last tick into displacements to come.
func (m *mover) absorb(now market.Time) {
	for _, i := range m.flow.moved {
		m.push(now, i, m.flow.sold[i].Float())
	}
}

// push adds a flow in quote, sales positive, at the depth that is in force.
func (m *mover) push(now market.Time, i market.InstrumentID, sold float64) {
	m.age(i, now)
	p := &m.places[i]
	p.push(sold / market.Float(p.depth))
	m.touch(i)
}

func (m *mover) touch(i market.InstrumentID) {
	if p := &m.places[i]; !p.inTouch {
		p.inTouch = true
		m.touched = append(m.touched, i)
	}
}

// settle moves the instruments of this moment to their displacements.
func (m *mover) settle(now market.Time) error {
	moves := 0
	for m.gather() {
		if moves == m.rounds {
			m.told.LimitHits++
			break
		}
		moves++
		m.stride()
		m.tell(now, m.away)
		if err := m.send(true); err != nil {
			return err
		}
		m.absorb(now)
	}
	m.leave(moves)
	return nil
}

// leave ends a moment that took so many moves.
func (m *mover) leave(moves int) {
	m.told.Moves += int64(moves)
	m.told.MovesMax = max(m.told.MovesMax, moves)
	capped := false
	for _, i := range m.touched {
		p := &m.places[i]
		p.inTouch = false
		capped = capped || p.capped
	}
	if capped {
		m.told.CapHits++
	}
	m.touched = m.touched[:0]
}

// gather finds the instruments whose displacement, at the mark, is more than a tick away from where it is wanted, in their order. It
// reports whether there are any.
func (m *mover) gather() bool {
	m.away = m.away[:0]
	slices.Sort(m.touched)
	for _, i := range m.touched {
		p := &m.places[i]
		if !p.priced {
			continue
		}
		mark := p.base.Mark
		if away := shifted(mark, p.target(m.law), 1) - shifted(mark, p.applied, 1); away > p.unit || -away > p.unit {
			m.away = append(m.away, i)
		}
	}
	return len(m.away) > 0
}

// stride moves what gather found by one step.
func (m *mover) stride() {
	for _, i := range m.away {
		p := &m.places[i]
		p.toward(p.target(m.law), m.step)
	}
}

// tell lays out a tick at the same moment for what strode, and for those of a list, in its order, whose prices others changed.
func (m *mover) tell(now market.Time, list []market.InstrumentID) {
	m.out.Time, m.out.Funding, m.out.Prices = now, nil, m.out.Prices[:0]
	for _, i := range list {
		u := m.displaced(i, now)
		if _, strode := slices.BinarySearch(m.away, i); !strode && m.places[i].sent == [3]market.Price{u.Mark, u.Last, u.Index} {
			continue
		}
		u.Gap, u.BidDepth, u.AskDepth = false, 0, 0
		m.out.Prices = append(m.out.Prices, u)
	}
}

// show rewrites a tick of the base path to what the exchange has after it.
func (m *mover) show(t *risk.Tick) {
	for i := range t.Prices {
		u := &t.Prices[i]
		p := &m.places[u.Instrument]
		gap := u.Gap
		*u = m.displaced(u.Instrument, t.Time)
		u.Gap, u.BidDepth, u.AskDepth = gap, p.depth, p.depth
	}
}

// displacementOf returns how far an instrument is displaced, toward zero in units of 1e-8.
func (m *mover) displacementOf(i market.InstrumentID) market.Rate {
	if m == nil || m.law == nil {
		return 0
	}
	return rateOf(m.places[i].applied)
}

// latest returns the data's latest prices of an instrument, as the exchange would give them.
func (m *mover) latest(i market.InstrumentID) (mark, last, index market.Price, ok bool) {
	p := &m.places[i]
	return p.base.Mark, p.base.Last, p.index, p.priced
}
