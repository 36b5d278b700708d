package venue

import (
	"testing"

	"github.com/goccy/go-yaml"
)

// A venue is found under the names that its products and trading libraries have for it, and under no name of another market.
func TestLoadKnowsOtherNames(t *testing.T) {
	for id, want := range map[string]string{"dydx_v4": "dydx/2025-10", "dydx-v4/2025-10": "dydx/2025-10", "coinbase_intx": "coinbase/2025-10", "Binance": "binance/2025-10",
		"BINANCE/2024-10": "binance/2024-10", "binanceusdm": "binance/2025-10", "okex": "okx/2025-10", "Hyperliquid": "hyperliquid/2025-10"} {
		if book, err := Load(id); err != nil || book.ID != want {
			t.Errorf("Load(%q): %v, expected %s", id, err, want)
		}
	}
	for _, id := range []string{"coinbase_cfm", "binancecoinm", "binance/", "binance/2025", "gmx_v2"} {
		if _, err := Load(id); err == nil {
			t.Errorf("Load(%q) succeeds", id)
		}
	}
}

// Every name stands once, and behind a venue that there is.
func TestNamesAreOfOneVenue(t *testing.T) {
	text, err := embedded.ReadFile("rulebooks/names.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var names map[string][]string
	if err := yaml.Unmarshal(text, &names); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for own, others := range names {
		if _, err := Load(own); err != nil {
			t.Errorf("%s: %v", own, err)
		}
		for _, name := range append(others, own) {
			if first, twice := seen[plainName(name)]; twice {
				t.Errorf("%q stands for %s and %s", name, first, own)
			}
			seen[plainName(name)] = own
		}
	}
}

// A symbol finds its contract in the spellings of exchanges and trading libraries; another quote or settlement is another contract.
func TestContractKnowsOtherSpellings(t *testing.T) {
	for _, c := range []struct{ id, symbol, base, quote string }{
		{"binance", "btcusdt", "BTC", "USDT"}, {"binance", "BTC/USDT:USDT", "BTC", "USDT"}, {"binance", "BTC-USDT", "BTC", "USDT"}, {"binance", "BTC_USDT", "BTC", "USDT"},
		{"binance", "BTCUSDT-PERP", "BTC", "USDT"}, {"binance", "BTCUSDT.P", "BTC", "USDT"}, {"binance", "BTC", "BTC", "USDT"}, {"binance", "BTC/USDC:USDC", "BTC", "USDC"},
		{"okx", "BTC/USDT:USDT", "BTC", "USDT"}, {"hyperliquid", "BTC/USDC:USDC", "BTC", "USDC"}, {"hyperliquid", "btc", "BTC", "USDC"}, {"coinbase", "BTC-PERP-INTX", "BTC", "USDC"},
		{"bitmex", "BTC/USDT:USDT", "BTC", "USDT"}, {"deribit", "BTC/USDC:USDC", "BTC", "USDC"}, {"bybit", "BTCUSDT", "BTC", "USDT"}, {"bitmex/2020-03", "xbtusd", "XBT", "USD"},
	} {
		contract, err := load(t, c.id).Contract(c.symbol)
		if err != nil || contract.Fallback || contract.Instrument.Base != c.base || contract.Instrument.Quote != c.quote || contract.Instrument.Symbol != c.symbol {
			t.Errorf("%s %s: %v, %+v", c.id, c.symbol, err, contract)
		}
	}
	for _, c := range [][2]string{{"binance", "BTC/USD:BTC"}, {"binance", "BTCUSD_PERP"}, {"binance", "NOPE"}, {"binance", "BTCBUSD"}, {"bybit", "BTCUSDC"}, {"binance", ""}, {"binance", "/"}, {"binance", ":"}} {
		if contract, err := load(t, c[0]).Contract(c[1]); err != nil || !contract.Fallback {
			t.Errorf("%s %s: %v, %+v, expected the default", c[0], c[1], err, contract)
		}
	}
}
