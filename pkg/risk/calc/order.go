package calc

import (
	"strings"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Order is the first forced order that a liquidation of a position at mark would send, or the takeover of all of it
// (docs/MODEL.md section 5). It is computed whether or not the position is liquidatable.
type Order struct {
	Action   string `json:"action"` // order, takeover
	Size     Number `json:"size"`
	Notional Number `json:"notional"` // at mark
}

// nextOrder returns it by the rulebook's liquidation_step; the cooldown of fraction_first is taken as over.
func (s *scope) nextOrder(l *leg, book *venue.Rulebook) *Order {
	p := &book.Parameters
	size := l.in.Size
	action := "order"
	switch step := book.Policies.LiquidationStep; {
	case step == "takeover":
		action = "takeover"
	case step == "fraction_first":
		if l.markValue().Cmp(FromFixed(p.StepThreshold)) > 0 {
			size = l.lots(size.Mul(FromRate(p.StepFraction)))
		}
	case step == "per_block":
		least := FromFixed(p.BlockMinimum).Div(l.mark).Div(l.rules.face)
		size = l.lots(size.Mul(FromRate(p.BlockFraction)).Max(least))
	case strings.HasPrefix(step, "tier_step_down") && !l.rules.tiered:
		return nil // a single line has no tiers to go down
	case strings.HasPrefix(step, "tier_step_down"):
		keep, down := l.within(l.tier(l.mark) - p.TiersPerStep)
		if !down || step == "tier_step_down_above_first" && s.equity().Cmp(s.firstTier()) <= 0 {
			action = "takeover"
		} else {
			size = size.Sub(keep)
		}
	case step == "to_maintenance":
		size = s.enough(l, false).Max(l.lots(size.Mul(FromRate(p.StepFraction))))
	case step == "to_initial_margin":
		size = s.enough(l, true)
	}
	return &Order{Action: action, Size: size, Notional: size.Mul(l.rules.face).Mul(l.mark)}
}

// lot is the smallest step of the size; absent where the rulebook knows none.
func (l *leg) lot() Number {
	if l.rules.contract == nil {
		return Number{}
	}
	return FromFixed(l.rules.contract.Instrument.Lot)
}

// lots rounds a part of the size up to the lot, to at most all of it.
func (l *leg) lots(size Number) Number {
	if lot := l.lot(); lot.Sign() > 0 {
		size = size.Ceil(lot)
	}
	return size.Min(l.in.Size)
}

// within returns the largest size, in lots, within a tier counted from 0; ok is false when there is no such tier.
func (l *leg) within(tier int) (size Number, ok bool) {
	if tier < 0 {
		return Number{}, false
	}
	unit := l.rules.face // what one contract measures
	switch {
	case l.rules.margin.BySize:
	case l.rules.margin.ByEntry:
		unit = unit.Mul(l.entry)
	default:
		unit = unit.Mul(l.mark)
	}
	size = l.rules.bands[tier].cap.Div(unit)
	if lot := l.lot(); lot.Sign() > 0 {
		size = size.Floor(lot)
		if !l.rules.margin.CapInclusive && size.Mul(unit).Cmp(l.rules.bands[tier].cap) == 0 {
			size = size.Sub(lot)
		}
	}
	return size.Max(Int(0)), true
}

// firstTier is what the scope's positions would require by their first tier's rate and amount.
func (s *scope) firstTier() Number {
	mm := s.otherMM
	for _, l := range s.legs {
		mm = mm.Add(l.requirementBy(&l.rules.bands[0], l.mark).add(l.feeLine()).at(l.mark))
	}
	return mm
}

// enough returns the least size, in lots, whose close at mark, the liquidation fee paid, leaves the scope above its
// requirement or its initial margin; all of the position if none does.
func (s *scope) enough(l *leg, initial bool) Number {
	lot := l.lot()
	if lot.Sign() <= 0 {
		lot = l.in.Size.Div(Int(1 << 20))
	}
	fits := func(d Number) bool {
		if d.Cmp(l.in.Size) >= 0 {
			return true
		}
		rest := *l.in
		rest.Size = rest.Size.Sub(d)
		cut := *l
		cut.in, cut.n = &rest, rest.Size.Mul(l.rules.face)
		if l.rules.growing != nil {
			smaller := *l.rules
			smaller.sized(l.rules.growing, rest.Size)
			cut.rules = &smaller
		}
		after := scope{wallet: s.wallet, otherPnL: s.otherPnL, otherMM: s.otherMM, inclusive: s.inclusive}
		need := s.otherMM
		for _, other := range s.legs {
			if other == l {
				other = &cut
			}
			after.legs = append(after.legs, other)
			need = need.Add(other.initial())
		}
		// The closed part's profit stays; the fee goes.
		equity := s.equity().Sub(d.Mul(l.rules.face).Mul(l.mark).Mul(l.feeOfLiquidation()))
		if s.triggered(equity.Sub(after.maintenance())) {
			return false
		}
		return !initial || equity.Cmp(need) >= 0
	}
	low, high := Int(0), l.in.Size.Div(lot).Ceil(Int(1))
	for high.Sub(low).Cmp(Int(1)) > 0 {
		middle := low.Add(high).Div(Int(2)).Floor(Int(1))
		if fits(middle.Mul(lot)) {
			high = middle
		} else {
			low = middle
		}
	}
	return high.Mul(lot).Min(l.in.Size)
}

// feeOfLiquidation is the rulebook's liquidation fee rate, 0 where it has none.
func (l *leg) feeOfLiquidation() Number {
	if l.rules.contract == nil {
		return Int(0)
	}
	return FromRate(l.rules.contract.LiquidationFee)
}

// backstop is the part of the leg's maintenance margin below which the venue's vault takes the scope; absent without one.
func (l *leg) backstop(book *venue.Rulebook) Number {
	if book.Policies.Backstop != "takes_scope" {
		return Number{}
	}
	f := book.Parameters.BackstopFraction
	if l.rules.contract != nil {
		f = l.rules.contract.BackstopFraction
	}
	return l.maintenance().Mul(FromRate(f))
}

// fillable is the limit of a liquidation order: (PNNV - ABR*spread*PMM)/PS with ABR = clamp(adjustment*(1 - NC/MM), 0, 1) (dYdX v4,
// GetFillablePrice). Absent where nothing is required.
func (s *scope) fillable(l *leg, adjustment, spread Number) Number {
	mm := s.maintenance()
	if mm.Sign() <= 0 {
		return Number{}
	}
	abr := adjustment.Mul(Int(1).Sub(s.equity().Div(mm))).Clamp(Int(0), Int(1))
	return l.price(l.markValue().Times(l.sigma).Sub(abr.Mul(spread).Mul(l.maintenance())).Div(l.n.Times(l.sigma)))
}
