package script

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.starlark.net/starlark"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// view is a read-only value whose attributes are looked up when they are asked for.
type view struct {
	kind  string
	names []string
	attr  func(name string) (starlark.Value, error)
}

func (v *view) String() string        { return "<" + v.kind + ">" }
func (v *view) Type() string          { return v.kind }
func (v *view) Freeze()               {}
func (v *view) Truth() starlark.Bool  { return true }
func (v *view) Hash() (uint32, error) { return 0, fmt.Errorf("a %s is no key", v.kind) }
func (v *view) AttrNames() []string   { return v.names }

// Attr implements starlark.HasAttrs.
func (v *view) Attr(name string) (starlark.Value, error) {
	if !slices.Contains(v.names, name) {
		return nil, starlark.NoSuchAttrError(fmt.Sprintf("a %s has no %s; known: %s", v.kind, name, strings.Join(v.names, ", ")))
	}
	return v.attr(name)
}

// number converts a fixed-point value; the nearest float.
func number[T market.Fixed](v T) starlark.Value { return starlark.Float(market.Float(v)) }

func text(s fmt.Stringer) starlark.Value { return starlark.String(s.String()) }

// arguments makes the global args of a script: numbers where the text is one.
func arguments(args map[string]string) *starlark.Dict {
	d := starlark.NewDict(len(args))
	keys := make([]string, 0, len(args))
	for k := range args {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		var v starlark.Value = starlark.String(args[k])
		if n, err := strconv.ParseInt(args[k], 10, 64); err == nil {
			v = starlark.MakeInt64(n)
		} else if r, err := market.Parse[market.Rate](args[k]); err == nil {
			v = number(r)
		}
		_ = d.SetKey(starlark.String(k), v) // strings are keys
	}
	d.Freeze()
	return d
}

// fixed reads a number that a script answered: an int, a float (the nearest 1e-8), or a string that holds a decimal.
func fixed[T market.Fixed](v starlark.Value) (T, bool) {
	switch v := v.(type) {
	case starlark.Int:
		n, ok := v.Int64()
		if !ok || n > 1<<62/market.Scale || n < -(1<<62)/market.Scale {
			return 0, false
		}
		return T(n * market.Scale), true
	case starlark.Float:
		x := math.Round(float64(float64(v) * market.Scale))
		return T(x), x > -(1<<62) && x < 1<<62 // not for NaN either
	case starlark.String:
		x, err := market.Parse[T](string(v))
		return x, err == nil
	}
	return 0, false
}

// moment reads a time: whole milliseconds since 1970.
func moment(v starlark.Value) (market.Time, bool) {
	n, ok := v.(starlark.Int)
	if !ok {
		return 0, false
	}
	ms, ok := n.Int64()
	return market.Time(ms), ok
}

var contextNames = []string{"id", "time", "symbol", "side", "price", "equity", "tick", "lot", "margin", "record", "atr", "bars", "max_leverage", "liquidation_price"}

// contextOf shows a rule's context.
func contextOf(c *strategy.Context) starlark.Value {
	return &view{"context", contextNames, func(name string) (starlark.Value, error) {
		switch name {
		case "id":
			return starlark.MakeInt(int(c.Setup.ID)), nil
		case "time":
			return starlark.MakeInt64(int64(c.Setup.Time)), nil
		case "symbol":
			return starlark.String(c.Setup.Symbol), nil
		case "side":
			return starlark.MakeInt(int(c.Setup.Side)), nil
		case "price":
			return number(c.Price), nil
		case "equity":
			return number(c.Equity), nil
		case "tick":
			return number(c.Instrument.Tick), nil
		case "lot":
			return number(c.Instrument.Lot), nil
		case "margin":
			return text(c.Margin), nil
		case "record":
			return recordOf(c.Record), nil
		}
		return method(c, name), nil
	}}
}

// method is a function of a context.
func method(c *strategy.Context, name string) starlark.Value {
	return starlark.NewBuiltin(name, func(t *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var first, second starlark.Value
		if name == "liquidation_price" {
			if err := starlark.UnpackArgs(name, args, kwargs, "size", &first, "leverage", &second); err != nil {
				return nil, err
			}
			return liquidationPrice(c, first, second)
		}
		if err := starlark.UnpackPositionalArgs(name, args, kwargs, 1, &first); err != nil {
			return nil, err
		}
		if name == "max_leverage" {
			notional, ok := fixed[market.Quote](first)
			if !ok {
				return nil, fmt.Errorf("max_leverage: notional %s: expected a number", first.Type())
			}
			return starlark.MakeInt(c.Exchange.MaxLeverage(c.Setup.Symbol, notional)), nil
		}
		n, err := starlark.AsInt32(first)
		if err != nil || n < 1 || n > 10_000 {
			return nil, fmt.Errorf("%s: expected a whole number of bars from 1 to 10000", name)
		}
		if name == "atr" {
			if c.ATR != nil {
				if atr, ok := c.ATR(n); ok {
					return number(atr), nil
				}
			}
			return nil, history(c, n)
		}
		if c.Bars != nil {
			if bars, ok := c.Bars(n); ok {
				return barList(t, bars)
			}
		}
		return nil, history(c, n)
	})
}

