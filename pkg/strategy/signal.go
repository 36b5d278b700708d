package strategy

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// detector looks at a symbol's completed bars one by one and says when one of them is a reason to enter: the side, or 0.
// It never sees a bar before that bar is over.
type detector interface{ add(Bar) market.Side }

// signals are entries on what completed bars say. A setup's time is the end of the bar that gave the signal, which is
// when the next one opens.
type signals struct {
	name     string
	symbols  []string // nil: all of the window
	sides    []market.Side
	interval market.Time // bars are joined to this length; 0: as they are
	make     func() detector
}

var intervalParam = Param{Name: "interval", Unit: "duration", Optional: true, Help: `length that the bars are joined to before they are looked at, such as "1h"; as the data has them by default`}

// signalParams adds the parameters that every entry on bars has to its own.
func signalParams(own ...Param) []Param {
	return append(own, intervalParam, symbolsParam, Param{Name: "side", Unit: "long, short or both", Default: "long", Help: "which signals are taken"})
}

func readSignals(name string, p Params) (s signals, err error) {
	s.name = name
	if s.interval, err = p.DurationOrZero("interval"); err != nil {
		return s, err
	}
	if s.symbols, err = p.Symbols("symbols"); err != nil {
		return s, err
	}
	s.sides, err = p.Sides("side")
	return s, err
}

// Setups implements Entry: by time, then symbol.
func (s signals) Setups(w Window) ([]Setup, error) {
	symbols, err := w.choose(s.symbols)
	if err == nil && w.Bars == nil {
		err = fmt.Errorf("it looks at bars and was given none")
	}
	if err != nil {
		return nil, fmt.Errorf("entry %s: %w", s.name, err)
	}
	var setups []Setup
	for _, symbol := range symbols {
		d := s.make()
		take := func(at market.Time, b Bar) {
			side := d.add(b)
			if side != 0 && at >= w.start(symbol) && at < w.To && slices.Contains(s.sides, side) {
				setups = append(setups, Setup{Time: at, Symbol: symbol, Side: side})
			}
		}
		var joined joiner
		err := w.Bars(symbol, func(b Bar) error {
			if s.interval == 0 {
				take(b.End, b)
				return nil
			}
			if b.End-b.Time > s.interval {
				return fmt.Errorf("interval %s is shorter than the bars of %s, %s: expected a longer one", market.FormatInterval(s.interval), symbol, market.FormatInterval(b.End-b.Time))
			}
			joined.add(b, s.interval, func(whole Bar) { take(whole.End, whole) })
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", s.name, err)
		}
		joined.flush(w.To, func(whole Bar) { take(whole.End, whole) })
	}
	slices.SortStableFunc(setups, func(a, b Setup) int { return cmp.Compare(a.Time, b.Time) })
	for i := range setups {
		setups[i].ID = int32(i)
	}
	return setups, nil
}

// joiner makes bars of a longer interval. A longer bar is handed on when it is over: its signal comes at its end even
// where its last bars are missing.
type joiner struct {
	bar  Bar
	open bool
}

func (j *joiner) add(b Bar, interval market.Time, done func(Bar)) {
	start := b.Time - (b.Time%interval+interval)%interval
	if j.open && start != j.bar.Time {
		j.open = false
		done(j.bar)
	}
	if !j.open {
		j.bar, j.open = Bar{Time: start, End: start + interval, Open: b.Open, High: b.High, Low: b.Low}, true
	}
	j.bar.High, j.bar.Low, j.bar.Close = max(j.bar.High, b.High), min(j.bar.Low, b.Low), b.Close
	if b.End >= j.bar.End {
		j.open = false
		done(j.bar)
	}
}

// flush hands on the last bar if it ended by a time.
func (j *joiner) flush(by market.Time, done func(Bar)) {
	if j.open && j.bar.End <= by {
		done(j.bar)
	}
}

// ring holds the newest n of something.
type ring[T any] struct {
	items []T
	next  int
}

func newRing[T any](n int) ring[T] { return ring[T]{items: make([]T, 0, n)} }

// full reports whether it holds n items.
func (r *ring[T]) full() bool { return len(r.items) == cap(r.items) }

// push adds an item and returns the one that left; ok is false while none has to.
func (r *ring[T]) push(v T) (left T, ok bool) {
	if !r.full() {
		r.items = append(r.items, v)
		return left, false
	}
	left = r.items[r.next]
	r.items[r.next] = v
	r.next = (r.next + 1) % len(r.items)
	return left, true
}
