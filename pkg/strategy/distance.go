package strategy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Distance is a distance from the entry price: a share of the price, or a multiple of the average true range when
// Period is not 0. The zero value is no distance.
type Distance struct {
	Rate   market.Rate // share of the price, or multiple of the average true range
	Period int         // bars of the average true range; 0: Rate is a share of the price
}

// DefaultPeriod is the period of an average true range that names none: 14 bars, as in J. Welles Wilder, New Concepts
// in Technical Trading Systems (1978).
const DefaultPeriod = 14

// maxPeriod keeps a mistyped period from asking for more history than any data holds.
const maxPeriod = 10_000

// ParseDistance reads "2%", "0.02", "1.5 atr" or "1.5 atr(20)"; ok is false for anything else, and for shares that are
// not above 0 and below 100%.
func ParseDistance(s string) (d Distance, ok bool) {
	multiple, tail, isATR := strings.Cut(s, "atr")
	if !isATR {
		d.Rate, ok = parseFraction(s)
		return d, ok && d.Rate > 0 && d.Rate < market.Scale
	}
	d.Period = DefaultPeriod
	if tail != "" {
		digits, opened := strings.CutPrefix(tail, "(")
		digits, closed := strings.CutSuffix(digits, ")")
		n, err := strconv.Atoi(digits)
		if err != nil || !opened || !closed || n < 1 || n > maxPeriod {
			return Distance{}, false
		}
		d.Period = n
	}
	rate, err := market.Parse[market.Rate](strings.TrimSpace(multiple))
	if err != nil || rate <= 0 {
		return Distance{}, false
	}
	d.Rate = rate
	return d, true
}

// IsZero reports whether there is no distance.
func (d Distance) IsZero() bool { return d == Distance{} }

// String prints what ParseDistance reads.
func (d Distance) String() string {
	if d.Period == 0 {
		return market.Format(d.Rate*100) + "%"
	}
	return fmt.Sprintf("%s atr(%d)", d.Rate, d.Period)
}

// From returns the distance in prices at c, rounded down. It fails with ErrHistory when the average true range is not
// known yet, and with ErrImpossible when the distance rounds to nothing or does not fit.
func (d Distance) From(c *Context) (market.Price, error) {
	base := c.Price
	if d.Period > 0 {
		var err error
		if base, err = c.atr(d.Period); err != nil {
			return 0, err
		}
	}
	v, ok := market.MulDivFloor(int64(d.Rate), int64(base), market.Scale)
	if !ok || v <= 0 {
		return 0, fmt.Errorf("%w: a distance of %s from %s %s is not a price above 0", ErrImpossible, d, c.Instrument.Symbol, c.Price)
	}
	return market.Price(v), nil
}

func (c *Context) atr(period int) (market.Price, error) {
	if c.ATR != nil {
		if atr, ok := c.ATR(period); ok {
			return atr, nil
		}
	}
	return 0, fmt.Errorf("%w: %s at %s has fewer than the %d completed bars that its average true range needs: start the data earlier or enter later",
		ErrHistory, c.Setup.Symbol, c.Setup.Time, period)
}
