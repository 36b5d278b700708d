package strategy

// TrailingStop follows the best price since the entry at a distance fixed at the entry, and never moves back.
type TrailingStop struct {
	Distance Distance
	Watch    Watch
}

var trailingStopDoc = Doc{
	Summary: "a stop that follows the best price since the entry at a distance fixed then: max(watched price) - distance for a long",
	Params: []Param{
		{Name: "distance", Unit: "distance", Help: `"2%" of the entry price, or "3 atr(14)"`},
		watchParam,
	},
}

func newTrailingStop(p Params) (Stop, error) {
	distance, err := p.Distance("distance")
	if err != nil {
		return nil, err
	}
	watch, err := p.Watch("watch")
	return TrailingStop{distance, watch}, err
}

// Stop implements Stop.
func (t TrailingStop) Stop(c *Context) (StopOrder, error) {
	distance, err := t.Distance.From(c)
	return StopOrder{Active: err == nil, Distance: distance, Trailing: true, Watch: t.Watch}, err
}
