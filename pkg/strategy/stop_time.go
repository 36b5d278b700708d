package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// TimeStop gives a position up after a time, and optionally at a distance before that.
type TimeStop struct {
	After    market.Time
	Distance Distance // zero: none
	Watch    Watch
	Terms
}

var timeStopDoc = Doc{
	Summary: "closes at market after a time, and at a distance before that where one is given",
	Formula: "exit = entry time + after; trigger = entry - side * distance",
	Source:  "M. Lopez de Prado, Advances in Financial Machine Learning (2018), the vertical barrier",
	Params: terms(
		Param{Name: "after", Unit: "duration", Help: `time after which the position is closed, such as "4h"`},
		Param{Name: "distance", Unit: "distance", Optional: true, Help: `of a stop besides: "2%" or "1.5 atr(14)"`},
	),
}

func newTimeStop(p Params) (Stop, error) {
	var s TimeStop
	var err error
	if s.After, err = p.Duration("after"); err != nil {
		return nil, err
	}
	if s.Distance, err = p.DistanceOrNone("distance"); err != nil {
		return nil, err
	}
	s.Watch, s.Terms, err = readTerms(p)
	return s, err
}

// Stop implements Stop.
func (s TimeStop) Stop(c *Context) (StopOrder, error) {
	stop := StopOrder{Watch: s.Watch}
	if !s.Distance.IsZero() {
		distance, err := s.Distance.From(c)
		if err != nil {
			return stop, err
		}
		if stop, err = s.at(c, distance, s.Watch); err != nil {
			return stop, err
		}
	}
	stop.After = s.After
	return stop, nil
}
