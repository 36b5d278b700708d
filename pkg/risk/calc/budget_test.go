package calc

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every policy on a few accounts, worked out by hand.
func TestBudgetsByHand(t *testing.T) {
	for _, c := range []struct {
		name, input string
		want        map[string]any
	}{
		{"capped: a rate of 0.4 is more than b gives (0.1: 2); the other 38 of 80 are 0.475", `{"policy": "capped_pro_rata", "amount": 40, "cap": 1, "accounts": [
			{"account": "a", "pnl": 10, "cap": 0.5}, {"account": "b", "pnl": 20, "cap": 0.1}, {"account": "c", "pnl": 70}]}`,
			map[string]any{"rate": "0.475", "accounts/0/taken": "4.75", "accounts/1/taken": "2", "accounts/2/taken": "33.25", "largest_fraction": "0.475", "available": "77", "uncovered": "0"}},
		{"risk: weights 10·1·1 and 10·3·3; 7.2 of 8 is more than half of b's 10, which gives 5; the other 3 are 0.3 of a's weight", `{"policy": "risk_pro_rata", "amount": 8, "accounts": [
			{"account": "a", "pnl": 10, "leverage": 1}, {"account": "b", "pnl": 10, "leverage": 3, "cap": 0.5}]}`,
			map[string]any{"rate": "0.3", "accounts/0/taken": "3", "accounts/1/taken": "5", "accounts/0/share": "0.1", "accounts/1/share": "0.9"}},
		{"risk beyond 5: a has none, so that 10 of b are all there is of 12", `{"policy": "risk_pro_rata", "risk": "cvar", "threshold": 5, "amount": 12, "accounts": [
			{"account": "a", "pnl": 20, "leverage": 5}, {"account": "b", "pnl": 10, "leverage": 6}]}`,
			map[string]any{"available": "10", "feasible": false, "uncovered": "2", "accounts/0/taken": "0", "accounts/1/taken": "10"}},
		{"contracts: 4 in the ratio 5:3:2 are 2, 1.2 and 0.8; the one that rounding leaves is c's", `{"policy": "pro_rata_contracts", "amount": 4, "accounts": [
			{"account": "a", "contracts": 5}, {"account": "b", "contracts": 3}, {"account": "c", "contracts": 2}]}`,
			map[string]any{"accounts/0/contracts": "2", "accounts/1/contracts": "1", "accounts/2/contracts": "1", "largest_fraction": "0.5"}},
		{"min-max: a gives 4 for each 0.04, b 6 for each 0.1: 18 up to 0.12, 22 at 0.16", `{"policy": "min_max_fraction", "amount": 20, "accounts": [
			{"account": "a", "pnl": 100, "contracts": 10, "loss_per_contract": 4}, {"account": "b", "pnl": 60, "contracts": 5, "loss_per_contract": 6}]}`,
			map[string]any{"accounts/0/contracts": "4", "accounts/1/contracts": "1", "accounts/0/taken": "16", "accounts/1/fraction": "0.1", "largest_fraction": "0.16", "overshoot": "2", "feasible": true}},
		{"draining 30 of 50, 30 and 20 with equities 10, 10 and 20: (50 + 30 - 30)/20 = 2.5", `{"policy": "leverage_draining", "amount": 30, "accounts": [
			{"account": "a", "equity": 10, "leverage": 5}, {"account": "b", "equity": 10, "leverage": 3}, {"account": "c", "equity": 20, "leverage": 1}]}`,
			map[string]any{"leverage": "2.5", "accounts/0/taken": "25", "accounts/1/taken": "5", "accounts/2/taken": "0", "accounts/2/leverage_after": "1", "accounts/0/leverage_after": "2.5"}},
		{"draining 10 leaves a above b: (50 - 10)/10 = 4", `{"policy": "leverage_draining", "amount": 10, "accounts": [{"equity": 10, "leverage": 5}, {"equity": 10, "leverage": 3}]}`,
			map[string]any{"leverage": "4", "accounts/0/taken": "10", "accounts/1/taken": "0"}},
		{"more than there is: all of it, and 3 are not covered", `{"policy": "pro_rata", "amount": 8, "accounts": [{"pnl": 5, "equity": 9}, {"pnl": -1, "equity": -4}]}`,
			map[string]any{"feasible": false, "rate": nil, "accounts/0/taken": "5", "accounts/0/equity_after": "4", "accounts/1/taken": "0", "uncovered": "3", "deficit": "4"}},
	} {
		want := map[string]any{}
		for path, v := range c.want {
			want["budget/"+path] = v
		}
		t.Run(c.name, func(t *testing.T) { check(t, "binance/2025-10", "adl", `{"budget": `+c.input+`}`, want) })
	}
}

