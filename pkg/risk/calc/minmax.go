package calc

import (
	"math/big"
	"slices"
	"strconv"
)

// wholeContracts gives out a whole number of contracts in proportion to what accounts hold, rounded down; what that leaves goes to the
// largest remainders, ties to the earlier account (arXiv 2512.01112, contract pro-rata).
func (b *Budget) wholeContracts(r *BudgetResult) error {
	if r.Amount.Cmp(r.Amount.Floor(Int(1))) != 0 {
		return &InputError{Path: "budget.amount", Value: r.Amount.String(), Expected: "a whole number of contracts under " + BudgetContracts, Remedy: "another policy shares quote out"}
	}
	give := r.Amount.Min(r.Available)
	rest, left := make([]Number, len(r.Accounts)), give
	order := make([]int, len(r.Accounts))
	for i := range r.Accounts {
		row := &r.Accounts[i]
		exact := give.Mul(row.Share)
		row.Taken = exact.Floor(Int(1))
		rest[i], left, order[i] = exact.Sub(row.Taken), left.Sub(row.Taken), i
	}
	slices.SortStableFunc(order, func(i, j int) int { return rest[j].Cmp(rest[i]) })
	for _, i := range order {
		if left.Sign() == 0 {
			break
		}
		r.Accounts[i].Taken = r.Accounts[i].Taken.Add(Int(1)) // a share below the whole holding: there is one more
		left = left.Sub(Int(1))
	}
	for i := range r.Accounts {
		r.Accounts[i].Contracts = r.Accounts[i].Taken
	}
	return nil
}

// minMax closes whole contracts so that they cover the amount and the largest fraction of an endowment that is taken is the
// smallest possible (arXiv 2512.01112, min-max ILP). At a bound m account i gives min(K, floor(m·endowment/loss)) contracts, m at most 1,
// which grows with m in steps: m is halved in until at most one step of each account is left between what covers and what does not, and
// then the steps are tried in order. Contracts beyond the amount are given back, by account.
func (b *Budget) minMax(r *BudgetResult) {
	if !r.Feasible {
		for i := range r.Accounts {
			r.Accounts[i].Taken, r.Accounts[i].Contracts = r.Accounts[i].limit, b.within(r, i, Int(1))
		}
		return
	}
	m := b.smallestBound(r)
	covered := Int(0)
	for i := range r.Accounts {
		r.Accounts[i].Contracts = b.within(r, i, m)
		covered = covered.Add(r.Accounts[i].Contracts.Mul(b.Accounts[i].LossPerPiece))
	}
	for i := range r.Accounts {
		row, loss := &r.Accounts[i], b.Accounts[i].LossPerPiece
		if row.Contracts.Sign() > 0 {
			back := covered.Sub(r.Amount).Div(loss).Floor(Int(1)).Min(row.Contracts)
			row.Contracts, covered = row.Contracts.Sub(back), covered.Sub(back.Mul(loss))
		}
		row.Taken = row.Contracts.Mul(loss)
	}
}

// within returns the contracts that an account gives at a bound.
func (b *Budget) within(r *BudgetResult, i int, m Number) Number {
	if r.Accounts[i].limit.Sign() <= 0 {
		return Int(0)
	}
	return m.Mul(r.Accounts[i].Endowment).Div(b.Accounts[i].LossPerPiece).Floor(Int(1)).Min(r.Accounts[i].limit.Div(b.Accounts[i].LossPerPiece))
}

// smallestBound returns the least fraction at which the contracts cover the amount.
func (b *Budget) smallestBound(r *BudgetResult) Number {
	covers := func(m Number) bool {
		sum := Int(0)
		for i := range r.Accounts {
			sum = sum.Add(b.within(r, i, m).Mul(b.Accounts[i].LossPerPiece))
		}
		return sum.Cmp(r.Amount) >= 0
	}
	low, high := Int(0), Int(0) // low does not cover, high does
	step := Number{}            // the least fraction that one contract is
	for i := range r.Accounts {
		if row := &r.Accounts[i]; row.limit.Sign() > 0 {
			high = high.Max(row.limit.Div(row.Endowment))
			if one := b.Accounts[i].LossPerPiece.Div(row.Endowment); !step.Given() || one.Cmp(step) < 0 {
				step = one
			}
		}
	}
	for step.Given() && high.Sub(low).Cmp(step) >= 0 {
		if middle := coarse(low.Add(high).Div(Int(2)), step); covers(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	steps := []Number{high}
	for i := range r.Accounts {
		if row := &r.Accounts[i]; row.limit.Sign() > 0 {
			one := b.Accounts[i].LossPerPiece.Div(row.Endowment)
			if at := b.within(r, i, high).Mul(one); at.Cmp(low) > 0 && at.Cmp(high) < 0 {
				steps = append(steps, at)
			}
		}
	}
	slices.SortFunc(steps, Number.Cmp)
	at, _ := slices.BinarySearchFunc(steps, true, func(m Number, _ bool) int {
		if covers(m) {
			return 0
		}
		return -1
	})
	return steps[at]
}

// coarse moves a middle to a fraction with a short denominator, by less than a quarter of a step.
func coarse(middle, step Number) Number {
	unit := new(big.Rat).SetInt64(1)
	for unit.Cmp(new(big.Rat).Mul(step.rat(), big.NewRat(1, 4))) >= 0 {
		unit.Quo(unit, big.NewRat(2, 1))
	}
	return middle.Floor(Number{unit})
}

// placeOf names an account that has no name by its place.
func placeOf(name string, i int) string {
	if name == "" {
		return strconv.Itoa(i)
	}
	return name
}
