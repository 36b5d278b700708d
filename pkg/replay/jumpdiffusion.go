package replay

import (
	"fmt"
	"io"
	"math"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// jumpModel is one instrument's law, per millisecond where a rate is meant:
//
//	ln S(t) = ln S(0) + (drift - variance/2 - rate·(E[e^J] - 1))·t + √variance·W(t) + Σ J,   J normal(mean, deviation²)
//
// R. C. Merton, "Option pricing when underlying stock returns are discontinuous", Journal of Financial Economics 3 (1976).
type jumpModel struct {
	trend            float64 // of ln S, the compensation of variance and jumps included
	variance         float64
	mean, deviation  float64
	share, remainder float64 // √ρ and √(1-ρ) of the common factor
	none             float64 // probability that a cell has no jump
}

// yearly is the volatility of the diffusion a year.
func (m *jumpModel) yearly() float64 { return math.Sqrt(float64(m.variance * float64(yearOfMarket))) }

const yearOfMarket = 365 * market.Day

// newJumpModels states the law of every instrument.
func newJumpModels(s *scenario.Scenario, list []chronicle, cell market.Interval) ([]jumpModel, error) {
	j := s.Paths.JumpDiffusion
	own := map[string]scenario.InstrumentJump{}
	for i, q := range j.Instruments {
		own[q.Symbol] = q
		found := false
		for k := range list {
			found = found || list[k].symbol == q.Symbol
		}
		if !found {
			return nil, s.At(fmt.Sprintf("paths.jump_diffusion.instruments.%d.symbol", i), fmt.Errorf("%s is not among the instruments of the run; take it out, or add it to instruments", q.Symbol))
		}
	}
	models := make([]jumpModel, len(list))
	for i := range list {
		volatility, jump := j.Volatility, 1.0
		if q, ok := own[list[i].symbol]; ok {
			jump = q.Jump
			if q.Volatility > 0 {
				volatility = q.Volatility
			}
		}
		variance := float64(volatility*volatility) / float64(yearOfMarket)
		if volatility == 0 {
			if variance = bipower(list[i].bars); !(variance > 0) {
				return nil, s.At("paths.jump_diffusion.volatility", fmt.Errorf("%s does not move in the window, so that its volatility cannot be estimated; give one, such as 60%%", list[i].symbol))
			}
		}
		rate := j.Jumps.PerDay / float64(market.Day)
		m := jumpModel{variance: variance, mean: float64(jump * j.Jumps.Mean), deviation: math.Abs(float64(jump * j.Jumps.Deviation)),
			share: math.Sqrt(j.CommonShare), remainder: math.Sqrt(1 - j.CommonShare), none: exp(-float64(rate * float64(cell)))}
		expected := exp(m.mean+float64(m.deviation*m.deviation)/2) - 1
		m.trend = j.Drift/float64(yearOfMarket) - variance/2 - float64(rate*expected)
		models[i] = m
	}
	return models, nil
}

// bipower estimates the variance of the diffusion per millisecond from the log-returns r of bars that follow one another
// without a gap, leaving out what jumped:
//
//	π/2 · Σ |r(k)|·|r(k-1)|  over the time of the products
//
// O. E. Barndorff-Nielsen, N. Shephard, "Power and bipower variation with stochastic volatility and jumps", Journal of
// Financial Econometrics 2 (2004). 0 for fewer than three bars.
func bipower(bars []bar) float64 {
	sum, time := 0.0, market.Time(0)
	previous, has := 0.0, false
	for k := 1; k < len(bars); k++ {
		a, b := &bars[k-1], &bars[k]
		if b.time != a.end() || b.interval != a.interval {
			has = false
			continue
		}
		r := math.Abs(ln(float64(b.close) / float64(a.close)))
		if has {
			sum += float64(r * previous)
			time += b.interval
		}
		previous, has = r, true
	}
	if time == 0 {
		return 0
	}
	return float64(math.Pi/2*sum) / float64(time)
}

// diffusion streams an instrument's bars along a path: the times, lengths and volumes of history with prices of the model.
//
// The common factor and the jumps are drawn cell by cell, a cell being what all bars are multiples of, so that instruments of
// different bars share them; each instrument reads them from draws of its own. A jump strikes at a bar's open, as a gap does.
// Between open and close the price is a Brownian bridge: high and low have the laws of its extremes (P. Glasserman, Monte
// Carlo Methods in Financial Engineering, 2004, section 6.4), each drawn without regard to the other.
type diffusion struct {
	of     *chronicle
	model  jumpModel
	cell   market.Interval
	common draws // shared by all instruments: each has a copy
	jumps  draws // likewise
	own    draws // of this instrument
	sizes  draws // its own part in the sizes of jumps

	row     int
	reached market.Time // by the cells drawn
	x       float64     // ln of the price, in units of price, at the end of the bar before
	began   bool
	err     error
}

// next implements stream.
func (f *diffusion) next(b *bar) error {
	if f.err != nil || f.row == len(f.of.bars) {
		if f.err == nil {
			f.err = io.EOF
		}
		return f.err
	}
	*b = f.of.bars[f.row]
	f.row++
	// What happened before the bar opened: a gap, which takes part in no bar. Before an instrument's first bar it has no price.
	gap, fallen := f.move(b.time)
	if !f.began {
		f.began, gap, fallen = true, 0, 0
		f.x = ln(float64(f.of.opening))
	}
	change, jumped := f.move(b.end())
	open := f.x + gap + fallen + jumped
	variance := float64(f.model.variance * float64(b.interval))
	high := (change + math.Sqrt(float64(change*change)-float64(2*variance*ln(f.own.uniform())))) / 2
	low := (change - math.Sqrt(float64(change*change)-float64(2*variance*ln(f.own.uniform())))) / 2
	f.x = open + change
	for _, q := range []struct {
		into *market.Price
		x    float64
	}{{&b.open, open}, {&b.high, open + max(high, change, 0)}, {&b.low, open + min(low, change, 0)}, {&b.close, f.x}} {
		v := 0.0
		if q.x > -600 && q.x < 600 {
			v = math.Floor(exp(q.x) + 0.5)
		}
		if v >= 1<<62 || q.x >= 600 {
			c := course{of: f.of}
			f.err = c.beyond(b.time)
			return f.err
		}
		*q.into = nearestTick(market.Price(v), f.of.tick)
	}
	return nil
}

// move draws the cells up to a time and returns the changes of ln S over them: the diffusion's and that of the jumps.
func (f *diffusion) move(to market.Time) (diffused, jumped float64) {
	common, cells := 0.0, 0.0
	m := &f.model
	for ; f.reached < to; f.reached += f.cell {
		common += f.common.normal()
		cells++
		for range f.jumps.poisson(m.none) {
			z := float64(m.share*f.jumps.normal()) + float64(m.remainder*f.sizes.normal())
			jumped += m.mean + float64(m.deviation*z)
		}
	}
	if cells == 0 {
		return 0, 0
	}
	time := float64(cells * float64(f.cell))
	z := float64(m.share*common) + float64(float64(m.remainder*math.Sqrt(cells))*f.own.normal())
	return float64(m.trend*time) + float64(math.Sqrt(float64(m.variance*float64(f.cell)))*z), jumped
}
