package replay

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// chronicle is one instrument's history in memory, as paths are made from it: its bars as a replay reads them, and those
// of its mark and index price. All paths read the same one.
type chronicle struct {
	symbol            string
	tick              market.Price
	opening           market.Price // last price at which a path of the instrument begins
	bars, mark, index []bar
	funding           *market.Funding
}

// maxChronicleBars bounds the history that is held in memory, 56 bytes a bar.
const maxChronicleBars = 20_000_000

// firstAt returns the place of the first bar at or after a time.
func firstAt(bars []bar, at market.Time) int {
	return sort.Search(len(bars), func(i int) bool { return bars[i].time >= at })
}

// stretch is a stretch of time cut into cells as long as the longest bar in it, which no bar crosses.
type stretch struct {
	from, to, cell market.Time
}

func (s stretch) cells() uint64 { return uint64((s.to - s.from) / s.cell) }

// trim cuts a stretch to whole cells, counted from the epoch as bars are.
func (s stretch) trim(cell market.Time) stretch {
	s.cell = cell
	s.from, s.to = floorTo(s.from+cell-1, cell), floorTo(s.to, cell)
	return s
}

// readChronicles reads what the data has of the run's instruments in [from, to).
func (p *plan) readChronicles(from, to market.Time) ([]chronicle, error) {
	series := p.o.Catalog.Series()
	candles, marks, indexes := spans(series, columnar.Candles), spans(series, columnar.Mark), spans(series, columnar.Index)
	list, held := make([]chronicle, len(p.sources)), 0
	for i, src := range p.sources {
		c := &list[i]
		c.symbol, c.tick, c.funding = src.symbol, p.instruments[i].Tick, p.funding[i]
		read := []struct {
			into   *[]bar
			series []ranged
		}{{&c.bars, complete(candles[src.symbol], from, to)}, {&c.index, complete(indexes[src.symbol], from, to)}}
		if p.scenario.Prices.Mark == "auto" {
			read = append(read, struct {
				into   *[]bar
				series []ranged
			}{&c.mark, complete(marks[src.symbol], from, to)})
		}
		for _, r := range read {
			var err error
			if *r.into, err = p.readAll(r.series, maxChronicleBars-held); err != nil {
				return nil, fmt.Errorf("%s: %w", src.symbol, err)
			}
			held += len(*r.into)
		}
	}
	return list, nil
}

var errTooLong = fmt.Errorf("the history of all instruments has more than %d bars, which paths hold in memory; choose a shorter window, fewer instruments, or longer bars", maxChronicleBars)

// readAll reads series laid over each other, at most so many bars.
func (p *plan) readAll(series []ranged, most int) ([]bar, error) {
	pool := newPool(p.opener(), p.o.Workers, len(series))
	defer pool.close()
	from := pool.stream(series)
	if from == nil {
		return nil, nil
	}
	var bars []bar
	for {
		var b bar
		if err := from.next(&b); errors.Is(err, io.EOF) {
			return bars, nil
		} else if err != nil {
			return nil, err
		}
		if len(bars) == most {
			return nil, errTooLong
		}
		bars = append(bars, b)
	}
}

// longest returns the length of the longest bar, and what all lengths of bars are multiples of.
func longest(list []chronicle) (long, unit market.Interval, err error) {
	for i := range list {
		for _, bars := range [][]bar{list[i].bars, list[i].mark, list[i].index} {
			for k := range bars {
				b := &bars[k]
				if b.time%b.interval != 0 {
					return 0, 0, fmt.Errorf("%s has a bar of %s that begins at %s; paths need bars that begin at multiples of their length; import them so", list[i].symbol, market.FormatInterval(b.interval), b.time)
				}
				long = max(long, b.interval)
				if unit == 0 || b.interval%unit != 0 {
					unit = divisor(b.interval, unit)
				}
			}
		}
	}
	for _, bars := range list {
		for k := range bars.bars {
			if long%bars.bars[k].interval != 0 {
				return 0, 0, fmt.Errorf("%s has bars of %s beside others of %s; paths need lengths that divide the longest", bars.symbol, market.FormatInterval(bars.bars[k].interval), market.FormatInterval(long))
			}
		}
	}
	return long, unit, nil
}

// divisor is the greatest common divisor.
func divisor(a, b market.Interval) market.Interval {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// cut leaves the bars that lie whole within a stretch.
func (c *chronicle) cut(s stretch) {
	for _, bars := range []*[]bar{&c.bars, &c.mark, &c.index} {
		list := *bars
		lo, hi := firstAt(list, s.from), firstAt(list, s.to)
		for hi > lo && list[hi-1].end() > s.to {
			hi--
		}
		*bars = list[lo:hi]
	}
}
