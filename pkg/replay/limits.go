package replay

import (
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// rulebookExchange answers rules from the rulebook.
type rulebookExchange struct {
	plan *plan
	// price is an instrument's present price, which turns a notional into a size where tiers go by size; 0 where there is
	// none yet.
	price     func(market.InstrumentID) market.Price
	boundless bool // answers as a venue without limits of leverage would
}

// entering returns the exchange as an entry meets it: its instrument stands at the entry's price.
func (x rulebookExchange) entering(i market.InstrumentID, price market.Price) rulebookExchange {
	others := x.price
	x.price = func(other market.InstrumentID) market.Price {
		if other == i {
			return price
		}
		return others(other)
	}
	return x
}

// find returns the place of a symbol among the instruments.
func (p *plan) find(symbol string) (int, bool) {
	return slices.BinarySearchFunc(p.instruments, symbol, func(i market.Instrument, s string) int {
		if i.Symbol < s {
			return -1
		}
		if i.Symbol > s {
			return 1
		}
		return 0
	})
}

// anyLeverage is more than a venue gives and fits as a rate.
const anyLeverage = 1 << 30

// MaxLeverage implements strategy.Exchange. The size behind the notional is rounded up: a boundary of the tiers is then
// met too early, never too late.
func (x rulebookExchange) MaxLeverage(symbol string, notional market.Quote) int {
	i, ok := x.plan.find(symbol)
	if !ok {
		return 0
	}
	if x.boundless {
		return anyLeverage
	}
	e := venue.Exposure{Notional: notional, Entry: notional}
	if m := &x.plan.contracts[i].Margin; m.BySize || m.Linear {
		price := x.price(market.InstrumentID(i))
		if price <= 0 {
			return 0
		}
		size, fits := market.MulDivCeil(int64(notional), market.Scale, int64(price))
		if !fits {
			return 0
		}
		e.Size = market.Qty(size)
	}
	return x.plan.contracts[i].MaxLeverage(e)
}

// TakerFee is what the venue charges for a fill.
func (x rulebookExchange) TakerFee() market.Rate { return x.plan.o.Rulebook.Taker }

// LiquidationPrice implements strategy.Exchange.
func (x rulebookExchange) LiquidationPrice(symbol string, side market.Side, size market.Qty, entry market.Price, leverage market.Rate) (market.Price, bool) {
	i, ok := x.plan.find(symbol)
	notional, fits := market.ValueCeil(size, entry)
	if !ok || !fits || leverage <= 0 {
		return 0, false
	}
	margin, fits := x.plan.contracts[i].OpeningMargin(venue.Exposure{Size: size, Entry: notional, Long: side == market.Long, Leverage: leverage}, 0)
	if !fits {
		return 0, false
	}
	return risk.LiquidationPrice(x.plan.contracts[i], x.plan.o.Rulebook.Inclusive, size*market.Qty(side), entry, margin, leverage)
}
