package calc

import (
	"encoding/json"
	"strings"
	"testing"
)

// Each error names the field, the value and what was expected.
func TestParseAccountRefuses(t *testing.T) {
	position := func(change string) string {
		return `{"wallet_balance": 1, "positions": [{"symbol": "A", "side": "long", "size": 1, "entry_price": 5, "leverage": 5}, {"symbol": "B", "side": "long", "entry_price": 5, "leverage": 5, ` + change + `}]}`
	}
	for _, c := range []struct{ input, want string }{
		{``, "input is not JSON at byte 0 (it ends too early)"},
		{`{`, "input is not JSON at byte 1"},
		{`{"wallet_balance": 1,}`, "input is not JSON"},
		{`[]`, "input is a list; expected a JSON object"},
		{`{} {}`, "input is more than one value"},
		{`{"a": {"b": 1, "b": 2}}`, "a.b is given twice; expected each key once"},
		{strings.Repeat(`{"a":`, 30) + `1` + strings.Repeat(`}`, 30), "nested too deep"},
		{`{"wallet_balance": 1}`, "positions is missing; expected a list of positions"},
		{`{"wallet_balance": 1, "quote_balance": 2, "positions": [{"symbol": "A", "side": "long", "size": 1, "entry_price": 5}]}`, "wallet_balance is given in more than one way"},
		{`{"wallet": 1, "wallet_balance": 2, "positions": []}`, "a second spelling of wallet_balance"},
		{`{"positions": [1]}`, `positions[0] is "1"; expected an object`},
		{position(`"size": "-1"`), `positions[1].size is -1; expected a size above 0 for a long`},
		{position(`"size": "abc"`), `positions[1].size is "abc"; expected a number other than 0; write decimals plainly`},
		{position(`"size": "1e999"`), `positions[1].size is "1e999"`},
		{position(`"size": true`), `positions[1].size is true; expected a number other than 0; write decimals as strings or numbers`},
		{position(`"size": 0`), `positions[1].size is 0; expected a number other than 0`},
		{position(`"size": 1, "lverage": 5`), `positions[1].lverage is an unknown key; expected a known one; did you mean leverage?`},
		{position(`"size": 1, "colour": 5`), `positions[1].colour is an unknown key`},
		{position(`"size": 1, "maintenance_margin_rate": "0.4%"`), `positions[1].maintenance_margin_rate is "0.4%"; expected a fraction of at least 0 and below 1`},
		{position(`"size": 1, "mmr": 4`), `positions[1].mmr is 4; expected a fraction of at least 0 and below 1, such as 0.004 for 0.4%; divide percent by 100`},
		{position(`"size": 1, "mark_price": -1`), `positions[1].mark_price is -1; expected a number above 0`},
		{position(`"size": 1, "margin_mode": "crss"`), `positions[1].margin_mode is "crss"; expected isolated or cross; did you mean cross?`},
		{position(`"size": 1, "margin_mode": "cross", "isolated_margin": 5`), `positions[1].isolated_margin is 5; expected none with margin_mode cross`},
		{position(`"size": 1, "szi": 1`), `positions[1].size is 1; expected one size, not two`},
		{position(`"position_amt": -1`), `positions[1].position_amt is -1; expected a size above 0 for a long`},
		{position(`"notional": -1`), `positions[1].notional is -1; expected a size above 0 for a long`},
		{position(`"notional": true`), `positions[1].notional is true`},
		{position(`"size": 1, "rounding": "up"`), `positions[1].rounding is up; expected a tick beside it`},
		{position(`"size": 1, "close_size": 2`), `positions[1].close_size is 2; expected at most the size, 1`},
		{position(`"size": 1, "tiers": [[5, 0.1], [5, 0.2]]`), `positions[1].tiers[1].cap is 5; expected more than 5`},
		{position(`"size": 1, "tiers": [{"floor": 1, "cap": 5, "rate": 0.1}]`), `positions[1].tiers[0].floor is 1; expected 0`},
		{position(`"size": 1, "tiers": [{"cap": 5}]`), `positions[1].tiers[0].maintenance_margin_rate is missing`},
		{position(`"size": 1, "tiers": [{"rate": 0.1}, {"cap": 5, "rate": 0.2}]`), `positions[1].tiers[0].cap is missing`},
		{position(`"size": 1, "tiers": [[1, 2, 3]]`), `positions[1].tiers[0] is a list; expected an object with cap`},
		{position(`"size": 1, "risk_limit": {"base": 5}`), `positions[1].risk_limit.step is missing`},
		{position(`"size": 1, "tiers": [[5, 0.1]], "size_margin": {"initial": 0.1, "maintenance": 0.05, "slope": 0}`), `given beside size_margin or risk_limit`},
		{`{"positions": [{"symbol": "A", "size": 1, "entry_price": 5}]}`, `positions[0].side is missing; expected long or short`},
		{`{"positions": [{"symbol": 7, "side": "up", "size": 1, "entry_price": 5}]}`, `positions[0].side is "up"; expected long or short`},
		{`{"positions": [{"symbol": 7, "side": "long", "size": 1, "entry_price": 5}]}`, `positions[0].symbol is "7"; expected a string`},
	} {
		if _, err := ParseAccount([]byte(c.input)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.200s\ngives %v, expected %q", c.input, err, c.want)
		}
	}
}

