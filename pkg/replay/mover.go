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
	told     attribution
	tick     int64 // of the base path
	out      risk.Tick
	touched  []market.InstrumentID
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
}

// apply brings the exchange to a moment of the base path.
func (m *mover) apply(t *risk.Tick) error {
	m.tick++
	m.out.Time, m.out.Funding, m.out.Prices = t.Time, t.Funding, m.out.Prices[:0]
	for i := range t.Prices {
		m.out.Prices = append(m.out.Prices, m.update(t.Time, &t.Prices[i]))
	}
	if m.assets != nil {
		list, err := m.assets.updates(t)
		if err != nil {
			return err
		}
		m.out.Prices = append(m.out.Prices, list...)
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

// update takes in the data's prices of an instrument and returns what the exchange gets.
func (m *mover) update(now market.Time, u *risk.PriceUpdate) risk.PriceUpdate {
	p := &m.places[u.Instrument]
	first := !p.priced
	p.base, p.priced, p.index = *u, true, u.Index
	if p.index == 0 {
		p.index = u.Mark
	}
	if m.law != nil {
		p.decay(m.law, now)
		p.revert(p.target(m.law))
		m.touch(u.Instrument)
	}
	v := p.displaced()
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

// displaced is the latest update of the data at the displacement that is applied. The index price is made on other venues and stays.
func (p *place) displaced() risk.PriceUpdate {
	u := p.base
	u.Mark, u.Last = shifted(u.Mark, p.applied, 1), shifted(u.Last, p.applied, p.unit)
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
	p := &m.places[i]
	p.decay(m.law, now)
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
	for m.gather(now) {
		if moves == m.rounds {
			m.told.LimitHits++
			break
		}
		moves++
		if err := m.send(true); err != nil {
			return err
		}
		m.absorb(now)
	}
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
	return nil
}

// gather lays out the next move: the instruments whose mark is more than a tick away from where its displacement wants it. It
// reports whether there are any. Instruments stand in their order.
func (m *mover) gather(now market.Time) bool {
	m.out.Time, m.out.Funding, m.out.Prices = now, nil, m.out.Prices[:0]
	slices.Sort(m.touched)
	for _, i := range m.touched {
		p := &m.places[i]
		if !p.priced {
			continue
		}
		target := p.target(m.law)
		mark := p.base.Mark
		if away := shifted(mark, target, 1) - shifted(mark, p.applied, 1); away <= p.unit && -away <= p.unit {
			continue
		}
		p.toward(target, m.step)
		u := p.displaced()
		u.Gap, u.BidDepth, u.AskDepth = false, 0, 0
		m.out.Prices = append(m.out.Prices, u)
	}
	return len(m.out.Prices) > 0
}

// show rewrites a tick of the base path to what the exchange has after it.
func (m *mover) show(t *risk.Tick) {
	for i := range t.Prices {
		u := &t.Prices[i]
		p := &m.places[u.Instrument]
		gap := u.Gap
		*u = p.displaced()
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
