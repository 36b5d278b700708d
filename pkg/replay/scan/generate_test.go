package scan

import (
	"fmt"
	"math"
	"math/rand/v2"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

const start = market.Time(1735689600000) // 2025-01-01T00:00:00Z

func rulebook(t rapid.TB) *venue.Rulebook {
	t.Helper()
	r, err := venue.Load("binance/2025-10")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// impact is the execution model of the scenarios that ship.
var impact = risk.Impact{HalfSpread: 1_0000, Coefficient: 0.5, SquareRoot: true, Cap: 10_000_000, DefaultDepth: 2_000_000 * market.Scale}

// shape says what a generated history is like.
type shape struct {
	bars       int
	volatility float64 // of a minute
	jumps      float64 // chance of a bar that opens away from the close before
	gaps       float64 // chance of missing minutes
	basis      float64 // of the mark to the last price; 0: the mark is the last price
	funding    float64 // spread of the rates around 0.01%
	every      market.Time
	depth      bool
}

// generate makes a history of minutes from a seed: a random walk on the tick with the extras that the shape asks for.
func generate(t rapid.TB, seed uint64, h shape) Options {
	t.Helper()
	book := rulebook(t)
	contract, err := book.Contract("BTCUSDT")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Instrument: contract.Instrument, Rulebook: book, Contract: contract, Execution: impact, Step: 10_0000}
	r := rand.New(rand.NewPCG(seed, 1))
	onTick := func(x float64) market.Price {
		return max(market.Price(math.Round(x*10))*contract.Instrument.Tick, contract.Instrument.Tick)
	}
	price, basis, at := 60000.0, 0.0, start
	bar := func(b *Bars, open, closed, wick float64) {
		po, pc := onTick(open), onTick(closed)
		b.Open, b.Close = append(b.Open, po), append(b.Close, pc)
		b.High = append(b.High, max(po, pc)+onTick(math.Abs(r.NormFloat64())*wick))
		b.Low = append(b.Low, max(min(po, pc)-onTick(math.Abs(r.NormFloat64())*wick), contract.Instrument.Tick))
	}
	for range h.bars {
		if r.Float64() < h.gaps {
			at += market.Time(1+r.IntN(30)) * market.Minute
		}
		open := price
		if r.Float64() < h.jumps {
			open *= math.Exp(r.NormFloat64() * 20 * h.volatility)
		}
		price = min(max(open*math.Exp(r.NormFloat64()*h.volatility), 2000), 500000)
		bar(&o.Last, open, price, h.volatility*0.5*open)
		if h.basis > 0 {
			before := basis
			basis = basis*0.9 + r.NormFloat64()*h.basis
			bar(&o.Mark, open*(1+before), price*(1+basis), h.volatility*0.4*open)
		}
		o.Time, o.End = append(o.Time, at), append(o.End, at+market.Minute)
		at += market.Minute
	}
	if h.basis == 0 {
		o.Mark = o.Last
	}
	o.LowFirst = NearestFirst(o.Last)
	o.Funding = &market.Funding{}
	for due := start - 8*market.Hour; due < at+market.Hour && h.every > 0; due += h.every {
		o.Funding.Time = append(o.Funding.Time, due)
		o.Funding.Rate = append(o.Funding.Rate, market.Rate(math.Round((0.0001+r.NormFloat64()*h.funding)*1e8)))
	}
	for seen := start - market.Hour; seen < at && h.depth; seen += market.Time(1 + r.IntN(600_000)) {
		o.Depth = append(o.Depth, DepthPoint{seen, market.Quote(1e5+r.IntN(1e7)) * market.Scale})
	}
	return o
}

func series(t rapid.TB, o Options) *Series {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// year is what the benchmarks run on: 525,600 minutes at an annual volatility of 65%, a mark of its own, funding every
// eight hours.
var year = shape{bars: 525_600, volatility: 0.65 / 725, jumps: 0.0005, basis: 0.00005, funding: 0.0001, every: 8 * market.Hour}

// grid returns leverages x stops.
func grid(o Options, leverages, stops int, watch strategy.Watch) []Variant {
	ranges := AverageTrueRanges(o.Time, o.Last, 14)
	var list []Variant
	for l := range leverages {
		leverage := market.Rate(2+float64(l)*98/float64(max(leverages-1, 1))) * market.Scale
		for k := range stops {
			v := Variant{Equity: 1000 * market.Scale, Leverage: leverage, Watch: watch}
			v.Notional, _ = leverage.OfFloor(900 * market.Scale)
			if k > 0 {
				v.Stop = strategy.Distance{Rate: market.Rate(50_0000 + k*20_0000)}
				if k%2 == 1 {
					v.Stop, v.ATR = strategy.Distance{Rate: market.Rate(200_000_000 + k*50_000_000), Period: 14}, ranges
				}
			}
			list = append(list, v)
		}
	}
	return list
}

func (v Variant) String() string {
	return fmt.Sprintf("%vx stop %v watch %v", v.Leverage, v.Stop, v.Watch)
}
