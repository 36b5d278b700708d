package replay

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

const heldCSV = `symbol,account,side,size,entry_price,leverage,margin_mode,wallet_balance,isolated_margin,stop
BTCUSDT,a,long,0.5,112000.5,20,isolated,,3000,
ETHUSDT,b,short,2,3900,10x,cross,1500.25,,4100
`

// The same two positions in CSV, and in Parquet with decimals, floats, integers and text.
func TestPositionsFromBothFormats(t *testing.T) {
	want := []HeldPosition{
		{Row: 1, Account: "a", Symbol: "BTCUSDT", Side: market.Long, Size: 50_000_000, Entry: 112_000_50000000, Leverage: 20e8, Mode: risk.Isolated, Isolated: 3000e8},
		{Row: 2, Account: "b", Symbol: "ETHUSDT", Side: market.Short, Size: 2e8, Entry: 3900e8, Leverage: 10e8, Mode: risk.Cross, Wallet: 1500_25000000, Stop: 4100e8},
	}
	l, err := ParsePositions("held.csv", []byte(heldCSV))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(l.Rows, want) {
		t.Errorf("CSV: %+v, expected %+v", l.Rows, want)
	}
	var b bytes.Buffer
	w, err := columnar.NewTable(&b, []columnar.Column{{Name: "account", Type: columnar.String}, {Name: "symbol", Type: columnar.String},
		{Name: "side", Type: columnar.String}, {Name: "size", Type: columnar.Float64}, {Name: "entry_price", Type: columnar.Decimal8},
		{Name: "leverage", Type: columnar.Int32}, {Name: "margin_mode", Type: columnar.String}, {Name: "wallet_balance", Type: columnar.Decimal8, Nullable: true},
		{Name: "isolated_margin", Type: columnar.Int64, Nullable: true}, {Name: "stop", Type: columnar.Decimal8, Nullable: true}, {Name: "remark", Type: columnar.String}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range want {
		w.String(0, p.Account)
		w.String(1, p.Symbol)
		w.String(2, p.Side.String())
		w.Float64(3, market.Float(p.Size))
		w.Decimal(4, int64(p.Entry))
		w.Int32(5, int32(p.Leverage/market.Scale))
		w.String(6, p.Mode.String())
		if i == 0 {
			w.Null(7)
			w.Int64(8, 3000)
			w.Null(9)
		} else {
			w.Decimal(7, int64(p.Wallet))
			w.Null(8)
			w.Decimal(9, int64(p.Stop))
		}
		w.String(10, "ignored")
		if err := w.EndRow(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = ParsePositions("held.parquet", b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(l.Rows, want) {
		t.Errorf("Parquet: %+v, expected %+v", l.Rows, want)
	}
}

func TestPositionsAreRefusedWithTheirRow(t *testing.T) {
	row := func(change string) string {
		return "account,symbol,side,size,entry_price,leverage,margin_mode,isolated_margin\n" + change
	}
	for text, want := range map[string]string{
		"":                            "expected a header",
		"account,symbol\n":            "column side is missing",
		"account,account\n":           `column "account" stands twice`,
		"account,mood\n":              `column "mood" is unknown`,
		row(""):                       "has no row",
		row(",B,long,1,1,1,cross,"):   `row 1: account ""`,
		row("a,B,up,1,1,1,cross,"):    `row 1: side "up"; expected long or short`,
		row("a,B,long,0,1,1,cross,"):  `row 1: size "0"; expected a size in base above 0`,
		row("a,B,long,1,x,1,cross,"):  `row 1: entry_price "x"`,
		row("a,B,long,1,1,0,cross,"):  `row 1: leverage "0"; expected a leverage of 1 to 1000`,
		row("a,B,long,1,1,1,both,"):   `row 1: margin_mode "both"`,
		row("a,B,long,1,1,1,cross,5"): `row 1: isolated_margin "5"; expected nothing: the position is cross`,
		row("a,B,long,1,1,1,isolated,\nb,B,long,1,1,1,isolated,-1"): `row 2: isolated_margin "-1"`,
	} {
		_, err := ParsePositions("f.csv", []byte(text))
		if !errors.Is(err, ErrPositions) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "f.csv") {
			t.Errorf("%q: error %v, expected one about f.csv with %s", text, err, want)
		}
	}
}

func FuzzPositions(f *testing.F) {
	f.Add("f.csv", []byte(heldCSV))
	f.Add("f.parquet", []byte("PAR1"))
	f.Add("f.csv", []byte("account,symbol,side,size,entry_price,leverage,margin_mode\na,B,long,1,1,1,\"cross"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		l, err := ParsePositions(name, data)
		if err != nil {
			if !errors.Is(err, ErrPositions) {
				t.Fatalf("error %v is not of its kind", err)
			}
			return
		}
		for _, p := range l.Rows {
			if p.Size <= 0 || p.Entry <= 0 || p.Leverage < market.Scale || p.Isolated < 0 || p.Wallet < 0 || p.Account == "" {
				t.Fatalf("row %+v passed", p)
			}
		}
	})
}

// An isolated account with 3,000 and a cross account of two positions: a deposit is wallet and isolated margins, and what
// contradicts itself is refused.
func TestCrowdOfFile(t *testing.T) {
	p := crowdOn(t, 1, fourMarks)
	list := func(rows ...HeldPosition) *PositionList {
		for i := range rows {
			rows[i].Row = i + 1
		}
		return &PositionList{Name: "f.csv", Rows: rows}
	}
	row := func(account, symbol string, mode risk.MarginMode, wallet market.Quote) HeldPosition {
		return HeldPosition{Account: account, Symbol: symbol, Side: market.Long, Size: 1e8, Entry: 113_000e8, Leverage: 10e8, Mode: mode, Wallet: wallet}
	}
	margin := row("a", "BTCUSDT", risk.Isolated, 500e8)
	margin.Isolated, margin.Stop = 3000e8, 120_000e8 // a stop that the mark, 113,000, has passed
	eth := row("b", "ETHUSDT", risk.Cross, 9000e8)
	eth.Entry = 3800e8
	c, err := crowdOfFile(list(margin, row("b", "BTCUSDT", risk.Cross, 9000e8), eth, row("c", "NOSUCH", risk.Cross, 1)), p.Instruments)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Accounts) != 2 || c.Accounts[0].Deposit != 3500e8 || c.Accounts[1].Deposit != 9000e8 || len(c.Accounts[1].Positions) != 2 || c.Accounts[0].Positions[0].Stop != 0 {
		t.Errorf("%+v, expected deposits of 3,500 and 9,000, two positions in the second, no stop in the first", c.Accounts)
	}
	if notes := strings.Join(c.Notes, "\n"); !strings.Contains(notes, "NOSUCH are left out") || !strings.Contains(notes, "1 stops left out") {
		t.Errorf("notes %q lack what was left out", notes)
	}
	for want, l := range map[string]*PositionList{
		"row 2: account a is cross here and isolated before": list(row("a", "BTCUSDT", risk.Isolated, 0), row("a", "ETHUSDT", risk.Cross, 5e8)),
		"row 2: wallet_balance 6 of account a, 5 before":     list(row("a", "BTCUSDT", risk.Cross, 5e8), row("a", "ETHUSDT", risk.Cross, 6e8)),
		"row 2: account a holds BTCUSDT already":             list(row("a", "BTCUSDT", risk.Cross, 5e8), row("a", "BTCUSDT", risk.Cross, 5e8)),
		"row 1: wallet_balance of cross account a is 0":      list(row("a", "BTCUSDT", risk.Cross, 0)),
		"none of its instruments is replayed":                list(row("a", "NOSUCH", risk.Cross, 1)),
	} {
		if _, err := crowdOfFile(l, p.Instruments); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %s", err, want)
		}
	}
}
