package venue

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

func load(t testing.TB, id string) *Rulebook {
	t.Helper()
	book, err := Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func TestEveryEmbeddedRulebookLoads(t *testing.T) {
	ids := IDs()
	if len(ids) == 0 {
		t.Fatal("no rulebook is embedded")
	}
	for _, id := range ids {
		book := load(t, id)
		if len(book.Hash()) != 64 || len(book.Unsourced()) == 0 {
			t.Errorf("%s: hash %q, %d unsourced fields", id, book.Hash(), len(book.Unsourced()))
		}
	}
	if n := len(load(t, "binance/2024-10").Symbols()); n != 349 {
		t.Errorf("binance/2024-10 has %d contracts, expected 349", n)
	}
	if newest := load(t, "binance"); newest.ID != "binance/2025-10" {
		t.Errorf("binance is %s", newest.ID)
	}
}

// Published rows: Binance leverage and margin table for BTC of 2025-08-19, SOL of 2025-06-23.
func TestPublishedMaintenanceMargins(t *testing.T) {
	book := load(t, "binance/2025-10")
	for _, c := range []struct {
		symbol, notional, margin string
		leverage                 int
	}{
		{"BTCUSDT", "0", "0", 150},
		{"BTCUSDT", "299999.99", "1199.99996", 150},
		{"BTCUSDT", "300000", "1200", 100}, // 300000 * 0.5% - 300: the floor belongs to the tier, and nothing jumps
		{"BTCUSDT", "1000000", "5000", 75}, // 6500 - 1500
		{"BTCUSDT", "20000000", "268000", 25},
		{"BTCUSDT", "1800000000", "478518000", 1}, // above the last cap the last tier goes on
		{"SOLUSDT", "50000", "250", 75},           // 325 - 75
		{"ETHUSDT", "60000000", "1118000", 20},    // 1.5M - 382000
		{"BTCUSDT", "0.00000001", "0.00000001", 150},
	} {
		contract, err := book.Contract(c.symbol)
		if err != nil {
			t.Fatal(err)
		}
		n := market.MustParse[market.Quote](c.notional)
		mm, ok := contract.MaintenanceMargin(Exposure{Notional: n})
		if want := market.MustParse[market.Quote](c.margin); !ok || mm != want {
			t.Errorf("%s at %s: maintenance margin %s, %v; expected %s", c.symbol, c.notional, mm, ok, want)
		}
		if got := contract.MaxLeverage(Exposure{Notional: n}); got != c.leverage {
			t.Errorf("%s at %s: leverage %d, expected %d", c.symbol, c.notional, got, c.leverage)
		}
	}
}

func TestContractsKnowWhereTheyComeFrom(t *testing.T) {
	book := load(t, "binance/2025-10")
	btc, _ := book.Contract("BTCUSDT")
	if btc.Fallback || btc.Instrument.Base != "BTC" || btc.Instrument.Quote != "USDT" || btc.LiquidationFee != 1_250_000 ||
		btc.FundingIntervalHours != 8 || !strings.Contains(btc.Sources.Tiers, "2025-08-19") {
		t.Errorf("BTCUSDT = %+v", btc)
	}
	hype, _ := book.Contract("HYPEUSDT")
	if hype.Fallback || !strings.HasPrefix(hype.Sources.Tiers, "unsourced: ") {
		t.Errorf("HYPEUSDT = %+v", hype)
	}
	small, _ := book.Contract("NEARUSDT")
	if small.Fallback || !strings.Contains(small.Sources.Tiers, "2024-10-24") || !strings.HasPrefix(small.Sources.Lot, "unsourced: ") {
		t.Errorf("NEARUSDT = %+v", small)
	}
	unknown, err := book.Contract("NOSUCHUSDT")
	if err != nil || !unknown.Fallback || unknown.Instrument.Symbol != "NOSUCHUSDT" || len(unknown.Tiers) == 0 {
		t.Errorf("NOSUCHUSDT = %+v, %v", unknown, err)
	}
	if !strings.Contains(strings.Join(book.Unsourced(), "\n"), "HYPEUSDT.tiers: listed after 2024-10-24") {
		t.Error("Unsourced does not name the tiers of HYPEUSDT")
	}
}

func TestLoadNamesWhatThereIs(t *testing.T) {
	for _, id := range []string{"mtgox", "binance/1999-01", "", "../venue"} {
		if _, err := Load(id); err == nil || !strings.Contains(err.Error(), "binance/2025-10") {
			t.Errorf("Load(%q): %v, expected an error that lists binance/2025-10", id, err)
		}
	}
	if _, err := LoadFile("testdata/absent.yaml"); err == nil || !strings.Contains(err.Error(), "absent.yaml") {
		t.Errorf("LoadFile: %v", err)
	}
}

// Maintenance margin is continuous and non-decreasing in notional, and the largest of the tiers' lines: what the
// trigger index rests on.
func TestMaintenanceMarginIsTheUpperEnvelope(t *testing.T) {
	book := load(t, "binance/2025-10")
	symbols := book.Symbols()
	rapid.Check(t, func(t *rapid.T) {
		c, _ := book.Contract(rapid.SampledFrom(symbols).Draw(t, "symbol"))
		top := int64(c.Tiers[len(c.Tiers)-1].Cap)
		n := market.Quote(rapid.Int64Range(0, top).Draw(t, "notional"))
		if rapid.Bool().Draw(t, "at a floor") {
			n = c.Tiers[rapid.IntRange(0, len(c.Tiers)-1).Draw(t, "tier")].Floor
		}
		mm, ok := c.MaintenanceMargin(Exposure{Notional: n})
		if !ok || mm < 0 || mm > n {
			t.Fatalf("margin of %s is %s, %v", n, mm, ok)
		}
		tier := c.Tiers[c.Tier(n)]
		if n < tier.Floor || n >= tier.Cap && n < market.Quote(top) {
			t.Fatalf("%s is filed under the tier from %s to %s", n, tier.Floor, tier.Cap)
		}
		for _, other := range c.Tiers {
			line, _ := other.MaintenanceMarginRate.OfCeil(n)
			if line-other.MaintenanceAmount > mm+1 { // the two roundings up differ by at most one unit
				t.Fatalf("at %s the tier from %s asks %s, more than %s", n, other.Floor, line-other.MaintenanceAmount, mm)
			}
		}
		if below, _ := c.MaintenanceMargin(Exposure{Notional: max(n-1, 0)}); below > mm || mm-below > 1 {
			t.Fatalf("margin jumps from %s to %s at %s", below, mm, n)
		}
	})
}

func TestMaintenanceMarginReportsOverflow(t *testing.T) {
	c := Contract{Tiers: []Tier{{Cap: 1, MaintenanceMarginRate: 2 * market.Scale}}}
	if v, ok := c.MaintenanceMargin(Exposure{Notional: 1<<63 - 1}); ok {
		t.Errorf("twice the largest number is %s", v)
	}
}

// NotionalMargin is the fast path of MaintenanceMargin: the two agree wherever it may be asked, and it may not be asked where a
// requirement depends on more than the notional.
func TestNotionalMarginAgrees(t *testing.T) {
	asked := 0
	for _, entry := range List() {
		book, err := Load(entry.ID)
		if err != nil {
			t.Fatal(err)
		}
		p := &book.Policies
		of := p.Tiers == "marginal" && p.TierBy == "mark_notional" && p.IsolatedValuation == "mark" && p.IsolatedFee == "none" && p.CrossFee == "none"
		if book.Margin.OfNotional != of {
			t.Errorf("%s: OfNotional is %v, expected %v", entry.ID, book.Margin.OfNotional, of)
		}
		if !of {
			continue
		}
		for symbol, c := range book.contracts {
			for _, tier := range c.Tiers {
				for _, n := range []market.Quote{tier.Floor, tier.Floor + 1, (tier.Floor + tier.Cap) / 2, tier.Cap - 1, tier.Cap} {
					asked++
					mm, ok := c.MaintenanceMargin(Exposure{Notional: n, Entry: n / 2, Long: true, Leverage: market.Scale})
					if v, fine := c.NotionalMargin(n); v != mm || ok != fine {
						t.Errorf("%s %s: a notional of %v requires %v, expected %v", entry.ID, symbol, n, v, mm)
					}
				}
			}
		}
	}
	if asked == 0 {
		t.Error("no rulebook has margin of the notional alone: nothing was compared")
	}
}
