package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/report"
	"github.com/liquidation-lab/backtest/pkg/sweep"
)

func newSweepJudgeCommand() *cobra.Command {
	var by, most string
	var asJSON bool
	c := &cobra.Command{
		Use:   "judge CHOSEN-ON JUDGED-ON",
		Short: "Choose a variant on one sweep and see what it did in another",
		Long: `Judge chooses the best row of the first sweep and shows what it did in the second, where it ranks there, and how far the
ranks of the two sweeps agree. Both need the same axes and design; scenario, window and data may differ.`,
		Example: `  backtest sweep judge runs/october-sweep runs/september-sweep --most-liquidated 5%`,
		Args:    arguments(2, 2, "two directories that `backtest sweep` wrote"),
		RunE: func(c *cobra.Command, args []string) error {
			bound, err := scenario.ParseRate(most)
			if err != nil || bound < 0 || bound > market.Scale {
				return usagef("--most-liquidated %q; expected a share from 0 to 100%%, such as 5%%", most)
			}
			for _, dir := range args {
				if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
					return usagef("%s does not exist; expected a directory that `backtest sweep` wrote", dir)
				}
			}
			j, err := sweep.Judge(args[0], args[1], by, market.Float(bound))
			if err != nil {
				return err
			}
			if asJSON {
				text, err := j.JSON()
				if err != nil {
					return err
				}
				_, err = c.OutOrStdout().Write(text)
				return err
			}
			return printJudgement(c.OutOrStdout(), j)
		},
	}
	flags := c.Flags()
	flags.StringVar(&by, "by", sweep.ByMean, "mean (the highest mean P&L) or shortfall (the smallest expected shortfall)")
	flags.StringVar(&most, "most-liquidated", "100%", "choose among rows of which at most this share of accounts was liquidated")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printJudgement(w io.Writer, j *sweep.Judgement) error {
	fmt.Fprintf(w, "Chosen on %s (%s), judged on %s (%s), by %s; %d of %d rows could be chosen\n\n",
		j.ChosenOn.Scenario, j.ChosenOn.Data, j.JudgedOn.Scenario, j.JudgedOn.Data, j.By, j.Eligible, j.Rows)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "\tvalues\tgroup\tsweep\trank\tmean\tworst 5%\tliquidated\taccounts")
	for _, r := range []struct {
		name string
		c    *sweep.Choice
	}{{"choice", &j.Choice}, {"best in hindsight", &j.Best}} {
		line := func(name, on string, rank int, f *sweep.Figures) {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d of %d\t%s\t%s\t%s\t%d\n", name, strings.Join(r.c.Values, ", "), r.c.Group, on, rank, j.Rows,
				figure(f.Mean), figure(f.Shortfall), figure(f.Liquidation*100)+"%", f.Accounts)
		}
		line(r.name, "chosen on", r.c.RankChosen, &r.c.ChosenOn)
		line("", "judged on", r.c.RankJudged, &r.c.JudgedOn)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nSpearman's rank correlation of the two sweeps: mean %s, worst 5%% %s, liquidated %s\n",
		figure(j.Correlation.Mean), figure(j.Correlation.Shortfall), figure(j.Correlation.Liquidation))
	return err
}

// figure prints a statistic with two decimals, or a dash.
func figure(n report.Number) string {
	if !n.Exists() {
		return "-"
	}
	return strconv.FormatFloat(float64(n), 'f', 2, 64)
}
