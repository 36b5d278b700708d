package stats

import (
	"math"
	"slices"
)

// Excursion is how far one trade went against its holder and in its favor while it was open, and how it ended. All three are
// in one unit, which the caller chooses: money, a share of the entry price, multiples of the risk taken, or of ATR.
type Excursion struct {
	Adverse   float64 // maximum adverse excursion, >= 0
	Favorable float64 // maximum favorable excursion, >= 0
	Result    float64 // of the closed trade, after its costs; signed
}

// ExcursionOf takes the unrealized result at each moment that a trade was open:
//
//	adverse = max(0, -min path),  favorable = max(0, max path)
//
// Zero, the entry itself, is always on the path. J. Sweeney, "Maximum Adverse Excursion" (1996). NaN for a missing value.
func ExcursionOf(path []float64, result float64) Excursion {
	e := Excursion{Result: result}
	for _, v := range path {
		e.Adverse, e.Favorable = max(e.Adverse, -v), max(e.Favorable, v)
	}
	return e
}

// ExcursionOfBars takes the highs and lows of the bars that a trade was open, its entry price and its side, 1 for a long
// and -1 for a short, in shares of the entry price. The bars of entry and exit must be cut to the time of the trade, else
// they count what the trade did not see.
func ExcursionOfBars(highs, lows []float64, entry, side, result float64) Excursion {
	e := Excursion{Result: result}
	for _, prices := range [][]float64{highs, lows} {
		for _, p := range prices {
			v := float64(side*(p-entry)) / entry
			e.Adverse, e.Favorable = max(e.Adverse, -v), max(e.Favorable, v)
		}
	}
	return e
}

// Spread describes one side of the excursions of a group of trades.
type Spread struct {
	Mean, Largest float64
	Median, P90   Interval // from order statistics
}

// ExcursionGroup holds the excursions of the trades of one outcome.
type ExcursionGroup struct {
	Trades             int
	Adverse, Favorable Spread
}

// ExcursionSummary is what excursions tell about stops and targets: how far the winners went against their holders before
// they won, and how much the losers had shown before they lost.
type ExcursionSummary struct {
	All, Winners, Losers ExcursionGroup // a result of exactly zero is neither a win nor a loss
	EdgeRatio            float64        // mean favorable over mean adverse excursion of all trades
}

// Excursions summarizes trades with intervals of the given level. The edge ratio is C. Faith's, "Way of the Turtle" (2007),
// when excursions are in multiples of ATR; NaN without adverse excursion. Figures of no trades, or with a missing value,
// are NaN; a trade without a result counts in All alone.
func Excursions(trades []Excursion, level float64) ExcursionSummary {
	var winners, losers []Excursion
	for _, t := range trades {
		switch {
		case t.Result > 0:
			winners = append(winners, t)
		case t.Result < 0:
			losers = append(losers, t)
		}
	}
	s := ExcursionSummary{All: excursionGroup(trades, level), Winners: excursionGroup(winners, level),
		Losers: excursionGroup(losers, level), EdgeRatio: math.NaN()}
	if adverse := s.All.Adverse.Mean; adverse > 0 {
		s.EdgeRatio = s.All.Favorable.Mean / adverse
	}
	return s
}

func excursionGroup(trades []Excursion, level float64) ExcursionGroup {
	adverse, favorable := make([]float64, len(trades)), make([]float64, len(trades))
	for i, t := range trades {
		adverse[i], favorable[i] = t.Adverse, t.Favorable
	}
	return ExcursionGroup{Trades: len(trades), Adverse: spread(adverse, level), Favorable: spread(favorable, level)}
}

// spread sorts values.
func spread(values []float64, level float64) Spread {
	slices.Sort(values)
	s := Spread{Mean: meanOf(values), Largest: math.NaN(), Median: QuantileInterval(values, 0.5, level), P90: QuantileInterval(values, 0.9, level)}
	if len(values) > 0 && !math.IsNaN(values[0]) {
		s.Largest = values[len(values)-1]
	}
	return s
}

// ReachedAdverse returns the share of trades whose adverse excursion was at least so far, with its Wilson interval: of the
// winners, those that a stop there would have turned into losses; of the losers, those that it would have cut short. NaN for
// no trades or with a missing excursion.
func ReachedAdverse(trades []Excursion, distance, level float64) Interval {
	reached := 0
	for _, t := range trades {
		switch {
		case math.IsNaN(t.Adverse):
			return none(level, "wilson")
		case t.Adverse >= distance:
			reached++
		}
	}
	return Wilson(reached, len(trades), level)
}
