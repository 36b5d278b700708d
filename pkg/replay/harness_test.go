package replay

import (
	"context"
	"fmt"
	"testing"

	"github.com/liquidation-lab/backtest/internal/mix"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// tape records everything as text, so that two runs compare as strings.
type tape struct {
	events, steps, accounts []string
	rows                    []AccountRow
	kinds                   map[risk.Kind]int
}

func (r *tape) Event(e *risk.Event) error {
	if r.kinds == nil {
		r.kinds = map[risk.Kind]int{}
	}
	r.kinds[e.Kind]++
	r.events = append(r.events, fmt.Sprintf("%+v", *e))
	return nil
}

func (r *tape) Step(s *Step) error {
	r.steps = append(r.steps, fmt.Sprintf("%+v", *s))
	return nil
}

func (r *tape) Account(a *AccountRow) error {
	r.accounts = append(r.accounts, fmt.Sprintf("%+v", *a))
	r.rows = append(r.rows, *a)
	return nil
}

// series is a list of bars by symbol, kind and interval, to be written as a catalog.
type series map[columnar.Key][]bar

// catalog writes series to a temporary directory and opens it.
func catalog(t testing.TB, all series, more func(*columnar.Writer)) *columnar.Catalog {
	t.Helper()
	dir := t.TempDir() + "/catalog"
	w, err := columnar.Create(dir, map[string]string{"title": "test"})
	if err != nil {
		t.Fatal(err)
	}
	for k, bars := range all {
		c := &market.Candles{}
		for _, b := range bars {
			c.Time, c.Open, c.High, c.Low, c.Close = append(c.Time, b.time), append(c.Open, b.open), append(c.High, b.high), append(c.Low, b.low), append(c.Close, b.close)
			c.Volume = append(c.Volume, b.volume)
		}
		if err := w.Candles(k, c); err != nil {
			t.Fatal(err)
		}
	}
	if more != nil {
		more(w)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	c, err := columnar.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rulebook(t testing.TB) *venue.Rulebook {
	t.Helper()
	r, err := venue.Load("binance/2025-10")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func parseScenario(t testing.TB, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("test.yaml", []byte("schema: backtest/scenario/v1\nname: test\ntitle: Test\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func replay(t testing.TB, c *columnar.Catalog, text string, workers int) (*Result, *tape) {
	t.Helper()
	rec := &tape{}
	r, err := Run(context.Background(), Options{Scenario: parseScenario(t, text), Catalog: c, Rulebook: rulebook(t), Workers: workers, Recorder: rec})
	if err != nil {
		t.Fatal(err)
	}
	return r, rec
}

// start is a Friday noon; minute n of a test is start + n minutes.
const start = market.Time(1760097600000) // 2025-10-10T12:00:00Z

// px returns a price in whole quote units.
func px(x float64) market.Price {
	p, err := market.FromFloat[market.Price](x)
	if err != nil {
		panic(err)
	}
	return p
}

// minutes makes bars of the given interval from rows of open, high, low, close, from start on.
func minutes(interval market.Interval, from market.Time, rows ...[4]float64) []bar {
	var bars []bar
	for i, r := range rows {
		bars = append(bars, bar{time: from + market.Time(i)*interval, interval: interval, open: px(r[0]), high: px(r[1]), low: px(r[2]), close: px(r[3]), volume: 10})
	}
	return bars
}

// fall makes n one-minute bars that fall from a price by a share, with wicks, the same for every call.
func fall(n int, from, share float64, seed uint64) []bar {
	var rows [][4]float64
	p := from
	for i := range n {
		next := from * (1 - share*float64(i+1)/float64(n))
		seed = mix.Hash(seed)
		wick := from * 0.004 * float64(seed>>11) / (1 << 53)
		o, c := float64(int64(p*100))/100, float64(int64(next*100))/100
		rows = append(rows, [4]float64{o, max(o, c) + float64(int64(wick*100))/100, min(o, c) - float64(int64(wick*50))/100, c})
		p = next
	}
	for i := range rows {
		for k := range rows[i] {
			rows[i][k] = float64(int64(rows[i][k]*100+0.5)) / 100
		}
	}
	return minutes(market.Minute, start, rows...)
}

func key(kind columnar.Kind, interval market.Interval, symbol string) columnar.Key {
	return columnar.Key{Kind: kind, Interval: interval, Symbol: symbol}
}

const smallCrowd = `
crowd:
  accounts: 3000
  leverage: [{leverage: 3, weight: 1}, {leverage: 10, weight: 1}, {leverage: 50, weight: 1}]
  notional: {median: 3000, tail: 1.2, min: 50, max: 1000000}
  cross_share: 0.4
  cross_positions: 2
  stop: {share: 0.1, distance: 3%}
insurance_fund: {opening: 1000000, floor: 0}
seed: 7
`

// counter sums what a big run says without keeping it.
type counter struct {
	events, steps int
	accounts      map[string]int            // by rule
	groups        map[string]map[string]int // by group and outcome
	long, short   float64
}

func newCounter() *counter {
	return &counter{accounts: map[string]int{}, groups: map[string]map[string]int{}}
}

func (c *counter) Event(*risk.Event) error { c.events++; return nil }

func (c *counter) Step(s *Step) error {
	c.steps++
	c.long += market.Float(s.LongLiquidated)
	c.short += market.Float(s.ShortLiquidated)
	return nil
}

func (c *counter) Account(a *AccountRow) error {
	if c.groups[a.Group] == nil {
		c.groups[a.Group] = map[string]int{}
	}
	c.groups[a.Group][a.Outcome]++
	c.accounts[a.Rule]++
	return nil
}
