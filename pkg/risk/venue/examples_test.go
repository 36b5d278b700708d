package venue

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// table returns a contract of a rulebook made for one example: policies other than the given are Binance's.
func exampleContract(t *testing.T, policies map[string]string, rows string) *Contract {
	t.Helper()
	text := valid
	for key, value := range policies {
		text = strings.Replace(text, "policies:\n", "policies:\n  "+key+": {is: "+value+", source: page}\n", 1)
	}
	if policies["tiers"] != "" {
		text = strings.Replace(text, "  tiers: {is: marginal, source: page}\n", "", 1)
	}
	from := strings.Index(text, "        - {floor: 0")
	book, err := Parse("example.yaml", []byte(text[:from]+rows))
	if err != nil {
		t.Fatal(err)
	}
	c, err := book.Contract("AUSDT")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func embeddedContract(t *testing.T, id, symbol string) *Contract {
	t.Helper()
	c, err := load(t, id).Contract(symbol)
	if err != nil {
		t.Fatal(err)
	}
	own := *c
	own.Margin.IsolatedFee, own.Margin.CrossFee = NoFee, NoFee // the examples of this file are without the closing fee
	return &own
}

// margin returns the maintenance margin of a notional at mark and entry alike.
func margin(t *testing.T, c *Contract, size, notional string) string {
	t.Helper()
	n := market.MustParse[market.Quote](notional)
	mm, ok := c.MaintenanceMargin(Exposure{Size: market.MustParse[market.Qty](size), Notional: n, Entry: n, Long: true, Leverage: 10 * market.Scale})
	if !ok {
		t.Fatalf("margin of %s overflows", notional)
	}
	return mm.String()
}

func initial(t *testing.T, notional string, leverage market.Rate) string {
	t.Helper()
	v, ok := market.MulDivCeil(int64(market.MustParse[market.Quote](notional)), market.Scale, int64(leverage))
	if !ok {
		t.Fatalf("initial margin of %s overflows", notional)
	}
	return market.Quote(v).String()
}

// Worked examples of venues and of their clients' tests, by the id that reference/venue-examples.json gives them. Figures are the
// published ones, except that a requirement that does not fit eight decimals is rounded up.
func TestPublishedExamples(t *testing.T) {
	for _, c := range marginExamples {
		t.Run(c.id, func(t *testing.T) {
			if got := c.got(t); got != c.want {
				t.Errorf("got %s, expected %s", got, c.want)
			}
		})
	}
}

type marginExample struct {
	id   string
	want string
	got  func(t *testing.T) string
}

func tierOf(c *Contract, value string) Tier {
	return c.Tiers[c.Tier(market.MustParse[market.Quote](value))]
}

func interestRate(openInterest string) func(*testing.T) string {
	return func(*testing.T) string {
		c := Contract{Margin: MarginRules{InterestScale: true}, InterestMargin: InterestMargin{Base: market.Scale / 5, Lower: 1_000_000 * market.Scale, Upper: 2_000_000 * market.Scale}}
		return c.InterestRate(market.MustParse[market.Quote](openInterest)).String()
	}
}

// levels prints maintenance and close-out margin of a contract with one tier.
func levels(c *Contract) string {
	com, _ := c.BackstopFraction.OfFloor(market.Quote(c.Tiers[0].MaintenanceMarginRate))
	return fmt.Sprintf("%s %s", c.Tiers[0].MaintenanceMarginRate, com)
}

var marginExamples = []marginExample{
	{"binance-ada-mm-doc", "0.08004281 0.61571385", func(t *testing.T) string { // 0.0800428005
		c := exampleContract(t, nil, "        - {floor: 0, cap: 1000, leverage: 75, rate: 0.0065, amount: 0}\n")
		return margin(t, c, "30", "12.314277") + " " + initial(t, "12.314277", 20*market.Scale)
	}},
	{"binance-coinm-mm", "1.81", func(t *testing.T) string { // 50 x (5% - 2.5%) + 0.56
		c := exampleContract(t, nil, "        - {floor: 0, cap: 40, leverage: 20, rate: 0.011, amount: 0}\n"+
			"        - {floor: 40, cap: 50, leverage: 15, rate: 0.025, amount: 0.56}\n        - {floor: 50, cap: 100, leverage: 10, rate: 0.05, amount: 1.81}\n")
		return c.Tiers[2].MaintenanceAmount.String()
	}},
	{"binance-mm-SOLUSDT-500000", "3525", func(t *testing.T) string {
		return margin(t, embeddedContract(t, "binance/2025-10", "SOLUSDT"), "1", "500000")
	}},
	{"binance-mm-DOGEUSDT-1000000", "13720", func(t *testing.T) string {
		return margin(t, embeddedContract(t, "binance/2025-10", "DOGEUSDT"), "1", "1000000")
	}},
	{"binance-mm-XRPUSDT-3000000", "91265", func(t *testing.T) string {
		return margin(t, embeddedContract(t, "binance/2025-10", "XRPUSDT"), "1", "3000000")
	}},
	{"bybit-mm-xyz", "92.5 350", func(t *testing.T) string {
		c := exampleContract(t, map[string]string{"isolated_valuation": "entry", "tier_by": "entry_notional", "tier_bound": "cap_inclusive"},
			"        - {floor: 0, cap: 1000, leverage: 25, rate: 0.02, amount: 0}\n        - {floor: 1000, cap: 2000, leverage: 20, rate: 0.025, amount: 5}\n"+
				"        - {floor: 2000, cap: 3000, leverage: 15, rate: 0.03, amount: 15}\n        - {floor: 3000, cap: 4000, leverage: 12, rate: 0.035, amount: 30}\n"+
				"        - {floor: 4000, cap: 5000, leverage: 10, rate: 0.04, amount: 50}\n")
		return margin(t, c, "100", "3500") + " " + initial(t, "3500", 10*market.Scale)
	}},
	{"bybit-deduction-btc-2025", "1200", func(t *testing.T) string {
		return embeddedContract(t, "bybit/2025-10", "BTCUSDT").Tiers[1].MaintenanceAmount.String()
	}},
	{"hl-tier-btc-200m", "3125000", func(t *testing.T) string {
		return margin(t, embeddedContract(t, "hyperliquid/2025-10", "BTC"), "1", "200000000")
	}},
	{"bitmex-risklimit-180", "0.005 100", func(t *testing.T) string {
		tier := tierOf(embeddedContract(t, "bitmex/2020-03", "XBTUSD"), "180")
		return tier.MaintenanceMarginRate.String() + " " + tier.Leverage.String() // initial margin 1%
	}},
	{"bitmex-mm-180", "0.9", func(t *testing.T) string {
		return margin(t, embeddedContract(t, "bitmex/2020-03", "XBTUSD"), "1", "180")
	}},
	{"bitmex-risklimit-old-130", "0.01 40", func(t *testing.T) string {
		c := exampleContract(t, map[string]string{"tiers": "whole_position", "tier_bound": "cap_inclusive"},
			"        - {floor: 0, cap: 100, leverage: 50, rate: 0.005, amount: 0}\n        - {floor: 100, cap: 150, leverage: 40, rate: 0.01, amount: 0}\n")
		tier := tierOf(c, "130")
		return tier.MaintenanceMarginRate.String() + " " + tier.Leverage.String() // initial margin 2.5%
	}},
	{"dydx-oimf-1500000", "0.6", interestRate("1500000")},
	{"dydx-oimf-1234567", "0.3876536", interestRate("1234567")},
	{"dydx-oimf-1000000", "0.2", interestRate("1000000")},
	{"coinbase-margins-0.2", "0.13333334 0.06666667", func(t *testing.T) string { return levels(embeddedContract(t, "coinbase/2025-10", "BTC-PERP")) }},
	{"coinbase-margins-0.1", "0.06666667 0.03333333", func(t *testing.T) string {
		c := *embeddedContract(t, "coinbase/2025-10", "BTC-PERP") // half of close-out by maintenance margin holds up to 36%
		c.Tiers = []Tier{{MaintenanceMarginRate: 6_666_667}}
		return levels(&c)
	}},
	{"deribit-linear-sol-25", "100.625 200.625", func(t *testing.T) string {
		c := embeddedContract(t, "deribit/2025-10", "SOL_USDC-PERPETUAL")
		rate, _ := c.SizeRate(c.SizeMargin.Initial, 25*market.Scale)
		im, _ := rate.OfCeil(5_000 * market.Scale)
		return margin(t, c, "25", "5000") + " " + im.String()
	}},
	{"deribit-linear-sol-6000", "60000 84000", func(t *testing.T) string {
		c := embeddedContract(t, "deribit/2025-10", "SOL_USDC-PERPETUAL")
		rate, _ := c.SizeRate(c.SizeMargin.Initial, 6_000*market.Scale)
		im, _ := rate.OfCeil(1_200_000 * market.Scale)
		return margin(t, c, "6000", "1200000") + " " + im.String()
	}},
}

// inapplicable are examples of the reference that no rulebook can answer, with the reason.
var inapplicable = map[string]string{
	"binance-ft-mmr-ADA-500":      "its table is a fixture of freqtrade's tests, which the reference does not print",
	"binance-ft-mmr-ADA-20000000": "its table is a fixture of freqtrade's tests, which the reference does not print",
	"binance-ft-mmr-ZEC-500":      "its table is a fixture of freqtrade's tests, which the reference does not print",
	"binance-ft-mmr-ZEC-20000000": "its table is a fixture of freqtrade's tests, which the reference does not print",
}

// Every example of the reference of the kinds that are about margin tables is worked above, or named with the reason why not.
func TestEveryReferenceExampleIsWorked(t *testing.T) {
	const path = "../../../../shared/reference/venue-examples.json"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no %s: the examples are worked from this file's own copy in TestPublishedExamples", path)
	}
	var all []struct{ ID, Kind string }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	kinds := []string{"maintenance_margin", "maintenance_tier_lookup", "initial_margin_oi_scaling", "margin_levels"}
	worked := 0
	for _, e := range all {
		if !slices.Contains(kinds, e.Kind) {
			continue
		}
		switch {
		case slices.ContainsFunc(marginExamples, func(m marginExample) bool { return m.id == e.ID }):
			worked++
		case inapplicable[e.ID] != "":
			t.Logf("%s: %s", e.ID, inapplicable[e.ID])
		default:
			t.Errorf("%s (%s) is neither worked nor named as inapplicable", e.ID, e.Kind)
		}
	}
	if worked != len(marginExamples) {
		t.Errorf("%d of %d examples are in the reference", worked, len(marginExamples))
	}
}
