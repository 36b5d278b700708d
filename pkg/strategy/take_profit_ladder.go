package strategy

import (
	"fmt"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// LadderTakeProfit closes a winner in parts, each at its own distance from the entry.
type LadderTakeProfit struct {
	Steps []LadderStep // the nearest first
}

// LadderStep is a rung relative to the entry.
type LadderStep struct {
	Distance Distance    // zero: R times what is risked
	R        market.Rate // multiple of the stop's distance
	Share    market.Rate // of the position at the entry
}

var ladderTakeProfitDoc = Doc{
	Summary: "closes a winner in parts",
	Formula: "closes share_k of the size at entry + side * distance_k; sizes are floor(size * sum of shares up to k) less those before, so that no lot is lost",
	Source:  "by definition",
	Params: []Param{{Name: "steps", Unit: "share at distance, comma-separated",
		Help: `such as "50% at 1%, 25% at 2%, 25% at 2r"; a distance is a share of the entry price, "1.5 atr(14)" or "2r" for twice the stop's distance; what the shares leave of 100% rides on`}},
}

func newLadderTakeProfit(p Params) (TakeProfit, error) {
	var l LadderTakeProfit
	total := market.Rate(0)
	for text := range strings.SplitSeq(p["steps"], ",") {
		s, ok := parseLadderStep(text)
		if total += s.Share; !ok || total > market.Scale {
			return nil, p.errorf("steps", `shares and distances, such as "50% at 1%, 50% at 2r", shares above 0 that add up to at most 100%`)
		}
		l.Steps = append(l.Steps, s)
	}
	return l, nil
}

func parseLadderStep(text string) (s LadderStep, ok bool) {
	share, at, ok := strings.Cut(text, " at ")
	if !ok {
		return s, false
	}
	at = strings.TrimSpace(at)
	if s.Share, ok = parseFraction(strings.TrimSpace(share)); !ok || s.Share <= 0 || s.Share > market.Scale {
		return s, false
	}
	if multiple, isR := strings.CutSuffix(strings.ToLower(at), "r"); isR && !strings.Contains(at, "atr") {
		r, err := market.Parse[market.Rate](strings.TrimSpace(multiple))
		s.R = r
		return s, err == nil && r > 0
	}
	s.Distance, ok = ParseDistance(at)
	return s, ok
}

// TakeProfit implements TakeProfit: the last rung, for those who ask for one target.
func (l LadderTakeProfit) TakeProfit(c *Context, stop StopOrder) (market.Price, bool, error) {
	rungs, err := l.Rungs(c, stop)
	if err != nil || len(rungs) == 0 {
		return 0, false, err
	}
	return rungs[len(rungs)-1].Price, true, nil
}

// Rungs implements Laddered. It fails with ErrImpossible when a rung counts in R and the rule has no stop, and when
// rungs do not lie farther and farther away.
func (l LadderTakeProfit) Rungs(c *Context, stop StopOrder) ([]Rung, error) {
	var rungs []Rung
	for i, s := range l.Steps {
		distance, multiple := stop.Risked(), s.R
		switch {
		case !s.Distance.IsZero():
			var err error
			if distance, err = s.Distance.From(c); err != nil {
				return nil, err
			}
			multiple = market.Scale
		case !stop.Active:
			return nil, fmt.Errorf("%w: step %d of the ladder counts in the distance to a stop and this rule has none", ErrImpossible, i+1)
		}
		price, _, err := target(c, multiple, distance)
		if err != nil {
			return nil, err
		}
		if i > 0 && market.Price(c.Setup.Side)*(price-rungs[i-1].Price) <= 0 {
			return nil, fmt.Errorf("%w: step %d of the ladder, at %s, is not beyond step %d, at %s", ErrImpossible, i+1, price, i, rungs[i-1].Price)
		}
		rungs = append(rungs, Rung{price, s.Share})
	}
	return rungs, nil
}
