package replay

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// stepper walks the exchange to a tick. A bar's extremes lie far apart in a crash, and an exchange that jumped from one
// to the next would liquidate at the extreme what a venue liquidates on the way: every shortfall would be that of a
// gap. So a continuous move is walked in equal steps of time, no step moving a price by more than the scenario's
// prices.step, and none shorter than the second in which venues publish their mark price (reference: Binance's mark
// price stream; 60 samples a minute in its archive). A bar's open stays the jump that it is.
//
// How many seconds a move had is the instrument's own matter: beside instruments with shorter bars its steps lie closer
// together in time, after the tick before, but they are as many. The share of parity at which a collateral asset trades is such a move
// too.
type stepper struct {
	tracker *tracker
	mover   *mover       // nil: the exchange gets the data's prices
	assets  *assetPrices // nil without collateral assets
	pacing  []assetPath  // whose own moves are walked in steps too
	step    market.Rate
	after   func(*risk.Tick) error // every tick and step; may be nil
	at      market.Time            // of the tick before
	moved   []market.Time          // when each instrument last had a price
	between risk.Tick
}

// walk applies a tick, after the steps that lead to it. Its prices are then those that the exchange has.
func (w *stepper) walk(t *risk.Tick) error {
	n := w.steps(t)
	for k := 1; k < n; k++ {
		if err := w.apply(w.partway(t, k, n)); err != nil {
			return err
		}
	}
	w.arrive(t)
	if err := w.apply(t); err != nil || w.mover == nil {
		return err
	}
	w.mover.show(t)
	return nil
}

// arrive notes that a tick is reached.
func (w *stepper) arrive(t *risk.Tick) {
	w.at = t.Time
	for i := range t.Prices {
		id := t.Prices[i].Instrument
		for int(id) >= len(w.moved) {
			w.moved = append(w.moved, t.Time)
		}
		w.moved[id] = t.Time
	}
}

func (w *stepper) apply(t *risk.Tick) error {
	tick := w.tracker.exchange.Tick
	switch {
	case w.mover != nil:
		tick = w.mover.apply
	case w.assets != nil:
		tick = w.assets.tick
	}
	if err := tick(t); err != nil {
		return err
	}
	return w.follow(t)
}

// follow does what comes after every tick and step.
func (w *stepper) follow(t *risk.Tick) error {
	w.tracker.afterTick(t.Time)
	if w.after == nil {
		return nil
	}
	return w.after(t)
}

// latest returns an instrument's prices on the path of the data, which is what is walked.
func (w *stepper) latest(i market.InstrumentID) (mark, last, index market.Price, ok bool) {
	if w.mover != nil {
		return w.mover.latest(i)
	}
	return w.tracker.exchange.Prices(i)
}

// steps returns in how many steps the largest continuous move of a tick is walked.
func (w *stepper) steps(t *risk.Tick) int {
	if w.step <= 0 {
		return 1
	}
	n := 1
	for i := range t.Prices {
		u := &t.Prices[i]
		mark, last, _, ok := w.latest(u.Instrument)
		if !ok || u.Gap {
			continue
		}
		move := max(math.Abs(float64(u.Mark)/float64(mark)-1), math.Abs(float64(u.Last)/float64(last)-1))
		seconds := int((t.Time - w.moved[u.Instrument]) / market.Second)
		n = max(n, min(int(math.Ceil(move/market.Float(w.step)-1e-9)), seconds))
	}
	for i := range w.pacing {
		n = max(n, w.pacing[i].between(w.at, t.Time, w.step))
	}
	return min(n, max(int(t.Time-w.at), 1)) // times are milliseconds
}

// partway is step k of n on the way to a tick: its continuous prices in proportion, exact in integers.
func (w *stepper) partway(t *risk.Tick, k, n int) *risk.Tick {
	b := &w.between
	b.Time, b.Prices = w.at+(t.Time-w.at)*market.Time(k)/market.Time(n), b.Prices[:0]
	for i := range t.Prices {
		u := t.Prices[i]
		mark, last, index, ok := w.latest(u.Instrument)
		if !ok || u.Gap {
			continue
		}
		// From where the step before left the prices, n-k+1 steps remain.
		left := market.Price(n - k + 1)
		u.Mark = mark + (u.Mark-mark)/left
		u.Last = last + (u.Last-last)/left
		if u.Index != 0 {
			u.Index = index + (u.Index-index)/left
		}
		u.BidDepth, u.AskDepth = 0, 0
		b.Prices = append(b.Prices, u)
	}
	return b
}
