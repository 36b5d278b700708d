package replay

import (
	"fmt"
	"sort"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// holeAtLeast is how long no instrument has a bar where history has a hole. In shorter gaps a path's price stands still, as
// history's does; from a hole blocks are not taken.
const holeAtLeast = market.Hour

// covered is history without its holes: stretches whose cells are counted through.
type covered struct {
	list   []stretch
	before []uint64 // cells of the stretches before each
	total  uint64
}

// coveredBy finds the stretches of s in which instruments have bars.
func coveredBy(list []chronicle, s stretch) covered {
	filled := make([]bool, s.cells())
	for i := range list {
		for k := range list[i].bars {
			filled[(list[i].bars[k].time-s.from)/s.cell] = true
		}
	}
	var c covered
	add := func(from, to int) {
		part := stretch{from: s.from + market.Time(from)*s.cell, to: s.from + market.Time(to)*s.cell, cell: s.cell}
		c.list, c.before = append(c.list, part), append(c.before, c.total)
		c.total += part.cells()
	}
	begun, last := -1, -1 // the stretch under way, and its last cell with a bar
	for k, has := range filled {
		switch {
		case has && begun < 0:
			begun = k
		case has && market.Time(k-last-1)*s.cell >= holeAtLeast:
			add(begun, last+1)
			begun = k
		}
		if has {
			last = k
		}
	}
	if begun >= 0 {
		add(begun, last+1)
	}
	return c
}

// at returns the stretch that holds a cell, and which of its cells it is.
func (c *covered) at(cell uint64) (s stretch, within uint64) {
	i := sort.Search(len(c.before), func(i int) bool { return c.before[i] > cell }) - 1
	return c.list[i], cell - c.before[i]
}

// notes say what history lacks: times of all instruments, and the share that one of them does not have.
func (c *covered) notes(list []chronicle) []string {
	var notes []string
	for i := 1; i < len(c.list); i++ {
		notes = append(notes, fmt.Sprintf("history has no bar of any instrument from %s to %s: no block is taken from there", c.list[i-1].to, c.list[i].from))
	}
	length := market.Time(0)
	for _, s := range c.list {
		length += s.to - s.from
	}
	for i := range list {
		had := market.Time(0)
		for k := range list[i].bars {
			had += list[i].bars[k].interval
		}
		if had < length {
			notes = append(notes, fmt.Sprintf("%s has no bars in %.3g%% of the history that blocks are taken from: on paths its price stands still there", list[i].symbol, 100*float64(length-had)/float64(length)))
		}
	}
	return notes
}
