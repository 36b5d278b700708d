package report

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
)

// hedgesLost says how many hedged accounts lost some of their hedge to ADL; a dash where nobody was hedged.
func hedgesLost(c *CrowdInfo) string {
	if c == nil || c.Hedged == nil {
		return "–"
	}
	return fmt.Sprintf("%s of %s", count(c.Hedged.LostADL), count(c.Hedged.Accounts))
}

// HedgesLost says how many hedged accounts lost some of their hedge to ADL.
func (s *Summary) HedgesLost() string { return hedgesLost(s.Crowd) }

// middleAndMost prints the median and the largest of fractions: "1.2% / 40.0%".
func (d FigureSpread) middleAndMost() string {
	if d.Count == 0 {
		return "–"
	}
	return share(d.Median) + " / " + share(d.Max)
}

// Words says whose position it was and what was taken of it.
func (l *ADLPosition) Words() string {
	of := fmt.Sprintf("%s of its profit of %s, ", share(l.OfProfit), amount(l.Profit))
	if !l.OfProfit.Exists() {
		of = "which had no profit, "
	}
	return fmt.Sprintf("account %d (%s), %s %s: %s%s of the position", l.Account, l.Group, l.Symbol, l.Side, of, share(l.OfPosition))
}

// deleveraged prints what auto-deleveraging took, of runs in which it took something.
func (p *printer) deleveraged(s *Summary) {
	a := &s.ADL
	if a.Positions == 0 {
		return
	}
	p.section("What auto-deleveraging took")
	p.table(table.Row{"", "quote", ""}, []table.Row{
		{"needed", amount(a.Needed), "what was closed lacked at mark, before any slippage; of it nobody took " + amount(a.Socialized)},
		{"needed in the book", amount(a.NeededInBook), "what selling all of it there would have cost beyond what was paid, slippage included"},
		{"taken (haircut)", amount(a.Haircut), "given up against mark; others gained " + amount(a.Gained)},
		{"overshoot", amount(a.Overshoot), "taken less needed and not socialized; below 0 the fund or nobody bore it"},
		{"forgone", amount(a.Forgone), "until the last mark, in hindsight; below 0 it spared a loss"},
	}, 2)
	var rows []table.Row
	for _, d := range []struct {
		name string
		FigureSpread
	}{{"of the profit", a.OfProfit}, {"of the position", a.OfPosition}} {
		rows = append(rows, table.Row{d.name, count(d.Count), share(d.P05), share(d.P25), share(d.Median), share(d.P75), share(d.P95), share(d.Max), share(d.Mean)})
	}
	p.table(table.Row{"taken", "positions", "p05", "p25", "median", "p75", "p95", "largest", "mean"}, rows)
	p.wrapped("most: ", "  ", a.Largest.Words())
	p.line("waves, %v s apart: %s; hedged accounts that lost some of their hedge: %s", float64(a.Waves.Gap), count(a.Waves.Count), s.HedgesLost())
}

// TakenRows are what auto-deleveraging took, side by side; nil where no run has any.
func (c *RunComparison) TakenRows() []cellRow {
	deleveraged := func(of func(*ADLSummary) string) func(*RunColumn) string {
		return func(r *RunColumn) string {
			if r.ADL.Positions == 0 {
				return "–"
			}
			return of(&r.ADL)
		}
	}
	taken, hedged := false, false
	for i := range c.Runs {
		taken = taken || c.Runs[i].ADL.Positions > 0
		hedged = hedged || c.Runs[i].Crowd != nil && c.Runs[i].Crowd.Hedged != nil
	}
	if !taken {
		return nil
	}
	row := func(name, detail string, of func(*ADLSummary) string) cellRow {
		return c.row(name, detail, deleveraged(of))
	}
	rows := []cellRow{
		row("needed", "what was closed lacked at mark, before any slippage", func(a *ADLSummary) string { return amount(a.Needed) }),
		row("needed, nobody took", "and was socialized", func(a *ADLSummary) string { return amount(a.Socialized) }),
		row("needed in the book", "what selling it there would have cost, slippage included", func(a *ADLSummary) string { return amount(a.NeededInBook) }),
		row("taken (haircut)", "given up against mark", func(a *ADLSummary) string { return amount(a.Haircut) }),
		row("gained", "by others, whose price was better than the mark", func(a *ADLSummary) string { return amount(a.Gained) }),
		row("overshoot", "taken less needed and not socialized; below 0 the fund or nobody bore it", func(a *ADLSummary) string { return amount(a.Overshoot) }),
		row("forgone", "until the last mark, in hindsight; below 0 ADL spared a loss", func(a *ADLSummary) string { return amount(a.Forgone) }),
		row("positions", "deleveraged", func(a *ADLSummary) string { return count(a.Positions) }),
		row("of profit, median / largest", "haircut over the profit before the first fill", func(a *ADLSummary) string { return a.OfProfit.middleAndMost() }),
		row("of position, median / largest", "closed over the size before the first fill", func(a *ADLSummary) string { return a.OfPosition.middleAndMost() }),
		row("largest 1% bore", "of all haircuts, by account", func(a *ADLSummary) string { return share(a.Haircuts.Top1) }),
		row("Gini of haircuts", "by account", func(a *ADLSummary) string { return plain(a.Haircuts.Gini) }),
		row("leverage, median", "with which the positions were opened", func(a *ADLSummary) string { return plain(a.OpenLeverage.Median) }),
		row("waves", "of fills less than 5 s apart", func(a *ADLSummary) string { return count(a.Waves.Count) }),
	}
	for _, name := range c.groupNames() {
		if !c.tookFrom(name) {
			continue
		}
		rows = append(rows, row("taken of "+name, "haircut", func(a *ADLSummary) string {
			for _, g := range a.ByGroup {
				if g.Group == name {
					return amount(g.Haircut)
				}
			}
			return "0"
		}))
	}
	if hedged {
		rows = append(rows, c.row("hedges lost to ADL", "accounts", func(r *RunColumn) string { return hedgesLost(r.Crowd) }))
	}
	return rows
}

// tookFrom reports whether any run's auto-deleveraging met a group.
func (c *RunComparison) tookFrom(group string) bool {
	for i := range c.Runs {
		for _, g := range c.Runs[i].ADL.ByGroup {
			if g.Group == group && g.Positions > 0 {
				return true
			}
		}
	}
	return false
}
