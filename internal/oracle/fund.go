package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// fund is one insurance fund. The rulebook has one for the venue, one for each group or one for each instrument.
type fund struct {
	balance, floor decimal.Decimal
	history        series
	deleveraging   bool       // ADL is on, under drawdown_from_peak
	listings       []*listing // that it stands for
}

// present is B: the balance less the risk of what is carried of the fund's instruments.
func (f *fund) present() decimal.Decimal { return f.balance.Sub(atRisk(f.listings...)) }

// above is A: what the fund holds above its floor.
func (f *fund) above() decimal.Decimal { return decimal.Max(decimal.Zero, f.present().Sub(f.floor)) }

// openFunds makes the funds and splits opening balance and floor over them by the weights of their instruments, rounded
// down; what is left over of the balance goes to the fund of the lowest instrument.
func (x *Exchange) openFunds() {
	byKey := map[string]*fund{}
	weights := map[*fund]decimal.Decimal{}
	total := decimal.Zero
	for _, w := range x.options.FundWeights {
		total = total.Add(market.Decimal(w))
	}
	weighted := !total.IsZero()
	if !weighted {
		total = decimal.NewFromInt(int64(len(x.listings)))
	}
	for i, l := range x.listings {
		key := ""
		switch x.policies().FundScope {
		case "group":
			key = l.contract.Group
		case "instrument":
			key = l.contract.Instrument.Symbol
		}
		f := byKey[key]
		if f == nil {
			f = &fund{}
			byKey[key] = f
			x.funds = append(x.funds, f)
		}
		l.fund = f
		f.listings = append(f.listings, l)
		w := one
		if weighted {
			w = market.Decimal(x.options.FundWeights[i])
		}
		weights[f] = weights[f].Add(w)
	}
	balance, floor := market.Decimal(x.options.InsuranceFund), market.Decimal(x.options.InsuranceFloor)
	rest := balance
	for _, f := range x.funds {
		f.balance, f.floor = divFloor(balance.Mul(weights[f]), total), divFloor(floor.Mul(weights[f]), total)
		rest = rest.Sub(f.balance)
	}
	if len(x.funds) > 0 {
		first := x.funds[0] // the funds stand in the order of their lowest instruments
		first.balance = first.balance.Add(rest)
	}
	for _, f := range x.funds {
		f.history = series{opening: f.balance}
	}
}

// toFund moves an amount into the fund of an instrument, or out of it, and remembers who brought it.
func (x *Exchange) toFund(l *listing, amount decimal.Decimal) {
	l.fund.balance = l.fund.balance.Add(amount)
	l.fund.history.add(x.now, l.fund.balance)
	l.brought = l.brought.Add(amount)
	l.history.add(x.now, l.brought)
}

// fundBalance is what all funds hold together.
func (x *Exchange) fundBalance() decimal.Decimal {
	sum := decimal.Zero
	for _, f := range x.funds {
		sum = sum.Add(f.balance)
	}
	return sum
}