// All that is wrong is listed at once.
func TestAllMistakesAreListed(t *testing.T) {
	_, err := ParseAccount([]byte(`{"wallet_balance": "x", "positions": [{"symbol": "A", "side": "long", "size": "y", "entry_price": "z"}]}`))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v, expected one line for each mistake", err)
	}
}

// A mistake is listed once: a side that is no word is not missing as well.
func TestMistakesAreListedOnce(t *testing.T) {
	_, err := ParseAccount([]byte(`{"positions": [{"symbol": "A", "side": "up", "size": 1, "entry_price": 5, "leverage": 5}]}`))
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("account: %v", err)
	}
	if _, err = ParseADL([]byte(`{"liquidated": {"side": "up", "size": 1}}`)); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("queue: %v", err)
	}
}

// One key may be written as venues' interfaces and other tools write it.
func TestSpellings(t *testing.T) {
	want := map[string]any{"positions/0/liquidation_price": "9090.9090909090909090909", "positions/0/side": "long", "positions/0/margin_mode": "isolated"}
	for _, input := range []string{
		`{"positions": [{"symbol": "A", "side": "long", "size": "1", "entry_price": "10000", "margin_mode": "isolated", "leverage": "10", "maintenance_margin_rate": "0.01", "maintenance_amount": "0"}]}`,
		`{"positions": [{"symbol": "A", "positionSide": "LONG", "positionAmt": 1, "entryPrice": 1e4, "marginType": "ISOLATED", "isolatedWallet": 1000, "maintMarginRate": 0.01, "cum": 0}]}`,
		`{"positions": {"symbol": "A", "side": "Buy", "qty": 1, "entry": 10000, "lev": 10, "mmr": "0.01"}}`,
		`{"positions": [{"symbol": "A", "szi": 1, "side": "buy", "avg": 10000, "margin": 1000, "mmr": "1e-2", "mark": null}]}`,
		`{"positions": [{"symbol": "A", "side": "long", "notional": 10000, "entry": 10000, "leverage": 10, "mmr": 0.01}]}`,
	} {
		check(t, "binance/2025-10", "account", input, want)
	}
	check(t, "binance/2025-10", "account", `{"positions": [{"symbol": "A", "size": -1, "entry": 10000, "leverage": 10, "mmr": 0.01}]}`, map[string]any{"positions/0/side": "short"})
}

