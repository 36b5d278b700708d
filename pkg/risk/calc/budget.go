package calc

import (
	"fmt"
	"slices"
)

// Policies that share a loss budget out over winners, by name. Amounts are what each of them gives out: quote of endowments, notional
// under leverage_draining, contracts under pro_rata_contracts.
const (
	BudgetQueue     = "queue"              // by score, whole, the last one in part
	BudgetProRata   = "pro_rata"           // in proportion to the endowments
	BudgetCapped    = "capped_pro_rata"    // the same, nobody more than a fraction
	BudgetRisk      = "risk_pro_rata"      // in proportion to endowment, leverage and a risk weight
	BudgetContracts = "pro_rata_contracts" // whole contracts, largest remainders
	BudgetMinMax    = "min_max_fraction"   // whole contracts, the smallest largest fraction
	BudgetDraining  = "leverage_draining"  // down to a common leverage
)

var budgetPolicies = []string{BudgetQueue, BudgetProRata, BudgetCapped, BudgetRisk, BudgetContracts, BudgetMinMax, BudgetDraining}

// Budget is a loss that winners bear, and who they are (T. Chitra, arXiv 2512.01112; leverage_draining: arXiv 2603.15963).
type Budget struct {
	Policy    string
	Amount    Number // in place of theta times deficit
	Deficit   Number // in place of what accounts below zero lack
	Theta     Number // severity, the share of the deficit that is raised; 1 where absent
	OfEquity  bool   // endowments are equities; else unrealized profits
	Risk      string // linear, power or cvar
	Exponent  Number // of power
	Threshold Number // of cvar
	Cap       Number // of a fraction, for accounts without one of their own
	Accounts  []BudgetAccount
}

// BudgetAccount is one account. Equity, profit and leverage are at the mark, before anything is taken.
type BudgetAccount struct {
	Account                 string
	Equity, PnL, Leverage   Number
	Score                   Number // of queue
	Cap                     Number // largest fraction of the endowment
	Contracts, LossPerPiece Number // of a contract that is closed, in quote
}

// BudgetResult says what every account bears.
type BudgetResult struct {
	Policy    string  `json:"policy"`
	Deficit   Number  `json:"deficit"`
	Amount    Number  `json:"budget"`
	Available Number  `json:"available"` // what could be taken of all
	Feasible  bool    `json:"feasible"`
	Rate      Number  `json:"rate"`     // fraction taken for each unit of risk weight, where it is the same for all below their caps
	Leverage  Number  `json:"leverage"` // that draining leaves
	Taken     Number  `json:"taken"`
	Uncovered Number  `json:"uncovered"`
	Overshoot Number  `json:"overshoot"` // whole contracts may cover more
	Largest   Number  `json:"largest_fraction"`
	Accounts  []Borne `json:"accounts"` // as given
}

// Borne is one account's part.
type Borne struct {
	Account       string `json:"account"`
	Endowment     Number `json:"endowment"`
	Share         Number `json:"share"` // of the weights, before caps
	Taken         Number `json:"taken"`
	Fraction      Number `json:"fraction"` // of the endowment
	Contracts     Number `json:"contracts"`
	EquityAfter   Number `json:"equity_after"`
	LeverageAfter Number `json:"leverage_after"`

	limit, weight Number
}

// allocate shares the budget out. Errors are *InputError.
func (b *Budget) allocate() (*BudgetResult, error) {
	r := &BudgetResult{Policy: b.Policy, Accounts: make([]Borne, len(b.Accounts))}
	r.Deficit = b.Deficit
	if !r.Deficit.Given() {
		for i := range b.Accounts {
			r.Deficit = r.Deficit.Add(b.Accounts[i].Equity.Neg().Max(Int(0)))
		}
	}
	if r.Amount = b.Amount; !r.Amount.Given() && r.Deficit.Sign() > 0 {
		r.Amount = b.Theta.Or(Int(1)).Mul(r.Deficit)
	}
	weights := Int(0)
	r.Available = Int(0)
	for i := range b.Accounts {
		row, err := b.row(i)
		if err != nil {
			return nil, err
		}
		weights, r.Available = weights.Add(row.weight), r.Available.Add(row.limit)
		r.Accounts[i] = row
	}
	for i := range r.Accounts {
		r.Accounts[i].Share = r.Accounts[i].weight.Div(weights)
	}
	if !r.Amount.Given() {
		return r, nil
	}
	r.Feasible = r.Amount.Cmp(r.Available) <= 0
	if err := b.give(r); err != nil {
		return nil, err
	}
	b.conclude(r)
	return r, nil
}

