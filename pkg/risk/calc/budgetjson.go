package calc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// mostBearers bounds a budget's accounts: exact sums over many fractions grow.
const mostBearers = 1_000

var wholeExponent = bound{"a whole number from 0 to 8", "", func(n Number) bool {
	return n.Sign() >= 0 && n.Cmp(Int(8)) <= 0 && n.Floor(Int(1)).Cmp(n) == 0
}}

func (o *object) budget() *Budget {
	mistakes := len(o.in.errs)
	policy := o.choice(budgetPolicies, map[string]string{"rap": BudgetRisk, "min_max": BudgetMinMax, "contracts": BudgetContracts, "draining": BudgetDraining}, "policy")
	if policy == "" && len(o.in.errs) == mistakes {
		o.in.refuse(join(o.path, "policy"), "", strings.Join(budgetPolicies, ", "), "")
	}
	b := &Budget{
		Policy: policy,
		Amount: o.number(atLeast0, "amount", "budget"), Deficit: o.number(atLeast0, "deficit"), Theta: o.number(share, "theta", "severity"),
		OfEquity: o.choice([]string{"pnl", "equity"}, nil, "endowment") == "equity",
		Risk:     o.choice([]string{"linear", "power", "cvar"}, nil, "risk"), Exponent: o.number(wholeExponent, "exponent"), Threshold: o.number(atLeast0, "threshold"),
		Cap: o.number(share, "cap"),
	}
	list := o.objects("accounts", "winners")
	if len(list) > mostBearers {
		o.in.refuse(join(o.path, "accounts"), strconv.Itoa(len(list)), fmt.Sprintf("at most %d", mostBearers), "keep those that have most")
		list = nil
	} else if len(list) == 0 {
		o.in.refuse(join(o.path, "accounts"), "", "a list of accounts with equity, pnl, leverage, ...", "")
	}
	seen := map[string]int{}
	for i, c := range list {
		b.Accounts = append(b.Accounts, BudgetAccount{Account: placeOf(c.name("account", "address", "name"), i), Equity: c.number(anyNumber, "equity", "account_value"),
			PnL: c.number(anyNumber, "pnl", "unrealized_pnl"), Leverage: c.number(atLeast0, "leverage"), Score: c.number(anyNumber, "rank_value", "score"),
			Cap: c.number(share, "cap"), Contracts: c.number(wholeNumber, "contracts"), LossPerPiece: c.number(above0, "loss_per_contract")})
		c.done()
		name := b.Accounts[i].Account
		if at, twice := seen[name]; twice {
			o.in.refuse(fmt.Sprintf("%s[%d].account", join(o.path, "accounts"), i), strconv.Quote(name), fmt.Sprintf("another name than that of accounts[%d]", at), "add up what an account has")
		}
		seen[name] = i
	}
	b.consistent(o)
	o.done()
	return b
}

// consistent refuses what a policy would pass over, and what it lacks.
func (b *Budget) consistent(o *object) {
	refuse := func(key string, given bool, value, expected string) {
		if given {
			o.in.refuse(join(o.path, key), value, expected, "leave it out")
		}
	}
	if b.Policy == "" {
		return
	}
	refuse("risk", b.Risk != "" && b.Policy != BudgetRisk, b.Risk, "policy: "+BudgetRisk)
	refuse("exponent", b.Exponent.Given() && b.Risk != "power", b.Exponent.String(), "risk: power")
	refuse("threshold", b.Threshold.Given() && b.Risk != "cvar", b.Threshold.String(), "risk: cvar")
	refuse("theta", b.Theta.Given() && b.Amount.Given(), b.Theta.String(), "none beside amount")
	capped := b.Policy == BudgetCapped || b.Policy == BudgetRisk || b.Policy == BudgetQueue
	refuse("cap", b.Cap.Given() && !capped, b.Cap.String(), "policy: "+BudgetCapped+", "+BudgetRisk+" or "+BudgetQueue)
	for i := range b.Accounts {
		refuse(fmt.Sprintf("accounts[%d].cap", i), b.Accounts[i].Cap.Given() && !capped, b.Accounts[i].Cap.String(), "policy: "+BudgetCapped+", "+BudgetRisk+" or "+BudgetQueue)
	}
	if b.Risk == "cvar" && !b.Threshold.Given() {
		o.in.refuse(join(o.path, "threshold"), "", "the leverage beyond which risk counts, such as 0.9", "risk: cvar needs it")
	}
	if (b.Policy == BudgetContracts || b.Policy == BudgetDraining) && !b.Amount.Given() {
		o.in.refuse(join(o.path, "amount"), "", map[string]string{BudgetContracts: "the number of contracts to be closed", BudgetDraining: "the notional to be closed"}[b.Policy], "")
	}
	if !b.OfEquity && b.Policy != BudgetContracts && b.Policy != BudgetDraining && !slices.ContainsFunc(b.Accounts, func(a BudgetAccount) bool { return a.PnL.Given() }) && len(b.Accounts) > 0 {
		o.in.refuse(join(o.path, "accounts"), "without any pnl", "the unrealized profits that bear the loss", "endowment: equity takes equity")
	}
}
