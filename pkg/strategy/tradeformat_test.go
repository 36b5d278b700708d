package strategy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// The trades below are made up; the columns are those of the programs.
const (
	freqtradeCSV = `pair,stake_amount,amount,open_date,close_date,open_rate,close_rate,is_short,leverage
BTC/USDT:USDT,100,0.02,2025-10-10 21:20:00+00:00,2025-10-10 21:40:00+00:00,50000.5,51000,False,10
ETH/USDT:USDT,100,0.5,2025-10-10 21:25:00+00:00,,2000,,True,10
`
	freqtradeJSON = `{"metadata": {"trades": 2}, "strategy": {"Mine": {"trades": [
  {"pair": "BTC/USDT:USDT", "amount": 0.02, "open_timestamp": 1760131200000, "close_timestamp": 1760132400000, "open_rate": 50000.5, "is_short": false, "orders": [{"amount": 0.02}]},
  {"pair": "ETH/USDT:USDT", "amount": 0.5, "open_timestamp": 1760131500000, "close_timestamp": null, "open_rate": 2000, "is_short": true}
], "total": 2}}, "strategy_comparison": []}`
	nautilusPositions = `position_id,trader_id,strategy_id,instrument_id,account_id,opening_order_id,closing_order_id,entry,side,quantity,peak_qty,ts_init,ts_opened,ts_last,ts_closed,duration_ns,avg_px_open,avg_px_close
1,T,S,BTCUSDT-PERP.BINANCE,A,O1,O2,BUY,FLAT,0,0.02,1760131200000000000,2025-10-10 21:20:00+00:00,0,2025-10-10 21:40:00.000000001+00:00,1,50000.5,51000
2,T,S,ETHUSDT-PERP.BINANCE,A,O3,,SELL,SHORT,0.5,0.5,1760131500000000000,1760131500000000000,0,,,2000.0,
`
	nautilusFills = `client_order_id,instrument_id,order_side,last_qty,last_px,ts_event
O1,BTCUSDT-PERP.BINANCE,BUY,0.02,50000.5,2025-10-10 21:20:00+00:00
O3,ETHUSDT-PERP.BINANCE,SELL,0.5,2000,2025-10-10 21:25:00+00:00
O2,BTCUSDT-PERP.BINANCE,SELL,0.02,51000,2025-10-10 21:40:00+00:00
`
	// Newest first, as the site lists them.
	binanceFills = `Date(UTC),Symbol,Side,Price,Quantity,Amount,Fee,Fee Coin,Realized Profit,Quote Asset
2025-10-10 21:40:00,BTCUSDT,SELL,51000,0.02,"1,020",0.5,USDT,19.99,USDT
2025-10-10 21:25:00,ETHUSDT,SELL,"2,000.0",0.5ETH,1000,0.5,USDT,0,USDT
2025-10-10 21:20:00,BTCUSDT,BUY,50000.5,0.02BTC,1000,0.5,USDT,0,USDT
`
)

