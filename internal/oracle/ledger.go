package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// cash is where money is besides the traders.
type cash struct {
	provider    decimal.Decimal
	fees        decimal.Decimal
	socialized  decimal.Decimal // negative: losses that nobody paid
	external    decimal.Decimal // deposits, negative
	fundingPaid decimal.Decimal
}

// Imbalance sums every balance, the fund's opening balance taken off. It is zero.
func (x *Exchange) Imbalance() decimal.Decimal {
	b := &x.book
	sum := b.provider.Add(x.fundBalance()).Add(b.fees).Add(b.socialized).Add(b.external).Sub(market.Decimal(x.options.InsuranceFund))
	for _, l := range x.listings {
		sum = sum.Sub(l.carried[0].cost).Sub(l.carried[1].cost)
	}
	for _, a := range x.accounts {
		sum = sum.Add(a.wallet)
		for _, p := range a.positions {
			if p != nil {
				sum = sum.Add(p.margin).Sub(p.cost)
			}
		}
	}
	return sum
}

// Account is the engine's view of an account.
func (x *Exchange) Account(id risk.AccountID) risk.Account {
	a := x.accounts[id]
	cross := scope{account: a, mode: risk.Cross}
	wallet, equity, maintenance, count := a.wallet, cross.equity(current), x.maintenance(cross, current), 0
	for _, p := range a.positions {
		if p == nil {
			continue
		}
		count++
		if p.mode == risk.Cross {
			wallet = wallet.Sub(p.pendingFunding())
		} else {
			equity = equity.Add(p.scope().equity(current))
			maintenance = maintenance.Add(x.maintenanceOf(p, p.listing.mark))
		}
	}
	return risk.Account{
		Deposited: units[market.Quote](a.deposited), Wallet: units[market.Quote](wallet), Equity: units[market.Quote](equity),
		MaintenanceMargin: units[market.Quote](maintenance), Positions: count,
	}
}

// Position is the engine's view of a position; ok is false when there is none. EntryPrice is left to the engine.
func (x *Exchange) Position(id risk.AccountID, i market.InstrumentID) (v risk.Position, ok bool) {
	p := x.accounts[id].positions[i]
	if p == nil {
		return v, false
	}
	v = risk.Position{
		Size: units[market.Qty](p.size), Mode: p.mode, Leverage: units[market.Rate](p.leverage), Cost: units[market.Quote](p.cost),
		UnrealizedPnL:     units[market.Quote](p.unrealized(p.listing.mark)),
		MaintenanceMargin: units[market.Quote](x.maintenanceOf(p, p.listing.mark)),
	}
	if p.mode == risk.Isolated {
		v.Margin = units[market.Quote](p.margin.Sub(p.pendingFunding()))
	}
	return v, true
}

// Balance is one of the exchange's own balances, for comparison with risk.Totals.
type Balance struct{ Provider, InsuranceFund, FeeIncome, SocializedLoss, FundingPaid decimal.Decimal }

// Balances returns what the exchange holds; SocializedLoss is positive.
func (x *Exchange) Balances() Balance {
	b := &x.book
	return Balance{b.provider, x.fundBalance(), b.fees, b.socialized.Neg(), b.fundingPaid}
}

// ProviderSize returns the liquidity provider's position, minus the sum of all others.
func (x *Exchange) ProviderSize(i market.InstrumentID) market.Qty {
	return units[market.Qty](x.listings[i].providerSize)
}
