package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// room is what the fund may pay for one disposal, by the trigger of ADL. scopeEquity is that of the scope before it was
// taken over; resume is called at the beginning of the disposal, before this.
func (x *Exchange) room(l *listing, scopeEquity decimal.Decimal) decimal.Decimal {
	f, above := l.fund, l.fund.above()
	drawdown := market.Decimal(x.options.Rulebook.Parameters.ADLDrawdown)
	switch x.policies().ADLTrigger {
	case "negative_equity":
		if scopeEquity.IsNegative() {
			return decimal.Zero
		}
	case "drawdown_from_peak", "instrument_drawdown_from_peak":
		if *x.deleveraging(l) {
			return decimal.Zero
		}
		allowed, lost := x.drawdown(l, drawdown)
		return decimal.Min(above, decimal.Max(decimal.Zero, allowed.Sub(lost)))
	case "drawdown_below_average":
		mean := f.history.mean(x.now)
		allowed := decimal.Max(floor(drawdown.Mul(mean)), market.Decimal(x.options.Rulebook.Parameters.ADLAbsolute))
		lowest := decimal.Max(f.floor, mean.Sub(allowed))
		return decimal.Max(decimal.Zero, f.present().Sub(lowest))
	}
	return above
}

// drawdown is a share of the fund's peak, and how far the fund (the instrument's result) is below its own highest.
func (x *Exchange) drawdown(l *listing, share decimal.Decimal) (allowed, lost decimal.Decimal) {
	present := l.fund.present()
	peak := l.fund.history.highest(x.now, present)
	lost = peak.Sub(present)
	if x.policies().ADLTrigger == "instrument_drawdown_from_peak" {
		pnl := l.brought.Sub(atRisk(l))
		lost = l.history.highest(x.now, pnl).Sub(pnl)
	}
	return floor(share.Mul(peak)), lost
}

// deleveraging is where it is kept whether ADL is on: for the fund, or for the instrument.
func (x *Exchange) deleveraging(l *listing) *bool {
	if x.policies().ADLTrigger == "instrument_drawdown_from_peak" {
		return &l.deleveraging
	}
	return &l.fund.deleveraging
}

// resume turns ADL off again, at the beginning of a disposal, when enough of the drawdown has been made good.
func (x *Exchange) resume(l *listing) {
	on := x.deleveraging(l)
	if !*on {
		return
	}
	allowed, lost := x.drawdown(l, market.Decimal(x.options.Rulebook.Parameters.ADLDrawdownStop))
	*on = lost.GreaterThan(allowed)
}

// limited notes that the room did not suffice: if it was the room and not the fund's balance, ADL is on from now.
func (x *Exchange) limited(l *listing, room decimal.Decimal) {
	switch x.policies().ADLTrigger {
	case "drawdown_from_peak", "instrument_drawdown_from_peak":
		if room.LessThan(l.fund.above()) {
			*x.deleveraging(l) = true
		}
	}
}
