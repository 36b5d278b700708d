package scan

import (
	"errors"
	"fmt"
	"sort"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// Variant is one rule: how large, how leveraged, where the stop.
type Variant struct {
	Equity   market.Quote      // of the account before each entry
	Notional market.Quote      // of a position at the last price when it is entered, before rounding down to the lot
	Leverage market.Rate       // 10x is 10e8
	Stop     strategy.Distance // from the last price at the entry; zero: no stop
	ATR      []market.Price    // of Stop's period: the average true range known at each bar's open, below 0 where unknown
	Watch    strategy.Watch    // what the stop watches: mark or last
}

// ErrSize reports a position whose amounts are not sure to fit 64 bits, from about 2.8 billion quote on. The exchange, which
// checks every amount, holds larger ones.
var ErrSize = errors.New("too large to be scanned; use a smaller position, or the whole exchange")

// Entry is a setup at a bar's open.
type Entry struct {
	Bar   int32
	Setup int32
	Side  market.Side
	Exit  market.Time // closed at the first tick of the data at or after it; 0: held to the end
}

// Refusal says why an entry was not taken.
type Refusal uint8

// The reasons, in the order in which they are looked for.
const (
	Taken             Refusal = iota
	NoHistory                 // the average true range is not known yet
	NoStop                    // the stop's distance rounds to nothing, or its price to zero or the entry
	TooSmall                  // below one lot
	LeverageLimit             // below 1x, or above what the tier of the notional allows
	AboveEquity               // the notional exceeds equity times leverage
	StopPassed                // the watched price is beyond the stop already
	InsufficientFunds         // initial margin and fee exceed the equity
)

// String says it in words.
func (r Refusal) String() string {
	return [...]string{"taken", "average true range not known yet", "stop without a price", "size below one lot", "leverage limit of the tier",
		"notional above equity times leverage", "stop would fire at once", "insufficient margin"}[r]
}

// position is an open isolated position with its orders.
type position struct {
	size    market.Qty // signed
	entry   market.Price
	cost    market.Quote // signed cash paid
	margin  market.Quote
	fee     market.Quote // of the entry
	stop    market.Price // 0: none
	exit    market.Time  // 0: none
	bar     int32        // of the entry
	settled int32        // settlements over when it was opened
	watch   strategy.Watch
}

// open plans and opens a position at a bar's open, by the rules of strategy.Rule.Plan, replay's desk and risk.Exchange.Open
// in their order. The error is an amount that cannot be represented.
func (s *Series) open(v *Variant, e *Entry) (p position, refused Refusal, err error) {
	o, bar := &s.o, e.Bar
	last := o.Last.Open[bar]
	side := market.Price(e.Side)
	p = position{exit: e.Exit, bar: bar, settled: s.settled(int(bar)), watch: v.Watch}
	if !v.Stop.IsZero() {
		if p.stop, refused = s.placeStop(v, bar, last, e.Side); refused != Taken {
			return p, refused, nil
		}
	}
	size, ok := market.MulDivFloor(int64(v.Notional), market.Scale, int64(last))
	size = size / int64(o.Instrument.Lot) * int64(o.Instrument.Lot)
	if !ok || market.Qty(size) > s.maxSize {
		return p, Taken, fmt.Errorf("scan %s: a notional of %v at %v: %w", o.Instrument.Symbol, v.Notional, last, ErrSize)
	}
	if size <= 0 {
		return p, TooSmall, nil
	}
	notional, _ := market.ValueCeil(market.Qty(size), last)
	if v.Leverage < market.Scale || s.aboveLimit(v.Leverage, notional) {
		return p, LeverageLimit, nil
	}
	if power, ok := v.Leverage.OfFloor(v.Equity); ok && notional > power {
		return p, AboveEquity, nil
	}
	p.size = market.Qty(size) * market.Qty(side)
	p.entry = risk.Slipped(last, s.slip(notional, o.Time[bar]), e.Side, o.Instrument.Tick)
	watched := last
	if v.Watch == strategy.WatchMark {
		watched = o.Mark.Open[bar]
	}
	if p.stop > 0 && (watched-p.stop)*side <= 0 {
		return p, StopPassed, nil
	}
	filled, _ := market.ValueCeil(market.Qty(size), p.entry)
	if s.aboveLimit(v.Leverage, filled) {
		return p, LeverageLimit, nil
	}
	margin, _ := market.MulDivCeil(int64(filled), market.Scale, int64(v.Leverage))
	p.margin = market.Quote(margin)
	p.fee, _ = o.Rulebook.Taker.OfCeil(filled)
	if p.margin+p.fee > v.Equity {
		return p, InsufficientFunds, nil
	}
	p.cost, _ = market.ValueFloor(p.size, p.entry)
	return p, Taken, nil
}

// placeStop returns the stop's price: the distance rounded down, the price rounded to the tick toward the entry.
func (s *Series) placeStop(v *Variant, bar int32, last market.Price, side market.Side) (market.Price, Refusal) {
	base := last
	if v.Stop.Period > 0 {
		if base = v.ATR[bar]; base < 0 {
			return 0, NoHistory
		}
	}
	d, ok := market.MulDivFloor(int64(v.Stop.Rate), int64(base), market.Scale)
	if !ok || d <= 0 {
		return 0, NoStop
	}
	step := s.o.Instrument.Tick
	price := last - market.Price(side)*market.Price(d)
	below := price - (price%step+step)%step
	if side == market.Long && below != price {
		below += step
	}
	if below <= 0 || market.Price(side)*(last-below) <= 0 {
		return 0, NoStop
	}
	return below, Taken
}

func (s *Series) aboveLimit(leverage market.Rate, notional market.Quote) bool {
	return leverage > market.Rate(s.o.Contract.MaxLeverage(venue.Exposure{Notional: notional}))*market.Scale
}

// slip returns the slippage of an order of a notional at a time of the data.
func (s *Series) slip(notional market.Quote, at market.Time) market.Rate {
	depth := market.Quote(0)
	if d := s.o.Depth; len(d) > 0 {
		if k := sort.Search(len(d), func(k int) bool { return d[k].Time > at }); k > 0 {
			depth = d[k-1].Notional
		}
	}
	return min(max(s.o.Execution.Slippage(0, notional, depth), 0), market.Scale)
}

// slipped returns the price at which the whole position fills against its holder.
func (s *Series) slipped(p *position, reference market.Price, at market.Time) market.Price {
	notional, _ := market.ValueCeil(p.size.Abs(), reference)
	return risk.Slipped(reference, s.slip(notional, at), -market.SideOf(p.size), s.o.Instrument.Tick)
}

// equity is the position's margin with what it gained or lost at a mark, funding included.
func (s *Series) equity(p *position, mark market.Price, settled int32) market.Quote {
	value, _ := market.ValueFloor(p.size, mark)
	return p.margin + value - p.cost - s.owed(p.size, p.settled, settled)
}

// excess is by how much the position's equity exceeds its maintenance margin.
func (s *Series) excess(p *position, mark market.Price, settled int32) market.Quote {
	notional, _ := market.ValueCeil(p.size.Abs(), mark)
	maintenance, _ := s.o.Contract.MaintenanceMargin(venue.Exposure{Notional: notional})
	return s.equity(p, mark, settled) - maintenance
}

// liquidatable applies the trigger of docs/MODEL.md section 1.
func (s *Series) liquidatable(p *position, mark market.Price, settled int32) bool {
	excess := s.excess(p, mark, settled)
	return excess < 0 || excess == 0 && s.o.Rulebook.Inclusive
}
