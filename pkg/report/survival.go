package report

import (
	"cmp"
	"slices"
	"sort"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// causes are the endings that compete for a position, worst first: cause k of a lifetime is causes[k-1]. Positions that
// were open when the window ended are censored.
var causes = []string{replay.OutcomeLiquidated, replay.OutcomeDeleveraged, replay.OutcomeStopped, replay.OutcomeTakeProfit, replay.OutcomeClosed}

// causeLiquidated is the number of liquidation among causes.
const causeLiquidated = 1

// GroupSurvival says how long a group's positions lasted, from entry, and by what they ended. The crowd's positions are
// from before the replay and count from its start.
type GroupSurvival struct {
	// Lasting is the Kaplan-Meier median of the time until any end: positions that were open when the window ended are censored.
	Lasting MedianTime `json:"lasting"`
	// Unliquidated is the Kaplan-Meier median of the time to liquidation with every other end censored: as if nothing but
	// liquidation ended positions. Where stops do, it answers a question about a world without them.
	Unliquidated MedianTime `json:"unliquidated"`
	// Incidence is the Aalen-Johansen probability of having ended in a way by a time; the ways compete. By outcome, worst
	// first, and by time; outcomes that nobody met are left out.
	Incidence []CumulativeIncidence `json:"cumulative_incidence"`
}

// MedianTime is the first time by which half have ended, between its bounds: null for what was not reached while watching.
type MedianTime struct {
	MedianSeconds Number `json:"median_seconds"`
	LowSeconds    Number `json:"low_seconds"`
	HighSeconds   Number `json:"high_seconds"`
	Level         Number `json:"level"`
	Method        string `json:"method"`
}

// CumulativeIncidence is the probability that positions have ended in a way by a time from their entry.
type CumulativeIncidence struct {
	Outcome string `json:"outcome"`
	Seconds Number `json:"seconds"`
	AtRisk  int    `json:"at_risk"` // positions watched for at least so long
	Interval
}

// life is how long one position lasted and how it ended; of an open one, when it began.
type life struct {
	time  market.Time
	cause uint8 // stats.Censored: open at the end
}

// lived takes in how one account's position went.
func (g *group) lived(r *replay.AccountRow) {
	switch {
	case r.Outcome == replay.OutcomeRefused:
	case r.Outcome == replay.OutcomeOpen || r.OutcomeTime == 0:
		g.lives = append(g.lives, life{r.EntryTime, stats.Censored})
	default:
		cause := slices.Index(causes, r.Outcome) + 1
		if cause == 0 {
			cause = len(causes) // any other end is somebody's decision to close
		}
		g.lives = append(g.lives, life{max(0, r.OutcomeTime-r.EntryTime), uint8(cause)})
	}
}

// survivalCurves are a group's estimates, over seconds from entry.
type survivalCurves struct {
	unliquidated stats.Survival
	incidence    stats.Incidence
}

// survival estimates how a group's positions lasted until the end of the window, and keeps the curves for the charts.
func (g *group) survival(level float64, end market.Time) *GroupSurvival {
	lifetimes := make([]stats.Lifetime, len(g.lives))
	for i, l := range g.lives {
		after := l.time
		if l.cause == stats.Censored {
			after = max(0, end-l.time)
		}
		lifetimes[i] = stats.Lifetime{Time: float64(after) / float64(market.Second), Cause: int(l.cause)}
	}
	g.lives = nil
	slices.SortFunc(lifetimes, func(a, b stats.Lifetime) int { return cmp.Compare(a.Time, b.Time) })
	lasting := stats.KaplanMeier(lifetimes, level, stats.LogLog)
	g.curves.incidence = stats.AalenJohansen(lifetimes, len(causes), level)
	out := &GroupSurvival{Lasting: medianTime(lasting), Incidence: g.incidences()}
	for i := range lifetimes {
		if lifetimes[i].Cause != causeLiquidated {
			lifetimes[i].Cause = stats.Censored
		}
	}
	g.curves.unliquidated = stats.KaplanMeier(lifetimes, level, stats.LogLog)
	out.Unliquidated = medianTime(g.curves.unliquidated)
	return out
}

func medianTime(s stats.Survival) MedianTime {
	m := s.Median()
	return MedianTime{Number(m.Estimate), Number(m.Low), Number(m.High), Number(m.Level), m.Method}
}

// horizons are the times at which incidences are told, in seconds; the longest time that was watched is added to them.
var horizons = []float64{600, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400, 90 * 86_400, 365 * 86_400}

// incidences reads the curves at the horizons.
func (g *group) incidences() []CumulativeIncidence {
	list, inc := []CumulativeIncidence{}, g.curves.incidence
	if len(inc.Times) == 0 {
		return list
	}
	last := inc.Times[len(inc.Times)-1]
	at := slices.DeleteFunc(slices.Clone(horizons), func(t float64) bool { return t >= last })
	at = append(at, last)
	for k, outcome := range causes {
		if curve := inc.Causes[k].Estimate; curve[len(curve)-1] == 0 {
			continue
		}
		for _, t := range at {
			list = append(list, CumulativeIncidence{Outcome: outcome, Seconds: Number(t), AtRisk: atRisk(inc, t), Interval: interval(inc.At(k+1, t))})
		}
	}
	return list
}

// atRisk counts the positions that lasted, and were watched, until t or longer.
func atRisk(inc stats.Incidence, t float64) int {
	if i := sort.SearchFloat64s(inc.Times, t); i < len(inc.Times) {
		return inc.AtRisk[i]
	}
	return 0
}

// Bounds prints the interval; an open end is one that was not reached while watching.
func (m MedianTime) Bounds() string {
	if !m.LowSeconds.Exists() {
		return "–"
	}
	if !m.HighSeconds.Exists() {
		return "from " + duration(m.LowSeconds)
	}
	return duration(m.LowSeconds) + " to " + duration(m.HighSeconds)
}