func history(c *strategy.Context, n int) error {
	return fmt.Errorf("%w: %s at %s has fewer than %d completed bars, or fewer are kept (1,440, or as many as size, stop or leverage ask for): start the data earlier, enter later, or ask for them there", strategy.ErrHistory, c.Setup.Symbol, c.Setup.Time, n)
}

func liquidationPrice(c *strategy.Context, size, leverage starlark.Value) (starlark.Value, error) {
	q, ok1 := fixed[market.Qty](size)
	l, ok2 := fixed[market.Rate](leverage)
	if !ok1 || !ok2 || q <= 0 || l < market.Scale {
		return nil, fmt.Errorf("liquidation_price: expected a size above 0 and a leverage of at least 1")
	}
	price, ok := c.Exchange.LiquidationPrice(c.Setup.Symbol, c.Setup.Side, q, c.Price, l)
	if !ok {
		return starlark.None, nil
	}
	return number(price), nil
}

var barNames = []string{"time", "end", "open", "high", "low", "close"}

func barOf(b strategy.Bar) starlark.Value {
	return &view{"bar", barNames, func(name string) (starlark.Value, error) {
		switch name {
		case "time":
			return starlark.MakeInt64(int64(b.Time)), nil
		case "end":
			return starlark.MakeInt64(int64(b.End)), nil
		case "open":
			return number(b.Open), nil
		case "high":
			return number(b.High), nil
		case "low":
			return number(b.Low), nil
		}
		return number(b.Close), nil
	}}
}

func barList(t *starlark.Thread, bars strategy.Bars) (starlark.Value, error) {
	if err := charge(t, bars.Len()); err != nil {
		return nil, err
	}
	list := make([]starlark.Value, bars.Len())
	for i := range list {
		list[i] = barOf(bars.At(i))
	}
	return starlark.NewList(list), nil
}

var recordNames = []string{"closed", "streak", "start", "equity", "peak", "drawdown"}

// recordOf shows the record of a rule in sequence, None without one.
func recordOf(r *strategy.Record) starlark.Value {
	if r == nil {
		return starlark.None
	}
	return &view{"record", recordNames, func(name string) (starlark.Value, error) {
		switch name {
		case "closed":
			return starlark.MakeInt(r.Closed), nil
		case "streak":
			return starlark.MakeInt(r.Streak), nil
		case "start":
			return number(r.Start), nil
		case "equity":
			return number(r.Equity), nil
		case "peak":
			return number(r.Peak), nil
		}
		return number(r.Drawdown()), nil
	}}
}

var stopNames = []string{"active", "distance", "risked", "trailing", "watch"}

// stopOf shows the stop that a rule chose.
func stopOf(s strategy.StopOrder) starlark.Value {
	return &view{"stop", stopNames, func(name string) (starlark.Value, error) {
		switch name {
		case "active":
			return starlark.Bool(s.Active), nil
		case "distance":
			return number(s.Distance), nil
		case "risked":
			return number(s.Risked()), nil
		case "trailing":
			return starlark.Bool(s.Trailing), nil
		}
		return text(s.Watch), nil
	}}
}

var occasionNames = []string{"kind", "time", "tag", "price", "mark", "last", "how", "wallet", "equity", "size", "entry_price", "leverage", "margin", "liquidation_price", "context", "state"}

// occasionOf shows an occasion and the state of the position's management.
func occasionOf(o *strategy.Occasion, state *starlark.Dict) starlark.Value {
	return &view{"occasion", occasionNames, func(name string) (starlark.Value, error) {
		switch name {
		case "kind":
			return text(o.Kind), nil
		case "time":
			return starlark.MakeInt64(int64(o.Time)), nil
		case "tag":
			return starlark.MakeInt(o.Tag), nil
		case "price":
			return number(o.Price), nil
		case "mark":
			return number(o.Mark), nil
		case "last":
			return number(o.Last), nil
		case "how":
			if o.Kind != strategy.Closed {
				return starlark.None, nil
			}
			return text(o.How), nil
		case "wallet":
			return number(o.Wallet), nil
		case "equity":
			return number(o.Equity), nil
		case "size":
			return number(o.Position.Size), nil
		case "entry_price":
			return number(o.Position.EntryPrice), nil
		case "leverage":
			return number(o.Position.Leverage), nil
		case "margin":
			return number(o.Position.Margin), nil
		case "liquidation_price":
			if o.Position.LiquidationPrice == 0 {
				return starlark.None, nil
			}
			return number(o.Position.LiquidationPrice), nil
		case "context":
			return contextOf(o.Context), nil
		}
		return state, nil
	}}
}
