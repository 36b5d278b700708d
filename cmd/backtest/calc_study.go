package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/liquidation-lab/backtest/pkg/risk/calc"
)

// printStudy prints what the literature's sections of an input came to.
func printStudy(out io.Writer, s *calc.StudyResult) {
	if s.Budget != nil {
		printBudget(out, s.Budget)
	}
	if a := s.Accounting; a != nil {
		fmt.Fprintf(out, "needed %s, taken %s, overshoot %s\n", amount(a.Needed), amount(a.Haircut), amount(a.Overshoot))
	}
	if e := s.Execution; e != nil {
		fmt.Fprintf(out, "fills at %s, bankruptcy price %s, bad debt %s\n", amount(e.Price), amount(e.BankruptcyPrice), amount(e.Shortfall))
	}
	if p := s.Slice; p != nil {
		whole := ""
		if p.Whole {
			whole = ": the position is closed whole"
		}
		fmt.Fprintf(out, "margin is restored by %s, of which there is %s%s\n", amount(p.Size), amount(p.Capped), whole)
	}
	if c := s.Cost; c != nil {
		fmt.Fprintf(out, "liquidation cost %s\n", amount(c.Fee))
	}
	if s.Path != nil {
		printPath(out, s.Path)
	}
}

func printBudget(out io.Writer, b *calc.BudgetResult) {
	if b.Amount.Given() {
		fmt.Fprintf(out, "%s: budget %s of a deficit of %s, available %s\n", b.Policy, amount(b.Amount), amount(b.Deficit), amount(b.Available))
		fmt.Fprintf(out, "taken %s, not covered %s, overshoot %s, largest fraction %s\n", amount(b.Taken), amount(b.Uncovered), amount(b.Overshoot), percent(b.Largest.Times(100), b.Largest.Given()))
	} else {
		fmt.Fprintf(out, "%s: shares only, without a budget; available %s\n", b.Policy, amount(b.Available))
	}
	if b.Leverage.Given() {
		fmt.Fprintf(out, "nobody is left with a leverage above %s\n", amount(b.Leverage))
	}
	t := plainTable()
	header := table.Row{"account", "endowment", "share", "taken", "fraction", "equity after"}
	pieces := slices.ContainsFunc(b.Accounts, func(a calc.Borne) bool { return a.Contracts.Given() })
	if pieces {
		header = append(header, "contracts")
	}
	t.AppendHeader(header)
	for _, a := range b.Accounts {
		row := table.Row{a.Account, amount(a.Endowment), percent(a.Share.Times(100), a.Share.Given()), amount(a.Taken), percent(a.Fraction.Times(100), a.Fraction.Given()), amount(a.EquityAfter)}
		if pieces {
			row = append(row, amount(a.Contracts))
		}
		t.AppendRow(row)
	}
	t.SetColumnConfigs(rightFrom(2, 7))
	fmt.Fprintf(out, "\n%s\n\n", rendered(t))
}

func printPath(out io.Writer, p *calc.PathResult) {
	t := plainTable()
	t.AppendHeader(table.Row{"moment", "funding", "account", "cash", "PnL", "equity"})
	for k, rate := range p.Funding {
		for _, a := range p.Accounts {
			t.AppendRow(table.Row{k + 1, amount(rate), a.Account, amount(a.Cash[k]), amount(a.PnL[k]), amount(a.Equity[k])})
		}
		t.AppendRow(table.Row{k + 1, amount(rate), "deficit", "", "", amount(p.Deficit[k])})
	}
	configs := append(rightFrom(4, 6), table.ColumnConfig{Number: 2, Align: text.AlignRight})
	t.SetColumnConfigs(configs)
	fmt.Fprintf(out, "\n%s\n\n", rendered(t))
}

// rightFrom sets columns to the right.
func rightFrom(first, last int) (list []table.ColumnConfig) {
	for n := first; n <= last; n++ {
		list = append(list, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	return list
}
