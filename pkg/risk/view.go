package risk

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// Account returns a view of an account at the current marks. It panics with an *OverflowError where an amount of it does not fit.
func (x *Exchange) Account(a AccountID) Account {
	row := x.accounts[a]
	cross := scope{account: a, position: none}
	x.evaluate(&cross)
	v := Account{Deposited: row.deposited, Wallet: row.wallet, Equity: cross.equity, MaintenanceMargin: cross.maintenance}
	for id := row.positions; id != none; id = x.positions[id].next {
		v.Positions++
		if p := &x.positions[id]; p.mode == Cross {
			v.Wallet -= x.pending(p)
		} else {
			s := scope{account: a, position: id}
			x.evaluate(&s)
			v.Equity = x.plus(v.Equity, s.equity, a, p.instrument, "equity")
			v.MaintenanceMargin = x.plus(v.MaintenanceMargin, s.maintenance, a, p.instrument, "maintenance margin")
		}
	}
	return v
}

// Position returns a view of an account's position in an instrument; ok is false when there is none.
func (x *Exchange) Position(a AccountID, i market.InstrumentID) (v Position, ok bool) {
	id := x.find(a, i)
	if id == none {
		return Position{}, false
	}
	p := &x.positions[id]
	mark := x.listings[i].mark
	v = Position{Size: p.size, Mode: p.mode, Leverage: p.leverage, EntryPrice: perUnit(p.cost, p.size), Cost: p.cost,
		UnrealizedPnL: x.counted(a, i, p.size, mark) - p.cost, MaintenanceMargin: x.maintenance(p, mark)}
	if p.mode == Isolated {
		v.Margin = p.margin - x.pending(p)
	}
	return v, true
}

// Prices returns an instrument's current mark, last and index price; ok is false before its first tick.
func (x *Exchange) Prices(i market.InstrumentID) (mark, last, index market.Price, ok bool) {
	l := &x.listings[i]
	return l.mark, l.last, l.index, l.priced
}

// OpenInterest returns the open interest that accounts hold: half of their longs plus half of their shorts, since a contract
// has two ends. The liquidity provider is left out. He is the other side of every fill, and whether the market that he
// stands for opened a position against a forced sale or closed one is not known; counting his inventory as new
// positions would keep open interest level through any cascade. Collateral is held, not open: 0.
func (x *Exchange) OpenInterest(i market.InstrumentID) market.Qty {
	if x.isCollateral(i) {
		return 0
	}
	long, short := x.TraderInterest(i)
	return long/2 + short/2 + (long&1+short&1)/2
}

// TraderInterest returns the sizes that traders hold long and short, both positive, without the liquidity provider; of a collateral
// asset what all accounts hold.
func (x *Exchange) TraderInterest(i market.InstrumentID) (long, short market.Qty) {
	l, _ := x.listings[i].long.Int64()
	s, _ := x.listings[i].short.Int64()
	return market.Qty(l), market.Qty(-s)
}

// Fund returns the balance of all insurance funds together.
func (x *Exchange) Fund() (sum market.Quote) {
	for n := range x.funds {
		sum += x.funds[n].balance
	}
	return sum
}

// RoundsMax returns the most liquidation rounds that any tick needed.
func (x *Exchange) RoundsMax() int32 { return x.roundsMax }

// Totals are the exchange's balances.
type Totals struct {
	Traders, Provider, InsuranceFund, FeeIncome market.Sum
	SocializedLoss                              market.Sum // positive: what nobody paid for
	FundingPaid                                 market.Sum // by traders to the provider, settled so far, net
}

// Totals returns the balances of the ledger.
func (x *Exchange) Totals() Totals {
	t := Totals{Traders: x.ledger.Balance(ledger.Traders), Provider: x.ledger.Balance(ledger.Provider),
		InsuranceFund: x.ledger.Balance(ledger.InsuranceFund), FeeIncome: x.ledger.Balance(ledger.FeeIncome), FundingPaid: x.paidFunding}
	t.SocializedLoss.SubSum(x.ledger.Balance(ledger.Socialized))
	return t
}
