package report

import (
	"html/template"
	"math"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// couplingMargin is what the chart shows of the time before and after displacements, as a share of their span.
const couplingMargin = 0.03

// couplingChart draws how far the venues' last prices of one coin stood from the data's over time. Nothing where none did.
func couplingChart(c *Coupling) template.HTML {
	var times []market.Time
	low, high := 0.0, 0.0
	for _, row := range c.Displacement {
		t, err := market.ParseTime(row.Time)
		if err != nil {
			return ""
		}
		times = append(times, t)
		for _, d := range row.Displacement {
			low, high = min(low, parse(d)), max(high, parse(d))
		}
	}
	if len(times) == 0 || low == high {
		return ""
	}
	const top, bottom = 64.0, 300.0
	s := newSVG("coupling", c.Largest()+": displacement by venue", "How far each venue's last price stood from the data's, in percent over time in UTC: of each stretch of time the furthest either way.", bottom+42)
	margin := market.Time(math.Ceil(float64(times[len(times)-1]-times[0])*couplingMargin)) + market.Minute
	from, to := times[0]-margin, times[len(times)-1]+margin
	x := scale{float64(from), float64(to), frameLeft, frameRight}
	s.timeAxis(x, timeTicks(from, to, 12), top, bottom)
	low, high = widen(100*low, 100*high, 0.06)
	y := scale{low, high, bottom, top}
	list := ticks(low, high, 5)
	s.yAxis(y, frameLeft, frameRight, list, tickLabels(list), "displacement of the last price, percent")
	for i, v := range c.Venues {
		at := frameLeft + float64(i%4)*210
		s.circle("mark "+runClass(i), at+6, 14+18*float64(i/4), 5, "")
		s.text("tick", "start", at+17, 18+18*float64(i/4), shorten(v.Name, 28))
	}
	width := c.stretch(times)
	for i := range c.Venues {
		var line strings.Builder
		for k, row := range c.Displacement {
			apart := k == 0 || times[k]-times[k-1] > width // stretches without displacement are left out: back at 0
			if apart {
				point(&line, true, x.at(float64(times[k])), y.at(0))
			}
			point(&line, false, x.at(float64(times[k])), y.at(100*parse(row.Displacement[i])))
			if k+1 == len(times) || times[k+1]-times[k] > width {
				point(&line, false, x.at(float64(min(times[k]+width, to))), y.at(0))
			}
		}
		s.path("venue "+runClass(i), &line)
	}
	return s.done()
}

// stretch is the length of the trace's stretches of time: the least distance of two.
func (c *Coupling) stretch(times []market.Time) market.Time {
	width := market.Time(math.MaxInt64)
	for k := 1; k < len(times); k++ {
		width = min(width, times[k]-times[k-1])
	}
	if width == math.MaxInt64 {
		return market.Minute
	}
	return width
}
