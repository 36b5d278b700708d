package script_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
	"github.com/liquidation-lab/backtest/pkg/strategy/script"
)

// registry holds scripts under one file name.
func registry(t testing.TB, source string) *strategy.Registry {
	t.Helper()
	r := script.NewRegistry()
	r.Open = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(source)), nil }
	return r
}

var file = strategy.Params{"file": "my.star"}

type venue struct{}

func (venue) MaxLeverage(string, market.Quote) int { return 50 }
func (venue) LiquidationPrice(string, market.Side, market.Qty, market.Price, market.Rate) (market.Price, bool) {
	return market.MustParse[market.Price]("90"), true
}

func at100(side market.Side) *strategy.Context {
	return &strategy.Context{Setup: strategy.Setup{ID: 7, Time: 1760129400000, Symbol: "BTCUSDT", Side: side}, Price: 100 * market.Scale, Equity: 1000 * market.Scale,
		ATR:        func(int) (market.Price, bool) { return 2 * market.Scale, true },
		Instrument: market.Instrument{Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Tick: market.Scale / 10, Lot: market.Scale / 1000}, Exchange: venue{}}
}

// TestTwins: a rule written as a script plans what the same rule in Go plans, for any entry.
func TestTwins(t *testing.T) {
	r := registry(t, `
def size(c, stop):
    return 30 / stop.distance

def leverage(c, size):
    return min(10, c.max_leverage(size * c.price))

def stop(c):
    return 1.5 * c.atr(14)

def take_profit(c, stop):
    return [(c.price + c.side * stop.distance, 0.5), (c.price + c.side * 2 * stop.distance, 0.5)]
`)
	build := func(sizing, leverage, stop, takeProfit string, p ...strategy.Params) *strategy.Rule {
		rule := &strategy.Rule{Name: "rule", Equity: 1000 * market.Scale}
		var errs [4]error
		rule.Sizing, errs[0] = r.Sizing(sizing, p[0])
		rule.Leverage, errs[1] = r.Leverage(leverage, p[1])
		rule.Stop, errs[2] = r.Stop(stop, p[2])
		rule.TakeProfit, errs[3] = r.TakeProfit(takeProfit, p[3])
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
		return rule
	}
	native := build("risk", "fixed", "atr", "ladder", strategy.Params{"risk": "30"}, strategy.Params{"leverage": "10"}, strategy.Params{"multiple": "1.5"}, strategy.Params{"steps": "50% at 1r, 50% at 2r"})
	scripted := build("script", "script", "script", "script", file, file, file, file)
	rapid.Check(t, func(t *rapid.T) {
		c := at100(rapid.SampledFrom([]market.Side{market.Long, market.Short}).Draw(t, "side"))
		c.Price = market.Price(rapid.Int64Range(50, 5000).Draw(t, "price")) * market.Scale / 10
		atr := market.Price(rapid.Int64Range(1, 20).Draw(t, "atr")) * market.Scale / 10
		c.ATR = func(int) (market.Price, bool) { return atr, true }
		want, err1 := native.Plan(c)
		got, err2 := scripted.Plan(c)
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("native %v, script %v", err1, err2)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestManagement(t *testing.T) {
	r := registry(t, `
def manage(o):
    if o.kind == "opened":
        o.state["adds"] = 0
        return [wake_at_price(o.entry_price * 0.98, watch="mark", tag=1), add_at(95, o.size), wake_at_time(o.time + 60000)]
    if o.kind == "price":
        o.state["adds"] += 1
        return move_stop(o.entry_price, watch="mark")
    if o.kind == "closed" and o.how == "stop" and o.state["adds"] == 1:
        return [reenter()]
`)
	m, err := r.Management("script", file)
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Attend(at100(market.Long), &strategy.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	on := func(o strategy.Occasion) []strategy.Action {
		o.Context, o.Position.Size, o.Position.EntryPrice, o.Time = at100(market.Long), market.Scale, 100*market.Scale, 1000
		actions, err := a.On(&o)
		if err != nil {
			t.Fatal(err)
		}
		return actions
	}
	var got [][]strategy.Action
	for _, o := range []strategy.Occasion{{Kind: strategy.Opened}, {Kind: strategy.Closed, How: strategy.EndedByStop}, {Kind: strategy.PriceReached}, {Kind: strategy.Closed, How: strategy.EndedByStop}} {
		got = append(got, on(o))
	}
	one := market.Rate(market.Scale)
	want := [][]strategy.Action{
		{{Kind: strategy.WakeAtPrice, Price: 98 * market.Scale, Watch: strategy.WatchMark, Tag: 1, Ratio: one}, {Kind: strategy.AddAt, Price: 95 * market.Scale, Size: market.Scale, Watch: strategy.WatchLast, Ratio: one},
			{Kind: strategy.WakeAtTime, Time: 61000, Watch: strategy.WatchLast, Ratio: one}},
		nil,
		{{Kind: strategy.MoveStop, Price: 100 * market.Scale, Watch: strategy.WatchMark, Ratio: one}},
		{{Kind: strategy.Reenter, Watch: strategy.WatchLast, Ratio: one}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What a script does wrong is said with file, line and what was expected. Each would otherwise take the time or the memory
// of the machine, or read what is not its business.
func TestBadScripts(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"loops for ever":           {"def size(c, stop):\n    n = 0\n    while True:\n        n += 1\n    return n\n", "my.star:4:9: in size: more steps"},
		"says why":                 {"def size(c, stop):\n    while True:\n        pass\n", "more steps than a call may take"},
		"doubles a list":           {"def size(c, stop):\n    x = [1]\n    while True:\n        x += x\n", "my.star:4:11: in size: 1048576 elements: expected at most 1000000"},
		"doubles by plus":          {"def size(c, stop):\n    x = [1]\n    for i in range(100):\n        x = x + x\n", "elements: expected at most 1000000"},
		"doubles a string":         {"def size(c, stop):\n    x = 'a'\n    for i in range(100):\n        x += x\n", "a string of"},
		"repeats":                  {"def size(c, stop):\n    return len([0] * 1000000000)\n", "1000000000 times 1 elements"},
		"repeats from the left":    {"def size(c, stop):\n    return len(1000000000 * 'abc')\n", "1000000000 times 3 elements"},
		"keeps lists":              {"def size(c, stop):\n    x = []\n    while True:\n        x.append(list(range(1000)))\n", "more elements of lists and strings than it may"},
		"slices for ever":          {"def size(c, stop):\n    x, y = list(range(100000)), []\n    while True:\n        y.append(x[:])\n", "more elements of lists and strings than it may"},
		"a huge range":             {"def size(c, stop):\n    return list(range(1000000000))\n", "range of 1000000000: expected at most 1000000"},
		"a huge number":            {"def size(c, stop):\n    x = 3\n    while True:\n        x = x * x\n", "an integer of"},
		"shifts":                   {"def size(c, stop):\n    x = 1\n    while True:\n        x <<= 500\n", "an integer of"},
		"prints a bush":            {"def size(c, stop):\n    x = []\n    for i in range(60):\n        x = [x, x]\n    return len(str(x))\n", "cannot be turned into text"},
		"formats a bush":           {"def size(c, stop):\n    x = []\n    for i in range(60):\n        x = [x, x]\n    return len('%s' % x)\n", "cannot be turned into text"},
		"answers a bush":           {"def size(c, stop):\n    x = []\n    for i in range(60):\n        x = [x, x]\n    return x\n", "size returned list: expected an amount of base"},
		"shows a bush in a struct": {"def size(c, stop):\n    x = 1\n    for i in range(60):\n        x = struct(a=x, b=x)\n    return len(str(x))\n", "cannot be turned into text"},
		"answers with a bush":      {"def size(c, stop):\n    x = []\n    for i in range(60):\n        x = [x, x]\n    return order(x)\n", "order: distance: list: expected a positive number"},
		"asks at a bush":           {"def size(c, stop):\n    x = []\n    for i in range(60):\n        x = [x, x]\n    return wake_at_price(x)\n", "wake_at_price: price: list: expected a price above 0"},
		"enters at a bush":         {"def size(c, stop):\n    x = []\n    for i in range(60):\n        x = [x, x]\n    return setup(x, 'A', 1)\n", "setup: time: list: expected whole milliseconds"},
		"zips":                     {"def size(c, stop):\n    return len(zip(*([range(1000000)] * 1000000)))\n", "more elements of lists and strings than it may"},
		"zips few of many":         {"def size(c, stop):\n    x, y = [], [[1, 2, 3]] * 100000\n    while True:\n        x.append(zip(*y))\n", "more elements of lists and strings than it may"},
		"spreads":                  {"def f(keep, *all):\n    keep.append(all)\ndef size(c, stop):\n    x, y = [], [0] * 100000\n    while True:\n        f(x, *y)\n", "more elements of lists and strings than it may"},
		"spreads names":            {"def f(keep, **all):\n    keep.append(all)\ndef size(c, stop):\n    x, y = [], {'k%d' % i: i for i in range(1000)}\n    while True:\n        f(x, **y)\n", "more elements of lists and strings than it may"},
		"updates":                  {"def size(c, stop):\n    x, y = [], {i: i for i in range(1000)}\n    while True:\n        z = {}\n        z.update(y)\n        x.append(z)\n", "more elements of lists and strings than it may"},
		"updates by another name":  {"def size(c, stop):\n    f = {}.update\n    return 1\n", "my.star:2:12: update is called where it stands"},
		"takes sets apart":         {"def size(c, stop):\n    x, y = [], set(range(100000))\n    while True:\n        x.append(y - set())\n", "more elements of lists and strings than it may"},
		"meets sets":               {"def size(c, stop):\n    x, y = [], set(range(100000))\n    while True:\n        x.append(y & y)\n", "more elements of lists and strings than it may"},
		"parts sets":               {"def size(c, stop):\n    x, y = [], set(range(100000))\n    while True:\n        z = set()\n        z ^= y\n        x.append(z)\n", "more elements of lists and strings than it may"},
		"joins":                    {"def size(c, stop):\n    return len(','.join(['a']))\n", "my.star:2:20: join is not available"},
		"trails nothing":           {"def size(c, stop):\n    return order(trailing=True)\n", "no stop would be placed"},
		"limits nothing":           {"def size(c, stop):\n    return order(order='limit', loss=0.1)\n", "no stop would be placed"},
		"offsets a market order":   {"def size(c, stop):\n    return order(2, offset=1)\n", "offset 1 has no effect"},
		"shares nothing":           {"def size(c, stop):\n    return order(2, near_share=0.5)\n", "near_share 0.5 has no effect without near"},
		"joins by another name":    {"def size(c, stop):\n    f = ','.join\n    return 1\n", "join is not available"},
		"joins through getattr":    {"def size(c, stop):\n    return getattr(',', 'join')\n", "getattr"},
		"grows an element":         {"def size(c, stop):\n    x = [[1]]\n    while True:\n        x[0] += x[0]\n", "takes numbers only"},
		"calls itself":             {"def f(n):\n    return f(n + 1)\ndef size(c, stop):\n    return f(0)\n", "called recursively"},
		"reads a file":             {"def size(c, stop):\n    return len(open('/etc/passwd'))\n", "my.star:2:16: undefined: open: scripts read no files"},
		"loads a file":             {"load('other.star', 'f')\ndef size(c, stop):\n    return f()\n", "my.star:1:1: load: a script stands alone"},
		"imports":                  {"import os\n", "my.star:1:"},
		"does not parse":           {"def size(c, stop):\nreturn 1\n", "my.star:2:7: got return, want indent"},
		"fails at the top":         {"x = 1 // 0\ndef size(c, stop):\n    return 1\n", "my.star:1:7: floored division by zero"},
		"loops at the top":         {"while True:\n    pass\n", "more steps"},
		"lacks the function":       {"def sise(c, stop):\n    return 1\n", "has no function size"},
		"has other arguments":      {"def size(c):\n    return 1\n", "my.star:1:1: size takes 1 arguments: expected def size(context, stop)"},
		"returns a word":           {"def size(c, stop):\n    return 'much'\n", `my.star:1:1: size returned "much": expected an amount of base`},
		"returns nothing":          {"def size(c, stop):\n    c.price\n", "size returned None"},
		"returns less than 0":      {"def size(c, stop):\n    return -1\n", "size returned -1"},
		"returns no number":        {"def size(c, stop):\n    return float('nan')\n", "size returned nan"},
		"returns too much":         {"def size(c, stop):\n    return 1e300\n", "size returned 1e+300"},
		"asks for what is not":     {"def size(c, stop):\n    return c.prise\n", "my.star:2:13: in size: a context has no prise"},
		"changes what it is given": {"def size(c, stop):\n    c.price = 1\n", "my.star:2:"},
		"changes a global":         {"x = []\ndef size(c, stop):\n    x.append(1)\n    return 1\n", "frozen"},
		"is too long":              {strings.Repeat("# comment\n", 30000), "expected at most 262144"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := registry(t, c.source).Sizing("script", file)
			if err == nil {
				_, err = s.Size(at100(market.Long), strategy.StopOrder{Active: true, Distance: market.Scale})
			}
			if !errors.Is(err, script.ErrScript) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; expected an error that says %q", err, c.want)
			}
		})
	}
}

// What is left of the limits of setups, which may take many steps: everything that they keep is counted.
func TestSetupsThatKeepTooMuch(t *testing.T) {
	w := strategy.Window{From: 0, To: 1000, Symbols: []string{"BTCUSDT"}, Bars: func(_ string, visit func(strategy.Bar) error) error {
		for i := range market.Time(3_000_000) {
			if err := visit(strategy.Bar{Time: i}); err != nil {
				return err
			}
		}
		return nil
	}}
	for name, c := range map[string]struct{ body, want string }{
		"appends":       {"    x = []\n    while True:\n        x.append(0)\n", "a list of 1000000 elements takes no more"},
		"comprehends":   {"    return [0 for i in range(100000) for j in range(100000)]\n", "more elements of lists and strings than it may"},
		"assigns":       {"    x, i = {}, 0\n    while True:\n        x[i] = 0\n        i += 1\n", "dict of 1000001 elements: expected at most 1000000"},
		"lists bars":    {"    return list(w.bars('BTCUSDT'))\n", "more than 1000000 bars at once"},
		"spreads bars":  {"    return max(*w.bars('BTCUSDT'))\n", "after * or ** and in update a bars cannot stand"},
		"loops by keys": {"    x = {}\n    for x[len(x)] in range(10):\n        pass\n", "a loop's variable is a name"},
		"a long list":   {"    return [i for i in range(1000000)] + [1]\n", "1000001 elements: expected at most 1000000"},
		"a longer list": {"    return [i for i in range(1000) for j in range(1001)]\n", "list of 1001000 elements: expected at most 1000000"},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && (name == "comprehends" || name == "assigns") {
				t.Skip("takes millions of elements to be refused; not with -short")
			}
			e, err := registry(t, "def setups(w):\n"+c.body).Entry("script", file)
			if err == nil {
				_, err = e.Setups(w)
			}
			if !errors.Is(err, script.ErrScript) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; expected an error that says %q", err, c.want)
			}
		})
	}
}

// What is counted means what it meant: targets of assignments, literals, sets and spread arguments.
func TestCountingChangesNothing(t *testing.T) {
	s, err := registry(t, `
def f(a, *rest, **named):
    return a + len(rest) * 10 + named["x"]
def size(c, stop):
    (a, [b, d]), m = (1, [2, 3]), {}
    m["k"], m["l"] = a, b
    m.update({"n": d}, o=4)
    swapped = [1, 2]
    swapped[0], swapped[-1] = swapped[-1], swapped[0]
    swapped[-2] += 40
    swapped.append(0)
    if swapped != [42, 1, 0]:
        fail(swapped)
    s = set([1, 2, 3])
    s.update([4])
    s -= set([1])
    s &= set([2, 3, 9])
    s ^= set([9])
    pairs = [x + y for x, y in zip([1, 2], (3, 4))]
    return f(*[m["k"], 0, 0], **{"x": 100}) + sum_of(pairs) + len(s) * 1000 + m["n"] * 10000 + m["o"] * 100000 + (5 - 2)
def sum_of(list):
    n = 0
    for (x) in list:
        n += x
    return n
`).Sizing("script", file)
	if err != nil {
		t.Fatal(err)
	}
	// Refusals of the language are still its own.
	for body, want := range map[string]string{"(1,).append(2)": "tuple has no .append", "[].append()": "append: got 0 arguments", "x = (1,)\n    x[0] = 1": "tuple value does not support item assignment",
		"x = [1]\n    x[-2] = 1": "list index -2 out of range [-1:0]", "x = {}\n    x[[]] = 1": "unhashable"} {
		bad, err := registry(t, "def size(c, stop):\n    "+body+"\n").Sizing("script", file)
		if err == nil {
			_, err = bad.Size(at100(market.Long), strategy.StopOrder{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; expected %q", body, err, want)
		}
	}
	// 1 + 20 + 100, pairs 4 + 6, a set of 2, 3 and 9, n = 3, o = 4, 3.
	if got, err := s.Size(at100(market.Long), strategy.StopOrder{}); err != nil || got != (121+10+3000+30_000+400_000+3)*market.Scale {
		t.Errorf("%v, %v; expected 433134", got, err)
	}
}

func TestOtherPartsAnswerNonsense(t *testing.T) {
	r := registry(t, `
def leverage(c, size):
    return 0
def stop(c):
    return [1]
def take_profit(c, stop):
    return [(110, 0.5), 120]
def manage(o):
    return [1]
def setups(w):
    return [setup(w.start - 1, "BTCUSDT", 1)]
`)
	l, _ := r.Leverage("script", file)
	_, err1 := l.Leverage(at100(market.Long), market.Scale)
	s, _ := r.Stop("script", file)
	_, err2 := s.Stop(at100(market.Long))
	tp, _ := r.TakeProfit("script", file)
	_, _, err3 := tp.TakeProfit(at100(market.Long), strategy.StopOrder{})
	m, _ := r.Management("script", file)
	a, _ := m.Attend(at100(market.Long), &strategy.Plan{})
	_, err4 := a.On(&strategy.Occasion{Context: at100(market.Long)})
	e, _ := r.Entry("script", file)
	_, err5 := e.Setups(strategy.Window{From: 1000, To: 2000, Symbols: []string{"BTCUSDT"}})
	for i, c := range []struct {
		err  error
		want string
	}{{err1, "leverage returned 0: expected a number such as 10"}, {err2, "stop returned [1]: expected None, a distance"}, {err3, "take_profit returned"}, {err4, "manage returned [1]: expected a list of actions"},
		{err5, "is outside of the data"}} {
		if !errors.Is(c.err, script.ErrScript) || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%d: %v; expected %q", i, c.err, c.want)
		}
	}
}

// What a script cannot decide for want of history, or skips, refuses the entry and not the run.
func TestSkipping(t *testing.T) {
	r := registry(t, "def size(c, stop):\n    return skip('too late')\ndef leverage(c, size):\n    return len(c.bars(5))\n")
	s, _ := r.Sizing("script", file)
	if _, err := s.Size(at100(market.Long), strategy.StopOrder{}); !errors.Is(err, strategy.ErrImpossible) || !strings.Contains(err.Error(), "too late") {
		t.Errorf("%v; expected ErrImpossible", err)
	}
	l, _ := r.Leverage("script", file)
	if _, err := l.Leverage(at100(market.Long), market.Scale); !errors.Is(err, strategy.ErrHistory) {
		t.Errorf("%v; expected ErrHistory", err)
	}
}

// An entry walks the bars as they are read and sees its arguments.
func TestSetups(t *testing.T) {
	r := registry(t, `
def setups(w):
    found = []
    for s in w.symbols:
        before = None
        for b in w.bars(s):
            if before != None and b.close > before * (1 + args["rise"]) and b.end < w.end:
                found.append(setup(b.end, s, "long", size="0.5"))
            before = b.close
    return found
`)
	e, err := r.Entry("script", strategy.Params{"file": "my.star", "args": "rise=0.01"})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("page 3 is damaged")
	w := strategy.Window{From: 0, To: 10 * market.Minute, Symbols: []string{"BTCUSDT"}, Bars: func(_ string, visit func(strategy.Bar) error) error {
		for i, c := range []market.Price{100, 102, 102, 104, 90} {
			at := market.Time(i) * market.Minute
			if err := visit(strategy.Bar{Time: at, End: at + market.Minute, Close: c * market.Scale}); err != nil {
				return err
			}
		}
		return nil
	}}
	got, err := e.Setups(w)
	want := []strategy.Setup{{ID: 0, Time: 2 * market.Minute, Symbol: "BTCUSDT", Side: market.Long, Size: market.Scale / 2}, {ID: 1, Time: 4 * market.Minute, Symbol: "BTCUSDT", Side: market.Long, Size: market.Scale / 2}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	w.Bars = func(string, func(strategy.Bar) error) error { return broken }
	if _, err := e.Setups(w); !errors.Is(err, broken) {
		t.Errorf("%v; expected what the series says", err)
	}
}

// A module may be used from several goroutines at once.
func TestConcurrentCalls(t *testing.T) {
	s, err := registry(t, "table = {1: 5}\ndef size(c, stop):\n    return table[1] * stop.distance\n").Sizing("script", file)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		for range 8 {
			go func() {
				for range 100 {
					if got, err := s.Size(at100(market.Long), strategy.StopOrder{Active: true, Distance: market.Scale}); err != nil || got != 5*market.Scale {
						t.Errorf("%v, %v", got, err)
					}
				}
			}()
		}
		synctest.Wait()
	})
}

// FuzzParse: whatever a file holds, it is refused or makes a program, within bounds.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"def size(c, stop):\n    return 1\n", "x = [i for i in range(10) if i % 2]\n", "x = {1: 2}\nx[1] += 3\n", "a = 1 if 2 else 3\nb = (lambda x: x + 1)(2)\n", "x = 'a' * 10\ny = x[1:2]\n"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, source string) {
		_, _ = script.Parse("my.star", []byte(source), nil)
	})
}

func BenchmarkSize(b *testing.B) {
	s, err := registry(b, "def size(c, stop):\n    return min(1000 * 0.01 / stop.distance, c.equity / c.price)\n").Sizing("script", file)
	if err != nil {
		b.Fatal(err)
	}
	native := strategy.RiskSizing{Risk: 10 * market.Scale}
	for _, x := range []struct {
		name string
		s    strategy.Sizing
	}{{"go", native}, {"script", s}} {
		b.Run(x.name, func(b *testing.B) {
			c := at100(market.Long)
			for b.Loop() {
				if _, err := x.s.Size(c, strategy.StopOrder{Active: true, Distance: 2 * market.Scale}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
