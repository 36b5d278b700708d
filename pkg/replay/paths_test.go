package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/internal/mix"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// wander makes minutes of a seeded walk on a tick of 0.1 with volumes that name their minute.
func wander(n int, price market.Price, seed uint64) []bar {
	const tick = market.Scale / 10
	var bars []bar
	at := price / tick
	step := func(width uint64) market.Price {
		seed = mix.Hash(seed)
		return market.Price(seed%(2*width+1)) - market.Price(width)
	}
	for i := range n {
		b := bar{time: start + market.Time(i)*market.Minute, interval: market.Minute, volume: float64(i + 1)}
		open := max(at+step(3), 100)
		at = max(open+step(40), 100)
		b.open, b.close = open*tick, at*tick
		b.high, b.low = max(b.open, b.close)+absolute(step(5))*tick, min(b.open, b.close)-absolute(step(5))*tick
		bars = append(bars, b)
	}
	return bars
}

func absolute(p market.Price) market.Price { return max(p, -p) }

// marked is a mark price that lies a little off, with eight decimals.
func marked(bars []bar) []bar {
	list := slices.Clone(bars)
	for i := range list {
		b := &list[i]
		for _, q := range []*market.Price{&b.open, &b.high, &b.low, &b.close} {
			*q += market.Price(1_234_567 + i)
		}
	}
	return list
}

const pathMinutes = 240

// wandering is a catalog of two instruments with marks, funding every hour and depth every half hour.
func wandering(t testing.TB) (*columnar.Catalog, map[string][]bar) {
	bars := map[string][]bar{"AAAUSDT": wander(pathMinutes, 500*market.Scale, 1), "BBBUSDT": wander(pathMinutes, 40*market.Scale, 2)}
	all := series{}
	for symbol, list := range bars {
		all[key(columnar.Candles, market.Minute, symbol)] = list
		all[key(columnar.Mark, market.Minute, symbol)] = marked(list)
	}
	return catalog(t, all, func(w *columnar.Writer) {
		for symbol := range bars {
			f, d := &market.Funding{}, &market.Depth{}
			for k := range market.Time(5) {
				f.Time, f.Rate, f.IntervalHours = append(f.Time, start+k*market.Hour), append(f.Rate, market.Rate(1000*(k+1))), append(f.IntervalHours, 1)
			}
			for k := range market.Time(8) {
				for _, side := range []float64{-1, 1} {
					d.Time, d.Percentage = append(d.Time, start+k*market.Hour/2), append(d.Percentage, side)
					d.Size, d.Notional = append(d.Size, 1000), append(d.Notional, 1e6*float64(k+1))
				}
			}
			if err := errors.Join(w.Funding(symbol, f), w.Depth(symbol, d)); err != nil {
				t.Fatal(err)
			}
		}
	}), bars
}

const pathRules = `
probes:
  entries: {kind: random, count: 60, side: both}
  rules:
    - {name: stop, equity: 1000, sizing: {kind: fixed_fraction, fraction: 90%, exposure: 20}, leverage: 20, stop: 1%}
    - {name: none, equity: 1000, sizing: {kind: fixed_fraction, fraction: 90%, exposure: 20}, leverage: 20}
seed: 5
`

