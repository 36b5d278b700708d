package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Reentry opens the position again after a stop.
type Reentry struct {
	Wait  market.Time
	Times int
}

var reentryDoc = Doc{
	Summary: "enters again after a stop, with what is left of the account",
	Formula: "after each of the first `times` stops, the rule plans the setup anew at stop time + wait, at the price of that moment",
	Source:  "by definition",
	Params: []Param{
		{Name: "wait", Unit: "duration", Default: "0", Help: "time between stop and re-entry"},
		{Name: "times", Unit: "entries", Default: "1", Help: "re-entries at most"},
	},
}

func newReentry(p Params) (Management, error) {
	var r Reentry
	var err error
	if r.Wait, err = p.DurationOrZero("wait"); err != nil {
		return nil, err
	}
	r.Times, err = p.Count("times", 1, 1000)
	return r, err
}

// Attend implements Management.
func (r Reentry) Attend(*Context, *Plan) (Attendant, error) { return &reentry{Reentry: r}, nil }

type reentry struct {
	Reentry
	done int
}

// On implements Attendant.
func (r *reentry) On(o *Occasion) ([]Action, error) {
	switch {
	case o.Kind == Closed && o.How == EndedByStop && r.done < r.Times:
		r.done++
		return []Action{{Kind: WakeAtTime, Time: o.Time + max(r.Wait, 1)}}, nil
	case o.Kind == TimeReached:
		return []Action{{Kind: Reenter}}, nil
	}
	return nil, nil
}
