package script

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"

	"go.starlark.net/starlark"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// signatures are the functions that the parts of a rule call.
var signatures = map[string]string{
	"setups": "setups(window)", "size": "size(context, stop)", "leverage": "leverage(context, size)", "stop": "stop(context)",
	"take_profit": "take_profit(context, stop)", "manage": "manage(occasion)",
}

// Functions lists the functions that a script may define for the parts of a rule, in the order of a rule's life.
func Functions() []string {
	return []string{"setups", "size", "leverage", "stop", "take_profit", "manage"}
}

// part is a script as a part of a rule.
type part struct{ *Program }

type (
	entry      part
	sizing     part
	leverage   part
	stop       part
	takeProfit part
	management part
)

// decide calls a function within the limits of one decision.
func (p *Program) decide(function string, args ...starlark.Value) (starlark.Value, error) {
	return p.call(function, oneDecision, args...)
}

// Size implements strategy.Sizing.
func (s sizing) Size(c *strategy.Context, order strategy.StopOrder) (market.Qty, error) {
	v, err := s.decide("size", contextOf(c), stopOf(order))
	if err != nil {
		return 0, err
	}
	size, ok := fixed[market.Qty](v)
	if !ok || size < 0 {
		return 0, s.nonsense("size", v, "an amount of base, at least 0")
	}
	return size, nil
}

// Leverage implements strategy.Leverage.
func (l leverage) Leverage(c *strategy.Context, size market.Qty) (market.Rate, error) {
	v, err := l.decide("leverage", contextOf(c), number(size))
	if err != nil {
		return 0, err
	}
	rate, ok := fixed[market.Rate](v)
	if !ok || rate <= 0 {
		return 0, l.nonsense("leverage", v, "a number such as 10, above 0")
	}
	return rate, nil
}

// Stop implements strategy.Stop.
func (s stop) Stop(c *strategy.Context) (strategy.StopOrder, error) {
	v, err := s.decide("stop", contextOf(c))
	if err != nil {
		return strategy.StopOrder{}, err
	}
	if a, ok := v.(*answer); ok && a.kind == "order" {
		return a.stop, nil
	}
	if v == starlark.None {
		return strategy.StopOrder{Watch: strategy.WatchLast}, nil
	}
	distance, ok := fixed[market.Price](v)
	if !ok || distance <= 0 {
		return strategy.StopOrder{}, s.nonsense("stop", v, "None, a distance from the entry above 0, or order(...)")
	}
	return strategy.StopOrder{Active: true, Distance: distance, Watch: strategy.WatchLast}, nil
}

// TakeProfit implements strategy.TakeProfit, for those who ask for one target: the last.
func (t takeProfit) TakeProfit(c *strategy.Context, order strategy.StopOrder) (market.Price, bool, error) {
	rungs, err := t.Rungs(c, order)
	if err != nil || len(rungs) == 0 {
		return 0, false, err
	}
	return rungs[len(rungs)-1].Price, true, nil
}

// Rungs implements strategy.Laddered.
func (t takeProfit) Rungs(c *strategy.Context, order strategy.StopOrder) ([]strategy.Rung, error) {
	v, err := t.decide("take_profit", contextOf(c), stopOf(order))
	if err != nil || v == starlark.None {
		return nil, err
	}
	wrong := func() ([]strategy.Rung, error) {
		return nil, t.nonsense("take_profit", v, "None, a price above 0, or a list of (price, share)")
	}
	list, isList := v.(*starlark.List)
	if !isList {
		price, ok := fixed[market.Price](v)
		if !ok || price <= 0 {
			return wrong()
		}
		return []strategy.Rung{{Price: price, Share: market.Scale}}, nil
	}
	var rungs []strategy.Rung
	for i := range list.Len() {
		pair, ok := list.Index(i).(starlark.Tuple)
		if !ok || len(pair) != 2 {
			return wrong()
		}
		price, ok1 := fixed[market.Price](pair[0])
		share, ok2 := fixed[market.Rate](pair[1])
		if !ok1 || !ok2 || price <= 0 || share <= 0 || share > market.Scale {
			return wrong()
		}
		rungs = append(rungs, strategy.Rung{Price: price, Share: share})
	}
	return rungs, nil
}

// Attend implements strategy.Management.
func (m management) Attend(*strategy.Context, *strategy.Plan) (strategy.Attendant, error) {
	return &attendant{m.Program, starlark.NewDict(0)}, nil
}

// attendant keeps a position's state: a dictionary that the script alone reads and writes.
type attendant struct {
	*Program
	state *starlark.Dict
}

// maxState is how many values the state of one position may hold.
const maxState = 1000

// On implements strategy.Attendant.
func (a *attendant) On(o *strategy.Occasion) ([]strategy.Action, error) {
	v, err := a.decide("manage", occasionOf(o, a.state))
	if err != nil {
		return nil, err
	}
	if left := maxState; !count(a.state, &left, 0) || left < 0 {
		return nil, fmt.Errorf("%w: %s: manage keeps more than %d values in the state of one position", ErrScript, a.position("manage"), maxState)
	}
	if v == starlark.None {
		return nil, nil
	}
	if one, ok := v.(*answer); ok && one.kind == "action" {
		return []strategy.Action{one.action}, nil
	}
	list, ok := v.(*starlark.List)
	if !ok {
		return nil, a.nonsense("manage", v, "None, an action such as close(), or a list of actions")
	}
	var actions []strategy.Action
	for i := range list.Len() {
		one, ok := list.Index(i).(*answer)
		if !ok || one.kind != "action" {
			return nil, a.nonsense("manage", v, "a list of actions such as [move_stop(100), wake_at_time(t)]")
		}
		actions = append(actions, one.action)
	}
	return actions, nil
}

