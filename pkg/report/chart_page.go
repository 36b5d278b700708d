package report

import "github.com/liquidation-lab/backtest/pkg/replay"

// libraryFigures are the charts of a report that the library draws, and the tables that have their figures without
// scripts. A chart that the run has no data for is nil.
type libraryFigures struct {
	Survival, Incidence, EntryFan, LeverageFan, LiquidationMap, ShortfallMap, Frontier, Reached, EnvelopeRange *libraryFigure

	Fans     []fan
	Grid     *ruleGrid
	Horizons []horizonRow
}

// drawLibraryFigures prepares the charts. It comes after summarize, which estimates what they show.
func (r *Run) drawLibraryFigures(res *replay.Result, s *Summary) (f libraryFigures, err error) {
	level := r.in.Scenario.Statistics.Level
	groups := r.accounts.sorted(res.Groups)
	f.Horizons = horizonRows(s.Groups)
	if f.Survival, f.Incidence, err = survivalFigures(groups); err != nil {
		return f, err
	}
	f.Fans = fans(res.Rules, r.accounts.rules, res.From, res.To)
	if f.EntryFan, err = fanFigure(f.Fans); err != nil {
		return f, err
	}
	f.Grid = newRuleGrid(r.in.Scenario, r.accounts.rules, level)
	if f.LeverageFan, f.LiquidationMap, f.ShortfallMap, err = f.Grid.figures(); err != nil {
		return f, err
	}
	if f.Frontier, _, err = frontierFigure(s.Groups); err != nil {
		return f, err
	}
	if f.Reached, err = r.reachedFigure(groups, level); err != nil {
		return f, err
	}
	f.EnvelopeRange, err = envelopeFigure(s.Envelope)
	return f, err
}
