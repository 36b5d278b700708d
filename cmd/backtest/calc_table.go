package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/liquidation-lab/backtest/pkg/risk/calc"
)

// printAccount prints an account for people: what the exchange would show, rounded to its tick, beside the common shortcut.
func printAccount(w io.Writer, a *calc.Account, r *calc.AccountResult, ranges []averageRange) error {
	out := &strings.Builder{}
	fmt.Fprintln(out, r.Venue)
	if len(r.Positions) != 1 {
		t := plainTable()
		t.AppendRow(table.Row{"equity", amount(r.Equity)})
		t.AppendRow(table.Row{"margin balance", amount(r.MarginBalance)})
		t.AppendRow(table.Row{"initial margin", amount(r.InitialMargin)})
		t.AppendRow(table.Row{"maintenance margin", amount(r.MaintenanceMargin)})
		t.AppendRow(table.Row{"margin ratio", percent(r.MarginRatio.Times(100), r.MarginRatio.Given())})
		fmt.Fprintf(out, "\n%s\n", rendered(t))
	}
	for i := range r.Positions {
		printPosition(out, &a.Positions[i], &r.Positions[i], rangeFor(ranges, r.Positions[i].Symbol))
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return err
	}
	return printNotes(w, r.Notes)
}

func rangeFor(ranges []averageRange, symbol string) *averageRange {
	for i := range ranges {
		if ranges[i].Symbol == symbol {
			return &ranges[i]
		}
	}
	return nil
}

func printPosition(out *strings.Builder, p *calc.Position, r *calc.PositionResult, atr *averageRange) {
	leverage := ""
	if p.Leverage.Given() {
		leverage = " " + p.Leverage.String() + "x"
	}
	entry := p.EntryPrice.Or(p.MarkPrice)
	mark := p.MarkPrice.Or(entry)
	fmt.Fprintf(out, "\n%s %s %s at %s, %s%s, mark %s\n", r.Symbol, r.Side, amount(p.Size), amount(entry), r.MarginMode, leverage, amount(mark))
	t := plainTable()
	t.AppendRow(table.Row{"notional", amount(r.Notional)})
	t.AppendRow(table.Row{"unrealized P&L", amount(r.UnrealizedPnL)})
	t.AppendRow(table.Row{"initial margin", amount(r.InitialMargin)})
	t.AppendRow(table.Row{"maintenance margin", amount(r.MaintenanceMargin), percent(r.MaintenanceMarginRate.Times(100), true) + ", amount " + amount(r.MaintenanceAmount)})
	t.AppendRow(table.Row{"margin ratio", percent(r.MarginRatio.Times(100), r.MarginRatio.Given())})
	price := func(name string, exact, rounded calc.Number, remark string) {
		if !exact.Given() {
			t.AppendRow(table.Row{name, "none", remark})
			return
		}
		row := table.Row{name, amount(rounded.Or(exact)), distance(exact, mark, atr)}
		if remark != "" {
			row = append(row, remark)
		}
		t.AppendRow(row)
	}
	price("liquidation price", r.LiquidationPrice, r.LiquidationPriceRounded, "")
	if p.Leverage.Given() {
		shortcut := shortcutOf(entry, p.Leverage, r.Side)
		remark := "entry less 100/leverage percent: not what the venue does"
		if r.Side == "short" {
			remark = "entry plus 100/leverage percent: not what the venue does"
		}
		price("common shortcut", shortcut, shortcut, remark)
	}
	price("bankruptcy price", r.BankruptcyPrice, r.BankruptcyPriceRounded, "")
	if r.BackstopBelow.Given() {
		t.AppendRow(table.Row{"backstop below", amount(r.BackstopBelow)})
	}
	t.AppendRow(table.Row{"ADL score", amount(r.ADLScore)})
	fmt.Fprintln(out, rendered(t))
	if atr != nil {
		fmt.Fprintf(out, "average true range at %s: %s over %d bars of %s\n", atr.Time, amount(atr.Value), atr.Period, atr.Bars)
	}
	if r.Liquidatable {
		fmt.Fprintln(out, "liquidatable at this mark")
	}
}

// shortcutOf is the rule of thumb: the price that is 100/leverage percent away from entry. Absent at 1x long.
func shortcutOf(entry, leverage calc.Number, side string) calc.Number {
	away := entry.Div(leverage)
	if side == "short" {
		return entry.Add(away)
	}
	if price := entry.Sub(away); price.Sign() > 0 {
		return price
	}
	return calc.Number{}
}

// distance is how far a price is from mark, in percent and in average true ranges.
func distance(price, mark calc.Number, atr *averageRange) string {
	away := price.Sub(mark)
	s := percent(away.Div(mark).Times(100), true)
	if away.Sign() > 0 {
		s = "+" + s
	}
	if atr != nil && atr.Value.Sign() > 0 {
		s += fmt.Sprintf(", %s ATR", strconv.FormatFloat(math.Abs(away.Div(atr.Value).Float()), 'f', 2, 64))
	}
	return s
}

func percent(n calc.Number, known bool) string {
	if !known {
		return "none"
	}
	return trimmed(n, 4) + "%"
}

// amount prints a number for people, to eight decimals.
func amount(n calc.Number) string {
	if !n.Given() {
		return "none"
	}
	return trimmed(n, 8)
}

// trimmed prints to a number of decimals, without trailing zeros, thousands parted by commas.
func trimmed(n calc.Number, decimals int) string {
	step := calc.Int(1)
	for range decimals {
		step = step.Div(calc.Int(10))
	}
	s := n.Add(step.Div(calc.Int(2))).Floor(step).String()
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, rest, pointed := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if pointed {
		rest = "." + rest
	}
	return sign + whole + rest
}

// plainTable is a table without lines, figures to the right.
func plainTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options, t.Style().Format.Header = table.OptionsNoBordersAndSeparators, text.FormatDefault
	t.Style().Box.PaddingLeft, t.Style().Box.PaddingRight = "  ", ""
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}})
	return t
}

// rendered prints a table without the blanks that fill its last column.
func rendered(t table.Writer) string {
	lines := strings.Split(t.Render(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
