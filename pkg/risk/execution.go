package risk

import (
	"fmt"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Impact is the execution model: slippage = half spread + coefficient · 1% · (notional / depth)^exponent, at most Cap.
// Depth is the notional within one percent of mid, so an order as large as the depth moves the price by about
// coefficient percent; exponent 0.5 is the square-root law (arXiv 1412.4503), 1 is linear. With a Profile the order walks
// the book instead.
type Impact struct {
	HalfSpread   market.Rate
	Coefficient  float64
	SquareRoot   bool // exponent 0.5; otherwise 1
	Cap          market.Rate
	DefaultDepth market.Quote // where the tick carries none; > 0
	Profile      Profile      // nil: the power law
}

// Check refuses parameters out of range.
func (m Impact) Check() error {
	switch {
	case m.HalfSpread < 0 || m.HalfSpread >= market.Scale:
		return fmt.Errorf("half_spread %v; expected 0 to below 1", m.HalfSpread)
	case !(m.Coefficient >= 0) || m.Coefficient > 1000:
		return fmt.Errorf("impact coefficient %v; expected 0 to 1000", m.Coefficient)
	case m.Cap < m.HalfSpread || m.Cap >= market.Scale:
		return fmt.Errorf("slippage cap %v; expected at least the half spread %v and below 1", m.Cap, m.HalfSpread)
	case m.DefaultDepth <= 0:
		return fmt.Errorf("default depth %v; expected a positive notional", m.DefaultDepth)
	}
	return m.Profile.Check()
}

// Slippage implements Execution. The square root is exact on every machine; nothing else here can differ.
func (m Impact) Slippage(_ market.InstrumentID, notional, depth market.Quote) market.Rate {
	if depth <= 0 {
		depth = m.DefaultDepth
	}
	share := float64(notional) / float64(depth)
	var moved float64 // in units of Rate
	if m.Profile != nil {
		moved = float64(m.Profile.Average(share, market.Float(m.Cap)) * market.Scale)
	} else {
		if m.SquareRoot {
			share = math.Sqrt(share)
		}
		moved = float64(float64(m.Coefficient*share) * (market.Scale / 100))
	}
	if moved >= float64(m.Cap-m.HalfSpread) {
		return m.Cap
	}
	return m.HalfSpread + market.Rate(math.Ceil(moved))
}
