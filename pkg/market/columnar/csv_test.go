package columnar

import (
	"bytes"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// A table of every type comes out as the text that it means; a damaged one is an error.
func TestCSVOfParquet(t *testing.T) {
	var file bytes.Buffer
	w, err := NewTable(&file, []Column{{Name: "time", Type: Time}, {Name: "symbol", Type: String}, {Name: "price", Type: Float64, Nullable: true}, {Name: "size", Type: Decimal8}, {Name: "n", Type: Int64}, {Name: "k", Type: Int32}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for row := range 2 {
		w.Time(0, market.Time(1760131200000+row))
		w.String(1, "BTC,USDT")
		if row == 0 {
			w.Float64(2, 1e-7)
		} else {
			w.Null(2)
		}
		w.Decimal(3, int64(-5+10*row))
		w.Int64(4, 1<<40)
		w.Int32(5, -7)
		if err := w.EndRow(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !IsParquet(file.Bytes()) || IsParquet([]byte("time,symbol")) {
		t.Error("IsParquet does not tell them apart")
	}
	got, err := CSVOfParquet("mine.parquet", file.Bytes())
	want := "time,symbol,price,size,n,k\n2025-10-10T21:20:00Z,\"BTC,USDT\",0.0000001,-0.00000005,1099511627776,-7\n2025-10-10T21:20:00.001Z,\"BTC,USDT\",,0.00000005,1099511627776,-7\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\nexpected\n%s", err, got, want)
	}
	for cut := 4; cut < file.Len(); cut += 37 {
		if _, err := CSVOfParquet("mine.parquet", file.Bytes()[:cut]); err == nil || !strings.Contains(err.Error(), "mine.parquet") {
			t.Errorf("cut at %d: %v; expected an error that names the file", cut, err)
		}
	}
}
