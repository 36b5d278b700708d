package venue

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Every policy of an embedded rulebook is stated by its file, and every value says where it is from.
func TestEmbeddedRulebooksStateEverything(t *testing.T) {
	for _, id := range IDs() {
		book := load(t, id)
		if book.Settlement == "" {
			t.Errorf("%s: no settlement currency", id)
		}
		for _, f := range book.Facts() {
			if strings.Contains(f.Source, "not stated by the rulebook") {
				t.Errorf("%s: %s is not stated", id, f.Path)
			}
			if f.Source == "" || f.Value == "" {
				t.Errorf("%s: fact %+v", id, f)
			}
		}
		if len(book.fallback.Tiers) == 0 && !book.fallback.Margin.Linear {
			t.Errorf("%s: no default contract", id)
		}
	}
}

// sized returns the exposure of a size at a price, entered at that price.
func sized(size market.Qty, price int64) Exposure {
	notional, _ := market.MulDivCeil(int64(size), price, market.Scale)
	return Exposure{Size: size, Notional: market.Quote(notional), Entry: market.Quote(notional), Long: true, Leverage: 10 * market.Scale}
}

// edge draws a size whose measure is near a boundary of the table, or anywhere below its end.
func edge(t *rapid.T, c *Contract, price int64) market.Qty {
	top := int64(1_000_000 * market.Scale)
	if len(c.Tiers) > 0 {
		tier := c.Tiers[rapid.IntRange(0, len(c.Tiers)-1).Draw(t, "tier")]
		top = int64(min(tier.Cap, 1_000_000_000*market.Scale))
	}
	measure := top
	if rapid.Bool().Draw(t, "anywhere") {
		measure = rapid.Int64Range(1, top).Draw(t, "measure")
	}
	if !c.Margin.BySize {
		measure, _ = market.MulDivFloor(measure, market.Scale, price)
	}
	return market.Qty(max(measure+rapid.Int64Range(-3, 3).Draw(t, "beside"), 1))
}

// The requirement never falls when a position grows, under any rulebook; where tiers are marginal it does not jump either.
func TestMaintenanceMarginOfEveryRulebook(t *testing.T) {
	for _, id := range IDs() {
		t.Run(id, func(t *testing.T) {
			book := load(t, id)
			symbols := append(book.Symbols(), "NOSUCHUSDT")
			rapid.Check(t, func(t *rapid.T) {
				c, err := book.Contract(rapid.SampledFrom(symbols).Draw(t, "symbol"))
				if err != nil {
					t.Fatal(err)
				}
				price := rapid.SampledFrom([]int64{market.Scale / 2, market.Scale, 25 * market.Scale}).Draw(t, "price")
				size := edge(t, c, price)
				small, big := sized(size, price), sized(size+1, price)
				small.Cross = rapid.Bool().Draw(t, "cross")
				big.Cross = small.Cross
				a, okA := c.MaintenanceMargin(small)
				b, okB := c.MaintenanceMargin(big)
				if !okA || !okB || a < 0 || b < a {
					t.Fatalf("%s: margin %s, %v at size %s, and %s, %v one unit above", c.Instrument.Symbol, a, okA, size, b, okB)
				}
				// A rate below 1 and a fee let a unit of notional ask for at most one more, and each is rounded once.
				if step := big.Notional - small.Notional; book.Policies.Tiers == "marginal" && b-a > step+3 {
					t.Fatalf("%s: margin jumps from %s to %s where the notional grows by %s from %s", c.Instrument.Symbol, a, b, step, small.Notional)
				}
				if c.MaxLeverage(big) > c.MaxLeverage(small) {
					t.Fatalf("%s: leverage grows with size, from %d to %d", c.Instrument.Symbol, c.MaxLeverage(small), c.MaxLeverage(big))
				}
			})
		})
	}
}

// A venue's spelling finds its contract, and so does the symbol of Binance's data.
func TestSymbolsAreFoundAsVenuesWriteThem(t *testing.T) {
	for _, c := range []struct{ book, symbol, base, quote string }{
		{"okx/2025-10", "BTC-USDT-SWAP", "BTC", "USDT"},
		{"okx/2025-10", "BTCUSDT", "BTC", "USDT"},
		{"okx/2025-10", "BTC", "BTC", "USDT"},
		{"hyperliquid/2025-10", "kPEPE", "kPEPE", "USDC"},
		{"hyperliquid/2025-10", "1000PEPEUSDT", "1000PEPE", "USDT"},
		{"hyperliquid/2025-10", "HYPEUSDT", "HYPE", "USDT"},
		{"bitmex/2025-10", "XBTUSDT", "XBT", "USDT"},
		{"bitmex/2025-10", "BTCUSDT", "BTC", "USDT"},
		{"dydx/2025-10", "BTC-USD", "BTC", "USD"},
		{"coinbase/2025-10", "BTC-PERP", "BTC", "USDC"},
		{"deribit/2025-10", "SOL_USDC-PERPETUAL", "SOL", "USDC"},
		{"lighter/2025-10", "ETHUSDT", "ETH", "USDT"},
	} {
		contract, err := load(t, c.book).Contract(c.symbol)
		if err != nil || contract.Fallback || contract.Instrument.Base != c.base || contract.Instrument.Quote != c.quote || contract.Instrument.Symbol != c.symbol {
			t.Errorf("%s %s = %+v, fallback %v, %v", c.book, c.symbol, contract.Instrument, contract.Fallback, err)
		}
	}
}

