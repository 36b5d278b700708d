package calc

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFundingByHand(t *testing.T) {
	for _, c := range []struct {
		name, book, input string
		want              map[string]any
	}{
		{"clamp binds", "binance/2025-10", `{"average_premium": "0.001", "symbol": "BTCUSDT"}`, map[string]any{"funding_rate": "0.0005", "cap": "0.003", "floor": "-0.003"}},
		{"clamp does not bind", "binance/2025-10", `{"average_premium": "0.0003", "symbol": "BTCUSDT"}`, map[string]any{"funding_rate": "0.0001"}},
		{"divided", "binance/2025-10", `{"average_premium": "0.001", "interval_hours": 4, "date": "2025-09-18T08:01:00Z"}`, map[string]any{"funding_rate": "0.00025", "rate_8h": "0.0005"}},
		// Before that day the rate is not divided, and the interest of 0.01% per 8 hours is that of 4.
		{"not divided yet", "binance/2025-10", `{"average_premium": "0.001", "interval_hours": 4, "date": "2025-09-18T08:00:00Z"}`, map[string]any{"funding_rate": "0.0005", "interest_rate": "0.00005"}},
		{"capped", "binance/2025-10", `{"average_premium": "0.01", "symbol": "BTCUSDT"}`, map[string]any{"funding_rate": "0.003", "rate_8h": "0.0095"}},
		{"floored", "binance/2025-10", `{"average_premium": "-0.01", "symbol": "BTCUSDT"}`, map[string]any{"funding_rate": "-0.003"}},
		{"no symbol, no contract's limits", "binance/2025-10", `{"average_premium": "0.02"}`, map[string]any{"funding_rate": "0.0195", "cap": nil}},
		{"limits of the venue", "hyperliquid/2025-10", `{"average_premium": "0.5"}`, map[string]any{"funding_rate": "0.04"}},
		{"cap alone is symmetric", "binance/2025-10", `{"average_premium": "-0.01", "cap": "0.002"}`, map[string]any{"funding_rate": "-0.002"}},
		{"cap of the lowest tier", "binance/2025-10", `{"average_premium": "0.05", "maintenance_margin_rate": "0.01"}`, map[string]any{"cap": "0.0075", "funding_rate": "0.0075"}},
		{"impact prices around the index", "hyperliquid/2025-10", `{"symbol": "BTC", "impact_bid": "9990", "impact_ask": "9995", "oracle": "10000"}`,
			map[string]any{"premium": "-0.0005", "rate_8h": "0", "funding_rate": "0"}}, // -0.0005 + clamp(0.0001 + 0.0005) = 0
		{"bid below, ask above", "hyperliquid/2025-10", `{"symbol": "BTC", "impact_bid": "9990", "impact_ask": "10010", "oracle": "10000"}`, map[string]any{"premium": "0", "funding_rate": "0.0000125"}},
		// Positive: longs pay. On Hyperliquid on the oracle's price, on Binance on mark.
		{"paid on the oracle", "hyperliquid/2025-10", `{"symbol": "BTC", "average_premium": "0.0095", "position": {"side": "long", "size": "2", "mark_price": "1", "index_price": "10000"}}`,
			map[string]any{"funding_rate": "0.001125", "payment": "22.5", "payment_price": "10000"}},
		{"received on mark", "binance/2025-10", `{"symbol": "BTCUSDT", "average_premium": "0.001", "side": "short", "size": "2", "mark": "60000", "index": "1"}`, map[string]any{"payment": "-60"}},
		{"inverse", "bitmex/2020-03", `{"symbol": "XBTUSD", "average_premium": "0.001", "side": "long", "size": "10000", "mark": "5000"}`, map[string]any{"payment": "0.001"}}, // 2 XBT at 0.05%
		{"linear weights", "bybit/2025-10", `{"premiums": ["0", "0", "0.0006"]}`, map[string]any{"premium": "0.0003"}},
		{"equal weights", "okx/2025-10", `{"premiums": ["0", "0", "0.0006"], "symbol": "BTC-USDT-SWAP"}`, map[string]any{"premium": "0.0002", "funding_rate": "0.0002"}},
		{"mid price", "okx/2025-10", `{"mid_price": "10050", "index_price": "10000", "symbol": "BTC-USDT-SWAP"}`, map[string]any{"premium": "0.005", "funding_rate": "0.00375"}},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, c.book, "funding", c.input, c.want) })
	}
}

func TestFundingRefuses(t *testing.T) {
	for _, c := range []struct{ input, want string }{
		{`{}`, "average_premium is missing"},
		{`{"impact_bid": 5}`, "index_price is missing"},
		{`{"average_premium": "0.01", "size": 2}`, "mark_price is missing"},
		{`{"average_premium": "1.5"}`, "average_premium is 1.5; expected a rate between -1 and 1"},
		{`{"average_premium": "0.1", "interval_hours": 25}`, "interval_hours is 25; expected hours above 0 and at most 24"},
		{`{"average_premium": "0.1", "date": "soon"}`, `date is "soon"; expected a UTC time`},
		{`{"average_premium": "0.1", "cap": "0.001", "floor": "0.002"}`, "floor is 0.002; expected at most the cap"},
		{`{"premiums": ["0.1", "x"]}`, `premiums[1] is "x"`},
		{`{"average_premium": "0.01", "premiums": ["0.1", "0.2"]}`, "premiums is 2 samples; expected none beside average_premium"},
		{`{"averge_premium": "0.1"}`, "averge_premium is an unknown key; expected a known one; did you mean average_premium?"},
	} {
		in, err := ParseFunding([]byte(c.input))
		if err == nil {
			_, err = Funding(load(t, "binance/2025-10"), in)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngives %v, expected %q", c.input, err, c.want)
		}
	}
}

// Within the clamp the rate is the interest, whatever the premium; outside it the premium less or plus the clamp.
func TestFundingClamp(t *testing.T) {
	book := load(t, "binance/2024-10")
	rapid.Check(t, func(t *rapid.T) {
		p, i, c := decimals(t, "premium", -999, 999, "0.00001"), decimals(t, "interest", -99, 99, "0.00001"), decimals(t, "clamp", 0, 99, "0.00001")
		r, err := Funding(book, &FundingInput{AveragePremium: p, InterestRate: i, Clamp: c, Cap: Int(1)})
		if err != nil {
			t.Fatal(err)
		}
		want := i
		switch d := i.Sub(p); {
		case d.Cmp(c) > 0:
			want = p.Add(c)
		case d.Cmp(c.Neg()) < 0:
			want = p.Sub(c)
		}
		if r.FundingRate.Cmp(want) != 0 {
			t.Fatalf("rate %s, expected %s", r.FundingRate, want)
		}
	})
}
