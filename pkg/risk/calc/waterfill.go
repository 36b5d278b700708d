package calc

import (
	"slices"
)

// waterFill gives out an amount so that everybody is given min(limit, τ·weight), with one τ for all, which it returns; where the limits do
// not reach, everybody is given the limit and there is no τ. The amount given is piecewise linear in τ: the kinks, limit/weight,
// are walked upward.
func waterFill(rows []Borne, amount Number) (level Number) {
	var open []int
	weights, full := Int(0), Int(0) // weights of those below their limits; limits of the others
	for i := range rows {
		rows[i].Taken = Int(0)
		if rows[i].weight.Sign() > 0 && rows[i].limit.Sign() > 0 {
			open = append(open, i)
			weights = weights.Add(rows[i].weight)
		}
	}
	kink := func(i int) Number { return rows[i].limit.Div(rows[i].weight) }
	slices.SortStableFunc(open, func(i, j int) int { return kink(i).Cmp(kink(j)) })
	for at, i := range open {
		if level = amount.Sub(full).Div(weights); level.Cmp(kink(i)) <= 0 {
			for _, j := range open[at:] {
				rows[j].Taken = level.Mul(rows[j].weight)
			}
			return level
		}
		rows[i].Taken = rows[i].limit
		full, weights = full.Add(rows[i].limit), weights.Sub(rows[i].weight)
	}
	return Number{}
}

// drain takes notional from the most levered until all of them have one leverage (arXiv 2603.15963): max(0, notional - L·equity),
// with the L at which that is the amount. The amount given is piecewise linear in L: the leverages are walked downward.
func (b *Budget) drain(r *BudgetResult) {
	var order []int
	for i := range r.Accounts {
		r.Accounts[i].Taken = Int(0)
		if r.Accounts[i].Endowment.Sign() > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return b.Accounts[j].Leverage.Cmp(b.Accounts[i].Leverage) })
	notional, equity := Int(0), Int(0) // of those above the level
	for at, i := range order {
		notional, equity = notional.Add(r.Accounts[i].Endowment), equity.Add(b.Accounts[i].Equity)
		level := notional.Sub(r.Amount).Div(equity).Max(Int(0))
		if at+1 < len(order) && level.Cmp(b.Accounts[order[at+1]].Leverage) < 0 {
			continue
		}
		r.Leverage = level
		for _, j := range order[:at+1] {
			r.Accounts[j].Taken = r.Accounts[j].Endowment.Sub(level.Mul(b.Accounts[j].Equity))
		}
		return
	}
}
