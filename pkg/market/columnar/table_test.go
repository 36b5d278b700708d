package columnar

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// allTypes has a column of each type, and a nullable one of each.
func allTypes() []Column {
	var columns []Column
	for t := Int64; t <= Decimal128; t++ {
		columns = append(columns, Column{Name: string(rune('a' + t)), Type: t},
			Column{Name: string(rune('A' + t)), Type: t, Nullable: true})
	}
	return columns
}

// valueOf draws a value for a column.
func valueOf(t *rapid.T, c Column) any {
	if c.Nullable && rapid.Bool().Draw(t, "null") {
		return nil
	}
	switch c.Type {
	case Int64:
		return rapid.Int64().Draw(t, "int64")
	case Int32:
		return rapid.Int32().Draw(t, "int32")
	case Float64:
		return rapid.Float64().Draw(t, "float64")
	case String:
		return rapid.SampledFrom([]string{"", "liquidation", "stop", "ü"}).Draw(t, "string")
	case Time:
		return market.Time(rapid.Int64Range(0, 4e12).Draw(t, "time"))
	case Decimal8:
		return market.Quote(rapid.Int64().Draw(t, "decimal"))
	}
	return market.Mul128(rapid.Int64().Draw(t, "a"), rapid.Int64Range(-1e18, 1e18).Draw(t, "b"))
}

// at returns row i of a column as valueOf draws it.
func (v *Values) at(i int) any {
	if v.Null != nil && v.Null[i] {
		return nil
	}
	switch v.Type {
	case Int64:
		return v.Int64[i]
	case Int32:
		return v.Int32[i]
	case Float64:
		return v.Float64[i]
	case String:
		return v.String[i]
	case Time:
		return market.Time(v.Int64[i])
	}
	return v.Int128[i]
}

func readBack(data []byte) ([]Column, [][]any, error) {
	r, err := readTable(source{ReaderAtSeeker: bytes.NewReader(data), name: "t.parquet", size: int64(len(data))}, smallBudget)
	if err != nil {
		return nil, nil, err
	}
	columns := make([]*Values, len(r.Columns))
	for i, c := range r.Columns {
		if columns[i], err = r.Column(c.Name); err != nil {
			return nil, nil, err
		}
	}
	var rows [][]any
	for {
		n, err := r.Next()
		if err == io.EOF {
			return r.Columns, rows, r.Close()
		}
		if err != nil {
			return nil, nil, err
		}
		for i := range n {
			row := make([]any, len(columns))
			for c, v := range columns {
				row[c] = v.at(i)
			}
			rows = append(rows, row)
		}
	}
}

func TestTableRoundTrip(t *testing.T) {
	columns := allTypes()
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		table, err := NewTable(&out, columns, map[string]string{"schema": "x"})
		if err != nil {
			t.Fatal(err)
		}
		var want [][]any
		for range rapid.IntRange(0, 30).Draw(t, "rows") {
			row := make([]any, len(columns))
			for i, c := range columns {
				row[i] = valueOf(t, c)
			}
			if err := table.AppendRow(row...); err != nil {
				t.Fatal(err)
			}
			for i := range row {
				if q, ok := row[i].(market.Quote); ok {
					row[i] = market.Int128Of(int64(q))
				}
			}
			want = append(want, row)
		}
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		_, got, err := readBack(out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestTableOfManyRows crosses row groups and reads some of the columns.
func TestTableOfManyRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "steps.parquet")
	f, err := os.Create(path)
	must(t, err)
	table, err := NewTable(f, []Column{{Name: "time", Type: Time}, {Name: "kind", Type: String}, {Name: "fee", Type: Decimal8, Nullable: true}},
		map[string]string{"provenance": "reconstructed"})
	must(t, err)
	const rows = 2*RowGroupRows + 1
	for i := range rows {
		table.Time(0, market.Time(i))
		table.String(1, []string{"stop", "entry"}[i%2])
		if i%3 == 0 {
			table.Null(2)
		} else {
			table.Decimal(2, int64(-i))
		}
		must(t, table.EndRow())
	}
	must(t, table.Close())
	must(t, f.Close())
	r, err := ReadTable(path)
	must(t, err)
	equal(t, r.Rows, int64(rows))
	equal(t, r.Metadata, map[string]string{"provenance": "reconstructed"})
	equal(t, r.Columns[2], Column{Name: "fee", Type: Decimal128, Nullable: true})
	fee, err := r.Column("fee")
	must(t, err)
	kind, err := r.Column("kind")
	must(t, err)
	if _, err := r.Column("price"); err == nil || !strings.Contains(err.Error(), "steps.parquet: column price is missing: expected one of time, kind, fee") {
		t.Error(err)
	}
	row := 0
	for {
		n, err := r.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		for i := range n {
			if kind.String[i] != []string{"stop", "entry"}[row%2] || fee.Null[i] != (row%3 == 0) ||
				!fee.Null[i] && fee.Int64[i] != int64(-row) {
				t.Fatalf("row %d: %v %v %v", row, kind.String[i], fee.Null[i], fee.Int64[i])
			}
			row++
		}
	}
	equal(t, row, rows)
	must(t, r.Close())
}

func TestTableRefusals(t *testing.T) {
	columns := []Column{{Name: "a", Type: Int64}, {Name: "b", Type: String}}
	for name, c := range map[string]struct {
		row  []any
		want string
	}{
		"short":   {[]any{int64(1)}, "column b has 0 values in 1 rows"},
		"long":    {[]any{int64(1), "x", "y"}, "column 2: expected 0 to 1"},
		"type":    {[]any{"x", "x"}, "column a is int64: a value of type string does not fit"},
		"null":    {[]any{nil, "x"}, "column 0 is set to null: expected a nullable column"},
		"unknown": {[]any{true, "x"}, "column 0 is given a bool"},
	} {
		table, err := NewTable(io.Discard, columns, nil)
		must(t, err)
		if err := table.AppendRow(c.row...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %s", name, err, c.want)
		}
		if table.Close() == nil {
			t.Errorf("%s: Close forgot the error", name)
		}
	}
	if _, err := NewTable(io.Discard, []Column{{Name: "a"}, {Name: "a"}}, nil); err == nil || !strings.Contains(err.Error(), `column 1 is named "a"`) {
		t.Error(err)
	}
	table, err := NewTable(io.Discard, columns, nil)
	must(t, err)
	table.Int64(0, 1)
	if err := table.Close(); err == nil || !strings.Contains(err.Error(), "column a was set for a row that was not ended") {
		t.Error(err)
	}
}
