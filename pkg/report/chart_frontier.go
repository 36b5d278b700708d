package report

import (
	"strings"

	"github.com/liquidation-lab/backtest/pkg/replay"
)

// frontierPoint is a rule in the plane of what it earned and what its worst entries lost.
type frontierPoint struct {
	Name      string     `json:"name"`
	Mean      coordinate `json:"mean"`
	Shortfall coordinate `json:"es"`
	Entries   int        `json:"n"`
	Efficient bool       `json:"efficient"`
}

// frontierFigure draws the rules' mean P&L against their expected shortfall. A rule is efficient when no other has at least
// its mean and at least its shortfall (losses are negative), and more of one. The crowd is no rule.
func frontierFigure(groups []Group) (*libraryFigure, []string, error) {
	var rules []*Group
	for i := range groups {
		if g := &groups[i]; g.Name != replay.CrowdGroup && g.PnL.Mean.Exists() && g.PnL.ExpectedShortfall.Exists() {
			rules = append(rules, g)
		}
	}
	if len(rules) < 2 {
		return nil, nil, nil
	}
	var points []frontierPoint
	var names []string
	for _, g := range rules {
		efficient := true
		for _, o := range rules {
			mean, tail := float64(o.PnL.Mean-g.PnL.Mean), float64(o.PnL.ExpectedShortfall-g.PnL.ExpectedShortfall)
			if mean >= 0 && tail >= 0 && mean+tail > 0 {
				efficient = false
			}
		}
		if efficient {
			names = append(names, g.Name)
		}
		points = append(points, frontierPoint{g.Name, coordinate(g.PnL.Mean), coordinate(g.PnL.ExpectedShortfall), g.Accounts - g.Refused, efficient})
	}
	f, err := newLibraryFigure("frontier", "Mean P&L against the worst 5%",
		"Up is more earned, right is less lost in the worst twentieth. Joined: rules that no other beats in both, "+strings.Join(names, "; ")+". These are point estimates of one window: what they differ by has its intervals under the paired differences.",
		map[string]any{"points": points})
	return f, names, err
}
