package report

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// Excursions say how far last prices went against a group's entries (adverse) and in their favor (favorable) between entry
// and end, both included, in shares of the entry price: what a stop or a target would have met. Positions open at the end
// are followed until then.
type Excursions struct {
	All       ExcursionGroup `json:"all"`
	Winners   ExcursionGroup `json:"winners"` // P&L above zero, after fees and funding
	Losers    ExcursionGroup `json:"losers"`
	EdgeRatio Number         `json:"edge_ratio"` // mean favorable over mean adverse
}

// ExcursionGroup are the excursions of the entries that ended in one way.
type ExcursionGroup struct {
	Entries   int             `json:"entries"`
	Adverse   ExcursionSpread `json:"adverse"`
	Favorable ExcursionSpread `json:"favorable"`
}

// ExcursionSpread describes one side of them; the medians and ninth deciles have intervals from order statistics.
type ExcursionSpread struct {
	Mean    Number   `json:"mean"`
	Median  Interval `json:"median"`
	P90     Interval `json:"p90"`
	Largest Number   `json:"largest"`
}

// holding is one entry of one rule and the range of last prices that it lived through.
type holding struct {
	entry, exit      market.Time
	price, low, high market.Price
	pnl              market.Quote
	group            uint16 // index into accounts.groups
	side             market.Side
	seen             bool // a price within its time
}

// excursions finds the range of prices of every holding in one pass over the steps. For each instrument it keeps those
// prices that are lower (higher) than all later ones: the lowest price since any time is the first of them at or after it.
// That takes the holdings in the order of their ends, and little memory however long the window is.
type excursions struct {
	bySymbol map[string][]holding
	walks    []walk // by instrument
}

// walk is the pass over one instrument.
type walk struct {
	holdings  []holding // by end; those before next have ended
	next      int
	low, high []pricePoint
}

type pricePoint struct {
	time  market.Time
	price market.Price
}

func newExcursions() *excursions { return &excursions{bySymbol: map[string][]holding{}} }

// add takes in an entry of a rule; the crowd's positions are from before the replay and have no entry in it.
func (x *excursions) add(r *replay.AccountRow, group int) {
	if r.Setup == replay.CrowdSetup || r.Outcome == replay.OutcomeRefused || r.EntryPrice <= 0 {
		return
	}
	h := holding{entry: r.EntryTime, exit: r.OutcomeTime, price: r.EntryPrice, pnl: r.PnL, group: uint16(group), side: r.Side}
	if h.exit == 0 {
		h.exit = math.MaxInt64
	}
	x.bySymbol[r.Symbol] = append(x.bySymbol[r.Symbol], h)
}

// start sorts the holdings for the pass over the steps.
func (x *excursions) start(instruments []market.Instrument) {
	x.walks = make([]walk, len(instruments))
	for i, instrument := range instruments {
		list := x.bySymbol[instrument.Symbol]
		slices.SortStableFunc(list, func(a, b holding) int { return cmp.Compare(a.exit, b.exit) })
		x.walks[i].holdings = list
	}
}

// step takes the next price of an instrument.
func (x *excursions) step(s *replay.Step) {
	w := &x.walks[s.Instrument]
	w.end(s.Time)
	w.low = extend(w.low, pricePoint{s.Time, s.Last}, func(kept, next market.Price) bool { return kept >= next })
	w.high = extend(w.high, pricePoint{s.Time, s.Last}, func(kept, next market.Price) bool { return kept <= next })
}

// settle ends the holdings that are left after the last step, and hands each group its excursions.
func (a *accounts) settle() {
	for i := range a.held.walks {
		w := &a.held.walks[i]
		w.settle(len(w.holdings))
		for k := range w.holdings {
			if h := &w.holdings[k]; h.seen {
				g := a.groups[h.group]
				g.excursions = append(g.excursions, h.excursion())
			}
		}
	}
	a.held = nil
}

// end settles the holdings that ended before now.
func (w *walk) end(now market.Time) {
	n := w.next
	for n < len(w.holdings) && w.holdings[n].exit < now {
		n++
	}
	w.settle(n)
}

func (w *walk) settle(until int) {
	for ; w.next < until; w.next++ {
		h := &w.holdings[w.next]
		low, ok := since(w.low, h.entry)
		if !ok {
			continue // no price within its time
		}
		h.low, h.seen = low, true
		h.high, _ = since(w.high, h.entry)
	}
}

// extend drops the points that a later one outdoes and appends it.
func extend(kept []pricePoint, p pricePoint, outdone func(kept, next market.Price) bool) []pricePoint {
	for len(kept) > 0 && outdone(kept[len(kept)-1].price, p.price) {
		kept = kept[:len(kept)-1]
	}
	return append(kept, p)
}

func since(kept []pricePoint, from market.Time) (market.Price, bool) {
	i := sort.Search(len(kept), func(i int) bool { return kept[i].time >= from })
	if i == len(kept) {
		return 0, false
	}
	return kept[i].price, true
}

// excursion returns the holding's excursions in shares of its entry price.
func (h *holding) excursion() stats.Excursion {
	return stats.ExcursionOfBars([]float64{market.Float(h.high)}, []float64{market.Float(h.low)}, market.Float(h.price), float64(h.side), market.Float(h.pnl))
}

// excursionSummary describes a group's excursions; nil where it has none.
func excursionSummary(list []stats.Excursion, level float64) *Excursions {
	if len(list) == 0 {
		return nil
	}
	s := stats.Excursions(list, level)
	return &Excursions{All: excursionGroup(s.All), Winners: excursionGroup(s.Winners), Losers: excursionGroup(s.Losers), EdgeRatio: Number(s.EdgeRatio)}
}

func excursionGroup(g stats.ExcursionGroup) ExcursionGroup {
	side := func(s stats.Spread) ExcursionSpread {
		return ExcursionSpread{Mean: Number(s.Mean), Median: interval(s.Median), P90: interval(s.P90), Largest: Number(s.Largest)}
	}
	return ExcursionGroup{Entries: g.Trades, Adverse: side(g.Adverse), Favorable: side(g.Favorable)}
}