// Whatever is read is either refused with an error or computed to JSON without a panic.
func FuzzInput(f *testing.F) {
	f.Add([]byte(`{"wallet_balance": "1000", "positions": [{"symbol": "BTCUSDT", "side": "long", "size": "0.1", "entry_price": "60000", "mark_price": "59000", "margin_mode": "cross", "leverage": "10"}]}`))
	f.Add([]byte(`{"positions": [{"symbol": "A", "side": "short", "notional": 5, "entry_price": 5, "leverage": 3, "tiers": [[5, 0.1], {"cap": null, "max_leverage": 2}], "tick": 0.1, "contract_type": "inverse"}]}`))
	f.Add([]byte(`{"average_premium": "0.001", "interval_hours": 4, "date": "2025-10-10", "size": 1, "side": "long", "mark": 5}`))
	f.Add([]byte(`{"liquidated": {"side": "short", "size": "20", "quote_balance": "650", "fills": [1]}, "start": 1, "candidates": [{"account": 1, "size": 10, "rank_value": 3, "quote": 5}], "fund": {"balance": 1, "peak": 2, "drawdown": 0.3}}`))
	f.Add([]byte(`{"candidates": [{"mark_value": "1.1", "bankrupt_value": "0.9", "avg_entry_value": "1.0"}]}`))
	f.Add([]byte(`{"budget": {"policy": "min_max_fraction", "theta": 0.5, "accounts": [{"pnl": 8, "equity": -3, "contracts": 5, "loss_per_contract": "0.7"}, {"pnl": 2, "contracts": 9, "loss_per_contract": 1}]}, "accounting": {"haircut": 5, "fills": [{"size": 1, "reference_price": 2, "execution_price": 1}]}}`))
	f.Add([]byte(`{"budget": {"policy": "risk_pro_rata", "risk": "power", "exponent": 3, "amount": 4, "accounts": [{"pnl": 8, "leverage": "1.5", "cap": 0.5}]}, "execution": {"side": "short", "price": 1, "impact": 1, "size": 1, "collateral": 1}}`))
	f.Add([]byte(`{"path": {"long_short_ratio": "0.6", "mark_prices": [1, "1.4"], "oracle_prices": [1, 3], "positions": [{"side": "long", "size": 1, "collateral": 2}]}, "slice": {"side": "short", "price": 5, "size": 1, "equity": -4, "mmr": "0.1", "execution_price": 6}}`))
	books := make([]string, 0, 3)
	books = append(books, "binance/2025-10", "bybit/2025-10", "dydx/2025-10")
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, id := range books {
			book := load(t, id)
			if in, err := ParseAccount(text); err == nil {
				if r, err := Evaluate(book, in); err == nil {
					encodes(t, r)
				}
			}
			if in, err := ParseFunding(text); err == nil {
				if r, err := Funding(book, in); err == nil {
					encodes(t, r)
				}
			}
			if in, err := ParseADL(text); err == nil {
				if r, err := ADL(book, in); err == nil {
					encodes(t, r)
				}
			}
		}
	})
}

func encodes(t *testing.T, v any) {
	t.Helper()
	if _, err := json.Marshal(v); err != nil {
		t.Fatal(err)
	}
}

// A notional beside a size agrees with it at the mark price, or is the mark price; alone it is the size, of an inverse contract too.
func TestNotional(t *testing.T) {
	// 0.0335 ETH worth 100.02765 at mark 2985.9; margin -95.059824 + 100.02765 (Hyperliquid documentation, clearinghouseState).
	check(t, "hyperliquid/2025-10", "account", `{"positions": [{"symbol": "ETH", "szi": "0.0335", "entryPx": "2986.3", "positionValue": "100.02765", "rawUsd": "-95.059824", "mmr": 0.01}]}`,
		map[string]any{"positions/0/side": "long", "positions/0/margin_balance": "4.967826", "positions/0/liquidation_price": "2866.26938037087290818634", "margin_ratio": "0.201350953113092125207284"})
	// 180 XBT at 10,000 are 1,800,000 contracts of a dollar.
	check(t, "bitmex/2020-03", "account", `{"positions": [{"symbol": "XBTUSD", "side": "long", "notional": 180, "entry_price": 10000, "leverage": 1, "fee_rate": 0}]}`,
		map[string]any{"positions/0/notional": "180", "positions/0/maintenance_margin": "0.9"})
	check(t, "binance/2025-10", "account", `{"wallet_balance": 1000, "positions": [{"symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "-0.1", "notional": "-5900", "entry_price": 60000}]}`,
		map[string]any{"positions/0/side": "short", "positions/0/unrealized_pnl": "100"})
	refused(t, `{"positions": [{"symbol": "BTCUSDT", "side": "long", "size": 1, "entry_price": 60000, "mark_price": 59000, "notional": 60000, "leverage": 10}]}`, "positions[0].notional is 60000; expected 59000, the size at the mark price")
}

