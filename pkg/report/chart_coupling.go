package report

import (
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// The chart shows the time around the largest displacement in which one was at least couplingShown of it, and a margin on either side.
const (
	couplingShown  = 0.05
	couplingMargin = 0.15
)

// couplingChart draws how far the venues' last prices of one coin stood from the data's over time. Nothing where none did.
func couplingChart(c *Coupling) template.HTML {
	rows, times := c.shown()
	if len(rows) == 0 {
		return ""
	}
	low, high := 0.0, 0.0
	for _, row := range rows {
		for _, d := range row.Displacement {
			low, high = min(low, parse(d)), max(high, parse(d))
		}
	}
	const top, bottom = 64.0, 300.0
	s := newSVG("coupling", c.Largest()+": displacement by venue", "How far each venue's last price stood from the data's, in percent over time in UTC: of each stretch of time the furthest either way. The time around the largest; comparison.json has all.", bottom+42)
	from, to := times[0], times[len(times)-1]
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
	width := stretch(times)
	for i := range c.Venues {
		var line strings.Builder
		for k, row := range rows {
			if k > 0 && times[k]-times[k-1] > width { // stretches without displacement are left out: at 0 meanwhile
				point(&line, false, x.at(float64(times[k-1]+width)), y.at(0))
				point(&line, false, x.at(float64(times[k])), y.at(0))
			}
			point(&line, k == 0, x.at(float64(times[k])), y.at(100*parse(row.Displacement[i])))
		}
		s.path("venue "+runClass(i), &line)
	}
	return s.done()
}

// shown returns the rows of the trace that the chart shows, and their times.
func (c *Coupling) shown() (rows []VenuesDisplace, times []market.Time) {
	sizes := make([]float64, len(c.Displacement))
	largest := 0.0
	for i, row := range c.Displacement {
		t, err := market.ParseTime(row.Time)
		if err != nil {
			return nil, nil
		}
		times = append(times, t)
		for _, d := range row.Displacement {
			sizes[i] = max(sizes[i], math.Abs(parse(d)))
		}
		largest = max(largest, sizes[i])
	}
	if largest == 0 {
		return nil, nil
	}
	first := slices.Index(sizes, largest)
	last := first
	for first > 0 && sizes[first-1] >= couplingShown*largest {
		first--
	}
	for last+1 < len(sizes) && sizes[last+1] >= couplingShown*largest {
		last++
	}
	margin := market.Time(float64(times[last]-times[first])*couplingMargin) + 2*market.Minute
	from, _ := slices.BinarySearch(times, times[first]-margin)
	to, _ := slices.BinarySearch(times, times[last]+margin)
	return c.Displacement[from:to], times[from:to]
}

// stretch is the length of the trace's stretches of time: the least distance of two.
func stretch(times []market.Time) market.Time {
	width := market.Time(math.MaxInt64)
	for k := 1; k < len(times); k++ {
		width = min(width, times[k]-times[k-1])
	}
	if width == math.MaxInt64 {
		return market.Minute
	}
	return width
}
