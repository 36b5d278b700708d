package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// listAssets adds the collateral assets behind the instruments. They belong to the fund of the lowest instrument.
func (x *Exchange) listAssets() {
	for _, c := range x.options.Collateral {
		l := &listing{
			id: market.InstrumentID(len(x.listings)), asset: true, haircut: market.Decimal(c.Haircut),
			tick: market.Decimal(c.Tick), lot: market.Decimal(c.Lot), fund: x.listings[0].fund,
		}
		l.fund.listings = append(l.fund.listings, l)
		x.listings = append(x.listings, l)
	}
}

// Hold deposits a holding in kind: its haircut value in quote currency, for which it is bought of the provider. A deposit is no event. False
// means refused.
func (x *Exchange) Hold(a risk.AccountID, asset market.InstrumentID, size market.Qty) bool {
	l := x.listings[asset]
	if !l.asset || !l.priced || size <= 0 {
		return false
	}
	holder, q := x.accounts[a], market.Decimal(size)
	p := holder.positions[asset]
	if p == nil {
		p = &position{account: holder, listing: l, mode: risk.Cross, leverage: one}
		holder.positions[asset] = p
	}
	h := l.worth(q, l.mark)
	holder.deposited, holder.wallet = holder.deposited.Add(h), holder.wallet.Add(h)
	x.book.external = x.book.external.Sub(h)
	p.size, p.cost = p.size.Add(q), p.cost.Add(h)
	x.book.provider = x.book.provider.Add(h)
	l.providerSize = l.providerSize.Sub(q)
	return true
}

// worth is what a size counts for in a scope: V(P) = q·P, floor of the signed value, and of an asset H = floor(V·(1 − h)).
func (l *listing) worth(size, price decimal.Decimal) decimal.Decimal {
	v := floor(size.Mul(price))
	if l.asset {
		return floor(v.Mul(one.Sub(l.haircut)))
	}
	return v
}
