package calc

import (
	"strings"
	"sync"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// loaded keeps rulebooks, which are not changed and take long to parse.
var loaded sync.Map

func load(t *testing.T, id string) *venue.Rulebook {
	t.Helper()
	if book, ok := loaded.Load(id); ok {
		return book.(*venue.Rulebook)
	}
	book, err := venue.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	loaded.Store(id, book)
	return book
}

// check runs a command's input and compares what is at some paths.
func check(t *testing.T, id, command, input string, want map[string]any) {
	t.Helper()
	out := compute(t, example{Venue: id, Command: command, Input: []byte(input)})
	for path, v := range want {
		compare(t, path, dig(t, out, path), v, Must("1e-15"))
	}
}

// By hand: two isolated positions and a cross one, wallet 10,000 of which 6,000 and 1,000 are posted.
func TestAccountByHand(t *testing.T) {
	check(t, "binance/2025-10", "account", `{"wallet_balance": "10000", "positions": [
		{"symbol": "BTCUSDT", "side": "long", "size": "1", "entry_price": "60000", "mark_price": "59000", "margin_mode": "isolated", "leverage": "10"},
		{"symbol": "BTCUSDT", "side": "short", "size": "0.2", "entry_price": "60000", "mark_price": "59000", "margin_mode": "isolated", "isolated_margin": "1000"},
		{"symbol": "SOLUSDT", "side": "long", "size": "100", "entry_price": "200", "mark_price": "190", "margin_mode": "cross", "leverage": "20"}]}`, map[string]any{
		"wallet_balance":                 "10000",
		"unrealized_pnl":                 "-1800", // -1000 + 200 - 1000
		"equity":                         "8200",
		"margin_balance":                 "8200", // cross 3000 - 1000, isolated 6000 - 1000 and 1000 + 200
		"maintenance_margin":             "378.2",
		"positions/0/maintenance_margin": "236",                    // 59,000 * 0.4%
		"positions/0/margin_ratio":       "0.0472",                 // 236 / 5000
		"positions/0/initial_margin":     "5900",                   // at mark
		"positions/0/liquidation_price":  "54216.8674698795180723", // 54,000 / 0.996
		"positions/0/bankruptcy_price":   "54000",
		"positions/1/maintenance_margin": "47.2",
		"positions/1/liquidation_price":  "64741.03585657370517928", // (12,000 + 1,000) / 0.2 / 1.004
		"positions/2/maintenance_margin": "95",                      // 19,000 * 0.5%
		"positions/2/margin_balance":     "2000",
		"positions/2/liquidation_price":  "170.8542713567839196", // 3000 + 100(P - 200) = 0.5 P: 99.5 P = 17,000
		"positions/2/bankruptcy_price":   "170",
		"margin_ratio":                   "0.0475", // the highest: 95 / 2000
		"liquidatable":                   false,
	})
}

// By hand: the tier is the one at the liquidation price, also when that is two tiers away from that of mark, and up as well as down.
func TestTierAtTheLiquidationPrice(t *testing.T) {
	tiers := `"tiers": [{"cap": "1000", "mmr": "0.01"}, {"cap": "2000", "mmr": "0.02"}, {"mmr": "0.05"}]` // amounts 0, 10, 70
	for _, c := range []struct{ position, price, rate string }{
		// 2,100 at mark is tier 3. 1500 + 10(P-210) = 0.01*10P in tier 1: 9.9 P = 600, P = 60.60.. (606 is tier 1).
		{`"side": "long", "size": "10", "entry_price": "210", "isolated_margin": "1500"`, "60.6060606060606060606", "0.01"},
		// 1,200 is tier 2. 300 + 10(P-120) = 0.2P - 10: 9.8 P = 890, P = 90.81..: 908 is tier 1: 9.9 P = 900, P = 90.90..: 909 is tier 1.
		{`"side": "long", "size": "10", "entry_price": "120", "isolated_margin": "300"`, "90.9090909090909090909", "0.01"},
		// short 10 at 90 with 1,400: 1400 - 10(P-90) = 0.5P - 70: 10.5 P = 2370, P = 225.71..: 2,257 is tier 3.
		{`"side": "short", "size": "10", "entry_price": "90", "isolated_margin": "1400"`, "225.714285714285714286", "0.05"},
	} {
		check(t, "binance/2025-10", "account", `{"positions": [{"symbol": "A", "margin_mode": "isolated", `+c.position+`, `+tiers+`}]}`,
			map[string]any{"positions/0/liquidation_price": c.price, "positions/0/liquidation_maintenance_margin_rate": c.rate})
	}
}

// By hand, where the whole position takes the tier's rate (OKX): margin jumps when a rising short enters a tier.
func TestMarginJumpsAtABoundary(t *testing.T) {
	const book = "testdata/whole_by_mark.yaml"
	b, err := venue.LoadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	// Short 10 at 90 with 131: at 100 (1,000: still tier 1) equity 31 and margin 10; just above, tier 2 asks 10% = 100.
	in, err := ParseAccount([]byte(`{"positions": [{"symbol": "AUSDT", "side": "short", "size": "10", "entry_price": "90", "isolated_margin": "131"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Evaluate(b, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Positions[0].LiquidationPrice.String(); got != "100" {
		t.Errorf("liquidation price %s, expected the boundary, 100", got)
	}
}

func TestNoPriceIsNull(t *testing.T) {
	check(t, "binance/2025-10", "account", `{"positions": [{"symbol": "BTCUSDT", "side": "long", "size": "1", "entry_price": "60000", "leverage": "1"}]}`,
		map[string]any{"positions/0/liquidation_price": nil, "positions/0/bankruptcy_price": nil})
	check(t, "binance/2025-10", "account", `{"wallet_balance": "70000", "positions": [{"symbol": "BTCUSDT", "side": "long", "size": "1", "entry_price": "60000", "margin_mode": "cross", "leverage": 1}]}`,
		map[string]any{"positions/0/liquidation_price": nil})
	// A short inverse position at 1x holds its value in dollars: nothing liquidates it.
	check(t, "bitmex/2020-03", "account", `{"positions": [{"symbol": "XBTUSD", "side": "short", "size": "100", "entry_price": "5000", "leverage": "1"}]}`,
		map[string]any{"positions/0/bankruptcy_price": nil, "positions/0/unrealized_pnl": "0"})
	// Equal legs of a hedge cannot lose; only margin grows with the price.
	check(t, "binance/2025-10", "account", `{"wallet_balance": "100", "positions": [
		{"symbol": "BTCUSDT", "side": "long", "size": "1", "entry_price": "60000", "margin_mode": "cross", "maintenance_margin_rate": "0.004"},
		{"symbol": "BTCUSDT", "side": "short", "size": "1", "entry_price": "60500", "margin_mode": "cross", "maintenance_margin_rate": "0.004"}]}`,
		map[string]any{"positions/0/liquidation_price": "75000", "positions/1/liquidation_price": "75000", "equity": "600"}) // 600 = 0.008 P
}

func TestLiquidatableAlready(t *testing.T) {
	// 1000 + (P - 10,000) = 0.01 P at 9,090.9..; at a mark of 9,000 it is past that.
	check(t, "binance/2025-10", "account", `{"positions": [{"symbol": "A", "side": "long", "size": "1", "entry_price": "10000", "mark_price": "9000",
		"leverage": "10", "maintenance_margin_rate": "0.01"}]}`, map[string]any{"liquidatable": true, "margin_ratio": nil, "positions/0/liquidation_price": "9090.9090909090909090909"})
	// One scope without equity and one that is safe: the account's ratio is beyond any.
	check(t, "binance/2025-10", "account", `{"positions": [{"symbol": "A", "side": "long", "size": "1", "entry_price": "100", "mark_price": "50", "leverage": "10", "mmr": "0.01"},
		{"symbol": "B", "side": "long", "size": "1", "entry_price": "100", "leverage": "10", "mmr": "0.01"}]}`, map[string]any{"liquidatable": true, "margin_ratio": nil, "positions/1/margin_ratio": "0.1"})
	check(t, "binance/2025-10", "account", `{"wallet_balance": "5", "other_maintenance_margin": "5"}`, map[string]any{"liquidatable": true, "margin_ratio": "1"})
	// Equality: ratio 1 triggers on Binance and not on Hyperliquid.
	equal := `{"positions": [{"symbol": "A", "side": "long", "size": "1", "entry_price": "100", "mark_price": "100", "isolated_margin": "1", "maintenance_margin_rate": "0.01"}]}`
	check(t, "binance/2025-10", "account", equal, map[string]any{"liquidatable": true, "margin_ratio": "1", "positions/0/liquidation_price": "100"})
	check(t, "hyperliquid/2025-10", "account", equal, map[string]any{"liquidatable": false, "margin_ratio": "1", "positions/0/liquidation_price": "100"})
}

func TestInverseByHand(t *testing.T) {
	// 10,000 contracts of 1 USD at 5,000 are 2 XBT, at 10x 0.2 posted; 0.5% of 2 is 0.01: the loss allowed is 0.19, the value 2.19.
	check(t, "bitmex/2020-03", "account", `{"positions": [{"symbol": "XBTUSD", "side": "long", "size": "10000", "entry_price": "5000", "leverage": "10"}]}`, map[string]any{
		"positions/0/entry_notional": "2", "positions/0/liquidation_price_exact": "4566.21004566210045662", "positions/0/bankruptcy_price_exact": "4545.454545454545454545",
		"positions/0/contract": "inverse"})
	// What BitMEX shows is on its tick: the live short of 500 contracts at 6,725 with 25x of 2018 had 6968.5 and 7004.5.
	for _, id := range []string{"bitmex/2020-03", "bitmex/2025-10"} {
		check(t, id, "account", `{"wallet_balance": "0.01", "positions": [{"symbol": "XBTUSD", "side": "short", "size": "500", "entry_price": "6725", "leverage": "25", "margin_mode": "isolated", "maintenance_margin_rate": "0.005", "fee_rate": "0.00075"}]}`,
			map[string]any{"positions/0/liquidation_price": "6968.5", "positions/0/bankruptcy_price": "7004.5"})
	}
	// The symbol says it where the venue's linear contracts settle in USDT.
	check(t, "binance/2025-10", "account", `{"positions": [{"symbol": "BTCUSD_PERP", "side": "long", "size": "100", "contract_size": "100", "entry_price": "50000", "leverage": "10", "mmr": "0.004"}]}`,
		map[string]any{"positions/0/contract": "inverse", "positions/0/notional": "0.2"})
}

func TestWalletInOtherWords(t *testing.T) {
	position := `"positions": [{"symbol": "A", "side": "short", "size": "2", "entry_price": "100", "mark_price": "110", "margin_mode": "cross", "mmr": "0.01"}]`
	for _, wallet := range []string{`"wallet_balance": "50"`, `"cross_wallet_balance": 50`, `"quote_balance": "250"`} {
		check(t, "dydx/2025-10", "account", `{`+wallet+`, `+position+`}`, map[string]any{"equity": "30", "positions/0/margin_balance": "30"})
	}
	// A wallet that is less than the isolated margin cannot include it.
	isolated := `"positions": [{"symbol": "A", "side": "long", "size": "1", "entry_price": "100", "leverage": "10", "mmr": "0.01"}]`
	check(t, "binance/2025-10", "account", `{"wallet_balance": "10", `+isolated+`}`, map[string]any{"wallet_balance": "10"})
	check(t, "binance/2025-10", "account", `{"wallet_balance": "4", `+isolated+`}`, map[string]any{"wallet_balance": "14", "margin_balance": "10",
		"notes/0": "wallet_balance: 4 is less than the isolated margins, 10, so that it cannot include them; taken as cross_wallet_balance"})
	check(t, "binance/2025-10", "account", `{"wallet_balance": "10", "positions": []}`, map[string]any{"equity": "10", "margin_ratio": "0", "maintenance_margin": "0"})
	// Collateral worth 100 counts 90; a debt of 10 is not made smaller.
	check(t, "dydx/2025-10", "account", `{"collateral": [{"asset": "X", "amount": "2", "price": "50", "rate": "0.9"}, {"asset": "Y", "amount": "-10", "rate": "0.9"}], `+position+`}`,
		map[string]any{"equity": "70", "margin_balance": "60"})
	check(t, "hyperliquid/2025-10", "account", `{"positions": [{"symbol": "A", "side": "long", "size": "2", "entry_price": "100", "mark_price": "110", "raw_usd": "-150", "mmr": "0.01"}]}`,
		map[string]any{"positions/0/margin_balance": "70"}) // 220 - 150
}

// A hedge's shared price is rounded once, against the net side: a net long's up.
func TestSharedPriceIsRoundedOnce(t *testing.T) {
	check(t, "binance/2025-10", "account", `{"wallet_balance": "1000", "positions": [
		{"symbol": "BTCUSDT", "side": "long", "size": "0.1", "entry_price": "60000", "mark_price": "61000", "margin_mode": "cross", "leverage": "20"},
		{"symbol": "BTCUSDT", "side": "short", "size": "0.04", "entry_price": "60500", "margin_mode": "cross", "leverage": "20"}]}`, map[string]any{
		// 1000 + 0.1(P-60000) - 0.04(P-60500) = 0.004*0.14 P: 0.05944 P = 2580
		"positions/0/liquidation_price": "43405.1144010767160161", "positions/1/liquidation_price": "43405.1144010767160161",
		"positions/0/liquidation_price_rounded": "43405.2", "positions/1/liquidation_price_rounded": "43405.2"})
}

// Two cross positions with a wallet of 30: nothing is left when the first falls by 30 to 70. dYdX v4 publishes how equity is split: by
// maintenance margin, 1 and 2 of 3, which is 10 and 20 here.
func TestBankruptcyOfSeveralPositions(t *testing.T) {
	input := `{"wallet_balance": "30", "positions": [{"symbol": "A", "side": "long", "size": "1", "mark_price": "100", "margin_mode": "cross", "mmr": "0.01"},
		{"symbol": "B", "side": "short", "size": "1", "mark_price": "50", "margin_mode": "cross", "mmr": "0.04", "close_size": "0.5"}]}`
	check(t, "binance/2025-10", "account", input, map[string]any{"positions/0/bankruptcy_price": "70", "positions/1/bankruptcy_price": "80",
		"positions/0/takeover_price": "90", "positions/1/takeover_price": "70", "positions/1/bankruptcy_quote": "-35"})
	check(t, "dydx/2025-10", "account", input, map[string]any{"positions/0/bankruptcy_price": "90", "positions/1/bankruptcy_price": "70"})
}

// The first forced order of each procedure, by hand.
func TestNextOrder(t *testing.T) {
	for _, c := range []struct{ book, input, action, size string }{
		{"binance/2025-10", `{"wallet_balance": 1000, "positions": [{"symbol": "BTCUSDT", "side": "long", "size": "3", "mark_price": "60000", "margin_mode": "cross"}]}`, "order", "3"},
		{"hyperliquid/2025-10", `{"wallet_balance": 1000, "positions": [{"symbol": "BTC", "side": "long", "size": "3", "mark_price": "60000", "margin_mode": "cross"}]}`, "order", "0.6"},
		{"hyperliquid/2025-10", `{"wallet_balance": 1000, "positions": [{"symbol": "BTC", "side": "long", "size": "1", "mark_price": "100000", "margin_mode": "cross"}]}`, "order", "1"},
		// dYdX: a tenth, but at least 1,000 of notional.
		{"dydx/2025-10", `{"wallet_balance": 1000, "positions": [{"symbol": "BTC-USD", "side": "long", "size": "3", "mark_price": "60000", "margin_mode": "cross"}]}`, "order", "0.3"},
		{"dydx/2025-10", `{"wallet_balance": 1000, "positions": [{"symbol": "BTC-USD", "side": "long", "size": "0.1", "mark_price": "50000", "margin_mode": "cross"}]}`, "order", "0.02"},
		// OKX: 250 BTC is the fourth tier, two down is the second, which ends at 50. 20 BTC is the second: taken over.
		{"okx/2025-10", `{"wallet_balance": 10000000, "positions": [{"symbol": "BTC-USDT-SWAP", "side": "long", "size": "250", "mark_price": "60000", "margin_mode": "cross", "leverage": 10}]}`, "order", "200"},
		{"okx/2025-10", `{"wallet_balance": 1, "positions": [{"symbol": "BTC-USDT-SWAP", "side": "long", "size": "250", "mark_price": "60000", "margin_mode": "cross", "leverage": 10}]}`, "takeover", "250"},
		{"okx/2025-10", `{"wallet_balance": 10000000, "positions": [{"symbol": "BTC-USDT-SWAP", "side": "long", "size": "20", "mark_price": "60000", "margin_mode": "cross", "leverage": 10}]}`, "takeover", "20"},
		// Bybit: from the second tier (above 2,000,000) to the first.
		{"bybit/2025-10", `{"wallet_balance": 1, "positions": [{"symbol": "BTCUSDT", "side": "long", "size": "25", "entry_price": "100000", "margin_mode": "cross", "leverage": 10}]}`, "order", "5"},
		{"bybit/2025-10", `{"wallet_balance": 1, "positions": [{"symbol": "BTCUSDT", "side": "long", "size": "10", "entry_price": "100000", "margin_mode": "cross", "leverage": 10}]}`, "takeover", "10"},
	} {
		t.Run(c.book, func(t *testing.T) {
			check(t, c.book, "account", c.input, map[string]any{"positions/0/next_order/action": c.action, "positions/0/next_order/size": c.size})
		})
	}
}

// Deribit closes as little as makes the account safe, the fee being paid: that size does, one lot less does not. The rate is 2% and
// 0.0005% more for each coin of the position that is left.
func TestNextOrderToMaintenance(t *testing.T) {
	book := load(t, "deribit/2025-10")
	in, err := ParseAccount([]byte(`{"wallet_balance": "30", "positions": [{"symbol": "SOL", "side": "long", "size": "10", "mark_price": "200", "margin_mode": "cross"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Evaluate(book, in)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := book.Contract("SOL")
	d, lot := r.Positions[0].NextOrder.Size, FromFixed(c.Instrument.Lot)
	safe := func(d Number) bool {
		rest := Int(10).Sub(d)
		equity := Int(30).Sub(d.Times(200).Mul(FromFixed(c.LiquidationFee)))
		return equity.Cmp(rest.Times(200).Mul(Must("0.02").Add(rest.Mul(Must("0.000005"))))) > 0
	}
	if !safe(d) || safe(d.Sub(lot)) {
		t.Errorf("order of %s: safe %v, one lot less %v", d, safe(d), safe(d.Sub(lot)))
	}
}

func TestEvaluateRefuses(t *testing.T) {
	for _, c := range []struct{ book, input, want string }{
		{"binance/2025-10", `{"positions": [{"symbol": "BTCUSDT", "side": "long", "size": 1, "entry_price": 60000, "margin_mode": "isolated"}]}`, "positions[0].leverage is missing; expected leverage or isolated_margin"},
		{"binance/2025-10", `{"positions": [{"symbol": "BTCUSDT", "side": "long", "size": 1, "entry_price": 60000, "margin_mode": "cross", "leverage": 5}]}`, "wallet_balance is missing"},
		{"binance/2025-10", `{"positions": [{"symbol": "BTCUSD_PERP", "side": "long", "size": 1, "entry_price": 60000, "leverage": 5}]}`, `positions[0].symbol is "BTCUSD_PERP"; expected inverse tiers of it`},
		{"binance/2025-10", `{"positions": [{"symbol": "BTCUSDT", "side": "long", "size": 1, "leverage": 5}]}`, "positions[0].entry_price is missing"},
		{"binance/2025-10", `{"positions": [{"symbol": "A", "side": "long", "size": 1, "mark_price": 5, "leverage": 5}, {"symbol": "A", "side": "short", "size": 1, "mark_price": 6, "leverage": 5}]}`, "positions[1].mark_price is 6; expected 5 as at positions[0]"},
		{"binance/2025-10", `{"wallet_balance": 5, "positions": [{"symbol": "A", "side": "long", "size": 1, "mark_price": 5, "mmr": 0.01, "margin_mode": "cross"},
			{"symbol": "B", "contract_type": "inverse", "side": "short", "size": 1, "mark_price": 6, "mmr": 0.01, "margin_mode": "cross"}]}`, "positions[1].contract_type is inverse; expected linear as the cross positions before it"},
		{"binance/2025-10", `{"positions": [{"symbol": "A", "side": "long", "size": 1, "entry_price": 5, "leverage": 5, "mmr": "0.9999"}]}`, "below 1 with the fee rate"},
		{"bybit/2025-10", `{"wallet_balance": 5, "positions": [{"symbol": "A", "contract_type": "linear", "side": "long", "size": 1, "entry_price": 5, "margin_mode": "cross", "tiers": [[5, 0.1]]}]}`, "positions[0].leverage is missing; expected the position's leverage"},
	} {
		in, err := ParseAccount([]byte(c.input))
		if err == nil {
			_, err = Evaluate(load(t, c.book), in)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngives %v, expected %q", c.input, err, c.want)
		}
	}
}
