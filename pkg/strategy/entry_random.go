package strategy

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/liquidation-lab/backtest/internal/mix"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// Random enters at times drawn uniformly from the window. Setup number i is a function of (seed, i, window) alone, so
// that a larger count only adds setups and no order of iteration matters.
type Random struct {
	Count   int
	Symbols []string // nil: all of the window; drawn uniformly
	Sides   []market.Side
	MinHold market.Time // left at least between entry and the end of the window
	Step    market.Time // times are multiples of it
}

var randomDoc = Doc{
	Summary: "enter at seeded random times, symbols and sides, uniformly drawn",
	Formula: "setup i at from + step * U(0 ... slots - 1), from PCG(seed, mix(i))",
	Source:  "Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators (2014), for mix",
	Params: []Param{
		{Name: "count", Unit: "setups", Help: "how many"},
		symbolsParam, sideParam,
		{Name: "min_hold", Unit: "duration", Default: "0", Help: "time left at least between an entry and the end of the window"},
		{Name: "step", Unit: "duration", Default: "1m", Help: "entry times are multiples of it"},
	},
}

func newRandom(p Params) (Entry, error) {
	var r Random
	var err error
	if r.Count, err = p.Count("count", 1, math.MaxInt32); err != nil {
		return nil, err
	}
	if r.Symbols, err = p.Symbols("symbols"); err != nil {
		return nil, err
	}
	if r.Sides, err = p.Sides("side"); err != nil {
		return nil, err
	}
	if r.MinHold, err = p.DurationOrZero("min_hold"); err != nil {
		return nil, err
	}
	r.Step, err = p.Duration("step")
	return r, err
}

// Setups implements Entry. A symbol whose own data leave no time for an entry is left out, and is an error if it was
// named.
func (r Random) Setups(w Window) ([]Setup, error) {
	if r.Step <= 0 || len(r.Sides) == 0 || r.Count < 1 || r.Count > math.MaxInt32 {
		return nil, fmt.Errorf("entry random: count %d, step %dms, %d sides: expected all above 0", r.Count, int64(r.Step), len(r.Sides))
	}
	spans, err := r.spans(w)
	if err != nil {
		return nil, fmt.Errorf("entry random: %w", err)
	}
	setups := make([]Setup, r.Count)
	var pcg rand.PCG
	for i := range setups {
		// PCG's first outputs for neighboring seeds are related; mixing the id spreads them.
		pcg.Seed(w.Seed, mix.Hash(uint64(i)))
		span := spans[below(&pcg, uint64(len(spans)))]
		side := r.Sides[below(&pcg, uint64(len(r.Sides)))]
		at := span.first + market.Time(below(&pcg, span.slots))*r.Step
		setups[i] = Setup{ID: int32(i), Time: at, Symbol: span.symbol, Side: side}
	}
	slices.SortFunc(setups, func(a, b Setup) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID)) })
	return setups, nil
}

// span is the part of the window in which a symbol can be entered: slots times, Step apart.
type span struct {
	symbol string
	first  market.Time
	slots  uint64
}

func (r Random) spans(w Window) ([]span, error) {
	symbols, err := w.choose(r.Symbols)
	if err != nil {
		return nil, err
	}
	var spans []span
	for _, symbol := range symbols {
		start := w.start(symbol)
		first, last := alignUp(start, r.Step), w.To-max(r.MinHold, 1)
		switch {
		case first <= last:
			spans = append(spans, span{symbol, first, uint64((last-first)/r.Step) + 1})
		case r.Symbols != nil:
			return nil, fmt.Errorf("%s from %s to %s has no time for an entry that leaves %dms: lower min_hold or leave the symbol out", symbol, start, w.To, int64(r.MinHold))
		}
	}
	if len(spans) == 0 {
		return nil, fmt.Errorf("no symbol has time for an entry that leaves %dms before %s: lower min_hold", int64(r.MinHold), w.To)
	}
	return spans, nil
}

// below draws uniformly from 0 to n-1 by multiplication. The bias is below n/2^64, which no number of setups can show;
// unlike the library's draw, the result is fixed by this file alone.
func below(pcg *rand.PCG, n uint64) uint64 {
	hi, _ := bits.Mul64(pcg.Uint64(), n)
	return hi
}
