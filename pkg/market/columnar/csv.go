package columnar

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// IsParquet reports whether data begins as a Parquet file does.
func IsParquet(data []byte) bool { return bytes.HasPrefix(data, []byte("PAR1")) }

// CSVOfParquet returns a small Parquet table as CSV with a header: numbers as the shortest decimal, times as RFC 3339 UTC,
// nulls empty. Line n+1 is row n, counted from 1. Columns of types that ColumnType does not cover are left out. name is
// the file's, for errors.
func CSVOfParquet(name string, data []byte) (text []byte, err error) {
	r, err := readTable(source{ReaderAtSeeker: bytes.NewReader(data), name: name, size: int64(len(data)), Closer: io.NopCloser(nil)}, defaultBudget)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	var taken []*Values
	var record []string
	for _, c := range r.Columns {
		v, err := r.Column(c.Name)
		if err != nil {
			return nil, err
		}
		taken, record = append(taken, v), append(record, c.Name)
	}
	if len(taken) == 0 {
		return nil, fmt.Errorf("%s: no column of a type that is read: expected strings, numbers and timestamps in ms", name)
	}
	if err := w.Write(record); err != nil {
		return nil, err
	}
	for {
		rows, err := r.Next()
		if errors.Is(err, io.EOF) {
			w.Flush()
			return out.Bytes(), w.Error()
		}
		if err != nil {
			return nil, err
		}
		for row := range rows {
			for i, v := range taken {
				record[i] = v.text(row)
			}
			if err := w.Write(record); err != nil {
				return nil, err
			}
		}
	}
}

// text prints one value.
func (v *Values) text(row int) string {
	if v.Null != nil && v.Null[row] {
		return ""
	}
	switch {
	case v.Type == Time:
		return market.Time(v.Int64[row]).String()
	case len(v.Int128) > row:
		return decimal128(v.Int128[row])
	case v.Type == Int32:
		return strconv.Itoa(int(v.Int32[row]))
	case v.Type == Float64:
		return strconv.FormatFloat(v.Float64[row], 'f', -1, 64)
	case v.Type == String:
		return v.String[row]
	}
	return strconv.FormatInt(v.Int64[row], 10)
}

// decimal128 prints a decimal of 8 places.
func decimal128(v market.Int128) string {
	digits := v.Big().String()
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for len(digits) <= market.Decimals {
		digits = string(slices.Insert([]byte(digits), 0, '0'))
	}
	return sign + digits[:len(digits)-market.Decimals] + "." + digits[len(digits)-market.Decimals:]
}
