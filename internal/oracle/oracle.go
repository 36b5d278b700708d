// Package oracle computes what docs/MODEL.md says, slowly and exactly: decimals instead of integers, every account
// visited at every tick, no index, no screening, no caching. One page a rule.
//
// It exists to disagree with pkg/risk. It was written from the model alone and shares with the engine only the types
// of its inputs and events and the rulebook. Tests are its only importers. Amounts are decimals in wholes; round.go
// has the places where the model rounds to units of 1e-8.
package oracle

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Exchange is the whole state of the model.
type Exchange struct {
	options  risk.Options
	listings []*listing
	accounts []*account
	funds    []*fund
	book     cash
	events   []risk.Event
	takeover int64 // the sequence of the latest one
	now      market.Time
	ticks    int
	round    int32
	pools    []*inventory         // of the current round, under allocations other than the queue
	rankings map[side][]candidate // of the current liquidation round
	queued   map[scope]bool       // for liquidation in the current round
	cooling  []*account           // from the next liquidation round on
}

// listing is an instrument with its rules and its present prices.
type listing struct {
	id                   market.InstrumentID
	contract             *venue.Contract // nil of an asset
	asset                bool            // collateral: counts in its scope less the haircut
	haircut              decimal.Decimal
	tick, lot            decimal.Decimal
	mark, last, index    decimal.Decimal
	previous             decimal.Decimal // the mark before this tick
	bidDepth, askDepth   decimal.Decimal
	funding              decimal.Decimal // F: cumulative funding per unit of base
	providerSize         decimal.Decimal
	fund                 *fund
	brought              decimal.Decimal // pnl: to the fund, since the beginning
	history              series          // of brought
	deleveraging         bool            // ADL is on, under instrument_drawdown_from_peak
	usage                [2]usage        // of bids and asks
	carried              [2]carried      // bought from longs and from shorts
	gap, priced, touched bool            // touched: the present tick carries a price
}

// New returns an exchange without accounts or prices.
func New(o risk.Options) (*Exchange, error) {
	x := &Exchange{options: o}
	for i, in := range o.Instruments {
		c, err := o.Rulebook.Contract(in.Symbol)
		if err != nil {
			return nil, err
		}
		x.listings = append(x.listings, &listing{
			id: market.InstrumentID(i), contract: c,
			tick: market.Decimal(in.Tick), lot: market.Decimal(in.Lot),
		})
	}
	x.openFunds()
	x.listAssets()
	return x, nil
}

func (x *Exchange) policies() *venue.Policies { return &x.options.Rulebook.Policies }

// Events returns everything that happened so far.
func (x *Exchange) Events() []risk.Event { return x.events }

// emit completes an event and appends it.
func (x *Exchange) emit(e risk.Event) {
	e.Time, e.Sequence, e.Round = x.now, int64(len(x.events)), x.round
	e.Exempt = e.Exempt || x.exempt(e.Account)
	x.events = append(x.events, e)
}

// Tick applies section 3 in its order.
func (x *Exchange) Tick(t *risk.Tick) error {
	x.now, x.round, x.ticks = t.Time, 0, x.ticks+1
	for _, l := range x.listings {
		l.touched, l.previous = false, l.mark
	}
	for _, p := range t.Prices {
		x.listings[p.Instrument].set(p)
	}
	for _, f := range t.Funding {
		l := x.listings[f.Instrument]
		price := l.mark
		if x.policies().FundingPrice == "index" {
			price = l.index
		}
		l.funding = l.funding.Add(price.Mul(market.Decimal(f.Rate)))
	}
	x.wake()
	x.fireOrders()
	x.offerCarried()
	x.liquidate()
	x.round = 0
	if imbalance := x.Imbalance(); !imbalance.IsZero() {
		return fmt.Errorf("oracle: %s of money appeared at %s", imbalance, t.Time)
	}
	return nil
}

func (l *listing) set(p risk.PriceUpdate) {
	l.mark, l.last, l.index = market.Decimal(p.Mark), market.Decimal(p.Last), market.Decimal(p.Index)
	if p.Index == 0 {
		l.index = l.mark
	}
	if p.BidDepth != 0 {
		l.bidDepth = market.Decimal(p.BidDepth)
	}
	if p.AskDepth != 0 {
		l.askDepth = market.Decimal(p.AskDepth)
	}
	l.gap, l.priced, l.touched = p.Gap, true, true
}
