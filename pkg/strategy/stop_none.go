package strategy

// NoStop never gives a position up. Its take-profit still watches a price, the same one as that of a twin with a stop.
type NoStop struct {
	Watch Watch
}

var noStopDoc = Doc{
	Summary: "no stop: the position lives until its take-profit, its exit or its liquidation",
	Formula: "trigger = none",
	Source:  "by definition",
	Params:  []Param{watchParam},
}

func newNoStop(p Params) (Stop, error) {
	watch, err := p.Watch("watch")
	return NoStop{watch}, err
}

// Stop implements Stop.
func (n NoStop) Stop(*Context) (StopOrder, error) { return StopOrder{Watch: n.Watch}, nil }
