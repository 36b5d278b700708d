package strategy

// TrailingStop follows the best price since the entry at a distance fixed at the entry, and never moves back.
type TrailingStop struct {
	Distance Distance
	Watch    Watch
	Terms
}

var trailingStopDoc = Doc{
	Summary: "a stop that follows the best price since the entry at a distance fixed then",
	Formula: "trigger = max(watched price since the entry) - distance for a long, min + distance for a short",
	Source:  "Binance FAQ, What Is a Trailing Stop Order",
	Params:  terms(Param{Name: "distance", Unit: "distance", Help: `"2%" of the entry price, or "3 atr(14)"`}),
}

func newTrailingStop(p Params) (Stop, error) {
	distance, err := p.Distance("distance")
	if err != nil {
		return nil, err
	}
	w, t, err := readTerms(p)
	return TrailingStop{distance, w, t}, err
}

// Stop implements Stop.
func (t TrailingStop) Stop(c *Context) (StopOrder, error) {
	distance, err := t.Distance.From(c)
	if err != nil {
		return StopOrder{Watch: t.Watch}, err
	}
	s, err := t.at(c, distance, t.Watch)
	s.Trailing = err == nil
	return s, err
}
