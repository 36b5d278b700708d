package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// window is how far back the ADL triggers look: 8 hours, sampled at minutes.
const window = 480

// series remembers every value that a balance had.
type series struct {
	opening decimal.Decimal
	changes []change
}

type change struct {
	minute int64
	value  decimal.Decimal
}

func minuteOf(t market.Time) int64 { return int64(t / market.Minute) }

func (s *series) add(t market.Time, value decimal.Decimal) {
	s.changes = append(s.changes, change{minuteOf(t), value})
}

// samples are the values in force at the end of each of the 480 minutes before the minute of t.
func (s *series) samples(t market.Time) []decimal.Decimal {
	var all []decimal.Decimal
	for minute := minuteOf(t) - window; minute < minuteOf(t); minute++ {
		value := s.opening
		for _, c := range s.changes {
			if c.minute <= minute {
				value = c.value
			}
		}
		all = append(all, value)
	}
	return all
}

// highest counts the present value too.
func (s *series) highest(t market.Time, present decimal.Decimal) decimal.Decimal {
	return decimal.Max(present, s.samples(t)...)
}

// mean does not; it is rounded down.
func (s *series) mean(t market.Time) decimal.Decimal {
	sum := decimal.Zero
	for _, v := range s.samples(t) {
		sum = sum.Add(v)
	}
	return divFloor(sum, decimal.NewFromInt(window))
}
