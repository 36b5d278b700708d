package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// Ledger compares the exchange's cash with what was brought in.
type Ledger struct {
	Opening   market.Sum // the insurance fund's opening balance
	Closing   market.Sum // all cash that the exchange holds, from a full re-count of the book
	External  market.Sum // deposits
	Imbalance market.Sum // Closing - Opening - External; zero
}

// Reconcile counts the whole book and compares it with the ledger: every wallet, margin and cost, every size, the
// lists of positions. An error names the first account or instrument that does not add up; it is a defect of this
// package.
func (x *Exchange) Reconcile() (Ledger, error) {
	out := Ledger{Opening: x.opening}
	var traders market.Sum
	sizes := make([]struct{ long, short market.Int128 }, len(x.listings))
	for a := range x.accounts {
		row := &x.accounts[a]
		traders.Add(row.wallet)
		out.External.Add(row.deposited)
		if row.positions == none && row.wallet < 0 {
			return out, fmt.Errorf("exchange: defect: account %d has no position and owes %v", a, -row.wallet)
		}
		for id := row.positions; id != none; id = x.positions[id].next {
			p := &x.positions[id]
			traders.Add(p.margin)
			traders.Sub(p.cost)
			if p.size > 0 {
				addQty(&sizes[p.instrument].long, p.size)
			} else {
				addQty(&sizes[p.instrument].short, p.size)
			}
			if p.size == 0 || int(p.account) != a {
				return out, fmt.Errorf("exchange: defect: account %d lists position %d, size %v of account %d", a, id, p.size, p.account)
			}
		}
	}
	for i := range x.listings {
		l := &x.listings[i]
		if sizes[i].long != l.long || sizes[i].short != l.short {
			return out, fmt.Errorf("exchange: defect: %s holds %v long and %v short units, its totals say %v and %v", l.Symbol,
				sizes[i].long.Big(), sizes[i].short.Big(), l.long.Big(), l.short.Big())
		}
		if sum := l.long.Add(l.short).Add(l.provider).Add(x.carriedSize(market.InstrumentID(i))); sum.Sign() != 0 {
			return out, fmt.Errorf("exchange: defect: sizes of %s sum to %v units instead of 0", l.Symbol, sum.Big())
		}
	}
	if err := x.checkCarried(); err != nil {
		return out, err
	}
	if control := x.ledger.Balance(ledger.Traders); traders.Cmp(control) != 0 {
		return out, fmt.Errorf("exchange: defect: accounts hold %v, the ledger says %v", traders, control)
	}
	out.Closing = traders
	for _, h := range []ledger.Holder{ledger.Provider, ledger.Engine, ledger.InsuranceFund, ledger.FeeIncome, ledger.Socialized} {
		out.Closing.AddSum(x.ledger.Balance(h))
	}
	out.Imbalance = out.Closing
	out.Imbalance.SubSum(out.Opening)
	out.Imbalance.SubSum(out.External)
	return out, nil
}
