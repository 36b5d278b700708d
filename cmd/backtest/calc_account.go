package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/calc"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// accountFlags are `calc account`: an input file, or one position in flags.
type accountFlags struct {
	calcFlags
	symbol, side, leverage, entry, size, mark, wallet, margin, mode, rate, amount, fee, tick, contract string

	data dataSource
	at   string
	bars string
	atr  int
}

// positionFlags are those that describe the one position; they exclude --input.
var positionFlags = []string{"symbol", "side", "leverage", "entry", "size", "mark", "wallet", "isolated-margin", "margin-mode",
	"maintenance-margin-rate", "maintenance-amount", "fee-rate", "tick", "contract"}

func newCalcAccountCommand() *cobra.Command {
	var f accountFlags
	c := &cobra.Command{
		Use:   "account",
		Short: "Margin, liquidation and bankruptcy price of an account",
		Long: `Account computes equity, margins, margin ratio, and for each position the liquidation and the bankruptcy price, exactly, with
the tier that is in force at the liquidation price. It takes an account as JSON (--input), or one position in flags; the table
for people shows the common shortcut, 100 / leverage, beside the venue's price.`,
		Example: `  backtest calc account --venue binance --symbol BTCUSDT --side long --leverage 10 --entry 60000 --size 1
  backtest calc account --symbol BTCUSDT --side short --leverage 20 --entry 60000 --size 1 --data data/october --at "2025-10-10 21:00"
  backtest calc account --venue bybit --input account.json --json
  echo '{"wallet_balance": "1000", "positions": [{"symbol": "BTCUSDT", "side": "long", "size": "0.1", "entry_price": "60000",
    "mark_price": "59000", "margin_mode": "cross", "leverage": "10"}]}' | backtest calc account --input - --json`,
		Args: arguments(0, 0, "none; the account is given by --input or by flags"),
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	f.register(c)
	flags := c.Flags()
	flags.StringVar(&f.symbol, "symbol", "", "instrument, such as BTCUSDT")
	flags.StringVar(&f.side, "side", "", "long or short")
	flags.StringVar(&f.leverage, "leverage", "", "leverage, such as 10")
	flags.StringVar(&f.entry, "entry", "", "entry price")
	flags.StringVar(&f.size, "size", "", "size: base currency, or contracts of an inverse contract")
	flags.StringVar(&f.mark, "mark", "", "mark price (default: entry price)")
	flags.StringVar(&f.wallet, "wallet", "", "wallet balance, isolated margin included (default: the isolated margin)")
	flags.StringVar(&f.margin, "isolated-margin", "", "margin of the position (default: entry notional / leverage)")
	flags.StringVar(&f.mode, "margin-mode", "", "isolated or cross (default: isolated)")
	flags.StringVar(&f.rate, "maintenance-margin-rate", "", "in place of the rulebook's tiers, such as 0.004")
	flags.StringVar(&f.amount, "maintenance-amount", "", "amount taken off, beside --maintenance-margin-rate")
	flags.StringVar(&f.fee, "fee-rate", "", "closing fee rate where the venue counts it in, in place of the rulebook's")
	flags.StringVar(&f.tick, "tick", "", "round prices to it in the venue's direction")
	flags.StringVar(&f.contract, "contract", "", "linear or inverse (default: the rulebook's)")
	flags.StringVar(&f.data.path, "data", "", "catalog or file of candles, for the distance in average true ranges")
	flags.StringVar(&f.at, "at", "", "time of the average true range, such as \"2025-10-10 21:00\" (default: the last bar)")
	flags.StringVar(&f.bars, "atr-bars", "1h", "bars of the average true range")
	flags.IntVar(&f.atr, "atr-period", 14, "number of bars of the average true range")
	return c
}

func (f *accountFlags) run(c *cobra.Command) error {
	account, err := f.account(c)
	if err != nil {
		return f.refused(err)
	}
	book, err := loadRulebook(f.id(account.Venue))
	if err != nil {
		return err
	}
	if older := inverseBook(f.id(account.Venue), book, account); older != nil {
		fmt.Fprintf(c.ErrOrStderr(), "note: %s has no inverse contracts, %s has the one asked for and is used\n", book.ID, older.ID)
		book = older
	}
	result, err := calc.Evaluate(book, account)
	if err != nil {
		return f.refused(err)
	}
	f.data.input = c.InOrStdin()
	defer f.data.close()
	ranges, err := f.ranges(account)
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(c.OutOrStdout(), struct {
			*calc.AccountResult
			Ranges []averageRange `json:"atr,omitempty"`
		}{result, ranges})
	}
	return printAccount(c.OutOrStdout(), account, result, ranges)
}