// An inverse contract is found by its own name only, never by the base currency that a linear one shares.
func TestInverseContractsAreFoundByName(t *testing.T) {
	book := load(t, "bitmex/2020-03")
	if c, err := book.Contract("XBTUSD"); err != nil || c.Kind != Inverse || c.ContractSize != market.Scale || c.Kind.String() != "inverse" {
		t.Errorf("XBTUSD = %+v, %v", c, err)
	}
	for _, symbol := range []string{"XBTUSDT", "BTCUSDT"} {
		if c, err := book.Contract(symbol); err != nil || c.Kind != Linear || !c.Fallback {
			t.Errorf("%s is %s, fallback %v, %v", symbol, c.Kind, c.Fallback, err)
		}
	}
}

// Funding limits and impact notionals, stated and computed: Binance's BTC cap of 0.30% is published beside its factor 0.75 and
// the lowest maintenance margin rate 0.4%; dYdX v4 allows 600% of (2% - 1.2%) in 8 hours, an eighth of it in one.
func TestFundingLimits(t *testing.T) {
	for _, c := range []struct{ book, symbol, cap, floor, impact string }{
		{"binance/2025-10", "BTCUSDT", "0.003", "-0.003", "30000"},        // 200 at 150x
		{"binance/2024-10", "BTCUSDT", "0.003", "-0.003", "25000"},        // 200 at 125x
		{"binance/2025-10", "DOGEUSDT", "0.004875", "-0.004875", "15000"}, // 0.65% x 0.75; 200 at 75x
		{"hyperliquid/2025-10", "BTC", "0.04", "-0.04", "20000"},
		{"hyperliquid/2025-10", "SOL", "0.04", "-0.04", "6000"},
		{"okx/2025-10", "BTC", "0.00375", "-0.00375", "0"},
		{"bitmex/2020-03", "XBTUSD", "0.00375", "-0.00375", "0"},
		{"dydx/2025-10", "ETH", "0.006", "-0.006", "10000"}, // 6 x 0.8% / 8
		{"bybit/2025-10", "BTCUSDT", "0", "0", "0"},
	} {
		contract, err := load(t, c.book).Contract(c.symbol)
		if err != nil {
			t.Fatal(err)
		}
		if contract.FundingCap.String() != c.cap || contract.FundingFloor.String() != c.floor || contract.ImpactNotional.String() != c.impact {
			t.Errorf("%s %s: cap %s, floor %s, impact %s; expected %s, %s, %s", c.book, c.symbol,
				contract.FundingCap, contract.FundingFloor, contract.ImpactNotional, c.cap, c.floor, c.impact)
		}
	}
}

// OKX publishes 66.66x; the engine allows whole times.
func TestFractionalLeverage(t *testing.T) {
	c, err := load(t, "okx/2025-10").Contract("BTCUSDT")
	if err != nil {
		t.Fatal(err)
	}
	if tier := c.Tiers[1]; tier.Leverage.String() != "66.66" || tier.MaxLeverage != 66 || c.SourcedTiers != 3 || len(c.Tiers) <= 3 || !strings.HasPrefix(c.Sources.Rest, "unsourced: ") {
		t.Errorf("tier 2 of BTC = %+v, %d of %d tiers sourced, rest %q", tier, c.SourcedTiers, len(c.Tiers), c.Sources.Rest)
	}
}

// `venue show` has a line for every policy value and parameter that a file can state.
func TestEveryPolicyHasAMeaning(t *testing.T) {
	count := len(parameterFields)
	for _, f := range policyFields {
		for _, c := range f.choices {
			count++
			if meanings["policies."+f.key+": "+c.name] == "" {
				t.Errorf("policies.%s: %s has no meaning", f.key, c.name)
			}
		}
	}
	for _, f := range parameterFields {
		if meanings["parameters."+f.key] == "" {
			t.Errorf("parameters.%s has no meaning", f.key)
		}
	}
	if len(meanings) != count {
		t.Errorf("%d meanings for %d values", len(meanings), count)
	}
	for _, id := range IDs() {
		if book := load(t, id); len(book.Describe()) < len(policyFields) {
			t.Errorf("%s describes %d policies of %d", id, len(book.Describe()), len(policyFields))
		}
	}
}

// A rate that grows with size ends at 1, for the largest number and for the lowest, which has no absolute value.
func TestSizeRateEndsAtOne(t *testing.T) {
	c, err := load(t, "deribit/2025-10").Contract("BTC")
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []market.Qty{19_800 * market.Scale, -19_800 * market.Scale, 1<<63 - 1, -1 << 63} {
		if rate, ok := c.SizeRate(c.SizeMargin.Maintenance, size); !ok || rate != market.Scale { // 1% + 0.005% x 19800 = 100%
			t.Errorf("rate of %s is %s, %v", size, rate, ok)
		}
	}
}
