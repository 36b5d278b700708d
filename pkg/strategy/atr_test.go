package strategy_test

import (
	"math/big"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
	"pgregory.net/rapid"
)

type bars []strategy.Bar

func (b bars) Len() int              { return len(b) }
func (b bars) At(i int) strategy.Bar { return b[i] }

func bar(high, low, last string) strategy.Bar {
	return strategy.Bar{Open: price(low), High: price(high), Low: price(low), Close: price(last)}
}

func TestATRByHand(t *testing.T) {
	history := bars{
		bar("12", "8", "9"),   // TR 4, no close before
		bar("11", "9", "10"),  // max(2, |11-9|, |9-9|) = 2
		bar("12", "10", "12"), // max(2, |12-10|, |10-10|) = 2
		bar("16", "14", "15"), // gap up: max(2, |16-12|, |14-12|) = 4; ATR = (4+2+2+4)/4 = 3
		bar("15", "12", "12"), // max(3, |15-15|, |12-15|) = 3; ATR = (3*3+3)/4 = 3
		bar("6", "5", "5"),    // gap down: max(1, |6-12|, |5-12|) = 7; ATR = (3*3+7)/4 = 4
	}
	for count, want := range map[int]string{4: "3", 5: "3", 6: "4"} {
		if got, ok := strategy.ATR(history[:count], 4); !ok || got != price(want) {
			t.Errorf("ATR(4) of %d bars = %s, %v; expected %s", count, got, ok, want)
		}
	}
	if got, ok := strategy.ATR(history[:3], 4); ok {
		t.Errorf("ATR(4) of 3 bars = %s; expected none", got)
	}
	if got, ok := strategy.ATR(history, 0); ok {
		t.Errorf("ATR(0) = %s; expected none", got)
	}
}

// TestATRStaysExact compares with the recursion in rationals.
func TestATRStaysExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.IntRange(1, 30).Draw(t, "period")
		state := strategy.NewATRState(period)
		var exact big.Rat
		var last int64
		for i := range rapid.IntRange(period, period+60).Draw(t, "bars") {
			low := rapid.Int64Range(1, 1<<45).Draw(t, "low")
			high := low + rapid.Int64Range(0, 1<<40).Draw(t, "range")
			closing := rapid.Int64Range(low, high).Draw(t, "close")
			state.Add(strategy.Bar{High: market.Price(high), Low: market.Price(low), Close: market.Price(closing)})
			if i > 0 {
				high, low = max(high, last), min(low, last)
			}
			last = closing
			tr := big.NewRat(high-low, int64(period))
			if i >= period {
				tr.Add(tr, new(big.Rat).Neg(new(big.Rat).Quo(&exact, big.NewRat(int64(period), 1))))
			}
			exact.Add(&exact, tr)
		}
		got, ok := state.ATR()
		off := new(big.Rat).Sub(big.NewRat(int64(got), 1), &exact)
		if !ok || off.Abs(off).Cmp(big.NewRat(1, 1)) > 0 {
			t.Fatalf("ATR(%d) = %d, %v; exact %s", period, got, ok, exact.FloatString(3))
		}
	})
}

func BenchmarkATRState(b *testing.B) {
	state := strategy.NewATRState(14)
	x := bar("101", "99", "100")
	rows := 0
	for b.Loop() {
		state.Add(x)
		rows++
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
