package synth

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// drawn is a one-instrument file of one hour with points at random seconds, a low and a high among them.
func drawn(t *rapid.T) *Points {
	level := func(v float64) Level { return Level{Value: v} }
	p := &Points{
		To:   market.Hour,
		Seed: rapid.Uint64().Draw(t, "seed"),
		Model: Model{
			CommonShare:  level(rapid.Float64Range(0, 1).Draw(t, "common")),
			MarkHalfLife: level(10),
			Volatility:   []Level{{0, rapid.Float64Range(0.0001, 0.02).Draw(t, "volatility"), Statement{}}},
			DepthBid:     []Level{level(1)},
			DepthAsk:     []Level{level(1)},
			Funding:      map[string][]Level{"f": {level(0)}},
			OpenInterest: map[string][]Level{"o": {level(1), {market.Hour, 0.5, Statement{}}}},
		},
	}
	const tick = market.Scale / 100
	i := Instrument{Symbol: "AUSDT", Tick: tick, Volatility: level(1), Volume: level(10), Funding: "f",
		OpenInterest: OpenInterest{Size: 1000 * market.Scale, Path: "o"}, Depth: []DepthLevel{{1, 1e6, Statement{}}}}
	price := rapid.Int64Range(5001, 19999) // hundredths; between the low of 50 and the high of 200
	seconds := rapid.SliceOfNDistinct(rapid.IntRange(1, 3600-1), 2, 12, rapid.ID[int]).Draw(t, "seconds")
	seconds = append(seconds, 0, 3600)
	slices.Sort(seconds)
	for n, s := range seconds {
		q := PricePoint{Time: market.Time(s) * market.Second, Price: market.Price(price.Draw(t, "price")) * tick, Kind: Quote}
		q.At = q.Time
		minute := q.Time - q.Time%market.Minute
		switch n {
		case 1:
			q.Kind, q.Price, q.Time, q.Within = Low, 5000*tick, minute, market.Minute
		case 2:
			q.Kind, q.Price, q.Time, q.Within = High, 20000*tick, minute, market.Minute
		}
		i.Prices = append(i.Prices, q)
	}
	p.Instruments = []Instrument{i}
	return p
}

// Whatever the points, volatility and seed: every point is met, no other price passes the extremes, bars are well
// formed, the mark stays inside of what was traded, and a second build is the same.
func TestBuildPassesThroughEveryPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t)
		all, err := p.Build()
		if err != nil {
			t.Fatal(err)
		}
		s := all[0]
		meets(t, &p.Instruments[0], s.Candles)
		wellFormed(t, s)
		for n, low := range s.Candles.Low {
			if low < 5000*market.Scale/100 || s.Candles.High[n] > 20000*market.Scale/100 {
				t.Fatalf("bar %s passes the extremes: %s to %s", s.Candles.Time[n], low, s.Candles.High[n])
			}
		}
		again, err := p.Build()
		if err != nil || !cmp.Equal(all, again) {
			t.Fatalf("a second build differs (%v)", err)
		}
	})
}

type fataler interface{ Fatalf(string, ...any) }

func meets(t fataler, i *Instrument, c *market.Candles) {
	for _, p := range i.Prices {
		n := int((p.At - c.Time[0]) / market.Minute)
		if n >= c.Len() {
			continue
		}
		low, high := c.Low[n], c.High[n]
		ok := low <= p.Price && p.Price <= high
		switch p.Kind {
		case Open:
			ok = c.Open[n] == p.Price
		case Low:
			ok = low == p.Price
		case High:
			ok = high == p.Price
		}
		if !ok {
			t.Fatalf("%s: bar %s %s %s %s %s misses the %s %s at %s", i.Symbol, c.Time[n], c.Open[n], high, low, c.Close[n], p.Kind,
				p.Price, p.At)
		}
	}
}

func wellFormed(t fataler, s Series) {
	for _, c := range []*market.Candles{s.Candles, s.Mark} {
		for n := range c.Time {
			low, high := min(c.Open[n], c.Close[n]), max(c.Open[n], c.Close[n])
			if c.Low[n] <= 0 || c.Low[n] > low || c.High[n] < high || c.Volume[n] < 0 {
				t.Fatalf("%s: bar %s is %s %s %s %s", s.Symbol, c.Time[n], c.Open[n], c.High[n], c.Low[n], c.Close[n])
			}
			if n > 0 && c.Time[n] != c.Time[n-1]+market.Minute {
				t.Fatalf("%s: bar %s follows %s", s.Symbol, c.Time[n], c.Time[n-1])
			}
		}
	}
	lowest, highest := slices.Min(s.Candles.Low), slices.Max(s.Candles.High)
	if slices.Min(s.Mark.Low) < lowest-1 || slices.Max(s.Mark.High) > highest+1 {
		t.Fatalf("%s: mark %s to %s leaves last %s to %s", s.Symbol, slices.Min(s.Mark.Low), slices.Max(s.Mark.High), lowest, highest)
	}
}

// Open interest that is to fall by half in an hour from 1000 has fallen by a quarter after half of it.
func TestOpenInterestIsLinearBetweenItsShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, err := drawn(t).Build()
		if err != nil {
			t.Fatal(err)
		}
		o := all[0].OpenInterest
		got := fmt.Sprintf("%d rows, %s at %s, %s at the end", o.Len(), o.Size[5], o.Time[5], o.Size[11])
		if want := "12 rows, 750 at 1970-01-01T00:25:00Z, 500 at the end"; got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

// The share of the variance that instruments have in common shows in the correlation of their one-second steps: 0.7
// within five standard errors of 86,400 of them (0.0017).
func TestInstrumentsMoveTogether(t *testing.T) {
	p := &Points{To: market.Day, Seed: 3, Model: Model{CommonShare: Level{Value: 0.7}, Volatility: []Level{{Value: 0.001}}}}
	g := newGrid(p)
	a := g.walk(p, &Instrument{Symbol: "A", Volatility: Level{Value: 1}})
	b := g.walk(p, &Instrument{Symbol: "B", Volatility: Level{Value: 2}})
	product, squareA, squareB := 0.0, 0.0, 0.0
	for k := 1; k < len(a); k++ {
		x, y := a[k]-a[k-1], b[k]-b[k-1]
		product, squareA, squareB = product+x*y, squareA+x*x, squareB+y*y
	}
	if r2 := product * product / squareA / squareB; r2 < 0.6915*0.6915 || r2 > 0.7085*0.7085 {
		t.Errorf("squared correlation %v, want 0.49", r2)
	}
}

func BenchmarkBuild(b *testing.B) {
	p, err := Parse("hour.yaml", []byte(hour))
	if err != nil {
		b.Fatal(err)
	}
	bars := 0
	for b.Loop() {
		all, err := p.Build()
		if err != nil {
			b.Fatal(err)
		}
		bars += all[0].Candles.Len()
	}
	b.ReportMetric(float64(bars)/b.Elapsed().Seconds(), "bars/s")
}
