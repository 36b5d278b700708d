package replay

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Distance is the largest difference between two venues' last prices that displacements made, as a share of the data's price.
type Distance struct {
	Largest   market.Rate
	Time      market.Time
	High, Low string // venues; empty where they never differed
}

// TraceRow is how far the venues' last prices stood from the data's in a stretch of time: of each the furthest either way.
// Stretches in which none was displaced are left out.
type TraceRow struct {
	Time         market.Time
	Displacement []market.Rate // by venue
}

// traceRows is about how many rows a trace of the whole window has.
const traceRows = 720

// watch follows the displacements of all venues.
type watch struct {
	from, width market.Time
	furthest    []furthest   // by instrument
	trace       [][]traceRow // by instrument
}

// furthest is the largest distance so far.
type furthest struct {
	largest   float64
	time      market.Time
	high, low int // seats
}

type traceRow struct {
	time         market.Time
	displacement []float64
}

func newWatch(lanes []*lane) *watch {
	p := lanes[0].plan
	minutes := max(1, (p.to-p.from)/(traceRows*market.Minute))
	return &watch{from: p.from, width: minutes * market.Minute, furthest: make([]furthest, len(p.instruments)), trace: make([][]traceRow, len(p.instruments))}
}

// look takes in what a moment left.
func (w *watch) look(now market.Time, movers []*mover) {
	bucket := now - (now-w.from)%w.width
	for i := range w.furthest {
		high, low := 0, 0
		moved := false
		for v, m := range movers {
			d := m.places[i].applied
			moved = moved || d != 0
			if d > movers[high].places[i].applied {
				high = v
			}
			if d < movers[low].places[i].applied {
				low = v
			}
		}
		if !moved {
			continue
		}
		a := &w.furthest[i]
		if between := movers[high].places[i].applied - movers[low].places[i].applied; between > a.largest {
			*a = furthest{between, now, high, low}
		}
		rows := &w.trace[i]
		if n := len(*rows); n == 0 || (*rows)[n-1].time != bucket {
			*rows = append(*rows, traceRow{bucket, make([]float64, len(movers))})
		}
		row := (*rows)[len(*rows)-1].displacement
		for v, m := range movers {
			if d := m.places[i].applied; math.Abs(d) > math.Abs(row[v]) {
				row[v] = d
			}
		}
	}
}
