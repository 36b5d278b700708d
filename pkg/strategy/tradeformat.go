package strategy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// tradeFormat is an export of another program, known by its header.
type tradeFormat struct {
	name     string
	needs    []string // columns that tell it from all others, in lower case
	complete []string // columns that it cannot do without beside them, one of each group
	read     func(row tradeRow, into *tradeReader) error
}

// tradeFormats in the order in which they are tried. Columns that a format does not name are ignored.
var tradeFormats = []tradeFormat{
	{"freqtrade trades", []string{"pair", "open_rate"}, []string{"open_date open_timestamp", "amount"}, readFreqtrade},
	{"nautilus_trader positions report", []string{"instrument_id", "avg_px_open"}, []string{"ts_opened", "entry", "peak_qty quantity"}, readNautilusPosition},
	{"nautilus_trader fills report", []string{"instrument_id", "last_px"}, []string{"ts_event ts_init", "order_side side", "last_qty"}, readNautilusFill},
	{"Binance trade history", []string{"side", "price"}, []string{"date(utc) time(utc) time date", "symbol pair", "quantity executed qty"}, readBinanceFill},
}

// tradeRow is one line by the lower-case names of its columns.
type tradeRow struct {
	cells map[string]string
	line  int
}

// first returns the first column of a group (separated by spaces) that has a text, and its name.
func (r tradeRow) first(group string) (name, cell string) {
	for name := range strings.FieldsSeq(group) {
		if cell := strings.TrimSpace(r.cells[name]); cell != "" {
			return name, cell
		}
	}
	return strings.Fields(group)[0], ""
}

// formatOf finds the format of a header of another program; ok is false where it is none's, or our own.
func formatOf(columns []string) (f tradeFormat, ok bool, err error) {
	own := func(name string) bool { return slices.Contains(columns, name) }
	if own("time") && own("symbol") && own("side") && !own("quantity") && !own("executed") && !own("qty") {
		return f, false, nil
	}
	for _, f := range tradeFormats {
		if slices.ContainsFunc(f.needs, func(c string) bool { return !own(c) }) {
			continue
		}
		for _, group := range f.complete {
			if !slices.ContainsFunc(strings.Fields(group), own) {
				return f, false, fmt.Errorf("looks like a %s and has no column %s: expected the columns of the export as they are", f.name, strings.Join(strings.Fields(group), " or "))
			}
		}
		return f, true, nil
	}
	return f, false, nil
}

// tradeReader collects what rows say: trades, or fills that are joined to trades.
type tradeReader struct {
	trades []trade
	fills  []fill
}

func readFreqtrade(r tradeRow, into *tradeReader) (err error) {
	s := Setup{Side: market.Long}
	pair, _, _ := strings.Cut(strings.TrimSpace(r.cells["pair"]), ":") // BTC/USDT:USDT
	s.Symbol = strings.ReplaceAll(pair, "/", "")
	if s.Time, err = foreignTime(r.first("open_timestamp open_date")); err != nil {
		return err
	}
	switch cell := strings.ToLower(strings.TrimSpace(r.cells["is_short"])); cell {
	case "true", "1":
		s.Side = market.Short
	case "", "false", "0":
	default:
		return fmt.Errorf("is_short %q: expected true or false", cell)
	}
	if s.Price, err = foreignNumber[market.Price](r.first("open_rate")); err != nil {
		return err
	}
	if s.Size, err = foreignNumber[market.Qty](r.first("amount")); err != nil {
		return err
	}
	return into.add(s, r, "close_timestamp close_date")
}

func readNautilusPosition(r tradeRow, into *tradeReader) (err error) {
	s := Setup{Symbol: nautilusSymbol(r.cells["instrument_id"])}
	if s.Time, err = foreignTime(r.first("ts_opened")); err != nil {
		return err
	}
	if s.Side, err = foreignSide(r.first("entry")); err != nil {
		return err
	}
	if s.Price, err = foreignNumber[market.Price](r.first("avg_px_open")); err != nil {
		return err
	}
	if s.Size, err = foreignNumber[market.Qty](r.first("peak_qty quantity")); err != nil {
		return err
	}
	return into.add(s, r, "ts_closed")
}

// add takes a trade whose exit stands in the first column of a group that has one.
func (into *tradeReader) add(s Setup, r tradeRow, exits string) (err error) {
	if name, cell := r.first(exits); cell != "" && !absent(cell) {
		if s.Exit, err = foreignTime(name, cell); err != nil {
			return err
		}
		if s.Exit < s.Time {
			return fmt.Errorf("%s %s is before the entry at %s", name, s.Exit, s.Time)
		}
		s.Exit = max(s.Exit, s.Time+1) // closed within the millisecond that our times count
	}
	if s.Symbol == "" {
		return errors.New("the symbol is empty")
	}
	into.trades = append(into.trades, trade{s, r.line})
	return nil
}

