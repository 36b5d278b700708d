package strategy

import (
	"fmt"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// year is the length that volatilities are scaled to. Perpetuals trade on all days.
const year = 365 * market.Day

// volatility is the annual volatility of the newest period returns, their mean taken as zero:
//
//	r_i = close_i / close_(i-1) - 1        sigma = sqrt( sum r_i^2 / n  *  year / bar )
//
// Source: J.P. Morgan/Reuters, RiskMetrics Technical Document (1996), on the zero mean; square-root-of-time scaling.
// Simple returns stand for logarithmic ones: they differ by less than a hundredth of a percent at one percent, and need
// no function that differs between machines.
func (c *Context) volatility(period int) (float64, error) {
	bars, err := c.bars(period + 1)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for i := 1; i <= period; i++ {
		r := float64(bars.At(i).Close)/float64(bars.At(i-1).Close) - 1
		sum += float64(r * r)
	}
	last := bars.At(period)
	length := last.End - last.Time
	if length <= 0 || sum == 0 {
		return 0, fmt.Errorf("%w: %s at %s did not move in %d bars: its volatility is 0 and nothing can be divided by it", ErrImpossible, c.Setup.Symbol, c.Setup.Time, period)
	}
	return math.Sqrt(float64(sum / float64(period) * (float64(year) / float64(length)))), nil
}

// overVolatility returns target / volatility as a multiple, rounded down.
func (c *Context) overVolatility(target market.Rate, period int) (market.Rate, error) {
	sigma, err := c.volatility(period)
	if err != nil {
		return 0, err
	}
	multiple := math.Floor(float64(target) / sigma)
	if multiple > 1e15 {
		return 0, fmt.Errorf("%w: %s of volatility over %g a year does not fit", ErrImpossible, target, sigma)
	}
	return market.Rate(multiple), nil
}

var volatilityPeriod = Param{Name: "period", Unit: "bars", Default: "240", Help: "how many returns the volatility is taken over"}
