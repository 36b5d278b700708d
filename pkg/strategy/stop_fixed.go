package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// FixedStop stands at a distance from the entry price: entry - side * distance. The registry calls it "percent" or
// "atr" by the kind of distance.
type FixedStop struct {
	Distance Distance
	Watch    Watch
}

// watchParam defaults to last because that is what venues do with a stop that does not say (Binance USD-M, New Order,
// workingType CONTRACT_PRICE).
var watchParam = Param{Name: "watch", Unit: "mark, last or index", Default: "last", Help: "price that triggers stop and take-profit"}

var percentStopDoc = Doc{
	Summary: "a stop at a share of the entry price: entry - side * percent * entry",
	Params: []Param{
		{Name: "percent", Unit: "share of price", Help: `"2%" or "0.02", below 100%`},
		watchParam,
	},
}

var atrStopDoc = Doc{
	Summary: "a stop at a multiple of the average true range known at the entry: entry - side * multiple * ATR",
	Params: []Param{
		{Name: "multiple", Unit: "average true ranges", Help: "how many average true ranges away"},
		{Name: "period", Unit: "bars", Default: "14", Help: "period of the average true range"},
		watchParam,
	},
}

func newPercentStop(p Params) (Stop, error) {
	rate, err := p.Fraction("percent", market.Scale-1)
	if err != nil {
		return nil, err
	}
	watch, err := p.Watch("watch")
	return FixedStop{Distance{Rate: rate}, watch}, err
}

func newATRStop(p Params) (Stop, error) {
	multiple, err := p.Multiple("multiple")
	if err != nil {
		return nil, err
	}
	period, err := p.Count("period", 1, maxPeriod)
	if err != nil {
		return nil, err
	}
	watch, err := p.Watch("watch")
	return FixedStop{Distance{Rate: multiple, Period: period}, watch}, err
}

// Stop implements Stop.
func (f FixedStop) Stop(c *Context) (StopOrder, error) {
	distance, err := f.Distance.From(c)
	return StopOrder{Active: err == nil, Distance: distance, Watch: f.Watch}, err
}
