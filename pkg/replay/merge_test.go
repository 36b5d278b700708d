package replay

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// memory is a catalog in memory whose readers deliver batches of at most size bars.
type memory struct {
	bars map[columnar.Key][]bar
	size int
}

func (m memory) Candles(k columnar.Key) (columnar.CandleReader, error) {
	return &memoryReader{bars: m.bars[k], size: m.size}, nil
}

type memoryReader struct {
	bars []bar
	size int
}

func (r *memoryReader) Next(c *market.Candles) error {
	c.Reset()
	if len(r.bars) == 0 {
		return io.EOF
	}
	n := min(r.size, len(r.bars))
	for _, b := range r.bars[:n] {
		c.Time, c.Open, c.High, c.Low, c.Close = append(c.Time, b.time), append(c.Open, b.open), append(c.High, b.high), append(c.Low, b.low), append(c.Close, b.close)
		c.Volume = append(c.Volume, b.volume)
	}
	r.bars = r.bars[n:]
	return nil
}

func (r *memoryReader) Close() error { return nil }

func drain(t interface{ Fatal(...any) }, s stream) []bar {
	var all []bar
	var b bar
	for {
		err := s.next(&b)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
}

// brief prints bars as minute/length: 0/5 is the five minutes from start.
func brief(bars []bar) string {
	var words []string
	for _, b := range bars {
		words = append(words, fmt.Sprintf("%d/%d", (b.time-start)/market.Minute, b.interval/market.Minute))
	}
	return strings.Join(words, " ")
}

func barsAt(interval market.Interval, at ...int) []bar {
	var bars []bar
	for _, m := range at {
		bars = append(bars, bar{time: start + market.Time(m)*market.Minute, interval: interval, open: 1, high: 1, low: 1, close: 1})
	}
	return bars
}

// One-minute bars stand in for a five-minute bar only where they fill it.
func TestFinerBarsReplaceCoarserOnesTheyFill(t *testing.T) {
	m1, m5, m15 := market.Minute, 5*market.Minute, 15*market.Minute
	for _, c := range []struct {
		name         string
		fine, coarse []bar
		want         string
	}{
		{"only fine", barsAt(m1, 0, 1), nil, "0/1 1/1"},
		{"only coarse", nil, barsAt(m5, 0, 5), "0/5 5/5"},
		{"filled", barsAt(m1, 5, 6, 7, 8, 9), barsAt(m5, 0, 5, 10), "0/5 5/1 6/1 7/1 8/1 9/1 10/5"},
		{"a gap in the fine series", barsAt(m1, 5, 6, 8, 9), barsAt(m5, 0, 5, 10), "0/5 5/5 10/5"},
		{"fine begins within a coarse bar", barsAt(m1, 7, 8, 9, 10, 11, 12, 13, 14), barsAt(m5, 5, 10), "5/5 10/1 11/1 12/1 13/1 14/1"},
		{"a gap in the coarse series", barsAt(m1, 6, 7), barsAt(m5, 0, 10), "0/5 6/1 7/1 10/5"},
		{"fine ends first", barsAt(m1, 0, 1, 2, 3, 4, 5), barsAt(m5, 0, 5), "0/1 1/1 2/1 3/1 4/1 5/5"},
		{"coarse ends first", barsAt(m1, 0, 1, 2, 3, 4, 5, 6), barsAt(m5, 0), "0/1 1/1 2/1 3/1 4/1 5/1 6/1"},
		{"longer ones", barsAt(m5, 0, 5, 10, 15), barsAt(m15, 0, 15), "0/5 5/5 10/5 15/15"},
	} {
		l := &layered{fine: ahead{from: &listed{c.fine}}, coarse: ahead{from: &listed{c.coarse}}}
		if got := brief(drain(t, l)); got != c.want {
			t.Errorf("%s: %s, expected %s", c.name, got, c.want)
		}
	}
}

// listed is a stream of given bars.
type listed struct{ bars []bar }

func (l *listed) next(b *bar) error {
	if len(l.bars) == 0 {
		return io.EOF
	}
	*b, l.bars = l.bars[0], l.bars[1:]
	return nil
}

// Batch size and workers change nothing, and a feed delivers exactly the bars of its range.
func TestFeedsDeliverTheSameBarsForAnyBatchAndWorkers(t *testing.T) {
	fine, coarse := key(columnar.Candles, market.Minute, "A"), key(columnar.Candles, 5*market.Minute, "A")
	rapid.Check(t, func(t *rapid.T) {
		pick := func(interval market.Interval, n int, name string) []bar {
			var bars []bar
			for k := range n {
				if rapid.IntRange(0, 9).Draw(t, name) > 0 {
					bars = append(bars, bar{time: start + market.Time(k)*interval, interval: interval, open: market.Price(k + 1), high: market.Price(k + 2), low: 1, close: 2, volume: float64(k)})
				}
			}
			return bars
		}
		all := map[columnar.Key][]bar{fine: pick(market.Minute, 40, "fine"), coarse: pick(5*market.Minute, 12, "coarse")}
		from := start + market.Time(rapid.IntRange(-3, 30).Draw(t, "from"))*market.Minute
		to := from + market.Time(rapid.IntRange(1, 60).Draw(t, "length"))*market.Minute
		read := func(size, workers int) []bar {
			pool := newPool(memory{all, size}, workers, 2)
			defer pool.close()
			return drain(t, pool.stream([]ranged{{fine, from, to}, {coarse, from, to}}))
		}
		whole := read(1000, 1)
		for k, b := range whole {
			if b.time < from || b.time >= to || k > 0 && b.time < whole[k-1].end() {
				t.Fatalf("bar %d at %v, %v long: outside of %v to %v or within the bar before", k, b.time, b.interval, from, to)
			}
		}
		for _, size := range []int{1, 2, 7} {
			if d := cmp.Diff(whole, read(size, size), cmp.AllowUnexported(bar{})); d != "" {
				t.Fatalf("batches of %d: %s", size, d)
			}
		}
	})
}

// A feed that fails says so after the bars before the failure, and closing it leaves nothing running.
func TestFeedReportsWhatItsReaderReports(t *testing.T) {
	broken := errors.New("row 3: price is NaN")
	pool := newPool(failing{broken}, 1, 1)
	defer pool.close()
	s := pool.stream([]ranged{{key(columnar.Candles, market.Minute, "A"), start, start + market.Hour}})
	var b bar
	if err := s.next(&b); err != nil {
		t.Fatal(err)
	}
	if err := s.next(&b); !errors.Is(err, broken) {
		t.Errorf("error %v, expected %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Candles(columnar.Key) (columnar.CandleReader, error) {
	return &failingReader{memoryReader{barsAt(market.Minute, 0), 10}, f.err}, nil
}

type failingReader struct {
	memoryReader
	err error
}

func (r *failingReader) Next(c *market.Candles) error {
	if err := r.memoryReader.Next(c); err != nil {
		return r.err
	}
	return nil
}

// Instruments of different bar lengths meet by time, all of one moment in one tick, in the order of instruments.
func TestTicksMergeByTime(t *testing.T) {
	c := &clock{to: start + 5*market.Minute, tracks: make([]track, 2)}
	c.tracks[0].bars = &listed{barsAt(5*market.Minute, 0)}
	c.tracks[1].bars = &listed{barsAt(market.Minute, 0, 1, 4)}
	c.tracks[1].instrument = 1
	c.tracks[1].funding = &market.Funding{Time: []market.Time{start - 1, start + 20_000, start + 60_001}, Rate: []market.Rate{9, 1, 2}}
	if err := c.begin(start); err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		more, err := c.advance()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		line := fmt.Sprint(int64(c.tick.Time - start))
		for k, u := range c.tick.Prices {
			line += fmt.Sprintf(" %d:%d", u.Instrument, c.phase[k])
			if u.Gap != (c.phase[k] == 0) {
				t.Errorf("%v: instrument %d, phase %d, gap %v; the open alone is a gap", c.tick.Time, u.Instrument, c.phase[k], u.Gap)
			}
		}
		for _, f := range c.tick.Funding {
			line += fmt.Sprintf(" funding %d", f.Rate)
		}
		got = append(got, line)
	}
	want := []string{"0 0:0 1:0", "20000 1:1 funding 1", "40000 1:2", "59999 1:3",
		"60000 1:0", "60001 funding 2", "80000 1:1", "100000 0:1 1:2", "119999 1:3",
		"200000 0:2", "240000 1:0", "260000 1:1", "280000 1:2", "299999 0:3 1:3"}
	if !slices.Equal(got, want) {
		t.Errorf("ticks (ms, instrument:phase)\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The last price of a minute goes 100, 90, 120, 110 (nearest extreme first: low, high).
func TestMarkBesideLast(t *testing.T) {
	minute := bar{time: start, interval: market.Minute, open: 100, high: 120, low: 90, close: 110}
	s := walker{}.shape(0, &minute)
	last := s.walk(&minute)
	third := market.Minute / 3
	for _, c := range []struct {
		name string
		mark []bar
		want []market.Price
	}{
		{"no series", nil, []market.Price{100, 90, 120, 110}},
		{"same length: in step, low with low", []bar{{start, market.Minute, 101, 111, 95, 109, 0}}, []market.Price{101, 95, 111, 109}},
		{"coarser: last within its bounds", []bar{{start - market.Minute, 5 * market.Minute, 1, 115, 94, 2, 0}}, []market.Price{100, 94, 115, 110}},
		{"finer: joined to the minute", []bar{{start, third, 102, 103, 99, 100, 0}, {start + third, third, 100, 100, 93, 94, 0}, {start + 2*third, third, 94, 118, 94, 108, 0}},
			[]market.Price{102, 93, 118, 108}},
		{"finer with a gap: last", []bar{{start, third, 102, 103, 99, 100, 0}, {start + 2*third, third, 94, 118, 94, 108, 0}}, []market.Price{100, 90, 120, 110}},
		{"finer that end early: last", []bar{{start, third, 102, 103, 99, 100, 0}, {start + third, third, 100, 100, 93, 94, 0}}, []market.Price{100, 90, 120, 110}},
		{"series ended before", []bar{{start - market.Minute, market.Minute, 1, 2, 1, 2, 0}}, []market.Price{100, 90, 120, 110}},
		{"series begins later", []bar{{start + market.Minute, market.Minute, 1, 2, 1, 2, 0}}, []market.Price{100, 90, 120, 110}},
	} {
		var m companion
		if c.mark != nil {
			m.from = &listed{c.mark}
		}
		p, err := m.path(&minute, s, &last)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.price[:p.n], c.want) {
			t.Errorf("%s: mark %v, expected %v", c.name, p.price[:p.n], c.want)
		}
	}
}

// Depth is what rests within one percent on the thinner side, given once for each snapshot.
func TestDepthProfile(t *testing.T) {
	d := &market.Depth{
		Time:       []market.Time{10, 10, 10, 10, 20, 20, 30},
		Percentage: []float64{-2, -1, 1, 2, -1, 1, -1},
		Notional:   []float64{900, 500, 400, 950, 100.5, 300, 7},
	}
	d.Size = make([]float64, 7)
	p := newDepthProfile(d, scenario.Execution{})
	for _, c := range []struct {
		at   market.Time
		want market.Quote
	}{{9, 0}, {10, 400 * market.Scale}, {15, 0}, {25, 10_050_000_000}, {40, 0}} {
		if bid, ask := p.at(c.at); bid != c.want || ask != c.want {
			t.Errorf("at %d: %v and %v, expected %v (0 keeps the value before)", c.at, bid, ask, c.want)
		}
	}
}

// A bid of 2 million that stands still for twenty snapshots is a stale order: the asks tell. For nineteen it is a thin side. Two
// sides that stand still together are a quiet book.
func TestAFrozenSideIsNoBook(t *testing.T) {
	for _, c := range []struct {
		shots         int
		asks          float64 // growth a snapshot
		want          market.Quote
		asksThatAlone int
	}{{20, 1, 300, 20}, {19, 1, 2, 0}, {20, 0, 2, 0}} {
		d := &market.Depth{}
		for n := range c.shots {
			for _, side := range []float64{-1, 1} {
				d.Time, d.Percentage = append(d.Time, market.Time(n)), append(d.Percentage, side)
				notional := 2 + 0.001*float64(n%2) // a lot more and less
				if side > 0 {
					notional = 300 + c.asks*float64(n)
				}
				d.Notional, d.Size = append(d.Notional, notional), append(d.Size, notional)
			}
		}
		p := newDepthProfile(d, scenario.Execution{})
		if got, _ := p.at(0); got != c.want*market.Scale || p.onlyAsks != c.asksThatAlone || p.onlyBids != 0 {
			t.Errorf("%d snapshots: %v, asks alone in %d, bids in %d; expected %d, %d, 0", c.shots, got, p.onlyAsks, p.onlyBids, c.want, c.asksThatAlone)
		}
	}
}

// One percent is taken where it is published; 300 within 2% are 150 within 1%, 40 within 0.2% are 200.
func TestDepthWithinOnePercent(t *testing.T) {
	for _, c := range []struct {
		bands  []float64
		within []float64
		want   market.Quote
		scaled bool
	}{
		{[]float64{-5, -1, -0.2, 0.2, 1, 5}, []float64{900, 500, 10, 20, 400, 800}, 400, false},
		{[]float64{-5, -2, -0.2, 0.2, 2, 5}, []float64{900, 300, 10, 20, 400, 800}, 150, true},
		{[]float64{-0.2, -0.1, 0.1, 0.2}, []float64{40, 1, 1, 60}, 200, true},
	} {
		d := &market.Depth{Percentage: c.bands, Notional: c.within, Time: make([]market.Time, len(c.bands)), Size: make([]float64, len(c.bands))}
		p := newDepthProfile(d, scenario.Execution{})
		if got, _ := p.at(0); got != c.want*market.Scale || p.scaled != c.scaled {
			t.Errorf("%v: %v, scaled %v; expected %d, %v", c.bands, got, p.scaled, c.want, c.scaled)
		}
	}
}