func TestExportsOfOtherPrograms(t *testing.T) {
	at := moment(t, "2025-10-10 21:20")
	want := []strategy.Setup{
		{ID: 0, Time: at, Symbol: "BTCUSDT", Side: market.Long, Price: price("50000.5"), Size: qty("0.02"), Exit: at + 20*market.Minute},
		{ID: 1, Time: at + 5*market.Minute, Symbol: "ETHUSDT", Side: market.Short, Price: price("2000"), Size: qty("0.5")},
	}
	for name, text := range map[string]string{"freqtrade CSV": freqtradeCSV, "freqtrade JSON": freqtradeJSON, "nautilus positions": nautilusPositions, "nautilus fills": nautilusFills, "Binance": binanceFills} {
		got, err := strategy.ParseTradeList(strings.NewReader(text), "mine")
		if diff := cmp.Diff(want, got.Trades); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

// Two purchases of 1 at 100 and 3 at 104 (average 103), a sale of 2, a purchase of 1 at 103, and a sale of 5: 3 close the
// position, 2 open a short at 110, which a purchase of 1 leaves half open.
func TestFillsBecomeRoundTrips(t *testing.T) {
	const fills = `Time(UTC),Symbol,Side,Price,Quantity
2025-10-10 10:00:00,BTCUSDT,BUY,100,1
2025-10-10 10:01:00,BTCUSDT,BUY,104,3
2025-10-10 10:02:00,BTCUSDT,SELL,105,2
2025-10-10 10:03:00,BTCUSDT,BUY,103,1
2025-10-10 10:04:00,BTCUSDT,SELL,110,5
2025-10-10 10:05:00,BTCUSDT,BUY,100,1
`
	got, err := strategy.ParseTradeList(strings.NewReader(fills), "mine.csv")
	at := moment(t, "2025-10-10 10:00")
	want := strategy.List{Name: "mine.csv", Lines: []int{2, 6}, Trades: []strategy.Setup{
		{ID: 0, Time: at, Symbol: "BTCUSDT", Side: market.Long, Price: price("103"), Size: qty("4"), Exit: at + 4*market.Minute},
		{ID: 1, Time: at + 4*market.Minute, Symbol: "BTCUSDT", Side: market.Short, Price: price("110"), Size: qty("2")},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestExportsTellWhereAndWhat(t *testing.T) {
	for in, want := range map[string]string{
		"pair,open_rate,open_date\nBTC/USDT,1,2025-10-10\n":                                                                  "mine:1: looks like a freqtrade trades and has no column amount",
		"pair,open_rate,open_date,amount\nBTC/USDT,0,2025-10-10,1\n":                                                         `mine:2: open_rate "0": expected a number above 0`,
		"pair,open_rate,open_date,amount\nBTC/USDT,1,2025-10-10,1\nBTC/USDT,1,noon,1\n":                                      `mine:3: open_date "noon": expected a time`,
		"pair,open_rate,open_date,amount,close_date\nBTC/USDT,1,2025-10-10,1,2025-10-09\n":                                   "is before the entry",
		"pair,open_rate,open_date,amount,is_short\nBTC/USDT,1,2025-10-10,1,perhaps\n":                                        `is_short "perhaps": expected true or false`,
		"instrument_id,avg_px_open,ts_opened,entry,quantity\nBTCUSDT-PERP.X,1,2025-10-10,UP,1\n":                             `mine:2: entry "up"`,
		"Date(UTC),Symbol,Side,Price,Quantity\n2025-10-10,BTCUSDT,BUY,1,-3\n":                                                `mine:2: quantity "-3": expected a number above 0`,
		"Date(UTC),Symbol,Side,Price,Quantity\n2025-10-10,BTCUSDT,BUY,1,1e999999999\n":                                       "expected a number above 0",
		"Date(UTC),Symbol,Side,Price,Quantity,Realized Profit\n2025-10-10,BTCUSDT,SELL,1,3,-20\n":                            "mine:2: the fill of BTCUSDT at 2025-10-10T00:00:00Z closes a position that the file does not open",
		"Date(UTC),Symbol,Side,Price,Quantity\n2025-10-10,BTCUSDT,BUY,1,90000000000\n2025-10-10,BTCUSDT,BUY,1,90000000000\n": "add up to more than a number can hold",
		`{"a": 1}`: "mine:1: JSON without a list of trades",
		"[\n{\"pair\": \"BTC/USDT\", \"open_rate\": 1, \"open_date\": \"2025-10-10\", \"amount\": 1},\n{\"pair\": \"BTC/USDT\"}]": "mine:3: the trade has no open_rate",
		"{\"trades\": [\n\n{\"pair\": 3":             "mine:3: JSON: unexpected",
		`{"A": {"trades": []}, "B": {"trades": []}}`: "a second list of trades",
	} {
		_, err := strategy.ParseTradeList(strings.NewReader(in), "mine")
		if !errors.Is(err, strategy.ErrTradeList) || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
			t.Errorf("%q = %v; expected an error that says %q", in, err, want)
		}
	}
}

func TestListRefusesImpossibleSizes(t *testing.T) {
	w := strategy.Window{From: 0, To: 1e15, Symbols: []string{"BTCUSDT"}, Instruments: map[string]market.Instrument{"BTCUSDT": {Symbol: "BTCUSDT", Lot: qty("0.001"), Tick: 1}}}
	for cells, want := range map[string]string{"2025-10-10,BTCUSDT,long,,0.0001": "mine.csv:2: size 0.0001 of BTCUSDT is below one lot of 0.001", "2025-10-10,BTCUSDT,long,100000,80000000000": "exceeds what an amount can hold"} {
		list, err := strategy.ParseTradeList(strings.NewReader("time,symbol,side,price,size\n"+cells+"\n"), "mine.csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := list.Setups(w); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s = %v; expected %q", cells, err, want)
		}
	}
}

func FuzzExports(f *testing.F) {
	for _, s := range []string{freqtradeCSV, freqtradeJSON, nautilusPositions, nautilusFills, binanceFills, "[[[{", "{\"trades\":[{\"a\":{}}]}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := strategy.ParseTradeList(strings.NewReader(text), "mine")
		if (err == nil) == (len(list.Trades) == 0) {
			t.Errorf("%d trades, %v", len(list.Trades), err)
		}
		for i, s := range list.Trades {
			if s.Symbol == "" || s.Side == 0 || s.Price < 0 || s.Size < 0 || s.Exit != 0 && s.Exit <= s.Time || i > 0 && s.Time < list.Trades[i-1].Time {
				t.Errorf("trade %d: %+v", i, s)
			}
		}
	})
}
