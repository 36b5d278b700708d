package risk

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// forced is an order that closes d of a position, worked out and not yet filled.
type forced struct {
	position int32
	d        market.Qty
	price    market.Price
	cash     market.Quote // that the fill brings
	left     market.Quote // the scope's equity after it, before fee and fund
	fee      market.Quote
	rest     market.Quote // of an emptied scope, what goes to the fund beyond the fee
	fund     market.Quote // what the fund pays to the scope
	margin   market.Quote // by which the position's maintenance margin falls, where a rule asks for it
	outcome  outcome
}

// outcome says what becomes of a forced order.
type outcome uint8

const (
	fills    outcome = iota
	rests            // its limit is not met
	takeover         // the scope cannot bear it
)

// workOut prices an order of an evaluated scope and decides what becomes of it (docs/MODEL.md section 5, step 2).
func (x *Exchange) workOut(s *scope, id int32, d market.Qty) forced {
	p := &x.positions[id]
	l := &x.listings[p.instrument]
	f := forced{position: id, d: d, price: x.slippedSize(p.account, p.instrument, d, l.mark)}
	f.cash = -x.value(p.account, p.instrument, -d, f.price)
	given := x.counted(p.account, p.instrument, p.size, l.mark) - x.counted(p.account, p.instrument, p.size-d, l.mark)
	f.left = s.equity + f.cash - given
	if x.rules.asksRelease() {
		f.margin = x.marginReleased(p, d)
	}
	var bankruptcy market.Quote
	if x.rules.limit == limitZeroPrice || x.rules.cappedAtGain {
		bankruptcy = given - x.shareOf(s, p, f.margin)
	}
	switch x.rules.limit {
	case limitNone:
		if f.left < 0 {
			f.outcome = takeover
			return f
		}
	case limitZeroPrice:
		if f.cash < bankruptcy {
			f.outcome = rests
			return f
		}
	case limitFillable:
		if f.cash < given-x.fillableSpread(s, p, f.margin) {
			f.outcome = rests
			return f
		}
	}
	x.charge(s, &f, bankruptcy)
	return f
}

// marginReleased returns by what a position's maintenance margin falls when d of it is closed.
func (x *Exchange) marginReleased(p *position, d market.Qty) market.Quote {
	mark := x.listings[p.instrument].mark
	margin := x.maintenance(p, mark)
	if rest := x.reduced(p, d); rest.size != 0 {
		margin -= x.maintenance(&rest, mark)
	}
	return margin
}

// shareOf returns the share of a scope's equity that goes with a part of its maintenance margin, rounded down; 0 where nothing
// is required.
func (x *Exchange) shareOf(s *scope, p *position, margin market.Quote) market.Quote {
	if s.maintenance == 0 {
		return 0
	}
	v, ok := market.MulDivFloor(int64(s.equity), int64(margin), int64(s.maintenance))
	return x.must(market.Quote(v), ok, p.account, p.instrument, "bankruptcy share")
}

// fillableSpread returns how far below its value a position may be sold, as cash: a · spread · ΔMM with a = clamp(adjustment ·
// (1 − E/MM), 0, 1), each ratio and product rounded down (dYdX v4, x/clob keeper, GetFillablePrice).
func (x *Exchange) fillableSpread(s *scope, p *position, margin market.Quote) market.Quote {
	var ratio int64
	if s.maintenance != 0 {
		var ok bool
		ratio, ok = market.MulDivFloor(int64(s.equity), market.Scale, int64(s.maintenance))
		x.must(0, ok, p.account, p.instrument, "margin ratio")
	}
	a, ok := market.MulDivFloor(int64(x.rules.FillableAdjustment), market.Scale-ratio, market.Scale)
	x.must(0, ok, p.account, p.instrument, "bankruptcy adjustment")
	a = min(max(a, 0), market.Scale)
	a, _ = market.MulDivFloor(a, int64(x.rules.FillableSpread), market.Scale) // at most the spread
	spread, ok := market.Rate(a).OfFloor(margin)
	return x.must(spread, ok, p.account, p.instrument, "fillable spread")
}

// charge works out the fee of an order, what the fund has to add to it, and what it keeps of a scope that ends.
func (x *Exchange) charge(s *scope, f *forced, bankruptcy market.Quote) {
	p := &x.positions[f.position]
	l := &x.listings[p.instrument]
	full := x.fee(l.contract.LiquidationFee, p.account, p.instrument, x.notional(p.account, p.instrument, f.d, f.price))
	switch gain := f.cash - bankruptcy; {
	case !x.rules.cappedAtGain:
		f.fee = min(full, max(f.left, 0))
	case gain >= 0:
		f.fee = min(full, gain)
	default:
		f.fund = -gain
		if f.fund > x.available(p.instrument) {
			f.outcome = takeover
			return
		}
	}
	if x.rules.remainderToFund && f.d == p.size && x.alone(s, f.position) {
		f.rest = max(f.left+f.fund-f.fee, 0)
	}
}

// alone reports whether a scope holds nothing but one position.
func (x *Exchange) alone(s *scope, id int32) bool {
	others := false
	x.each(*s, func(other int32) { others = others || other != id })
	return !others
}

// reduced returns what a position would be after closing d of it.
func (x *Exchange) reduced(p *position, d market.Qty) position {
	rest := *p
	rest.size -= d
	rest.cost -= x.released(p, d)
	return rest
}

// fill carries a forced order out.
func (x *Exchange) fill(s *scope, f *forced) {
	p := &x.positions[f.position]
	l := &x.listings[p.instrument]
	realized := x.reduce(f.position, -f.d, -f.cash, ledger.Provider)
	addQty(&l.provider, f.d)
	x.use(p.instrument, f.d, x.exempt(p.account))
	*x.wallet(*s) += f.fund - f.fee - f.rest
	delta := f.rest - f.fund
	if x.rules.feeToIncome {
		x.ledger.Post(ledger.Traders, ledger.FeeIncome, f.fee)
	} else {
		delta += f.fee
	}
	x.payFund(p.instrument, ledger.Traders, delta)
	x.emit(Event{Kind: Liquidation, Account: p.account, Instrument: p.instrument, Side: market.SideOf(f.d), Size: f.d.Abs(), Price: f.price,
		RealizedPnL: realized, Fee: f.fee + f.rest, FundDelta: delta, Book: true})
	if p.size != 0 {
		return
	}
	// A fillable price beyond bankruptcy can leave less than nothing where the fee, and not the fund, is what is capped.
	if left := *x.wallet(*s); left < 0 && x.alone(s, f.position) {
		x.coverShortfall(f.position, market.SideOf(f.d), f.d.Abs(), f.price, -left)
	}
	x.remove(f.position)
}