// Below its limit everybody bears one rate of the weight, at it no more than that; together they bear the amount or all there is.
func TestWaterFillIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := make([]Borne, rapid.IntRange(1, 6).Draw(t, "accounts"))
		available := Int(0)
		for i := range rows {
			rows[i].limit, rows[i].weight = decimals(t, "limit", 0, 1000, "0.01"), decimals(t, "weight", 0, 1000, "0.01")
			if rows[i].weight.Sign() > 0 {
				available = available.Add(rows[i].limit)
			}
		}
		amount := decimals(t, "amount", 0, 4000, "0.01")
		level := waterFill(rows, amount)
		sum := Int(0)
		for _, r := range rows {
			sum = sum.Add(r.Taken)
			if r.weight.Sign() > 0 && r.Taken.Cmp(r.limit) != 0 && r.Taken.Cmp(level.Mul(r.weight)) != 0 || r.Taken.Cmp(r.limit) > 0 || level.Given() && r.Taken.Cmp(level.Mul(r.weight)) > 0 {
				t.Fatalf("%v of %v for a weight of %v at a rate of %v", r.Taken, r.limit, r.weight, level)
			}
		}
		if sum.Cmp(amount.Min(available)) != 0 {
			t.Fatalf("%v given out of %v, available %v", sum, amount, available)
		}
	})
}

// No choice of whole contracts that covers the amount takes a smaller largest fraction: all of them are tried.
func TestMinMaxIsTheSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &Budget{Policy: BudgetMinMax, Amount: decimals(t, "amount", 0, 60, "0.5")}
		for range rapid.IntRange(1, 3).Draw(t, "accounts") {
			b.Accounts = append(b.Accounts, BudgetAccount{PnL: decimals(t, "pnl", 1, 40, "0.5"), Contracts: Int(rapid.Int64Range(0, 5).Draw(t, "contracts")), LossPerPiece: decimals(t, "loss", 1, 9, "0.5")})
		}
		r, err := b.allocate()
		if err != nil {
			t.Fatal(err)
		}
		best := Number{}
		var try func(i int, covered, largest Number)
		try = func(i int, covered, largest Number) {
			if i == len(b.Accounts) {
				if covered.Cmp(b.Amount) >= 0 && (!best.Given() || largest.Cmp(best) < 0) {
					best = largest
				}
				return
			}
			a := &b.Accounts[i]
			for k := Int(0); k.Cmp(a.Contracts) <= 0 && k.Mul(a.LossPerPiece).Cmp(a.PnL) <= 0; k = k.Add(Int(1)) {
				loss := k.Mul(a.LossPerPiece)
				try(i+1, covered.Add(loss), largest.Max(loss.Div(a.PnL)))
			}
		}
		try(0, Int(0), Int(0))
		if r.Feasible != best.Given() || r.Feasible && (r.Largest.Cmp(best) != 0 || r.Taken.Cmp(r.Amount) < 0) {
			t.Fatalf("%+v; the smallest largest fraction that covers is %v", r, best)
		}
	})
}

// Draining leaves those that give anything with one leverage, and nobody above it; it closes the amount, or everything.
func TestDrainingLeavesOneLeverage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &Budget{Policy: BudgetDraining, Amount: decimals(t, "amount", 0, 4000, "0.01")}
		for range rapid.IntRange(1, 5).Draw(t, "accounts") {
			b.Accounts = append(b.Accounts, BudgetAccount{Equity: decimals(t, "equity", -5, 100, "0.1"), Leverage: decimals(t, "leverage", 0, 30, "0.5")})
		}
		r, err := b.allocate()
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range r.Accounts {
			if a.Taken.Sign() > 0 && a.LeverageAfter.Cmp(r.Leverage) != 0 || a.Endowment.Sign() > 0 && a.LeverageAfter.Cmp(r.Leverage) > 0 || a.Taken.Sign() < 0 {
				t.Fatalf("account %d of %+v", i, r)
			}
		}
		if r.Taken.Cmp(r.Amount.Min(r.Available)) != 0 {
			t.Fatalf("%v closed of %v, available %v", r.Taken, r.Amount, r.Available)
		}
	})
}

// A slice of the least size leaves exactly the maintenance margin, and one that frees less than it costs is none.
func TestSliceRestoresTheMargin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Slice{Side: 1, Price: decimals(t, "price", 1, 1000, "0.1"), Size: decimals(t, "size", 1, 100, "0.1"), Equity: decimals(t, "equity", -500, 5000, "0.1"),
			MaintenanceRate: decimals(t, "rate", 1, 50, "0.01"), FeeRate: decimals(t, "fee", 0, 5, "0.001"), Filled: decimals(t, "filled", 1, 1000, "0.1")}
		if rapid.Bool().Draw(t, "short") {
			s.Side = -1
		}
		r := s.result()
		margin := s.MaintenanceRate.Mul(s.Price)
		after := func(d Number) Number { // equity less maintenance margin
			return s.Equity.Add(s.Filled.Sub(s.Price).Times(int(s.Side)).Sub(s.FeeRate.Mul(s.Price)).Mul(d)).Sub(margin.Mul(s.Size.Sub(d)))
		}
		switch {
		case r.Size.Sign() > 0 && after(r.Size).Sign() != 0:
			t.Fatalf("%+v: %v leaves %v", s, r.Size, after(r.Size))
		case !r.Size.Given() && (after(Int(0)).Sign() >= 0 || after(Int(1)).Cmp(after(Int(0))) > 0):
			t.Fatalf("%+v: none, but a unit brings %v from %v", s, after(Int(1)), after(Int(0)))
		case r.Size.Given() && r.Size.Sign() == 0 && after(Int(0)).Sign() < 0:
			t.Fatalf("%+v: nothing, with %v", s, after(Int(0)))
		}
	})
}