// The wallet of an account with one isolated position and nothing else that tells its margin is that margin (Binance FAQ
// b3c689c1f50a44cabb3a84e663b81d93: WB of an isolated position; its example of 1,535,443.01); 54000/0.996.
func TestWalletOfASingleIsolatedPosition(t *testing.T) {
	check(t, "binance/2025-10", "account", `{"wallet_balance": 6000, "positions": [{"symbol": "BTCUSDT", "side": "long", "size": 1, "entry_price": 60000, "margin_mode": "isolated"}]}`,
		map[string]any{"positions/0/liquidation_price": "54216.86746987951807228915662650602", "positions/0/bankruptcy_price": "54000"})
	check(t, "binance/2025-10", "account", `{"wallet_balance": "1535443.01", "positions": [{"symbol": "ETHUSDT", "side": "long", "size": "3683.979", "entry_price": "1456.84", "margin_mode": "isolated", "maintenance_margin_rate": "0.1", "maintenance_amount": "135365"}]}`,
		map[string]any{"positions/0/liquidation_price": "1114.78496374587248069426"})
	two := `{"symbol": "BTCUSDT", "side": "long", "size": 1, "entry_price": 60000, "margin_mode": "isolated"}`
	refused(t, `{"wallet_balance": 6000, "positions": [`+two+`, `+two+`]}`, "positions[0].leverage is missing; expected leverage or isolated_margin")
	refused(t, `{"wallet_balance": 0, "positions": [`+two+`]}`, "positions[0].leverage is missing; expected leverage or isolated_margin")
}

// An isolated margin of 0 in cross mode says that there is none.
func TestNoIsolatedMarginInCross(t *testing.T) {
	check(t, "binance/2025-10", "account", `{"wallet_balance": 6000, "positions": [{"symbol": "BTCUSDT", "side": "long", "size": 1, "entry_price": 60000, "margin_mode": "cross", "isolated_margin": "0"}]}`,
		map[string]any{"positions/0/margin_mode": "cross", "positions/0/liquidation_price": "54216.86746987951807228915662650602"})
}

// refused checks that Binance's newest rulebook refuses an account.
func refused(t *testing.T, input, want string) {
	t.Helper()
	a, err := ParseAccount([]byte(input))
	if err == nil {
		_, err = Evaluate(load(t, "binance/2025-10"), a)
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s\ngives %v, expected %q", input, err, want)
	}
}

// What the venue would not have allowed is said, and computed.
func TestBeyondTheVenueIsNoted(t *testing.T) {
	check(t, "binance/2025-10", "account", `{"positions": [{"symbol": "BTCUSDT", "side": "long", "size": 1, "entry_price": 60000, "leverage": 200}]}`,
		map[string]any{"positions/0/bankruptcy_price": "59700", "notes/0": "positions[0].leverage: 200 is more than the 150 of the tier"})
	// 40,000 BTC at 60,000 are 2.4 billion; the table ends at 1.8: 1,200,000,000 - 421,482,000.
	check(t, "binance/2025-10", "account", `{"positions": [{"symbol": "BTCUSDT", "side": "long", "size": 40000, "entry_price": 60000, "leverage": 1}]}`,
		map[string]any{"maintenance_margin": "778518000", "notes/0": "positions[0].size: 2400000000 is beyond the last tier, which ends at 1800000000; its line is continued"})
}