// absent are the words that tables write for nothing.
func absent(cell string) bool {
	switch strings.ToLower(cell) {
	case "none", "nan", "nat", "null", "-":
		return true
	}
	return false
}

// nautilusSymbol takes venue and suffix off: BTCUSDT-PERP.BINANCE.
func nautilusSymbol(id string) string {
	symbol, _, _ := strings.Cut(strings.TrimSpace(id), ".")
	return strings.TrimSuffix(symbol, "-PERP")
}

func readNautilusFill(r tradeRow, into *tradeReader) (err error) {
	f := fill{symbol: nautilusSymbol(r.cells["instrument_id"]), line: r.line}
	if f.time, err = foreignTime(r.first("ts_event ts_init")); err != nil {
		return err
	}
	side, price, size := "order_side side", "last_px", "last_qty"
	return into.fill(f, r, side, price, size)
}

func readBinanceFill(r tradeRow, into *tradeReader) (err error) {
	_, symbol := r.first("symbol pair")
	f := fill{symbol: symbol, line: r.line}
	if f.time, err = foreignTime(r.first("date(utc) time(utc) time date")); err != nil {
		return err
	}
	if name, profit := r.first("realized_profit realizedpnl"); profit != "" {
		d, err := decimal.NewFromString(profit)
		if err != nil {
			return fmt.Errorf("%s %q: expected a number", name, profit)
		}
		f.closes = !d.IsZero()
	}
	return into.fill(f, r, "side", "price", "quantity executed qty")
}

func (into *tradeReader) fill(f fill, r tradeRow, side, price, size string) (err error) {
	if f.side, err = foreignSide(r.first(side)); err != nil {
		return err
	}
	if f.price, err = foreignNumber[market.Price](r.first(price)); err != nil {
		return err
	}
	if f.size, err = foreignNumber[market.Qty](r.first(size)); err != nil {
		return err
	}
	if f.symbol == "" {
		return errors.New("the symbol is empty")
	}
	into.fills = append(into.fills, f)
	return nil
}

func foreignSide(name, cell string) (market.Side, error) {
	switch strings.ToLower(cell) {
	case "buy", "long":
		return market.Long, nil
	case "sell", "short":
		return market.Short, nil
	}
	return 0, fmt.Errorf("%s %q: expected BUY or SELL", name, cell)
}

var foreignLayouts = []string{"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02"}

// foreignTime reads a time with or without an offset (UTC without), or a count since 1970 in a unit that its size tells:
// seconds, milliseconds, microseconds or nanoseconds. What is below a millisecond is cut off.
func foreignTime(name, cell string) (market.Time, error) {
	wrong := fmt.Errorf("%s %q: expected a time such as 2025-10-10 21:20:00+00:00, from 1973 on", name, cell)
	if n, err := strconv.ParseInt(cell, 10, 64); err == nil {
		switch {
		case n >= 1e17:
			n /= 1e6
		case n >= 1e14:
			n /= 1e3
		case n >= 1e11:
		case n >= 1e8:
			n *= 1e3
		default:
			return 0, wrong
		}
		return market.Time(n), nil
	}
	for _, layout := range foreignLayouts {
		if t, err := time.Parse(layout, cell); err == nil {
			if at := market.TimeOf(t); at >= 1e11 && at <= 1e14 {
				return at, nil
			}
		}
	}
	return 0, wrong
}

// foreignNumber reads a decimal above 0, rounded to the nearest 1e-8: averages have more decimals. Thousands may be
// separated by commas, and a unit may follow.
func foreignNumber[T market.Fixed](name, cell string) (T, error) {
	wrong := fmt.Errorf("%s %q: expected a number above 0", name, cell)
	digits := strings.ReplaceAll(strings.TrimRight(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ "), ",", "")
	if len(digits) > 60 || strings.ContainsAny(digits, "eE") && len(digits) > 30 {
		return 0, wrong
	}
	d, err := decimal.NewFromString(digits)
	if err != nil || d.Exponent() > 30 || d.Exponent() < -60 {
		return 0, wrong
	}
	v, err := market.FromDecimal[T](d.Round(market.Decimals))
	if err != nil || v <= 0 {
		return 0, wrong
	}
	return v, nil
}
