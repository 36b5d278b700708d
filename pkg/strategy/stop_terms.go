package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Terms are how a stop with a trigger price fills; the zero value is at market.
type Terms struct {
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

func readTerms(p Params) (w Watch, t Terms, err error) {
	if w, err = p.Watch("watch"); err != nil {
		return w, t, err
	}
	var ok bool
	if t.Fill, ok = ParseFill(p["order"]); !ok {
		return w, t, p.errorf("order", "market, limit or guaranteed")
	}
	if t.Fill == FillLimit {
		t.Offset, err = p.Distance("offset")
	}
	return w, t, err
}

// at returns an active stop at a distance from the entry.
func (t Terms) at(c *Context, distance market.Price, w Watch) (StopOrder, error) {
	s := StopOrder{Active: true, Distance: distance, Watch: w, Fill: t.Fill}
	if t.Fill == FillLimit {
		var err error
		if s.Offset, err = t.Offset.From(c); err != nil {
			return StopOrder{}, err
		}
	}
	return s, nil
}
