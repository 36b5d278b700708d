package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// pendingFunding is G = q·(F − F0), ceil of the signed payment.
func (p *position) pendingFunding() decimal.Decimal {
	return ceil(p.size.Mul(p.listing.funding.Sub(p.settled)))
}

// settle pays what is pending: from the margin of an isolated position, from the wallet of a cross one.
func (x *Exchange) settle(p *position) {
	g := p.pendingFunding()
	moved := !p.settled.Equal(p.listing.funding)
	p.settled = p.listing.funding
	p.credit(g.Neg())
	x.book.provider = x.book.provider.Add(g)
	x.book.fundingPaid = x.book.fundingPaid.Add(g)
	if moved && x.options.FundingEvents {
		x.emit(risk.Event{
			Kind: risk.Funding, Side: p.side(), Instrument: p.listing.id, Account: p.account.id,
			Size: units[market.Qty](p.size.Abs()), Price: units[market.Price](p.listing.mark), Mark: units[market.Price](p.listing.mark),
			Notional: units[market.Quote](notional(p.size, p.listing.mark)), RealizedPnL: units[market.Quote](g.Neg()),
		})
	}
}

// credit adds to the wallet of the position's scope.
func (p *position) credit(amount decimal.Decimal) {
	if p.mode == risk.Isolated {
		p.margin = p.margin.Add(amount)
	} else {
		p.account.wallet = p.account.wallet.Add(amount)
	}
}
