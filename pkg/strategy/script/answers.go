package script

import (
	"fmt"
	"sort"

	"go.starlark.net/starlark"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// answer is what a function of the vocabulary makes: a setup, a stop order or an action.
type answer struct {
	kind   string
	setup  strategy.Setup
	stop   strategy.StopOrder
	action strategy.Action
}

func (a *answer) String() string        { return "<" + a.kind + ">" }
func (a *answer) Type() string          { return a.kind }
func (a *answer) Freeze()               {}
func (a *answer) Truth() starlark.Bool  { return true }
func (a *answer) Hash() (uint32, error) { return 0, fmt.Errorf("a %s is no key", a.kind) }

type builtin = func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error)

// vocabulary are the functions with which a script answers. Times are whole milliseconds; everything else is a number, or
// a string that holds a decimal.
var vocabulary = map[string]builtin{
	"skip":             skip,
	"setup":            makeSetup,
	"order":            makeOrder,
	"wake_at_price":    makeAction(strategy.WakeAtPrice, "price", "watch?", "tag?"),
	"wake_at_time":     makeAction(strategy.WakeAtTime, "time", "tag?"),
	"wake_at_funding":  makeAction(strategy.WakeAtFunding, "tag?"),
	"add_at":           makeAction(strategy.AddAt, "price", "size"),
	"add":              makeAction(strategy.AddNow, "size"),
	"reduce":           makeAction(strategy.Reduce, "size"),
	"close":            makeAction(strategy.CloseOut),
	"move_stop":        makeAction(strategy.MoveStop, "price", "watch?"),
	"move_take_profit": makeAction(strategy.MoveTakeProfit, "price", "watch?"),
	"top_up":           makeAction(strategy.TopUp, "amount"),
	"reenter":          makeAction(strategy.Reenter),
	"hedge":            makeAction(strategy.Hedge, "symbol", "ratio?"),
}

// skip refuses the entry at hand for a reason, as a rule in Go does with ErrImpossible.
func skip(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var reason string
	if err := starlark.UnpackArgs("skip", args, kwargs, "reason", &reason); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %s", strategy.ErrImpossible, reason)
}

// Vocabulary lists the functions with which scripts answer, ascending.
func Vocabulary() []string {
	var names []string
	for name := range vocabulary {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// field reads one argument into an answer.
func (a *answer) field(f, name string, v starlark.Value) error {
	wrong := func(expected string) error {
		return fmt.Errorf("%s: %s: %s: expected %s", f, name, shown(v), expected)
	}
	ok := true
	switch name {
	case "price":
		if a.action.Price, ok = fixed[market.Price](v); !ok || a.action.Price <= 0 {
			return wrong("a price above 0")
		}
	case "size":
		if a.action.Size, ok = fixed[market.Qty](v); !ok || a.action.Size <= 0 {
			return wrong("a size above 0")
		}
	case "amount":
		if a.action.Amount, ok = fixed[market.Quote](v); !ok || a.action.Amount <= 0 {
			return wrong("an amount above 0")
		}
	case "ratio":
		if a.action.Ratio, ok = fixed[market.Rate](v); !ok || a.action.Ratio <= 0 {
			return wrong("a ratio above 0")
		}
	case "time":
		if a.action.Time, ok = moment(v); !ok {
			return wrong("whole milliseconds since 1970")
		}
	case "tag":
		tag, err := starlark.AsInt32(v)
		if a.action.Tag = tag; err != nil {
			return wrong("a whole number")
		}
	case "watch":
		word, _ := starlark.AsString(v)
		if a.action.Watch, ok = strategy.ParseWatch(word); !ok {
			return wrong("mark, last or index")
		}
	case "symbol":
		if a.action.Symbol, ok = starlark.AsString(v); !ok || a.action.Symbol == "" {
			return wrong("a symbol such as BTCUSDT")
		}
	}
	return nil
}

func makeAction(kind strategy.ActionKind, fields ...string) builtin {
	return func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		values := make([]starlark.Value, len(fields))
		var pairs []any
		for i, f := range fields {
			pairs = append(pairs, f, &values[i])
		}
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, pairs...); err != nil {
			return nil, err
		}
		a := &answer{kind: "action", action: strategy.Action{Kind: kind, Watch: strategy.WatchLast, Ratio: market.Scale}}
		for i, f := range fields {
			if f[len(f)-1] == '?' {
				f = f[:len(f)-1]
			}
			if values[i] == nil {
				continue
			}
			if err := a.field(b.Name(), f, values[i]); err != nil {
				return nil, err
			}
		}
		return a, nil
	}
}