// inverseBook returns the venue's newest rulebook that has the account's inverse contract, where a venue was named without a date,
// its newest has none, and the positions do not bring their own margin.
func inverseBook(id string, newest *venue.Rulebook, a *calc.Account) *venue.Rulebook {
	if strings.ContainsAny(id, "/.") || len(a.Positions) == 0 || a.Positions[0].MaintenanceMarginRate.Given() {
		return nil
	}
	symbol := a.Positions[0].Symbol
	if contract, err := newest.Contract(symbol); err == nil && contract.Kind == venue.Inverse || !calc.CoinSettled(newest, symbol) {
		return nil
	}
	list := venue.List()
	for i := len(list) - 1; i >= 0; i-- {
		if path.Dir(list[i].ID) != path.Dir(newest.ID) {
			continue
		}
		book, err := venue.Load(list[i].ID)
		if err != nil {
			continue // a test loads every embedded rulebook, so none fails here
		}
		if contract, err := book.Contract(symbol); err == nil && contract.Kind == venue.Inverse {
			return book
		}
	}
	return nil
}

// account reads the input, or makes one from the flags by way of the same checks.
func (f *accountFlags) account(c *cobra.Command) (*calc.Account, error) {
	if (f.at != "" || c.Flags().Changed("atr-bars") || c.Flags().Changed("atr-period")) && f.data.path == "" {
		return nil, usagef("calc account: --at, --atr-bars and --atr-period are of use with --data only")
	}
	if f.input != "" {
		for _, name := range positionFlags {
			if c.Flags().Changed(name) {
				return nil, usagef("calc account: --%s together with --input; expected one of them: write it into the input", name)
			}
		}
		text, err := f.read(c)
		if err != nil {
			return nil, err
		}
		return calc.ParseAccount(text)
	}
	given := false
	c.Flags().Visit(func(flag *pflag.Flag) { given = given || flag.Name == "symbol" || flag.Name == "size" })
	if !given {
		return nil, usagef("calc account: no account; expected --input FILE, or --symbol, --side, --leverage, --entry and --size")
	}
	return f.position()
}

// position makes an account of the flags. The size has no sign, and a position is isolated unless it is said to be cross.
func (f *accountFlags) position() (*calc.Account, error) {
	p := calc.Position{Symbol: f.symbol}
	side, ok := market.ParseSide(strings.ToLower(f.side))
	if !ok {
		return nil, usagef("calc account: --side %q; expected long or short", f.side)
	}
	p.Side = side
	var a calc.Account
	for _, n := range []struct {
		flag, text, expected string
		into                 *calc.Number
		needed, signed       bool
	}{
		{"entry", f.entry, "a price above 0", &p.EntryPrice, true, false},
		{"size", f.size, "a size above 0", &p.Size, true, false},
		{"leverage", f.leverage, "a number above 0, such as 10", &p.Leverage, false, false},
		{"mark", f.mark, "a price above 0", &p.MarkPrice, false, false},
		{"wallet", f.wallet, "an amount", &a.WalletBalance, false, true},
		{"isolated-margin", f.margin, "an amount", &p.IsolatedMargin, false, true},
		{"maintenance-margin-rate", f.rate, "a fraction below 1, such as 0.004 for 0.4%", &p.MaintenanceMarginRate, false, true},
		{"maintenance-amount", f.amount, "an amount", &p.MaintenanceAmount, false, true},
		{"fee-rate", f.fee, "a fraction below 1, such as 0.0005 for 0.05%", &p.FeeRate, false, true},
		{"tick", f.tick, "a step above 0", &p.Tick, false, false},
	} {
		if n.text == "" && !n.needed {
			continue
		}
		v, ok := calc.ParseNumber(n.text)
		if !ok || !n.signed && v.Sign() <= 0 {
			return nil, usagef("calc account: --%s %q; expected %s", n.flag, n.text, n.expected)
		}
		*n.into = v
	}
	for _, v := range []struct {
		flag string
		rate calc.Number
	}{{"maintenance-margin-rate", p.MaintenanceMarginRate}, {"fee-rate", p.FeeRate}} {
		if v.rate.Sign() < 0 || v.rate.Cmp(calc.Int(1)) >= 0 {
			return nil, usagef("calc account: --%s %s; expected a fraction of at least 0 and below 1: divide percent by 100", v.flag, v.rate)
		}
	}
	switch f.contract {
	case "":
	case "linear":
		p.Kind = calc.Linear
	case "inverse":
		p.Kind = calc.Inverse
	default:
		return nil, usagef("calc account: --contract %q; expected linear or inverse", f.contract)
	}
	switch f.mode {
	case "", "isolated":
	case "cross":
		p.Cross = true
		if p.IsolatedMargin.Given() {
			return nil, usagef("calc account: --isolated-margin with --margin-mode cross; expected one of them: cross positions share --wallet")
		}
	default:
		return nil, usagef("calc account: --margin-mode %q; expected isolated or cross", f.mode)
	}
	a.Positions = []calc.Position{p}
	return &a, nil
}
