package strategy

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

var meanReversionDoc = Doc{
	Summary: "enter against a close far from its average: long below, short above",
	Formula: "z = (close - mean) / s over the last `period` closes, s with divisor period; long where z <= -deviations, short where z >= deviations; once until abs(z) is below again",
	Source:  "J. Bollinger, Bollinger on Bollinger Bands (2001)",
	Params: signalParams(
		Param{Name: "period", Unit: "bars", Default: "120", Help: "closes of mean and deviation"},
		Param{Name: "deviations", Unit: "standard deviations", Default: "2", Help: "how far is far"},
	),
}

func newMeanReversion(p Params) (Entry, error) {
	period, err := p.Count("period", 2, maxPeriod)
	if err != nil {
		return nil, err
	}
	deviations, err := p.Multiple("deviations")
	if err != nil {
		return nil, err
	}
	s, err := readSignals("mean_reversion", p)
	s.make = func() detector {
		return &meanReversion{closes: newRing[market.Price](period), k: market.Float(deviations)}
	}
	return s, err
}

// meanReversion keeps sums of deviations from the first close, exactly, so that nothing builds up over a long history.
type meanReversion struct {
	closes  ring[market.Price]
	k       float64
	origin  market.Price
	sum     int64         // of x - origin
	squares market.Int128 // of the same
	far     market.Side
}

func (d *meanReversion) add(b Bar) market.Side {
	if len(d.closes.items) == 0 {
		d.origin = b.Close
	}
	x := int64(b.Close - d.origin)
	left, ok := d.closes.push(b.Close)
	if ok {
		y := int64(left - d.origin)
		d.sum -= y
		d.squares = d.squares.Sub(market.Mul128(y, y))
	}
	d.sum += x
	d.squares = d.squares.Add(market.Mul128(x, x))
	if !d.closes.full() {
		return 0
	}
	// z = (n x - S) / sqrt(n Q - S^2)
	n := len(d.closes.items)
	variance := float128(wide(d.squares).times(n).Sub(market.Mul128(d.sum, d.sum)))
	away := float128(market.Mul128(int64(n), x).Sub(market.Int128Of(d.sum)))
	side := market.Side(0)
	switch limit := float64(d.k * math.Sqrt(variance)); {
	case variance <= 0:
	case away <= -limit:
		side = market.Long
	case away >= limit:
		side = market.Short
	}
	if side == d.far {
		return 0
	}
	d.far = side
	return side
}

// float128 converts the magnitude: of a small negative number the two halves would cancel.
func float128(v market.Int128) float64 {
	if v.Sign() < 0 {
		return -float128(v.Neg())
	}
	return float64(float64(v.Hi)*(1<<64)) + float64(v.Lo)
}
