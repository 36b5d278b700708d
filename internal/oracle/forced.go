package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// forced is an order of step 2 that closes a part of a position, worked out before it is sent.
type forced struct {
	scope      scope
	position   *position
	size       decimal.Decimal // d, signed as the position
	price      decimal.Decimal // P
	cash       decimal.Decimal // V_fill
	given      decimal.Decimal // V_q(M) − V_{q−d}(M): what the part is worth at mark
	equity     decimal.Decimal // E
	margin     decimal.Decimal // MM
	less       decimal.Decimal // ΔMM
	after      decimal.Decimal // E'
	bankruptcy decimal.Decimal // T_d
	empties    bool            // the scope has no position afterwards
}

func (x *Exchange) force(s scope, p *position, d decimal.Decimal) *forced {
	mark := p.listing.mark
	f := &forced{scope: s, position: p, size: d, price: x.slipped(p.listing, d, mark), equity: s.equity(current), margin: x.maintenance(s, current)}
	rest := p.without(d)
	f.cash = saleCash(d, f.price)
	f.given = p.value(mark).Sub(rest.value(mark))
	f.less = x.maintenanceOf(p, mark).Sub(x.maintenanceOf(rest, mark))
	f.after = f.equity.Add(f.cash).Sub(f.given)
	f.bankruptcy = f.given.Sub(shareOf(f.equity, f.less, f.margin))
	f.empties = rest.size.IsZero() && len(s.positions()) == 1
	return f
}

// without is what a position would be with d less of it.
func (p *position) without(d decimal.Decimal) *position {
	rest := *p
	rest.size, rest.cost = p.size.Sub(d), p.cost.Sub(p.released(d))
	return &rest
}

// shareOf is floor(E·part/MM). Nothing has a share where nothing is required.
func shareOf(equity, part, margin decimal.Decimal) decimal.Decimal {
	if margin.IsZero() {
		return decimal.Zero
	}
	return divFloor(equity.Mul(part), margin)
}

// improvement is δ = V_fill − T_d.
func (f *forced) improvement() decimal.Decimal { return f.cash.Sub(f.bankruptcy) }

// fillable says whether the limit of liquidation_price allows the fill.
func (x *Exchange) fillable(f *forced) bool {
	switch x.policies().LiquidationPrice {
	case "zero_price":
		return !f.cash.LessThan(f.bankruptcy)
	case "fillable":
		o := x.options.Rulebook.Parameters
		ratio := decimal.Zero
		if !f.margin.IsZero() {
			ratio = divFloor(f.equity, f.margin)
		}
		a := floor(market.Decimal(o.FillableAdjustment).Mul(one.Sub(ratio)))
		a = decimal.Min(one, decimal.Max(decimal.Zero, a))
		discount := floor(floor(a.Mul(market.Decimal(o.FillableSpread))).Mul(f.less))
		return !f.cash.LessThan(f.given.Sub(discount))
	}
	return !f.after.IsNegative()
}

// fee is what the scope pays; below zero it is what the fund has to pay to the scope.
func (x *Exchange) fee(f *forced) decimal.Decimal {
	n := decimal.Zero // of a holding
	if c := f.position.listing.contract; c != nil {
		n = ceil(market.Decimal(c.LiquidationFee).Mul(notional(f.size, f.price)))
	}
	if x.policies().LiquidationFee == "capped_at_improvement" && f.improvement().IsNegative() {
		return f.improvement()
	}
	if x.policies().LiquidationFee == "capped_at_improvement" {
		return decimal.Min(n, f.improvement())
	}
	return decimal.Max(decimal.Zero, decimal.Min(n, f.after))
}

// remainder is what of an emptied scope goes to the fund beyond the fee.
func (x *Exchange) remainder(f *forced, fee decimal.Decimal) decimal.Decimal {
	if x.policies().Remainder != "fund" || !f.empties {
		return decimal.Zero
	}
	return decimal.Max(decimal.Zero, f.after.Sub(fee))
}

// outcome of a forced order.
type outcome int

const (
	filled outcome = iota
	unfilled
	takenOver // the order was not filled and the scope is to be taken over
)

// send fills a forced order if its price and its fee allow it.
func (x *Exchange) send(f *forced) outcome {
	if !x.fillable(f) {
		if x.policies().LiquidationPrice == "market" {
			return takenOver
		}
		return unfilled
	}
	fee, l, p := x.fee(f), f.position.listing, f.position
	if fee.Neg().GreaterThan(l.fund.above()) {
		return takenOver
	}
	x.use(l, f.size, x.exempt(p.account.id))
	x.book.provider = x.book.provider.Sub(f.cash)
	l.providerSize = l.providerSize.Add(f.size)
	realized := p.reduce(f.size, f.cash)
	rest := x.remainder(f, fee)
	p.credit(fee.Add(rest).Neg())
	paid, delta := fee, fee
	if fee.IsNegative() {
		paid = decimal.Zero // the fund's help is no fee
	}
	if fee.IsPositive() && x.policies().FeeTo == "income" {
		delta = decimal.Zero
		x.book.fees = x.book.fees.Add(fee)
	} else if !fee.IsZero() {
		x.toFund(l, fee)
	}
	if !rest.IsZero() {
		x.toFund(l, rest)
		paid, delta = paid.Add(rest), delta.Add(rest)
	}
	e := risk.Event{
		Kind: risk.Liquidation, Side: sideOf(f.size), Instrument: l.id, Account: p.account.id, Size: units[market.Qty](f.size.Abs()),
		Price: units[market.Price](f.price), Mark: units[market.Price](l.mark), Notional: units[market.Quote](notional(f.size, f.price)),
		RealizedPnL: units[market.Quote](realized), Fee: units[market.Quote](paid), FundDelta: units[market.Quote](delta), Book: true,
	}
	x.emit(e)
	if p.size.IsZero() {
		x.finish(p, e)
	}
	return filled
}
