package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/risk/calc"
)

func newCalcADLCommand() *cobra.Command {
	var f calcFlags
	c := &cobra.Command{
		Use:   "adl",
		Short: "Whom auto-deleveraging closes, for how much and at what price",
		Long: `Adl ranks counterparties by the venue's score, or by the rank_value given, and closes the liquidated size against them in
that order at the venue's price, the last one partially. With figures of an insurance fund it says whether ADL is triggered,
with fill prices what the fund gains or pays.

A budget is shared out over winners by the policies of the literature (queue, pro_rata, capped_pro_rata, risk_pro_rata,
pro_rata_contracts, min_max_fraction, leverage_draining); accounting, execution, slice, liquidation_cost and path work out the
figures beside it. docs/CALC.md lists their keys.`,
		Example: `  backtest calc adl --venue bitmex --input queue.json
  echo '{"liquidated": {"side": "short", "size": "20", "bankruptcy_price": "650"}, "candidates": [
    {"account": "a", "size": "10", "rank_value": "3"}, {"account": "b", "size": "30", "rank_value": "6"}]}' | backtest calc adl --input -
  echo '{"budget": {"policy": "pro_rata", "deficit": "15", "theta": "0.5", "accounts": [{"account": "a", "pnl": "8"}, {"account": "b", "pnl": "4"}]}}' | backtest calc adl --input -`,
		Args: arguments(0, 0, "none; the queue is given by --input"),
		RunE: func(c *cobra.Command, _ []string) error { return runCalcADL(c, &f) },
	}
	f.register(c)
	return c
}

func runCalcADL(c *cobra.Command, f *calcFlags) error {
	if f.input == "" {
		return usagef("calc adl: no queue; expected --input FILE, or --input - for standard input")
	}
	content, err := f.read(c)
	if err != nil {
		return err
	}
	in, err := calc.ParseADL(content)
	if err != nil {
		return f.refused(err)
	}
	book, err := loadRulebook(f.id(in.Venue))
	if err != nil {
		return err
	}
	r, err := calc.ADL(book, in)
	if err != nil {
		return f.refused(err)
	}
	if f.json {
		return printJSON(c.OutOrStdout(), r)
	}
	return printADL(c.OutOrStdout(), r)
}

func printADL(out io.Writer, r *calc.ADLResult) error {
	printStudy(out, &r.StudyResult)
	if len(r.Ranking) > 0 || r.Size.Given() || r.Fund != nil || r.StudyResult == (calc.StudyResult{}) {
		fmt.Fprintf(out, "%s, score %s, price %s\n", r.Venue, r.Score, r.PricePolicy)
	}
	if r.Size.Given() {
		fmt.Fprintf(out, "to be closed %s at %s (bankruptcy price %s), not covered %s\n", amount(r.Size), amount(r.Price), amount(r.BankruptcyPrice), amount(r.Uncovered))
	}
	if len(r.Ranking) > 0 {
		t := plainTable()
		t.AppendHeader(table.Row{"rank", "account", "side", "size", "score", "percentile", "closed", "remark"})
		t.SetColumnConfigs([]table.ColumnConfig{{Number: 1, Align: text.AlignRight}, {Number: 4, Align: text.AlignRight}, {Number: 5, Align: text.AlignRight},
			{Number: 6, Align: text.AlignRight}, {Number: 7, Align: text.AlignRight}})
		for i := range r.Ranking {
			row := &r.Ranking[i]
			closed := ""
			if row.Filled.Given() {
				closed = amount(row.Filled)
			}
			t.AppendRow(table.Row{row.Rank, row.Account, row.Side, amount(row.Size), amount(row.Value), percent(row.Percentile.Times(100), row.Percentile.Given()), closed, row.Skipped})
		}
		fmt.Fprintf(out, "\n%s\n", rendered(t))
	}
	if f := r.Fund; f != nil {
		verdict := "not triggered"
		if f.ADL {
			verdict = "triggered"
		}
		fmt.Fprintf(out, "\nADL is %s (%s)\n", verdict, f.Test)
	}
	for _, flow := range r.Insurance {
		fmt.Fprintf(out, "a fill at %s brings the fund %s\n", amount(flow.FillPrice), amount(flow.FundDelta))
	}
	return printNotes(out, r.Notes)
}

// printNotes ends an output with what the reader should know of it.
func printNotes(out io.Writer, notes []string) error {
	for _, note := range notes {
		if _, err := fmt.Fprintf(out, "\nnote: %s\n", note); err != nil {
			return err
		}
	}
	return nil
}
