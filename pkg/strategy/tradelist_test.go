package strategy_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

const trades = `time,symbol,side,price,size,exit
2025-10-10T21:30:00Z,SOLUSDT,short,150.5,,
2025-10-10 21:20,BTCUSDT,long,,0.25,2025-10-10 21:40
1760131200000,"BTCUSDT",short,,,
`

func TestParseTradeList(t *testing.T) {
	got, err := strategy.ParseTradeList(strings.NewReader(trades), "mine.csv")
	at := moment(t, "2025-10-10 21:20")
	want := strategy.List{
		Name:  "mine.csv",
		Lines: []int{3, 4, 2},
		Trades: []strategy.Setup{
			{ID: 0, Time: at, Symbol: "BTCUSDT", Side: market.Long, Size: qty("0.25"), Exit: at + 20*market.Minute},
			{ID: 1, Time: at, Symbol: "BTCUSDT", Side: market.Short},
			{ID: 2, Time: at + 10*market.Minute, Symbol: "SOLUSDT", Side: market.Short, Price: price("150.5")},
		},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("%v\n%s", err, diff)
	}
}

func TestParseTradeListTellsWhereAndWhat(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "mine.csv: the file is empty: expected a header",
		"time,symbol,side\n":                  "mine.csv: 0 trades",
		"time,symbol\n":                       `mine.csv:1: column "side" is missing`,
		"time,symbol,side,prise\n":            `did you mean "price"?`,
		"time,symbol,side,time\n":             `column "time" stands twice`,
		"time,symbol,side\nnoon,B,long\n":     `mine.csv:2: time "noon": expected a UTC time`,
		"time,symbol,side\n1760131200,B,long": `time "1760131200": expected`, // seconds
		"time,symbol,side\n2025-10-10,,long":  "symbol is empty",
		"time,symbol,side\n2025-10-10,B,buy":  `side "buy": expected long or short`,
		"time,symbol,side,size\n2025-10-10,B,long,1\n2025-10-10,B,long,-1\n":   `mine.csv:3: size "-1": expected a number above 0`,
		"time,symbol,side,price\n2025-10-10,B,long,1.123456789":                "at most 8 decimals",
		"time,symbol,side,exit\n2025-10-10,B,long,2025-10-09":                  "expected a time after the entry",
		"time,symbol,side\n2025-10-10,B\n":                                     "wrong number of fields",
		"time,symbol,side\n2025-10-10,\"B,long\n":                              "mine.csv: ",
		"\n\ntime,symbol,side\n\n2025-10-10,B,long\n\n2025-10-10,B,sideways\n": "mine.csv:7: side",
	} {
		got, err := strategy.ParseTradeList(strings.NewReader(in), "mine.csv")
		if !errors.Is(err, strategy.ErrTradeList) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q = %v, %v; expected an error that says %q", in, got.Trades, err, want)
		}
	}
}

func TestListEntryOpensThroughTheRegistry(t *testing.T) {
	r := strategy.NewRegistry()
	if _, err := r.Entry("list", strategy.Params{"file": "mine.csv"}); err == nil {
		t.Error("a registry that cannot open files made a list")
	}
	r.Open = func(name string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(trades)), nil }
	w := evening(t)
	w.Symbols = []string{"BTCUSDT"}
	e, err := r.Entry("list", strategy.Params{"file": "mine.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.Setups(w); err == nil || !strings.Contains(err.Error(), "mine.csv:2: not registered: unknown symbol \"SOLUSDT\"") {
		t.Errorf("a trade without data gave %v, %v", lines(got), err)
	}
	e, err = r.Entry("list", strategy.Params{"file": "mine.csv", "outside": "skip"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0 21:20 BTCUSDT long", "1 21:20 BTCUSDT short"}, lines(setups(t, e, w))); diff != "" {
		t.Error(diff)
	}
	w.To = moment(t, "2025-10-10 21:15")
	if got := setups(t, e, w); len(got) != 0 {
		t.Errorf("skip kept %v", lines(got))
	}
}

func FuzzParseTradeList(f *testing.F) {
	for _, seed := range []string{trades, "", "time,symbol,side\n", "\ufefftime,symbol,side\n1760131200000,B,long", "side,time,symbol\nlong,2025-10-10,\"a\nb\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		list, err := strategy.ParseTradeList(strings.NewReader(in), "f")
		if err != nil {
			if !errors.Is(err, strategy.ErrTradeList) {
				t.Fatalf("error without ErrTradeList: %v", err)
			}
			return
		}
		if len(list.Trades) == 0 || len(list.Trades) != len(list.Lines) ||
			!slices.IsSortedFunc(list.Trades, func(a, b strategy.Setup) int { return int(a.Time - b.Time) }) {
			t.Fatalf("%d trades on %d lines, or out of order", len(list.Trades), len(list.Lines))
		}
		for i, s := range list.Trades {
			if s.ID != int32(i) || s.Symbol == "" || s.Side*s.Side != 1 || s.Price < 0 || s.Size < 0 || s.Exit != 0 && s.Exit <= s.Time {
				t.Fatalf("trade %d: %+v", i, s)
			}
		}
	})
}