// Each mistake in a section names its place.
func TestStudiesRefuse(t *testing.T) {
	for _, c := range []struct{ input, want string }{
		{`{"budget": {"accounts": [{"pnl": 1}]}}`, "budget.policy is missing; expected queue, pro_rata,"},
		{`{"budget": {"policy": null, "accounts": [{"pnl": 1}]}}`, "budget.policy is missing"},
		{`{"budget": {"policy": "prorata_", "accounts": [{"pnl": 1}]}}`, `budget.policy is "prorata_"; expected queue or pro_rata`},
		{`{"budget": {"policy": "pro_rata"}}`, "budget.accounts is missing; expected a list"},
		{`{"budget": {"policy": "pro_rata", "accounts": [{"equity": 1}]}}`, "budget.accounts is without any pnl; expected the unrealized profits"},
		{`{"budget": {"policy": "pro_rata", "cap": 0.5, "accounts": [{"pnl": 1}]}}`, "budget.cap is 0.5; expected policy: capped_pro_rata"},
		{`{"budget": {"policy": "capped_pro_rata", "amount": 1, "accounts": [{"pnl": 1}]}}`, "budget.accounts[0].cap is missing; expected the largest fraction"},
		{`{"budget": {"policy": "queue", "amount": 1, "accounts": [{"pnl": 1, "rank_value": 1}, {"pnl": 1}]}}`, "budget.accounts[1].rank_value is missing; expected its place in the queue"},
		{`{"budget": {"policy": "risk_pro_rata", "risk": "cvar", "accounts": [{"pnl": 1, "leverage": 1}]}}`, "budget.threshold is missing; expected the leverage beyond which"},
		{`{"budget": {"policy": "risk_pro_rata", "accounts": [{"pnl": 1}]}}`, "budget.accounts[0].leverage is missing"},
		{`{"budget": {"policy": "pro_rata_contracts", "accounts": [{"contracts": 1}]}}`, "budget.amount is missing; expected the number of contracts"},
		{`{"budget": {"policy": "pro_rata_contracts", "amount": 1.5, "accounts": [{"contracts": 2}]}}`, "budget.amount is 1.5; expected a whole number of contracts"},
		{`{"budget": {"policy": "leverage_draining", "accounts": [{"equity": 1, "leverage": 2}]}}`, "budget.amount is missing; expected the notional to be closed"},
		{`{"budget": {"policy": "pro_rata", "amount": 1, "theta": 0.5, "accounts": [{"pnl": 1}]}}`, "budget.theta is 0.5; expected none beside amount"},
		{`{"accounting": {}}`, "accounting.needed is missing; expected what was needed, or fills"},
		{`{"accounting": {"fills": [{"size": 1}]}}`, "fills[0].reference_price is missing"},
		{`{"execution": {"side": "long", "price": 1, "size": 2, "position_size": 1, "collateral": 1, "impact": 1}}`, "execution.size is 2; expected at most position_size, 1"},
		{`{"execution": {"side": "long", "price": 1, "size": 1, "collateral": 1}}`, "execution.impact is missing; expected the price's move"},
		{`{"execution": {"side": "long", "price": 1, "size": 1, "collateral": 1, "impact": 1, "execution_price": 1}}`, "execution.impact is given beside execution_price; expected one of them"},
		{`{"budget": {"policy": "pro_rata", "amount": 1, "accounts": [{"account": "a", "pnl": 1}, {"pnl": 1}, {"account": "a", "pnl": 1}]}}`, `budget.accounts[2].account is "a"; expected another name than that of accounts[0]`},
		{`{"budget": {"policy": "pro_rata_contracts", "amount": 1, "accounts": [{"contracts": 1073741825}]}}`, "budget.accounts[0].contracts is 1073741825; expected a whole number from 0 to 1073741824"},
		{`{"slice": {"price": 1}}`, "slice.side is missing; expected long or short"},
		{`{"liquidation_cost": {"size": 1, "price": 1, "execution_rate": 0.1}}`, "liquidation_cost.execution_price is missing"},
		{`{"path": {"long_short_ratio": 1, "mark_prices": [1, 2], "oracle_prices": [1], "positions": []}}`, "path.oracle_prices is 1 prices; expected 2"},
		{`{"path": {"long_short_ratio": 1, "mark_prices": [1, 0], "oracle_prices": [1, 1]}}`, "mark_prices[1] is 0; expected a number above 0"},
		{fmt.Sprintf(`{"budget": {"policy": "pro_rata", "accounts": [%s{"pnl": 1}]}}`, strings.Repeat(`{"pnl": 1},`, mostBearers)), "budget.accounts is 1001; expected at most 1000"},
	} {
		in, err := ParseADL([]byte(c.input))
		if err == nil {
			_, err = ADL(load(t, "binance/2025-10"), in)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.200s\ngives %v, expected %q", c.input, err, c.want)
		}
	}
}