func makeSetup(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var at, side, price, quantity, exit starlark.Value
	a := &answer{kind: "setup"}
	if err := starlark.UnpackArgs("setup", args, kwargs, "time", &at, "symbol", &a.setup.Symbol, "side", &side, "price?", &price, "size?", &quantity, "exit?", &exit); err != nil {
		return nil, err
	}
	var ok bool
	if a.setup.Time, ok = moment(at); !ok {
		return nil, fmt.Errorf("setup: time: %s: expected whole milliseconds since 1970", shown(at))
	}
	if a.setup.Side, ok = sideOf(side); !ok {
		return nil, fmt.Errorf("setup: side: %s: expected 1 or long, -1 or short", shown(side))
	}
	if price != nil && price != starlark.None {
		if a.setup.Price, ok = fixed[market.Price](price); !ok || a.setup.Price <= 0 {
			return nil, fmt.Errorf("setup: price: %s: expected a price above 0", shown(price))
		}
	}
	if quantity != nil && quantity != starlark.None {
		if a.setup.Size, ok = fixed[market.Qty](quantity); !ok || a.setup.Size <= 0 {
			return nil, fmt.Errorf("setup: size: %s: expected a size above 0", shown(quantity))
		}
	}
	if exit != nil && exit != starlark.None {
		if a.setup.Exit, ok = moment(exit); !ok || a.setup.Exit <= a.setup.Time {
			return nil, fmt.Errorf("setup: exit: %s: expected milliseconds after the entry", shown(exit))
		}
	}
	return a, nil
}

func sideOf(v starlark.Value) (market.Side, bool) {
	if word, ok := starlark.AsString(v); ok {
		return market.ParseSide(word)
	}
	n, err := starlark.AsInt32(v)
	return market.Side(n), err == nil && (n == 1 || n == -1)
}

func makeOrder(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var distance, offset, near, share, loss, after starlark.Value
	var trailing bool
	watch, fill := "last", "market"
	if err := starlark.UnpackArgs("order", args, kwargs, "distance?", &distance, "trailing?", &trailing, "watch?", &watch, "order?", &fill, "offset?", &offset,
		"near?", &near, "near_share?", &share, "loss?", &loss, "after?", &after); err != nil {
		return nil, err
	}
	a := &answer{kind: "order"}
	s := &a.stop
	var ok bool
	if s.Watch, ok = strategy.ParseWatch(watch); !ok {
		return nil, fmt.Errorf("order: watch: %q: expected mark, last or index", watch)
	}
	if s.Fill, ok = strategy.ParseFill(fill); !ok {
		return nil, fmt.Errorf("order: order: %q: expected market, limit or guaranteed", fill)
	}
	s.Trailing = trailing
	for _, n := range []struct {
		name string
		v    starlark.Value
		to   func(starlark.Value) bool
	}{
		{"distance", distance, func(v starlark.Value) (ok bool) {
			s.Distance, ok = fixed[market.Price](v)
			s.Active = true
			return ok && s.Distance > 0
		}},
		{"offset", offset, func(v starlark.Value) (ok bool) { s.Offset, ok = fixed[market.Price](v); return ok && s.Offset >= 0 }},
		{"near", near, func(v starlark.Value) (ok bool) { s.Near, ok = fixed[market.Price](v); return ok && s.Near > 0 }},
		{"near_share", share, func(v starlark.Value) (ok bool) {
			s.NearShare, ok = fixed[market.Rate](v)
			return ok && s.NearShare > 0 && s.NearShare < market.Scale
		}},
		{"loss", loss, func(v starlark.Value) (ok bool) {
			s.Loss, ok = fixed[market.Rate](v)
			return ok && s.Loss > 0 && s.Loss < market.Scale
		}},
		{"after", after, func(v starlark.Value) (ok bool) { s.After, ok = moment(v); return ok && s.After > 0 }},
	} {
		if n.v != nil && n.v != starlark.None && !n.to(n.v) {
			return nil, fmt.Errorf("order: %s: %s: expected a positive number, shares below 1, after in milliseconds", n.name, shown(n.v))
		}
	}
	switch {
	case s.Near > 0 && (s.NearShare == 0 || s.Near >= s.Distance):
		return nil, fmt.Errorf("order: near %s needs a near_share and a distance beyond it", s.Near)
	case s.Near == 0 && s.NearShare > 0:
		return nil, fmt.Errorf("order: near_share %s has no effect without near", s.NearShare)
	case s.Offset > 0 && s.Fill != strategy.FillLimit:
		return nil, fmt.Errorf("order: offset %s has no effect; it is of order=\"limit\"", s.Offset)
	case !s.Active && (s.Trailing || s.Fill != strategy.FillMarket):
		return nil, fmt.Errorf("order: trailing and order are of a stop at a distance, and there is none: no stop would be placed")
	}
	return a, nil
}
