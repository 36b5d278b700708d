package strategy

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

var tradeColumns = []string{"time", "symbol", "side", "price", "size", "exit"}

// ErrTradeList reports a trade list that cannot be read; the message names file, line, value and what was expected.
var ErrTradeList = errors.New("trade list")

// ParseTradeList reads a trade list. Our own is CSV with a header and the columns time, symbol and side, and optionally
// price, size and exit, in any order: times as market.ParseTime reads them or integers of milliseconds since 1970-01-01
// UTC; side long or short; empty optional cells mean none. Exports of other programs are known by their header
// (docs/FORMATS.md): freqtrade's trades as CSV or JSON, nautilus_trader's reports of positions and of fills, Binance's trade
// history; fills are joined to round trips. Trades come back in time order, those of one time in the order of the file,
// with their place as ID. name is the file's, for errors.
func ParseTradeList(r io.Reader, name string) (List, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTradeList+1))
	if err != nil {
		return List{}, fmt.Errorf("%w %s: %w", ErrTradeList, name, err)
	}
	if len(data) > maxTradeList {
		return List{}, fmt.Errorf("%w %s: more than %d bytes: split the file", ErrTradeList, name, maxTradeList)
	}
	var into tradeReader
	if IsJSON(data) {
		err = readJSON(data, func(row tradeRow) error { return readFreqtradeJSON(row, &into) })
	} else {
		err = readCSV(data, &into)
	}
	if err == nil && len(into.fills) > 0 {
		into.trades, err = roundTrips(into.fills)
	}
	if wrong := (lineError{}); errors.As(err, &wrong) {
		return List{}, fmt.Errorf("%w %s:%d: %w", ErrTradeList, name, wrong.line, wrong.err)
	}
	if err != nil {
		return List{}, fmt.Errorf("%w %s: %w", ErrTradeList, name, err)
	}
	return listOf(name, into.trades)
}

// maxTradeList is how many bytes a trade list may have: a million trades take about 80 megabytes.
const maxTradeList = 512 << 20

func listOf(name string, trades []trade) (List, error) {
	list := List{Name: name}
	if len(trades) == 0 || len(trades) > math.MaxInt32 {
		return List{}, fmt.Errorf("%w %s: %d trades: expected 1 to %d", ErrTradeList, name, len(trades), math.MaxInt32)
	}
	slices.SortStableFunc(trades, func(a, b trade) int { return cmp.Compare(a.setup.Time, b.setup.Time) })
	for i, t := range trades {
		t.setup.ID = int32(i)
		list.Trades = append(list.Trades, t.setup)
		list.Lines = append(list.Lines, t.line)
	}
	return list, nil
}

// readFreqtradeJSON checks what a header says of CSV for every object.
func readFreqtradeJSON(row tradeRow, into *tradeReader) error {
	for _, group := range []string{"pair", "open_rate", "open_timestamp open_date", "amount"} {
		if name, cell := row.first(group); cell == "" {
			return fmt.Errorf("the trade has no %s: expected an export of freqtrade", name)
		}
	}
	return readFreqtrade(row, into)
}

// readCSV reads our own columns or those of a known program.
func readCSV(data []byte, into *tradeReader) error {
	rows := csv.NewReader(bytes.NewReader(data))
	rows.ReuseRecord = true
	rows.TrimLeadingSpace = true
	header, err := rows.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return fmt.Errorf("%w: expected a header such as time,symbol,side,price,size,exit", err)
	}
	names := make([]string, len(header))
	for i, field := range header {
		// Spreadsheets write a byte order mark; venues write spaces within names.
		names[i] = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(strings.TrimPrefix(field, "\ufeff"))), " ", "_")
	}
	format, foreign, err := formatOf(names)
	if err != nil {
		return lineError{1, err}
	}
	var own columnIndex
	if !foreign {
		if own, err = tradeHeader(header); err != nil {
			return lineError{1, err}
		}
	}
	for {
		record, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := rows.FieldPos(0)
		if foreign {
			row := tradeRow{cells: map[string]string{}, line: line}
			for i, cell := range record {
				row.cells[names[i]] = strings.Clone(cell)
			}
			err = format.read(row, into)
		} else {
			var setup Setup
			setup, err = own.setup(record)
			into.trades = append(into.trades, trade{setup, line})
		}
		if err != nil {
			return lineError{line, err}
		}
	}
}

type trade struct {
	setup Setup
	line  int
}

// columnIndex is where each of tradeColumns stands in a record, -1 for absent ones.
type columnIndex [6]int

func tradeHeader(header []string) (columnIndex, error) {
	index := columnIndex{-1, -1, -1, -1, -1, -1}
	for i, field := range header {
		if i == 0 {
			field = strings.TrimPrefix(field, "\ufeff") // spreadsheets write a byte order mark
		}
		k := slices.Index(tradeColumns, strings.TrimSpace(field))
		if k < 0 {
			return index, unknown(ErrUnknown, "column", field, tradeColumns)
		}
		if index[k] >= 0 {
			return index, fmt.Errorf("column %q stands twice", field)
		}
		index[k] = i
	}
	for k, name := range tradeColumns[:3] {
		if index[k] < 0 {
			return index, fmt.Errorf("column %q is missing: expected at least time, symbol and side", name)
		}
	}
	return index, nil
}

func (x columnIndex) cell(record []string, k int) string {
	if x[k] < 0 {
		return ""
	}
	return strings.TrimSpace(record[x[k]])
}

func (x columnIndex) setup(record []string) (s Setup, err error) {
	if s.Time, err = parseTradeTime("time", x.cell(record, 0)); err != nil {
		return s, err
	}
	// The record's memory is shared by every cell of its line.
	if s.Symbol = strings.Clone(x.cell(record, 1)); s.Symbol == "" {
		return s, errors.New("symbol is empty: expected one such as BTCUSDT")
	}
	var ok bool
	if s.Side, ok = market.ParseSide(x.cell(record, 2)); !ok {
		return s, fmt.Errorf("side %q: expected long or short", x.cell(record, 2))
	}
	if s.Price, err = parsePositive[market.Price]("price", x.cell(record, 3)); err != nil {
		return s, err
	}
	if s.Size, err = parsePositive[market.Qty]("size", x.cell(record, 4)); err != nil {
		return s, err
	}
	if cell := x.cell(record, 5); cell != "" {
		if s.Exit, err = parseTradeTime("exit", cell); err != nil {
			return s, err
		}
		if s.Exit <= s.Time {
			return s, fmt.Errorf("exit %s: expected a time after the entry at %s", s.Exit, s.Time)
		}
	}
	return s, nil
}

func parseTradeTime(column, cell string) (market.Time, error) {
	ms, err := strconv.ParseInt(cell, 10, 64)
	t := market.Time(ms)
	if err != nil {
		t, err = market.ParseTime(cell)
	}
	// Seconds and microseconds written for milliseconds fall outside of 1973 to 5138.
	if err != nil || t < 1e11 || t > 1e14 {
		return 0, fmt.Errorf("%s %q: expected a UTC time such as 2025-10-10T21:20:00Z, or milliseconds since 1970, from 1973 on", column, cell)
	}
	return t, nil
}

// parsePositive reads an optional decimal above 0; an empty cell is 0, for none.
func parsePositive[T market.Fixed](column, cell string) (T, error) {
	if cell == "" {
		return 0, nil
	}
	v, err := market.Parse[T](cell)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", column, err)
	}
	if v <= 0 {
		return 0, fmt.Errorf("%s %q: expected a number above 0, or nothing", column, cell)
	}
	return v, nil
}
