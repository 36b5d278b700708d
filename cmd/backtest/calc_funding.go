package main

import (
	"encoding/json"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/risk/calc"
)

// fundingFlags are `calc funding`. Each flag is a key of the input by another name.
type fundingFlags struct {
	calcFlags
	keys map[string]*string
}

// fundingKeys are the flags, the keys of the input that they stand for, and what they say.
var fundingKeys = []struct{ flag, key, usage string }{
	{"symbol", "symbol", "instrument, such as BTCUSDT"},
	{"average-premium", "average_premium", "premium index, averaged"},
	{"impact-bid", "impact_bid", "impact bid price, in place of --average-premium"},
	{"impact-ask", "impact_ask", "impact ask price"},
	{"index", "index_price", "index or oracle price"},
	{"mark", "mark_price", "mark price"},
	{"interest", "interest_rate", "interest rate (default: the rulebook's)"},
	{"interval", "interval_hours", "hours between payments (default: the rulebook's)"},
	{"clamp", "clamp", "bound of interest less premium (default: the rulebook's)"},
	{"cap", "cap", "highest rate of an interval (default: the rulebook's)"},
	{"floor", "floor", "lowest rate of an interval (default: the rulebook's)"},
	{"date", "date", "time of the payment, such as 2025-10-10 (default: the rulebook's date)"},
	{"side", "side", "long or short: the position that pays"},
	{"size", "size", "its size"},
}

func newCalcFundingCommand() *cobra.Command {
	f := fundingFlags{keys: map[string]*string{}}
	c := &cobra.Command{
		Use:   "funding",
		Short: "Funding rate of an interval, and what a position pays",
		Long: `Funding computes the rate from a premium (given, averaged from samples, or from impact prices), the interest rate, the
clamp, the interval and the limits, by the venue's formula, and the payment of a position where one is given. A positive
payment is paid, a negative one received.`,
		Example: `  backtest calc funding --venue binance --average-premium 0.001 --interval 4 --date 2025-10-10
  backtest calc funding --venue hyperliquid --impact-bid 10100 --index 10000 --side long --size 2 --json
  echo '{"premiums": ["0.001", "0.002", "0.003"], "symbol": "BTCUSDT"}' | backtest calc funding --venue bybit --input - --json`,
		Args: arguments(0, 0, "none; the figures are given by --input or by flags"),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	f.register(c)
	for _, k := range fundingKeys {
		f.keys[k.flag] = c.Flags().String(k.flag, "", k.usage)
	}
	return c
}

// text is the input file, or an input made of the flags.
func (f *fundingFlags) text(c *cobra.Command) ([]byte, error) {
	given := map[string]string{}
	for _, k := range fundingKeys {
		if !c.Flags().Changed(k.flag) {
			continue
		}
		if f.input != "" {
			return nil, usagef("calc funding: --%s together with --input; expected one of them: write it into the input", k.flag)
		}
		given[k.key] = *f.keys[k.flag]
	}
	if f.input != "" {
		return f.read(c)
	}
	if len(given) == 0 {
		return nil, usagef("calc funding: no figures; expected --input FILE, or --average-premium and others")
	}
	return json.Marshal(given)
}

func (f *fundingFlags) run(c *cobra.Command) error {
	text, err := f.text(c)
	if err != nil {
		return err
	}
	in, err := calc.ParseFunding(text)
	if err != nil {
		return f.refused(err)
	}
	book, err := loadRulebook(f.id(in.Venue))
	if err != nil {
		return err
	}
	r, err := calc.Funding(book, in)
	if err != nil {
		return f.refused(err)
	}
	out := c.OutOrStdout()
	if f.json {
		return printJSON(out, r)
	}
	t := plainTable()
	t.AppendRow(table.Row{"premium", percent(r.Premium.Times(100), true)})
	t.AppendRow(table.Row{"interest", percent(r.InterestRate.Times(100), true)})
	t.AppendRow(table.Row{"before division and limits", percent(r.Rate8h.Times(100), true)})
	t.AppendRow(table.Row{"interval", amount(r.IntervalHours) + "h"})
	if r.Cap.Given() {
		t.AppendRow(table.Row{"limits", percent(r.Floor.Times(100), true) + " to " + percent(r.Cap.Times(100), true)})
	}
	t.AppendRow(table.Row{"funding rate", percent(r.FundingRate.Times(100), true)})
	if r.Payment.Given() {
		t.AppendRow(table.Row{"payment at " + amount(r.PaymentPrice), amount(r.Payment)})
	}
	fmt.Fprintf(out, "%s\n\n%s\n", r.Venue, rendered(t))
	return printNotes(out, r.Notes)
}