// row works out what an account has to give, and its weight.
func (b *Budget) row(i int) (Borne, error) {
	a := &b.Accounts[i]
	missing := func(key, expected string) (Borne, error) {
		return Borne{}, &InputError{Path: fmt.Sprintf("budget.accounts[%d].%s", i, key), Expected: expected, Remedy: b.Policy + " needs it"}
	}
	row := Borne{Account: a.Account, Endowment: a.PnL.Max(Int(0))}
	if b.OfEquity {
		row.Endowment = a.Equity.Max(Int(0))
	}
	winner := row.Endowment.Sign() > 0
	row.limit, row.weight = row.Endowment, row.Endowment
	if limit := a.Cap.Or(b.Cap); limit.Given() {
		row.limit = row.Endowment.Mul(limit)
	}
	switch b.Policy {
	case BudgetQueue:
		if !a.Score.Given() && winner {
			return missing("rank_value", "its place in the queue: the highest bears first")
		}
	case BudgetCapped:
		if winner && !a.Cap.Or(b.Cap).Given() {
			return missing("cap", "the largest fraction that is taken of it, or one in budget.cap")
		}
	case BudgetRisk:
		if winner && !a.Leverage.Given() {
			return missing("leverage", "its effective leverage, notional over equity")
		}
		if row.weight = row.Endowment.Mul(a.Leverage).Mul(b.riskOf(a.Leverage)); row.weight.Sign() == 0 {
			row.limit = Int(0) // nothing is ever taken of it
		}
	case BudgetContracts:
		if !a.Contracts.Given() {
			return missing("contracts", "the whole number of contracts that it holds")
		}
		row.Endowment, row.limit, row.weight = a.Contracts, a.Contracts, a.Contracts
	case BudgetMinMax:
		if winner && !(a.Contracts.Given() && a.LossPerPiece.Given()) {
			return missing("contracts", "the whole number of contracts that it holds, and loss_per_contract")
		}
		if row.limit = Int(0); winner {
			row.limit = row.Endowment.Div(a.LossPerPiece).Floor(Int(1)).Min(a.Contracts).Mul(a.LossPerPiece)
		}
		row.weight = row.limit
	case BudgetDraining:
		if !a.Leverage.Given() || !a.Equity.Given() {
			return missing("leverage", "its effective leverage, notional over equity, and equity")
		}
		row.Endowment = a.Leverage.Mul(a.Equity.Max(Int(0)))
		row.limit, row.weight = row.Endowment, row.Endowment
	}
	return row, nil
}

// riskOf is g(λ), the risk weight beside the leverage itself: λ, λ^k or (λ - v)+ (arXiv 2512.01112, examples of RAP).
func (b *Budget) riskOf(leverage Number) Number {
	switch b.Risk {
	case "power":
		g := Int(1)
		for range int(b.Exponent.Or(Int(2)).Float()) {
			g = g.Mul(leverage)
		}
		return g
	case "cvar":
		return leverage.Sub(b.Threshold).Max(Int(0))
	}
	return leverage
}

// give fills in what is taken of each account.
func (b *Budget) give(r *BudgetResult) error {
	switch b.Policy {
	case BudgetQueue:
		b.byScore(r)
	case BudgetContracts:
		return b.wholeContracts(r)
	case BudgetMinMax:
		b.minMax(r)
	case BudgetDraining:
		b.drain(r)
	default:
		r.Rate = waterFill(r.Accounts, r.Amount)
	}
	return nil
}

// byScore takes all that the first have, in the order of the queue.
func (b *Budget) byScore(r *BudgetResult) {
	order := make([]int, len(r.Accounts))
	for i := range order {
		order[i], r.Accounts[i].Taken = i, Int(0)
	}
	slices.SortStableFunc(order, func(i, j int) int { return b.Accounts[j].Score.Cmp(b.Accounts[i].Score) })
	left := r.Amount
	for _, i := range order {
		row := &r.Accounts[i]
		row.Taken = row.limit.Min(left)
		left = left.Sub(row.Taken)
	}
}

// conclude sums up what was taken.
func (b *Budget) conclude(r *BudgetResult) {
	r.Taken, r.Largest = Int(0), Int(0)
	for i := range r.Accounts {
		row, a := &r.Accounts[i], &b.Accounts[i]
		r.Taken = r.Taken.Add(row.Taken)
		row.Fraction = row.Taken.Div(row.Endowment)
		if row.Taken.Sign() == 0 {
			row.Fraction = Int(0)
		}
		r.Largest = r.Largest.Max(row.Fraction)
		quote := row.Taken
		switch b.Policy {
		case BudgetDraining:
			row.LeverageAfter = row.Endowment.Sub(row.Taken).Div(a.Equity)
			quote = Number{} // closing at mark changes no equity
		case BudgetContracts:
			if quote = (Number{}); a.LossPerPiece.Given() {
				quote = row.Taken.Mul(a.LossPerPiece)
			}
		}
		if a.Equity.Given() && quote.Given() {
			row.EquityAfter = a.Equity.Sub(quote)
		}
	}
	r.Uncovered = r.Amount.Sub(r.Taken).Max(Int(0))
	r.Overshoot = r.Taken.Sub(r.Amount).Max(Int(0))
}
