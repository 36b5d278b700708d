package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// ATRState is Wilder's average true range, one bar at a time:
//
//	TR    = max(high - low, |high - previous close|, |low - previous close|), high - low for the first bar
//	ATR_n = (TR_1 + ... + TR_n) / n
//	ATR_t = (ATR_(t-1) * (n-1) + TR_t) / n
//
// Source: J. Welles Wilder, New Concepts in Technical Trading Systems (1978), "Volatility Index". The state
// carries the remainder of its division, so that the average stays within 1e-8 of the exact one however long the
// history.
type ATRState struct {
	period, seen int64
	// n times the average is average*period + rest, 0 <= rest < period.
	average, rest int64
	close         market.Price
}

// NewATRState returns an empty average over period bars; a period below 1 counts as 1.
func NewATRState(period int) ATRState { return ATRState{period: int64(max(period, 1))} }

// Add takes the next completed bar.
func (s *ATRState) Add(b Bar) {
	high, low := b.High, b.Low
	if s.seen > 0 {
		high, low = max(high, s.close), min(low, s.close)
	}
	s.close = b.Close
	change := int64(high - low)
	if s.seen < s.period {
		s.seen++
	} else {
		// Wilder's recursion: the total loses one average and gains one true range.
		change -= s.average
	}
	s.average += change / s.period
	s.rest += change % s.period
	switch {
	case s.rest < 0:
		s.rest += s.period
		s.average--
	case s.rest >= s.period:
		s.rest -= s.period
		s.average++
	}
}

// ATR returns the average, rounded down; ok is false until period bars were added.
func (s *ATRState) ATR() (atr market.Price, ok bool) {
	return market.Price(s.average), s.seen == s.period
}

// ATR returns Wilder's average true range over all of bars (see ATRState); ok is false for fewer than period bars or a
// period below 1.
func ATR(bars Bars, period int) (atr market.Price, ok bool) {
	if period < 1 || bars.Len() < period {
		return 0, false
	}
	s := NewATRState(period)
	for i := range bars.Len() {
		s.Add(bars.At(i))
	}
	return s.ATR()
}
