package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// The terminal shows at most so many columns and rows of a heatmap, and points of the frontier.
const (
	textColumns  = 12
	textRows     = 24
	textFrontier = 12
)

// Print writes the sweep for a reader: what was varied, where it breaks, and the frontier.
func (s *SweepSummary) Print(w io.Writer, t Text) error {
	p := &printer{Text: t, w: w}
	p.line("%s", p.strong("Sweep: "+s.Title))
	p.line("%s variants (%s), %s rows · %s · data %s", count(s.Variants), s.Design, count(s.Rows), s.Rulebook.Name, s.Data)
	if s.Reconstructed() {
		p.line("%s", p.warning("RECONSTRUCTED DATA"))
	}
	var axes []table.Row
	for _, a := range s.Axes {
		axes = append(axes, table.Row{a.Key, count(a.Values), a.First, a.Last})
	}
	p.section("Axes")
	p.table(table.Row{"key", "values", "first", "last"}, axes, 2, 3)
	p.line("%s rows by the scan of one rule family, %s by runs of the whole exchange; %s variants impossible; all entries refused in %s rows",
		count(s.Scanned), count(s.Rows-s.Scanned-s.Impossible), count(s.Impossible), count(s.Empty))
	if h := s.Heatmap; h != nil {
		p.heatmap(h, "Liquidation probability", func(c *HeatmapCell) string { return share(c.Liquidation) })
		p.heatmap(h, "Expected shortfall of the P&L (mean of the worst 5%, quote)", func(c *HeatmapCell) string { return number(c.Shortfall) })
	}
	p.frontier(s)
	p.wrapped("", "", fmt.Sprintf("The best of %s variants on one stretch of history looks better than it is: judge a choice on another stretch.", count(s.Variants)))
	if t.Dir != "" {
		p.line("Written to %s: %s", t.Dir, strings.Join([]string{HTMLFile, SummaryFile, "results.parquet", ManifestFile}, ", "))
	}
	return p.err
}

// heatmap prints a table of cells; of a long axis every so many values are shown.
func (p *printer) heatmap(h *SweepHeatmap, title string, of func(*HeatmapCell) string) {
	p.section(title)
	header := table.Row{h.Y.Key + " \\ " + h.X.Key}
	if h.Y.Key == "" {
		header = table.Row{h.X.Key}
	}
	for x, v := range h.X.Values {
		if everyTick(x, len(h.X.Values), textColumns) {
			header = append(header, v)
		}
	}
	var rows []table.Row
	for y, v := range h.Y.Values {
		if !everyTick(y, len(h.Y.Values), textRows) {
			continue
		}
		row := table.Row{v}
		for x := range h.X.Values {
			if everyTick(x, len(h.X.Values), textColumns) {
				row = append(row, of(&h.Cells[y*len(h.X.Values)+x]))
			}
		}
		rows = append(rows, row)
	}
	p.table(header, rows)
}

func (p *printer) frontier(s *SweepSummary) {
	if len(s.Frontier) == 0 {
		return
	}
	p.section(fmt.Sprintf("Efficient frontier: mean P&L against expected shortfall, %s rows", count(s.FrontierSize)))
	var rows []table.Row
	for i := range s.Frontier[:min(len(s.Frontier), textFrontier)] {
		f := &s.Frontier[i]
		rows = append(rows, table.Row{s.Pair(*f), f.Group, number(f.Mean), number(f.Shortfall), probability(f.Liquidation)})
	}
	p.table(table.Row{"values", "group", "mean", "worst 5%", "liquidated"}, rows, 1)
}
