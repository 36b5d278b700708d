package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Terms are what every stop with a trigger price has: the price that it watches and how it fills.
type Terms struct {
	Watch  Watch
	Fill   Fill
	Offset Distance // of a limit order beyond its trigger
}

// watchParam defaults to last because that is what venues do with a stop that does not say (Binance USD-M, New Order,
// workingType CONTRACT_PRICE).
var (
	watchParam = Param{Name: "watch", Unit: "mark, last or index", Default: "last", Help: "price that triggers stop and take-profit"}
	orderParam = Param{Name: "order", Unit: "market, limit or guaranteed", Default: "market",
		Help: "how it fills: market with slippage; limit at `offset` beyond the trigger, or not at all while the market is beyond that; guaranteed at the trigger, for comparison: no venue offers it"}
	offsetParam = Param{Name: "offset", Unit: "distance", Default: "0.5%", Help: "of order: limit, how far beyond the trigger its price lies"}
)

// terms adds the parameters of Terms to a stop's own.
func terms(own ...Param) []Param { return append(own, watchParam, orderParam, offsetParam) }

func readTerms(p Params) (t Terms, err error) {
	if t.Watch, err = p.Watch("watch"); err != nil {
		return t, err
	}
	var ok bool
	if t.Fill, ok = ParseFill(p["order"]); !ok {
		return t, p.errorf("order", "market, limit or guaranteed")
	}
	if t.Fill == FillLimit {
		t.Offset, err = p.Distance("offset")
	}
	return t, err
}

// at returns an active stop at a distance from the entry.
func (t Terms) at(c *Context, distance market.Price) (StopOrder, error) {
	s := StopOrder{Active: true, Distance: distance, Watch: t.Watch, Fill: t.Fill}
	if t.Fill == FillLimit {
		var err error
		if s.Offset, err = t.Offset.From(c); err != nil {
			return StopOrder{}, err
		}
	}
	return s, nil
}
