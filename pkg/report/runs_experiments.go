package report

import "slices"

// EffectRows lists the effects of the runs' experiments side by side: for each effect its liquidated points, mean P&L and
// expected shortfall. Runs that lack an effect have a dash.
func (c *RunComparison) EffectRows() []cellRow {
	var titles []string
	for i := range c.Runs {
		for _, e := range c.Runs[i].Experiments {
			for _, x := range e.Effects {
				if t := x.Title(); !slices.Contains(titles, t) {
					titles = append(titles, t)
				}
			}
		}
	}
	return c.changeRows(titles, func(e *Experiment, title string) *Changes {
		if i := slices.IndexFunc(e.Effects, func(x Effect) bool { return x.Title() == title }); i >= 0 {
			return &e.Effects[i].Changes
		}
		return nil
	})
}

// WithinRows lists what a factor changes in every combination of the others, side by side.
func (c *RunComparison) WithinRows() []cellRow {
	var titles []string
	for i := range c.Runs {
		for _, e := range c.Runs[i].Experiments {
			if e.Within == nil {
				continue
			}
			for _, r := range e.Within.Rows {
				if t := r.title(e.Within); !slices.Contains(titles, t) {
					titles = append(titles, t)
				}
			}
		}
	}
	return c.changeRows(titles, func(e *Experiment, title string) *Changes {
		if e.Within == nil {
			return nil
		}
		if i := slices.IndexFunc(e.Within.Rows, func(r WithinRow) bool { return r.title(e.Within) == title }); i >= 0 {
			return &e.Within.Rows[i].Changes
		}
		return nil
	})
}

// title names a row by the levels of the other factors and by what is compared.
func (r *WithinRow) title(w *WithinFactor) string {
	name := ""
	for i, l := range r.Levels {
		name += w.Others[i] + " " + l + ", "
	}
	return name + w.Factor + ": " + r.Level + " less " + r.Against
}

func (c *RunComparison) changeRows(titles []string, find func(*Experiment, string) *Changes) []cellRow {
	var rows []cellRow
	for _, title := range titles {
		figures := [3]cellRow{{Name: title, Detail: "liquidated, points"}, {Name: title, Detail: "mean P&L"}, {Name: title, Detail: "ES 95%"}}
		for i := range c.Runs {
			var found *Changes
			for k := range c.Runs[i].Experiments {
				if found == nil {
					found = find(&c.Runs[i].Experiments[k], title)
				}
			}
			cells := [3]string{"–", "–", "–"}
			if found != nil {
				cells = [3]string{marked(found.LiquidationProbability.Points(), found.LiquidationProbability), marked(found.PnLMean.Money(), found.PnLMean),
					marked(found.ExpectedShortfall.Money(), found.ExpectedShortfall)}
			}
			for k := range figures {
				figures[k].Cells = append(figures[k].Cells, cells[k])
			}
		}
		rows = append(rows, figures[:]...)
	}
	return rows
}

// marked stars a change whose adjusted p-value is at most 5%.
func marked(text string, c Change) string {
	if c.Adjusted.Exists() && c.Adjusted <= 0.05 {
		return text + " *"
	}
	return text
}

// experiments prints the effects of all runs side by side.
func (p *printer) runExperiments(c *RunComparison) {
	for _, part := range []struct {
		title string
		rows  []cellRow
	}{{"Experiments: effects in each run", c.EffectRows()}, {"Within a factor: what it changes in every combination of the others", c.WithinRows()}} {
		if len(part.rows) == 0 {
			continue
		}
		p.section(part.title)
		named := make([]cellRow, len(part.rows))
		for i, r := range part.rows {
			named[i] = cellRow{Name: r.Name + ", " + r.Detail, Cells: r.Cells}
			if i%3 > 0 {
				named[i].Name = "  " + r.Detail
			}
		}
		p.sideBySide(c, "effect", named)
		p.wrapped("", "", "*: p at most 5% after Holm's correction for all tests of the run. Each run has entries of its own: episodes are not pooled.")
	}
}
