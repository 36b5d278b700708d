package replay

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// HeldPosition is a row of a positions file: a position that exists before the replay.
type HeldPosition struct {
	Row      int // 1 is the first row of data, for errors
	Account  string
	Symbol   string
	Side     market.Side
	Size     market.Qty // > 0
	Entry    market.Price
	Leverage market.Rate
	Mode     risk.MarginMode
	Isolated market.Quote // isolated margin; 0: what the leverage asks for
	Wallet   market.Quote // of the account, without isolated margins
	Stop     market.Price // 0 without
}

// PositionList is a crowd loaded from a file (docs/FORMATS.md), in the order of its rows.
type PositionList struct {
	Name string
	Rows []HeldPosition
}

// positionColumns are those of a positions file; the last three may be absent, and wallet_balance for isolated accounts.
var positionColumns = []string{"account", "symbol", "side", "size", "entry_price", "leverage", "margin_mode", "wallet_balance", "isolated_margin", "stop"}

// required is how many of positionColumns a file must have.
const required = 7

// ErrPositions reports a positions file that cannot be read; the message names file, row, column, value and what was expected.
var ErrPositions = errors.New("positions file")

// ParsePositions reads a positions file: Parquet where the name ends in .parquet, else CSV with a header. Columns may stand
// in any order; others are refused in CSV and ignored in Parquet, whose numbers may be decimals, floats, integers or text.
func ParsePositions(name string, data []byte) (*PositionList, error) {
	list := &PositionList{Name: name}
	read := list.csv
	if strings.EqualFold(filepath.Ext(name), ".parquet") {
		read = list.parquet
	}
	if err := read(data); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrPositions, name, err)
	}
	if len(list.Rows) == 0 {
		return nil, fmt.Errorf("%w %s: has no row; expected at least one position", ErrPositions, name)
	}
	return list, nil
}

func (l *PositionList) csv(data []byte) error {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.TrimLeadingSpace, r.ReuseRecord = true, true
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%w; expected a header of %s", err, strings.Join(positionColumns, ","))
	}
	place := make([]int, len(header))
	for i, field := range header {
		field = strings.TrimSpace(field)
		if place[i] = slices.Index(positionColumns, field); place[i] < 0 {
			return fmt.Errorf("column %q is unknown; expected some of %s", field, strings.Join(positionColumns, ", "))
		}
		if slices.Contains(place[:i], place[i]) {
			return fmt.Errorf("column %q stands twice", field)
		}
	}
	for k, column := range positionColumns[:required] {
		if !slices.Contains(place, k) {
			return missingColumn(column)
		}
	}
	cells := make([]string, len(positionColumns))
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, text := range record {
			cells[place[i]] = strings.TrimSpace(text)
		}
		if err := l.add(cells); err != nil {
			return err
		}
	}
}

func missingColumn(name string) error {
	return fmt.Errorf("column %s is missing; expected at least %s", name, strings.Join(positionColumns[:required], ", "))
}

func (l *PositionList) parquet(data []byte) (err error) {
	t, err := columnar.ReadTableBytes(l.Name, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	columns := make([]*columnar.Values, len(positionColumns))
	for k, name := range positionColumns {
		if !slices.ContainsFunc(t.Columns, func(c columnar.Column) bool { return c.Name == name }) {
			if k < required {
				return missingColumn(name)
			}
			continue
		}
		if columns[k], err = t.Column(name); err != nil {
			return err
		}
	}
	cells := make([]string, len(positionColumns))
	for {
		rows, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range rows {
			for k, v := range columns {
				cells[k] = cellText(v, i)
			}
			if err := l.add(cells); err != nil {
				return err
			}
		}
	}
}

// cellText writes a cell as CSV has it; a null is empty. The shortest decimal of a float is its value.
func cellText(v *columnar.Values, i int) string {
	if v == nil || v.Null != nil && v.Null[i] {
		return ""
	}
	switch v.Type {
	case columnar.Int64:
		return strconv.FormatInt(v.Int64[i], 10)
	case columnar.Int32:
		return strconv.Itoa(int(v.Int32[i]))
	case columnar.Float64:
		return strconv.FormatFloat(v.Float64[i], 'f', -1, 64)
	case columnar.Decimal8, columnar.Decimal128:
		if len(v.Int64) > i {
			return market.Format(market.Quote(v.Int64[i]))
		}
		return "beyond 92233720368"
	case columnar.String:
		return v.String[i]
	}
	return v.Type.String()
}

// add reads a row; cells are in the order of positionColumns.
func (l *PositionList) add(cells []string) error {
	p := HeldPosition{Row: len(l.Rows) + 1, Account: strings.Clone(cells[0]), Symbol: strings.Clone(cells[1])}
	bad := func(column int, expected string) error {
		return fmt.Errorf("row %d: %s %q; expected %s", p.Row, positionColumns[column], cells[column], expected)
	}
	if p.Account == "" {
		return bad(0, "the account's name, the same on each of its rows")
	}
	if p.Symbol == "" {
		return bad(1, "an instrument, such as BTCUSDT")
	}
	var ok bool
	if p.Side, ok = market.ParseSide(cells[2]); !ok {
		return bad(2, "long or short")
	}
	var err error
	if p.Size, err = market.Parse[market.Qty](cells[3]); err != nil || p.Size <= 0 {
		return bad(3, "a size in base above 0, with at most 8 decimals")
	}
	if p.Entry, err = market.Parse[market.Price](cells[4]); err != nil || p.Entry <= 0 {
		return bad(4, "a price above 0, with at most 8 decimals")
	}
	if p.Leverage, err = market.Parse[market.Rate](strings.TrimSuffix(cells[5], "x")); err != nil || p.Leverage < market.Scale || p.Leverage > 1000*market.Scale {
		return bad(5, "a leverage of 1 to 1000")
	}
	switch cells[6] {
	case "isolated":
		p.Mode = risk.Isolated
	case "cross":
		p.Mode = risk.Cross
	default:
		return bad(6, "isolated or cross")
	}
	for _, c := range []struct {
		column int
		into   *market.Quote
	}{{7, &p.Wallet}, {8, &p.Isolated}} {
		if cells[c.column] == "" {
			continue
		}
		if *c.into, err = market.Parse[market.Quote](cells[c.column]); err != nil || *c.into < 0 {
			return bad(c.column, "an amount of at least 0, with at most 8 decimals")
		}
	}
	if p.Mode == risk.Cross && p.Isolated > 0 {
		return bad(8, "nothing: the position is cross")
	}
	if cells[9] != "" {
		if p.Stop, err = market.Parse[market.Price](cells[9]); err != nil || p.Stop < 0 {
			return bad(9, "a price, or nothing")
		}
	}
	l.Rows = append(l.Rows, p)
	return nil
}