// Setups implements strategy.Entry: in time order, numbered in it.
func (e entry) Setups(w strategy.Window) ([]strategy.Setup, error) {
	var unread error // a series that could not be read
	v, err := e.call("setups", allSetups, windowOf(w, &unread))
	if err = cmp.Or(unread, err); err != nil {
		return nil, err
	}
	list, ok := v.(*starlark.List)
	if !ok {
		return nil, e.nonsense("setups", v, "a list of setup(...)")
	}
	var setups []strategy.Setup
	for i := range list.Len() {
		a, ok := list.Index(i).(*answer)
		if !ok || a.kind != "setup" {
			return nil, e.nonsense("setups", list.Index(i), "setup(time, symbol, side) in the list")
		}
		s := a.setup
		switch {
		case !slices.Contains(w.Symbols, s.Symbol):
			return nil, fmt.Errorf("%w: %s: setup %d: symbol %q is not in the data: expected one of window.symbols", ErrScript, e.position("setups"), i, s.Symbol)
		case s.Time < max(w.From, w.First[s.Symbol]) || s.Time >= w.To:
			return nil, fmt.Errorf("%w: %s: setup %d: time %s is outside of the data of %s: expected %s <= time < %s", ErrScript, e.position("setups"), i, s.Time, s.Symbol, max(w.From, w.First[s.Symbol]), w.To)
		}
		setups = append(setups, s)
	}
	slices.SortStableFunc(setups, func(a, b strategy.Setup) int { return cmp.Compare(a.Time, b.Time) })
	for i := range setups {
		setups[i].ID = int32(i)
	}
	return setups, nil
}

var windowNames = []string{"start", "end", "symbols", "seed", "first", "bars", "funding"}

// windowOf shows an entry its window. What goes wrong while a series is iterated is left in unread.
func windowOf(w strategy.Window, unread *error) starlark.Value {
	return &view{"window", windowNames, func(name string) (starlark.Value, error) {
		switch name {
		case "start":
			return starlark.MakeInt64(int64(w.From)), nil
		case "end":
			return starlark.MakeInt64(int64(w.To)), nil
		case "seed":
			return starlark.MakeUint64(w.Seed), nil
		case "symbols":
			list := make([]starlark.Value, len(w.Symbols))
			for i, s := range w.Symbols {
				list[i] = starlark.String(s)
			}
			return starlark.NewList(list), nil
		}
		return starlark.NewBuiltin(name, func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var symbol string
			if err := starlark.UnpackPositionalArgs(name, args, kwargs, 1, &symbol); err != nil {
				return nil, err
			}
			if !slices.Contains(w.Symbols, symbol) {
				return nil, fmt.Errorf("%s: %q is not in the data: expected one of window.symbols", name, symbol)
			}
			switch name {
			case "first":
				return starlark.MakeInt64(int64(max(w.From, w.First[symbol]))), nil
			case "bars":
				return barsOf(w, symbol, unread), nil
			}
			return fundingOf(w, symbol, unread), nil
		}), nil
	}}
}

var errEnough = errors.New("enough")

// stream is a series that is read while it is iterated, so that a year of bars takes no memory.
type stream struct {
	kind   string
	each   iter.Seq2[starlark.Value, error]
	unread *error
}

func (s *stream) String() string        { return "<" + s.kind + ">" }
func (s *stream) Type() string          { return s.kind }
func (s *stream) Freeze()               {}
func (s *stream) Truth() starlark.Bool  { return true }
func (s *stream) Hash() (uint32, error) { return 0, fmt.Errorf("a %s is no key", s.kind) }

// Iterate implements starlark.Iterable.
func (s *stream) Iterate() starlark.Iterator {
	next, stop := iter.Pull2(s.each)
	return &reading{next, stop, s.unread}
}

type reading struct {
	next   func() (starlark.Value, error, bool)
	stop   func()
	unread *error
}

// Next implements starlark.Iterator.
func (r *reading) Next(p *starlark.Value) bool {
	v, err, ok := r.next()
	if err != nil {
		*r.unread = err
	}
	if !ok || err != nil {
		return false
	}
	*p = v
	return true
}

// Done implements starlark.Iterator.
func (r *reading) Done() { r.stop() }

func barsOf(w strategy.Window, symbol string, unread *error) starlark.Value {
	return &stream{"bars", func(yield func(starlark.Value, error) bool) {
		if w.Bars == nil {
			return
		}
		finish(yield, w.Bars(symbol, func(b strategy.Bar) error { return enough(yield(barOf(b), nil)) }))
	}, unread}
}

func fundingOf(w strategy.Window, symbol string, unread *error) starlark.Value {
	return &stream{"funding", func(yield func(starlark.Value, error) bool) {
		if w.Funding == nil {
			return
		}
		finish(yield, w.Funding(symbol, func(at market.Time, rate market.Rate) error {
			return enough(yield(starlark.Tuple{starlark.MakeInt64(int64(at)), number(rate)}, nil))
		}))
	}, unread}
}

func enough(more bool) error {
	if more {
		return nil
	}
	return errEnough
}

func finish(yield func(starlark.Value, error) bool, err error) {
	if err != nil && !errors.Is(err, errEnough) {
		yield(nil, err)
	}
}
