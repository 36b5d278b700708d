package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Tick brings the exchange to a new moment: prices, funding, stops, liquidations, in the order of docs/MODEL.md
// section 3. An error means that a price was refused before anything changed, that an amount did not fit, or that an
// invariant was found broken; the exchange is not to be used after the latter two.
func (x *Exchange) Tick(t *Tick) (err error) {
	defer guard(&err)
	if err := x.checkTick(t); err != nil {
		return err
	}
	x.now, x.round = t.Time, 0
	x.ticks++
	clear(x.waiting)
	x.advanceFunds()
	for i := range t.Prices {
		x.setPrices(&t.Prices[i])
	}
	for _, f := range t.Funding {
		x.applyFunding(f)
	}
	x.fireStops(t.Prices)
	x.offerCarried()
	x.liquidate()
	return x.checkInvariants(t.Prices)
}

func (x *Exchange) checkTick(t *Tick) error {
	if t.Time < x.now {
		return fmt.Errorf("exchange: tick at %v after one at %v; expected ascending times", t.Time, x.now)
	}
	for i := range t.Prices {
		p := &t.Prices[i]
		if int(p.Instrument) >= len(x.listings) || p.Instrument < 0 {
			return fmt.Errorf("exchange: tick at %v: instrument %d; expected 0 to %d", t.Time, p.Instrument, len(x.listings)-1)
		}
		if p.Mark <= 0 || p.Last <= 0 || p.Index < 0 {
			return fmt.Errorf("exchange: tick at %v: %s has mark %v, last %v, index %v; expected positive prices", t.Time, x.listings[p.Instrument].Symbol, p.Mark, p.Last, p.Index)
		}
		if x.isCollateral(p.Instrument) && (p.Last != p.Mark || p.Index != 0 && p.Index != p.Mark) {
			return fmt.Errorf("exchange: tick at %v: collateral asset %s has mark %v, last %v, index %v; expected one price", t.Time, x.listings[p.Instrument].Symbol, p.Mark, p.Last, p.Index)
		}
	}
	for _, f := range t.Funding {
		if int(f.Instrument) >= len(x.listings) || f.Instrument < 0 {
			return fmt.Errorf("exchange: funding at %v: instrument %d; expected 0 to %d", t.Time, f.Instrument, len(x.o.Instruments)-1)
		}
		if x.isCollateral(f.Instrument) {
			return fmt.Errorf("exchange: funding at %v: %s is a collateral asset; expected an instrument", t.Time, x.listings[f.Instrument].Symbol)
		}
	}
	return nil
}

func (x *Exchange) setPrices(p *PriceUpdate) {
	l := &x.listings[p.Instrument]
	if l.previous, l.updated = l.mark, x.ticks; !l.priced {
		l.previous = p.Mark
	}
	l.mark, l.last, l.index, l.gap = p.Mark, p.Last, p.Index, p.Gap
	if l.index == 0 {
		l.index = l.mark
	}
	if p.BidDepth > 0 {
		l.bid = p.BidDepth
	}
	if p.AskDepth > 0 {
		l.ask = p.AskDepth
	}
	l.priced, l.dirty = true, true
}

// applyFunding moves the cumulative index by mark (or index price, as the rulebook says) times rate, exact in 1e-16; accounts pay
// when they are next touched.
// An instrument without a price has no positions and nothing to pay.
func (x *Exchange) applyFunding(f FundingUpdate) {
	l := &x.listings[f.Instrument]
	if !l.priced || f.Rate == 0 {
		return
	}
	price := l.mark
	if x.rules.fundingAtIndex {
		price = l.index
	}
	l.funding = l.funding.Add(market.Mul128(int64(price), int64(f.Rate)))
	l.fundingFloat = int128Float(l.funding) / fundingScale
	l.dirty = true
	x.refile(l)
}

// checkInvariants holds after every tick; a violation is a defect of this package, reported and never carried on with.
func (x *Exchange) checkInvariants(prices []PriceUpdate) error {
	for i := range prices {
		l := &x.listings[prices[i].Instrument]
		if sum := l.long.Add(l.short).Add(l.provider).Add(x.carriedSize(prices[i].Instrument)); sum.Sign() != 0 {
			return fmt.Errorf("exchange: defect at %v: sizes of %s sum to %v units instead of 0", x.now, l.Symbol, sum.Big())
		}
	}
	if err := x.checkCarried(); err != nil {
		return err
	}
	if s := x.ledger.Trial(); !s.IsZero() {
		return fmt.Errorf("exchange: defect at %v: the ledger is off by %v", x.now, s)
	}
	for n := range x.funds {
		if f := &x.funds[n]; f.balance < f.floor {
			return fmt.Errorf("exchange: defect at %v: insurance fund %d holds %v, below its floor %v", x.now, n, f.balance, f.floor)
		}
	}
	return nil
}
