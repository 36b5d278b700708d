package scan

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// fundingUnits are the units of cumulative funding times those of a size in one unit of Quote.
const fundingUnits = market.Scale * market.Scale

// layFunding assigns settlements to bars and sums them: F += mark·rate at the mark of that moment, exact (docs/MODEL.md
// section 3).
func (s *Series) layFunding(highest market.Price) error {
	s.first = make([]int32, s.bars+1)
	s.funds = append(s.funds, market.Int128{})
	row := 0
	f := s.o.Funding
	if f == nil {
		f = &market.Funding{}
	}
	for row < f.Len() && f.Time[row] < s.o.Time[0] {
		row++
	}
	for i := range s.bars {
		s.first[i] = int32(len(s.events))
		until := s.o.End[i] // of the last bar: nothing moves after its last tick
		if i+1 < s.bars {
			until = s.o.Time[i+1]
		}
		for ; row < f.Len() && f.Time[row] < until; row++ {
			if n := len(s.events); n > 0 && s.events[n-1] >= f.Time[row] {
				return fmt.Errorf("funding at %v after %v; expected ascending times", f.Time[row], s.events[n-1])
			}
			s.events = append(s.events, f.Time[row])
			total := s.funds[len(s.funds)-1].Add(market.Mul128(int64(s.markAt(i, f.Time[row])), int64(f.Rate[row])))
			s.funds = append(s.funds, total)
		}
	}
	s.first[s.bars] = int32(len(s.events))
	limit := 2 * float64(highest)
	n := len(s.funds)
	s.fundFloat, s.most, s.least = make([]float64, n), make([]float64, n), make([]float64, n)
	for e := n - 1; e >= 0; e-- {
		x := (float64(s.funds[e].Hi)*(1<<64) + float64(s.funds[e].Lo)) / market.Scale
		if math.Abs(x) > limit {
			return fmt.Errorf("funding sums to more than twice the highest price by %v; check the rates", s.events[max(e-1, 0)])
		}
		s.fundFloat[e], s.most[e], s.least[e] = x, x, x
		if e+1 < n {
			s.most[e], s.least[e] = max(x, s.most[e+1]), min(x, s.least[e+1])
		}
	}
	return nil
}

// markAt returns the mark price of the latest tick of the data at or before a time within a bar or the gap after it.
func (s *Series) markAt(bar int, t market.Time) market.Price {
	phase := 0
	for phase < 3 && s.phaseTime(bar, phase+1) <= t {
		phase++
	}
	mark, _ := s.corner(bar, phase)
	return mark
}

// settled returns how many settlements are over at a bar's open tick.
func (s *Series) settled(bar int) int32 {
	e := s.first[bar]
	if int(e) < len(s.events) && s.events[e] == s.o.Time[bar] {
		e++
	}
	return e
}

// owed returns what a position of a signed size owes for the settlements from e0 up to e: size·(F − F0), rounded up.
func (s *Series) owed(size market.Qty, e0, e int32) market.Quote {
	if e0 == e {
		return 0
	}
	return market.Quote(mulDivCeil(s.funds[e].Sub(s.funds[e0]), int64(size)))
}

// mulDivCeil returns d·m / fundingUnits rounded toward plus infinity. The quotient fits, as New and open made sure.
func mulDivCeil(d market.Int128, m int64) int64 {
	negative := (d.Sign() < 0) != (m < 0)
	if d.Sign() < 0 {
		d = d.Neg()
	}
	u := uint64(m)
	if m < 0 {
		u = -u
	}
	h, l := bits.Mul64(d.Lo, u)
	q, rest := bits.Div64(h+uint64(d.Hi)*u, l, fundingUnits)
	if negative {
		return -int64(q)
	}
	if rest != 0 {
		q++
	}
	return int64(q)
}
