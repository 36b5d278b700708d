package scan

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// Kind is what became of a position.
type Kind uint8

// The kinds; Replay calls both of the liquidations "liquidated".
const (
	Open       Kind = iota // still held when the bars ended, valued at mark
	Closed                 // its time was up
	Stopped                //
	Liquidated             // closed at market, with a remainder of at least 0 for the fee
	TakenOver              // at its bankruptcy price
	Refused                // not entered
)

// String names the kind.
func (k Kind) String() string {
	return [...]string{"open", "closed", "stopped", "liquidated", "taken over", "refused"}[k]
}

// Outcome is one position's whole story. Amounts are those of its account.
type Outcome struct {
	Setup      int32
	Bar        int32 // of the entry
	EndBar     int32 // in which it ended
	Side       market.Side
	Kind       Kind
	Refusal    Refusal // of kind Refused
	EntryPrice market.Price
	Size       market.Qty   // unsigned
	Margin     market.Quote // initial margin
	Stop       market.Price // 0: none
	Time       market.Time  // of the end; 0 while open
	Price      market.Price // of the fill that ended it, the bankruptcy price of a takeover; 0 while open
	PnL        market.Quote // final equity less that before the entry, after fees and funding
	Fees       market.Quote
	Funding    market.Quote // paid
	Fund       market.Quote // what the insurance fund gained, or where negative lost, if it could pay everything
}

// ending is the moment at which a position ends, before the money is counted.
type ending struct {
	kind Kind // Open, Closed, Stopped or Liquidated
	bar  int32
	tick tick
	last market.Price // at which a stop's order meets the market
}

// within walks a bar for a position tick by tick, in the order of docs/MODEL.md section 3: the stop, unless liquidation
// comes before it, then liquidation, then the timed exit.
func (s *Series) within(p *position, bar int) (ending, bool) {
	c := s.cursor(bar)
	if bar == int(p.bar) {
		if p.exit > 0 && p.exit <= c.t.at {
			return ending{kind: Closed, bar: int32(bar), tick: c.t}, true
		}
		if !c.next() {
			return ending{}, false
		}
	}
	long := p.size > 0
	for {
		t := &c.t
		if p.stop > 0 {
			now := t.last
			if p.watch == strategy.WatchMark {
				now = t.mark
			}
			if long && now <= p.stop || !long && now >= p.stop {
				r := p.stop
				if t.gap {
					r = now
				}
				if !s.liquidatable(p, max(t.mark+(r-now), 1), t.settled) {
					return ending{Stopped, int32(bar), *t, max(t.last+(r-now), 1)}, true
				}
			}
		}
		if s.liquidatable(p, t.mark, t.settled) {
			return ending{kind: Liquidated, bar: int32(bar), tick: *t}, true
		}
		if p.exit > 0 && t.own && p.exit <= t.at {
			return ending{kind: Closed, bar: int32(bar), tick: *t}, true
		}
		if !c.next() {
			return ending{}, false
		}
	}
}

// settle counts the money of a position that ended.
func (s *Series) settle(v *Variant, e *Entry, p *position, end *ending) Outcome {
	o := Outcome{Setup: e.Setup, Bar: p.bar, EndBar: end.bar, Side: e.Side, Kind: end.kind, EntryPrice: p.entry, Size: p.size.Abs(), Margin: p.margin,
		Stop: p.stop, Fees: p.fee}
	t := &end.tick
	switch end.kind {
	case Open:
		final := int32(len(s.events))
		o.EndBar = int32(s.bars - 1)
		o.Funding = s.owed(p.size, p.settled, final)
		o.PnL = s.equity(p, s.o.Mark.Close[s.bars-1], final) - p.margin - p.fee
		return o
	case Closed:
		o.Price = s.slipped(p, t.last, t.depth)
		s.close(&o, p, t)
	case Stopped:
		o.Price = s.slipped(p, end.last, t.depth)
		s.close(&o, p, t)
	default:
		s.force(&o, p, t)
	}
	o.Time = t.at
	return o
}

// close counts an order of the holder at o.Price (docs/MODEL.md section 2): the fee is capped at what is left, and a
// shortfall is the fund's.
func (s *Series) close(o *Outcome, p *position, t *tick) {
	o.Funding = s.owed(p.size, p.settled, t.settled)
	paid, _ := market.ValueFloor(-p.size, o.Price)
	left := p.margin - o.Funding - paid - p.cost
	notional, _ := market.ValueCeil(p.size.Abs(), o.Price)
	fee, _ := s.o.Rulebook.Taker.OfCeil(notional)
	fee = min(fee, max(left, 0))
	o.Fees += fee
	o.Fund = min(left, 0)
	o.PnL = max(left, 0) - fee - p.margin - p.fee
}

// force counts a liquidation (docs/MODEL.md section 5): at market, or, where that would be beyond bankruptcy, a takeover at
// the bankruptcy price, after which the fund sells at the market's price.
func (s *Series) force(o *Outcome, p *position, t *tick) {
	price := s.slipped(p, t.mark, t.depth)
	o.Funding = s.owed(p.size, p.settled, t.settled)
	paid, _ := market.ValueFloor(-p.size, price)
	value, _ := market.ValueFloor(p.size, t.mark)
	left := s.equity(p, t.mark, t.settled) - value - paid
	o.PnL = -p.margin - p.fee
	if left < 0 {
		o.Kind = TakenOver
		cash := p.cost - (p.margin - o.Funding) // received by the account: the scope ends with zero
		o.Price = perUnit(cash, p.size)
		proceeds, _ := market.ValueFloor(p.size, price)
		o.Fund = proceeds - cash
		return
	}
	notional, _ := market.ValueCeil(p.size.Abs(), price)
	fee, _ := s.o.Contract.LiquidationFee.OfCeil(notional)
	fee = min(fee, left)
	o.Price = price
	o.Fees += fee
	o.Fund = fee
	o.PnL += left - fee
}

// perUnit returns cash / size as a price, rounded down.
func perUnit(cash market.Quote, size market.Qty) market.Price {
	c, n := int64(cash), int64(size)
	if n < 0 {
		c, n = -c, -n
	}
	v, _ := market.MulDivFloor(c, market.Scale, n)
	return market.Price(v)
}