func openPaths(t testing.TB, c *columnar.Catalog, paths string) *Paths {
	t.Helper()
	p, err := OpenPaths(Options{Scenario: parseScenario(t, pathRules+"paths: "+paths), Catalog: c, Rulebook: rulebook(t)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustParse(t fataler, text string) *scenario.Scenario {
	s, err := scenario.Parse("test.yaml", []byte("schema: backtest/scenario/v1\nname: test\ntitle: Test\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fataler is a test or a property.
type fataler interface{ Fatal(...any) }

// drawn reads the last and mark price bars of one instrument along a path.
func (p *Paths) drawn(t fataler, k, i int) (last, mark []bar) {
	var q track
	(&syntheticPath{p, k}).lay(&q, i)
	for _, s := range []struct {
		from stream
		into *[]bar
	}{{q.bars, &last}, {q.mark.from, &mark}} {
		for s.from != nil {
			var b bar
			if err := s.from.next(&b); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			*s.into = append(*s.into, b)
		}
	}
	return last, mark
}

// identities are paths that must be history: one block that covers the window, and a shock that changes nothing.
var identities = map[string]string{
	"one block":                   "{kind: bootstrap, count: 3, bootstrap: {block: 240m, lengths: fixed}}",
	"zero shock":                  "{kind: shock, count: 1, shock: {at: 2025-10-10T13:00:00Z, length: 20m}}",
	"crash moved to where it was": "{kind: shock, count: 1, shock: {at: 2025-10-10T13:00:00Z, length: 20m, start: {from: 2025-10-10T13:00:00Z, to: 2025-10-10T13:00:00Z}, second: {share: 0}, scale: {low: 1, high: 1}}}",
}

func TestIdentityIsHistoryBarForBar(t *testing.T) {
	c, bars := wandering(t)
	for name, text := range identities {
		p := openPaths(t, c, text)
		for i, symbol := range []string{"AAAUSDT", "BBBUSDT"} {
			last, mark := p.drawn(t, 0, i)
			if !slices.Equal(last, bars[symbol]) || !slices.Equal(mark, marked(bars[symbol])) {
				t.Errorf("%s: %s differs from history", name, symbol)
			}
		}
		// And the whole exchange does what it does in history: events, steps and accounts, funding and depth included.
		history, path := &tape{}, &tape{}
		if _, err := p.Replay(context.Background(), History, history); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Replay(context.Background(), 0, path); err != nil {
			t.Fatal(err)
		}
		if len(history.events) == 0 || !reflect.DeepEqual(history, path) {
			t.Errorf("%s: the replay differs from history's", name)
		}
	}
}

// A path is a function of seed and number: neither other paths nor what was read before moves it, and paths differ.
func TestPathsAreTheirNumbersOwn(t *testing.T) {
	c, _ := wandering(t)
	for _, text := range []string{"{kind: bootstrap, bootstrap: {block: 10m}}", "{kind: jump_diffusion, jump_diffusion: {volatility: 1, jumps: {per_day: 20, mean: -2%, deviation: 1%}}}",
		"{kind: shock, shock: {at: 2025-10-10T13:00:00Z, length: 20m, scale: {low: 0.5, high: 2}}}"} {
		p, q := openPaths(t, c, text), openPaths(t, c, strings.Replace(text, "{kind", "{count: 7, kind", 1))
		a, _ := p.drawn(t, 3, 0)
		q.drawn(t, 5, 1)
		b, _ := q.drawn(t, 3, 0)
		other, _ := q.drawn(t, 4, 0)
		if !slices.Equal(a, b) || slices.Equal(a, other) {
			t.Errorf("%s: path 3 is not a function of its number, or path 4 is the same", text)
		}
	}
}

// checkBars states what every bar of every path has to be.
func checkBars(t *rapid.T, bars []bar, tick market.Price) {
	at := market.Time(0)
	for _, b := range bars {
		if b.time < at {
			t.Fatalf("bar at %s after one that ends %s", b.time, at)
		}
		at = b.end()
		if b.low < max(tick, 1) || b.low > min(b.open, b.close) || b.high < max(b.open, b.close) {
			t.Fatalf("bar %+v is inconsistent", b)
		}
		for _, q := range []market.Price{b.open, b.high, b.low, b.close} {
			if tick > 0 && q%tick != 0 {
				t.Fatalf("%v is off the tick %v", q, tick)
			}
		}
	}
}

func TestBarsOfPathsAreBars(t *testing.T) {
	c, _ := wandering(t)
	book := rulebook(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"{kind: bootstrap, bootstrap: {block: %dm}}", "{kind: bootstrap, bootstrap: {block: %dm, lengths: fixed}}",
			"{kind: shock, shock: {at: 2025-10-10T13:00:00Z, length: %dm, start: {from: 2025-10-10T12:10:00Z, to: 2025-10-10T13:30:00Z}, scale: {low: 0, high: 20}, second: {share: 50%%, after: {low: 5m, high: 30m}}}}",
			"{kind: jump_diffusion, jump_diffusion: {volatility: %d, drift: 300, jumps: {per_day: 100, mean: -5%%, deviation: 20%%}}}"}).Draw(t, "kind")
		s := fmt.Sprintf(text, rapid.IntRange(1, 60).Draw(t, "minutes"))
		p, err := OpenPaths(Options{Scenario: mustParse(t, pathRules+"paths: "+s), Catalog: c, Rulebook: book})
		if err != nil {
			t.Fatal(err)
		}
		k := rapid.IntRange(0, 1000).Draw(t, "path")
		for i := range p.list {
			last, mark := p.drawn(t, k, i)
			checkBars(t, last, p.list[i].tick)
			checkBars(t, mark, 0)
			if len(last) != pathMinutes {
				t.Fatalf("%d bars, expected %d", len(last), pathMinutes)
			}
		}
	})
}

// Entries that look at prices are found on each path: on one that is history they are history's, elsewhere they are others.
func TestEntriesLookAtTheirPath(t *testing.T) {
	c, _ := wandering(t)
	text := strings.Replace(pathRules, "kind: random, count: 60, side: both", "kind: breakout, period: 10, side: both", 1)
	for name, paths := range map[string]string{"history": identities["one block"], "blocks": "{kind: bootstrap, bootstrap: {block: 9m}}"} {
		p, err := OpenPaths(Options{Scenario: parseScenario(t, text+"paths: "+paths), Catalog: c, Rulebook: rulebook(t)})
		if err != nil {
			t.Fatal(err)
		}
		history, path := &tape{}, &tape{}
		if _, err := p.Replay(context.Background(), History, history); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Replay(context.Background(), 1, path); err != nil {
			t.Fatal(err)
		}
		if same := reflect.DeepEqual(history, path); !p.OwnEntries() || len(path.rows) == 0 || same != (name == "history") {
			t.Errorf("%s: own entries %v, %d accounts, the same as in history: %v", name, p.OwnEntries(), len(path.rows), same)
		}
	}
}
