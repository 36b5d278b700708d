package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// FixedStop stands at a distance from the entry price: entry - side * distance. The registry calls it "percent" or
// "atr" by the kind of distance.
type FixedStop struct {
	Distance Distance
	Watch    Watch
	Terms
}

var percentStopDoc = Doc{
	Summary: "a stop at a share of the entry price",
	Formula: "trigger = entry - side * percent * entry",
	Source:  "by definition",
	Params:  terms(Param{Name: "percent", Unit: "share of price", Help: `"2%" or "0.02", below 100%`}),
}

var atrStopDoc = Doc{
	Summary: "a stop at a multiple of the average true range known at the entry",
	Formula: "trigger = entry - side * multiple * ATR(period)",
	Source:  "J. Welles Wilder, New Concepts in Technical Trading Systems (1978)",
	Params: terms(
		Param{Name: "multiple", Unit: "average true ranges", Help: "how many average true ranges away"},
		Param{Name: "period", Unit: "bars", Default: "14", Help: "period of the average true range"},
	),
}

func newPercentStop(p Params) (Stop, error) {
	rate, err := p.Fraction("percent", market.Scale-1)
	if err != nil {
		return nil, err
	}
	w, t, err := readTerms(p)
	return FixedStop{Distance{Rate: rate}, w, t}, err
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
	w, t, err := readTerms(p)
	return FixedStop{Distance{Rate: multiple, Period: period}, w, t}, err
}

// Stop implements Stop.
func (f FixedStop) Stop(c *Context) (StopOrder, error) {
	distance, err := f.Distance.From(c)
	if err != nil {
		return StopOrder{Watch: f.Watch}, err
	}
	return f.at(c, distance, f.Watch)
}
