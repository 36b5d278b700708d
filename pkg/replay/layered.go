package replay

import (
	"errors"
	"io"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// ahead is a stream with its next bar in hand.
type ahead struct {
	from  stream
	bar   bar
	err   error
	began bool
}

// peek returns the next bar without taking it, nil at the end.
func (a *ahead) peek() (*bar, error) {
	if !a.began {
		a.began = true
		a.take()
	}
	if errors.Is(a.err, io.EOF) {
		return nil, nil
	}
	return &a.bar, a.err
}

func (a *ahead) take() { a.err = a.from.next(&a.bar) }

// layered is a finer stream over a coarser one. Finer bars stand in for a coarse bar where they fill it without a gap;
// elsewhere the coarse bar is used whole and the finer ones within it are dropped, so that no extreme is lost. Where
// there is no coarse bar the finer ones are used as they are.
type layered struct {
	fine, coarse ahead
	queue        []bar // finer bars that fill the coarse bar under way
	head         int
	end          market.Time // of the last bar handed out
}

// next implements stream.
func (l *layered) next(b *bar) error {
	for l.head == len(l.queue) {
		l.queue, l.head = l.queue[:0], 0
		if err := l.fill(); err != nil {
			return err
		}
	}
	*b = l.queue[l.head]
	l.head++
	l.end = b.end()
	return nil
}

// fill queues the next coarse bar, the finer ones in its place, or one finer bar before it. It may queue nothing.
func (l *layered) fill() error {
	fine, err := l.fine.peek()
	if err != nil {
		return err
	}
	coarse, err := l.coarse.peek()
	if err != nil {
		return err
	}
	switch {
	case fine == nil && coarse == nil:
		return io.EOF
	case fine != nil && fine.time < l.end: // within a bar that was handed out
		l.fine.take()
	case coarse != nil && coarse.time < l.end:
		l.coarse.take()
	case coarse == nil || fine != nil && fine.end() <= coarse.time:
		l.queue = append(l.queue, *fine)
		l.fine.take()
	default:
		return l.replace(*coarse)
	}
	return nil
}

// replace queues the finer bars within a coarse one when they fill it, else the coarse one.
func (l *layered) replace(coarse bar) error {
	l.coarse.take()
	reached, whole := coarse.time, true
	for {
		fine, err := l.fine.peek()
		if err != nil {
			return err
		}
		if fine == nil || fine.time >= coarse.end() {
			break
		}
		whole = whole && fine.time == reached && fine.end() <= coarse.end()
		reached = fine.end()
		l.queue = append(l.queue, *fine)
		l.fine.take()
	}
	if !whole || reached != coarse.end() {
		l.queue = append(l.queue[:0], coarse)
	}
	return nil
}
