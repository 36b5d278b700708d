package strategy

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// TwoStepStop gives a share of the position up at a near distance and the rest at a far one.
type TwoStepStop struct {
	Near, Far Distance
	Share     market.Rate // given up at Near
	Watch     Watch
	Terms
}

var twoStepStopDoc = Doc{
	Summary: "gives a share of the position up at a near distance and the rest at a far one",
	Formula: "closes floor(share * size) at entry - side * near, the rest at entry - side * far; for sizing, the distance is share * near + (1 - share) * far",
	Source:  "by definition",
	Params: terms(
		Param{Name: "near", Unit: "distance", Help: `where the first part is given up: "1%" or "1 atr(14)"`},
		Param{Name: "far", Unit: "distance", Help: "where the rest is given up"},
		Param{Name: "share", Unit: "share of position", Default: "50%", Help: "given up at the near distance"},
	),
}

func newTwoStepStop(p Params) (Stop, error) {
	var s TwoStepStop
	var err error
	if s.Near, err = p.Distance("near"); err != nil {
		return nil, err
	}
	if s.Far, err = p.Distance("far"); err != nil {
		return nil, err
	}
	if s.Near.Period == s.Far.Period && s.Near.Rate >= s.Far.Rate {
		return nil, p.errorf("far", "a distance above near, "+p["near"])
	}
	if s.Share, err = p.Fraction("share", market.Scale-1); err != nil {
		return nil, err
	}
	s.Watch, s.Terms, err = readTerms(p)
	return s, err
}

// Stop implements Stop.
func (s TwoStepStop) Stop(c *Context) (StopOrder, error) {
	near, err := s.Near.From(c)
	if err != nil {
		return StopOrder{Watch: s.Watch}, err
	}
	far, err := s.Far.From(c)
	if err != nil {
		return StopOrder{Watch: s.Watch}, err
	}
	if near >= far {
		return StopOrder{Watch: s.Watch}, fmt.Errorf("%w: the near stop, %s away, lies beyond the far one, %s away", ErrImpossible, near, far)
	}
	stop, err := s.at(c, far, s.Watch)
	stop.Near, stop.NearShare = near, s.Share
	return stop, err
}
