package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Print writes the answers for a reader: one line a lever, then all of them in a table.
func (l *Levers) Print(w io.Writer, t Text) error {
	p := &printer{Text: t, w: w}
	p.line("%s", p.strong("Levers: "+l.Scenario.Title))
	p.line("%s to %s UTC · %s · prices %s · data %s", clock(l.Scenario.From), clock(l.Scenario.To), l.Rulebook.ID, l.Scenario.PriceMode, l.Data.Name)
	if l.Data.Reconstructed() {
		p.line("%s", p.warning("RECONSTRUCTED DATA"))
	}
	p.section("Answers, with the difference to the baseline")
	p.wrapped("  ", "    ", l.BaselineAnswer())
	for i := range l.Runs {
		p.wrapped("  ", "    ", l.Runs[i].Answer)
	}
	p.section("Figures in quote")
	var rows []table.Row
	for _, r := range l.Rows() {
		row := table.Row{r.Name}
		for _, c := range r.Cells {
			row = append(row, c)
		}
		rows = append(rows, row)
	}
	header := table.Row{"lever"}
	for _, h := range leverColumns {
		header = append(header, h)
	}
	p.table(header, rows)
	if len(l.LeftOut) > 0 {
		p.section("Not tried")
		for _, o := range l.LeftOut {
			p.wrapped("  - ", "    ", o.Asked+": "+o.Reason)
		}
	}
	p.section("Notes")
	for _, n := range l.AllNotes() {
		p.wrapped("  - ", "    ", n)
	}
	p.line("")
	if t.Dir != "" {
		p.line("Written to %s: %s, %s, %s, and a run directory for each", t.Dir, LeversHTMLFile, LeversFile, ComparisonHTMLFile)
	}
	return p.err
}

// BaselineAnswer is the run without any lever in one line.
func (l *Levers) BaselineAnswer() string {
	f := &l.Baseline
	return fmt.Sprintf("as it is the fund ends at %s, ADL takes %s from %s accounts, socialized loss %s, liquidated %s", leverAmount(f.FundClosing), leverAmount(f.ADLNotional),
		count(f.ADLAccounts), leverAmount(f.SocializedLoss), leverAmount(f.LiquidatedNotional))
}

// AllNotes are the notes on all levers, then those on single ones.
func (l *Levers) AllNotes() []string {
	list := append([]string{}, l.Notes...)
	for i := range l.Runs {
		for _, n := range l.Runs[i].Notes {
			list = append(list, l.Runs[i].Lever+": "+n)
		}
	}
	return list
}

// leverColumns are the columns of the table of levers.
var leverColumns = []string{"fund closing", "+/-", "fund change", "+/-", "ADL notional", "+/-", "ADL accounts", "+/-", "socialized", "+/-", "liquidated", "+/-", "accounts", "+/-"}

// leverRow is a line of the table of levers.
type leverRow struct {
	Name, Run, Set string
	Cells          []string
}

// Rows are the baseline and the levers as tables show them.
func (l *Levers) Rows() []leverRow {
	list := []leverRow{{Name: "baseline", Run: "baseline", Cells: leverCells(&l.Baseline, nil)}}
	for i := range l.Runs {
		r := &l.Runs[i]
		list = append(list, leverRow{r.Lever, r.Run, strings.Join(r.Set, ", "), leverCells(&r.Figures, &r.Difference)})
	}
	return list
}

// leverCells are figures, each beside its difference; without differences those are empty.
func leverCells(f, d *LeverFigures) []string {
	if d == nil {
		return []string{amount(f.FundClosing), "", amount(f.FundChange), "", amount(f.ADLNotional), "", count(f.ADLAccounts), "", amount(f.SocializedLoss), "",
			amount(f.LiquidatedNotional), "", count(f.LiquidatedAccounts), ""}
	}
	return []string{amount(f.FundClosing), change(d.FundClosing), amount(f.FundChange), change(d.FundChange), amount(f.ADLNotional), change(d.ADLNotional),
		count(f.ADLAccounts), countChange(d.ADLAccounts), amount(f.SocializedLoss), change(d.SocializedLoss),
		amount(f.LiquidatedNotional), change(d.LiquidatedNotional), count(f.LiquidatedAccounts), countChange(d.LiquidatedAccounts)}
}
