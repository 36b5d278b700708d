package report

// envelopeData is what the chart of intrabar assumptions reads.
type envelopeData struct {
	Policies []string           `json:"policies"`
	Groups   []envelopeGroupRow `json:"groups"`
}

type envelopeGroupRow struct {
	Name   string       `json:"name"`
	Shares []coordinate `json:"shares"` // liquidated, by policy
	Differ coordinate   `json:"differ"` // end otherwise under at least one
}

// envelopeFigure draws how far each group's share of liquidated accounts moves with the path inside the bars.
func envelopeFigure(e *Envelope) (*libraryFigure, error) {
	if e == nil || len(e.Groups) == 0 {
		return nil, nil
	}
	data := envelopeData{Policies: e.Policies}
	for _, g := range e.Groups {
		row := envelopeGroupRow{Name: g.Name, Differ: coordinate(float64(g.Differ) / float64(g.Accounts))}
		for _, n := range g.Liquidated {
			row.Shares = append(row.Shares, coordinate(float64(n)/float64(g.Accounts)))
		}
		data.Groups = append(data.Groups, row)
	}
	return newLibraryFigure("envelope", "Liquidated, by assumed path inside the bars",
		"One mark for each assumption and a line between the lowest and the highest: where it is long, the verdict depends on what candles do not tell.", data)
}

// Dependence words how far a group's verdict rests on the path inside the bars, from the range of its liquidated shares.
func (g EnvelopeGroup) Dependence() string {
	if g.Accounts == 0 || len(g.Liquidated) == 0 {
		return "–"
	}
	low, high := g.Liquidated[0], g.Liquidated[0]
	for _, n := range g.Liquidated {
		low, high = min(low, n), max(high, n)
	}
	if low == high {
		return "none"
	}
	return pointLabel(float64(high-low)/float64(g.Accounts)*100) + " points"
}
