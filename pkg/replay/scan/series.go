package scan

import (
	"errors"
	"fmt"
	"sync"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Bars are columns of one length: one of the prices of an instrument.
type Bars struct {
	Open, High, Low, Close []market.Price
}

// Options are an instrument's history and the rules that it trades under. Nothing of it is changed or copied; it must not
// change while the Series is in use.
type Options struct {
	Instrument market.Instrument
	Rulebook   *venue.Rulebook
	Contract   *venue.Contract
	Execution  risk.Impact
	Step       market.Rate // largest move of a price between two ticks inside a bar; 0 jumps from corner to corner

	Time, End []market.Time // of each bar: its open, and the open of the bar that would follow without a gap
	Last      Bars
	Mark      Bars   // in step with Last; the same columns where the mark is the last price
	LowFirst  []bool // whether a bar visits its low before its high

	Funding *market.Funding // settlements; nil for none. Those before the first bar and after the last tick move nothing.
	Depth   []DepthPoint    // ascending; before the first, Execution.DefaultDepth
}

// DepthPoint is the notional that rests within one percent on either side from a time on.
type DepthPoint struct {
	Time     market.Time
	Notional market.Quote
}

// priceLimit keeps prices where a float64 holds every unit, so that a tree of prices is exact.
const priceLimit = market.Price(1) << 52

// Series is a history ready to be searched. It is safe for concurrent use.
type Series struct {
	o    Options
	bars int

	events    []market.Time   // settlements within the bars
	funds     []market.Int128 // cumulative funding after so many settlements, 1e-16 quote per base; one more than events
	fundFloat []float64       // the same in units of Price
	most      []float64       // highest of fundFloat from a number of settlements on
	least     []float64
	first     []int32 // by bar, and one more: settlements before its open

	highest float64    // price
	maxSize market.Qty // larger sizes may not fit 64 bits

	falls, rises [2]*minima // by watch (mark, last): lows, and highs negated
	tiers        [2][]tierTree
}

// tierTree is filled when a variant first needs it.
type tierTree struct {
	once sync.Once
	tree *minima
}

// New checks the history and builds what every variant shares. It refuses a rulebook whose rules for one isolated position
// are not the ones that this package carries out.
func New(o Options) (*Series, error) {
	s := &Series{o: o, bars: len(o.Time)}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("scan %s: %w", o.Instrument.Symbol, err)
	}
	highest, err := s.checkBars()
	if err != nil {
		return nil, fmt.Errorf("scan %s: %w", o.Instrument.Symbol, err)
	}
	// A price may slip to twice itself; sums of four such amounts fit 64 bits.
	v, ok := market.MulDivFloor(1<<59, market.Scale, int64(2*highest))
	if !ok {
		v = 1 << 62
	}
	s.maxSize, s.highest = market.Qty(v), float64(highest)
	if err := s.layFunding(highest); err != nil {
		return nil, fmt.Errorf("scan %s: %w", o.Instrument.Symbol, err)
	}
	for w, b := range []Bars{o.Mark, o.Last} {
		if w == 1 && &o.Mark.Open[0] == &o.Last.Open[0] {
			s.falls[1], s.rises[1] = s.falls[0], s.rises[0]
			break
		}
		low, high := make([]float64, s.bars), make([]float64, s.bars)
		for i := range s.bars {
			low[i], high[i] = float64(b.Low[i]), -float64(b.High[i])
		}
		s.falls[w], s.rises[w] = newMinima(low), newMinima(high)
	}
	s.tiers = [2][]tierTree{make([]tierTree, len(o.Contract.Tiers)), make([]tierTree, len(o.Contract.Tiers))}
	return s, nil
}

// Bars returns the number of bars.
func (s *Series) Bars() int { return s.bars }

// Time returns the open of a bar.
func (s *Series) Time(bar int) market.Time { return s.o.Time[bar] }

// BarAt returns the first bar whose open is at or after a time, Bars where there is none.
func (s *Series) BarAt(t market.Time) int {
	n := s.lastBar(t)
	if n < 0 || s.o.Time[n] < t {
		n++
	}
	return n
}

// lastBar returns the last bar whose open is at or before a time, -1 where there is none. Bars usually lie at equal
// distances, so the guess is usually right.
func (s *Series) lastBar(t market.Time) int {
	times := s.o.Time
	if t < times[0] {
		return -1
	}
	guess := int(min((t-times[0])/max(s.o.End[0]-times[0], 1), market.Time(s.bars-1)))
	if times[guess] <= t && (guess == s.bars-1 || times[guess+1] > t) {
		return guess
	}
	low, high := 0, s.bars // times[low] <= t < times[high]
	for high-low > 1 {
		if middle := (low + high) / 2; times[middle] <= t {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

func (s *Series) check() error {
	o := &s.o
	n := s.bars
	switch {
	case o.Rulebook == nil || o.Contract == nil || len(o.Contract.Tiers) == 0:
		return errors.New("a rulebook and a contract with tiers are needed")
	case n == 0:
		return errors.New("no bars")
	case len(o.End) != n || len(o.LowFirst) != n || !o.Last.have(n) || !o.Mark.have(n):
		return fmt.Errorf("%d times; expected columns of one length", n)
	case o.Step < 0:
		return fmt.Errorf("step %v; expected at least 0", o.Step)
	}
	if err := Supports(o.Rulebook); err != nil {
		return err
	}
	return o.Execution.Check()
}

func (b *Bars) have(n int) bool {
	return len(b.Open) == n && len(b.High) == n && len(b.Low) == n && len(b.Close) == n
}

// checkBars returns the highest price.
func (s *Series) checkBars() (highest market.Price, err error) {
	o := &s.o
	for i := range s.bars {
		if o.End[i] <= o.Time[i] || i > 0 && o.Time[i] < o.End[i-1] {
			return 0, fmt.Errorf("bar %d is %v to %v; expected ascending bars that do not overlap", i, o.Time[i], o.End[i])
		}
		for _, b := range []*Bars{&o.Last, &o.Mark} {
			low, high := min(b.Open[i], b.Close[i]), max(b.Open[i], b.Close[i])
			if b.Low[i] <= 0 || b.Low[i] > low || b.High[i] < high || b.High[i] >= priceLimit {
				return 0, fmt.Errorf("bar at %v: open %v, high %v, low %v, close %v; expected 0 < low <= open, close <= high < %v",
					o.Time[i], b.Open[i], b.High[i], b.Low[i], b.Close[i], priceLimit)
			}
			highest = max(highest, b.High[i])
		}
	}
	return highest, nil
}
