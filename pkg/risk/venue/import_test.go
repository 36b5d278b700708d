package venue

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/pkg/market"
)

const (
	ccxtTiers = `{
  "SOL/USDT:USDT": [
    {"tier": 1.0, "currency": "USDT", "minNotional": 0.0, "maxNotional": 10000.0, "maintenanceMarginRate": 0.01, "maxLeverage": 50.0, "info": {"cum": "0.0"}},
    {"tier": 2.0, "currency": "USDT", "minNotional": 10000.0, "maxNotional": 9.223372036854776e+18, "maintenanceMarginRate": 0.025, "maxLeverage": 20.0, "info": {"cum": "150.0"}}
  ],
  "BTC/USD:BTC": [],
  "NEW/USDT:USDT-251226": [
    {"tier": 1, "minNotional": 0, "maxNotional": null, "maintenanceMarginRate": 0.033333333333333333, "maxLeverage": 15, "info": {}}
  ]
}`
	binanceBrackets = `[{"symbol": "SOLUSDT", "notionalCoef": 1.5, "brackets": [
  {"bracket": 1, "initialLeverage": 50, "notionalCap": 10000, "notionalFloor": 0, "maintMarginRatio": 0.01, "cum": 0.0},
  {"bracket": 2, "initialLeverage": 20, "notionalCap": 60000, "notionalFloor": 10000, "maintMarginRatio": 0.025, "cum": 150.0}]}]`
)

func importOptions(file string) ImportOptions {
	return ImportOptions{File: file, Date: "2026-09-02", ID: "own/2026-09"}
}

func TestImportPutsTablesOnABase(t *testing.T) {
	base := load(t, "binance/2025-10")
	got, err := Import(base, []byte(ccxtTiers), importOptions("tiers.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Layout != LayoutCCXT || got.Tables != 2 || got.Replaced != 1 || len(got.Notes) != 2 || !strings.Contains(got.Notes[0], "BTC/USD:BTC") || !strings.Contains(got.Notes[1], "8 decimals") {
		t.Errorf("imported %+v", got)
	}
	book := got.Rulebook
	if book.ID != "own/2026-09" || book.AsOf != "2026-09-02" || book.Policies != base.Policies || book.Parameters != base.Parameters {
		t.Errorf("book %s of %s, policies %+v", book.ID, book.AsOf, book.Policies)
	}
	sol, _ := book.Contract("SOLUSDT")
	was, _ := base.Contract("SOLUSDT")
	want := []Tier{
		{Floor: 0, Cap: 10_000 * market.Scale, MaxLeverage: 50, Leverage: 50 * market.Scale, MaintenanceMarginRate: 1_000_000},
		{Floor: 10_000 * market.Scale, Cap: unbounded, MaxLeverage: 20, Leverage: 20 * market.Scale, MaintenanceMarginRate: 2_500_000, MaintenanceAmount: 150 * market.Scale},
	}
	if diff := cmp.Diff(want, sol.Tiers); diff != "" {
		t.Errorf("SOLUSDT:\n%s", diff)
	}
	if sol.Instrument != was.Instrument || sol.LiquidationFee != was.LiquidationFee || !strings.HasPrefix(sol.Sources.Tiers, "tiers.json, sha256 ") || !strings.HasSuffix(sol.Sources.Tiers, "(2026-09-02)") {
		t.Errorf("SOLUSDT = %+v", sol)
	}
	// What the file lacks is the base's, and what the base lacks takes its default.
	if btc, _ := book.Contract("BTCUSDT"); len(btc.Tiers) != 12 || !strings.Contains(btc.Sources.Tiers, "2025-08-19") {
		t.Errorf("BTCUSDT = %+v", btc)
	}
	fresh, _ := book.Contract("NEWUSDT_251226")
	if fresh.Fallback || fresh.Tiers[0].MaintenanceMarginRate != 3_333_333 || fresh.Instrument.Tick != 1 || fresh.Tiers[0].Cap != unbounded {
		t.Errorf("NEWUSDT_251226 = %+v", fresh)
	}
}

func TestImportReadsBinance(t *testing.T) {
	one := strings.TrimSuffix(strings.TrimPrefix(binanceBrackets, "["), "]")
	for name, text := range map[string]string{"list": binanceBrackets, "one": one} {
		got, err := Import(load(t, "binance"), []byte(text), importOptions("brackets.json"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sol, _ := got.Rulebook.Contract("SOLUSDT")
		if got.Layout != LayoutBinance || len(sol.Tiers) != 2 || sol.Tiers[1].MaintenanceAmount != 150*market.Scale || !strings.Contains(strings.Join(got.Notes, "\n"), "SOLUSDT 1.5") {
			t.Errorf("%s: %+v, SOLUSDT %+v", name, got, sol.Tiers)
		}
	}
}

// A venue that names contracts by their coin has one contract for both names, and keeps what it states beside the tiers.
func TestImportKeepsTheNamesOfTheBase(t *testing.T) {
	text := strings.ReplaceAll(ccxtTiers, "SOL/USDT:USDT", "ETH/USDC:USDC")
	got, err := Import(load(t, "hyperliquid"), []byte(text), importOptions("hl.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, symbol := range []string{"ETH", "ETHUSDC", "ETHUSDT"} {
		eth, err := got.Rulebook.Contract(symbol)
		if err != nil || eth.Fallback || len(eth.Tiers) != 2 || eth.Tiers[0].MaxLeverage != 50 || eth.ImpactNotional != 20_000*market.Scale {
			t.Errorf("%s = %+v, %v", symbol, eth, err)
		}
	}
	if _, err := Import(load(t, "dydx"), []byte(ccxtTiers), importOptions("dydx.json")); err != nil {
		t.Errorf("a base whose initial margin grows with open interest: %v", err)
	}
	if _, err := Import(load(t, "okx"), []byte(ccxtTiers), importOptions("okx.json")); err == nil || !strings.Contains(err.Error(), "tiers by size") {
		t.Errorf("a base with tiers by size: %v", err)
	}
	if _, err := Import(load(t, "bitmex"), []byte(ccxtTiers), importOptions("bitmex.json")); err != nil {
		t.Errorf("a base with whole-position tiers: %v", err)
	}
}

// Each message names the file, the path within it, the value and what was expected.
func TestImportRefuses(t *testing.T) {
	base := load(t, "bybit/2025-10")
	for _, c := range []struct {
		name, text, old, new string
		want                 []string
	}{
		{"rate", ccxtTiers, `"maintenanceMarginRate": 0.025`, `"maintenanceMarginRate": 1.5`, []string{"SOL/USDT:USDT[1].maintenanceMarginRate: 1.5", "less than 1"}},
		{"falling rate", ccxtTiers, `"maintenanceMarginRate": 0.025`, `"maintenanceMarginRate": 0.005`, []string{"SOL/USDT:USDT[1].maintenanceMarginRate: 0.005", "more than 0.01"}},
		{"gap", ccxtTiers, `"minNotional": 10000.0`, `"minNotional": 20000.0`, []string{"SOL/USDT:USDT[1].minNotional: 20000", "10000", "gap"}},
		{"overlap", ccxtTiers, `"minNotional": 10000.0`, `"minNotional": 9000.0`, []string{"SOL/USDT:USDT[1].minNotional: 9000", "overlap"}},
		{"amount", ccxtTiers, `"150.0"`, `"151.0"`, []string{"SOL/USDT:USDT[1].info.cum: 151", "150"}},
		{"leverage", ccxtTiers, `"maxLeverage": 20.0`, `"maxLeverage": 75`, []string{"SOL/USDT:USDT[1].maxLeverage: 75", "at most that of the tier before"}},
		{"missing", ccxtTiers, `"maxLeverage": 20.0, `, ``, []string{"SOL/USDT:USDT[1].maxLeverage: missing"}},
		{"text", ccxtTiers, `"maxLeverage": 20.0`, `"maxLeverage": "many"`, []string{"SOL/USDT:USDT[1].maxLeverage", "many", "expected a number"}},
		{"null", ccxtTiers, `"minNotional": 0.0`, `"minNotional": null`, []string{"SOL/USDT:USDT[0].minNotional: null"}},
		{"negative", ccxtTiers, `"minNotional": 0.0`, `"minNotional": -1`, []string{"SOL/USDT:USDT[0].minNotional: -1", "at least 0"}},
		{"huge exponent", ccxtTiers, `"minNotional": 0.0`, `"minNotional": 1e999999999`, []string{"SOL/USDT:USDT[0].minNotional"}},
		{"unbounded in the middle", ccxtTiers, `"maxNotional": 10000.0`, `"maxNotional": null`, []string{"SOL/USDT:USDT[0].maxNotional: null"}},
		{"symbol", ccxtTiers, `"SOL/USDT:USDT"`, `"SOLUSDT"`, []string{"SOLUSDT: ", "BASE/QUOTE:SETTLE"}},
		{"rows", ccxtTiers, `"BTC/USD:BTC": []`, `"BTC/USD:BTC": 7`, []string{"BTC/USD:BTC: 7", "fetch_leverage_tiers"}},
		{"row", ccxtTiers, `"BTC/USD:BTC": []`, `"BTC/USDT:USDT": [7]`, []string{"BTC/USDT:USDT[0]: 7", "minNotional"}},
		{"no rows", ccxtTiers, `"BTC/USD:BTC": []`, `"BTC/USDT:USDT": []`, []string{"BTC/USDT:USDT: no tiers"}},
		{"twice", ccxtTiers, `"BTC/USD:BTC": []`, `"SOL/USDT:USDT": []`, []string{"line 6", `key "SOL/USDT:USDT" comes twice`}},
		{"cut", ccxtTiers, "  ]\n}", "", []string{"line 8", "ends early"}},
		{"damaged", ccxtTiers, `"tier": 2.0`, `"tier": 2.0.0`, []string{"line 4", "SOL/USDT:USDT[1]"}},
		{"trailing", ccxtTiers, "  ]\n}", "  ]\n} {}", []string{"something follows"}},
		{"other JSON", `{"a": {"b": 1}}`, "a", "a", []string{"a: an object", "leverageBracket"}},
		{"list of rows", `[{"minNotional": 0}]`, "min", "min", []string{"[0]: an object without brackets"}},
		{"scalar", `12`, "1", "1", []string{"12, expected"}},
		{"empty", ` `, " ", "", []string{"ends early"}},
		{"empty object", `{}`, "{", "{", []string{"no table"}},
		{"binance symbol", binanceBrackets, `"symbol": "SOLUSDT"`, `"symbol": 5`, []string{"[0].symbol: 5"}},
		{"binance rate", binanceBrackets, `"maintMarginRatio": 0.025`, `"maintMarginRatio": 0.001`, []string{"[0].brackets[1].maintMarginRatio: 0.001", "more than 0.01"}},
		{"binance amount", binanceBrackets, `"cum": 150.0`, `"cum": 15`, []string{"[0].brackets[1].cum: 15", "150"}},
		{"binance brackets", `{"symbol": "A", "brackets": 7}`, "7", "7", []string{"brackets: 7, expected a list"}},
		{"deep", strings.Repeat("[", 100), "[", "[", []string{"nested more than 16 deep"}},
	} {
		if !strings.Contains(c.text, c.old) {
			t.Fatalf("%s: no %q in the text", c.name, c.old)
		}
		_, err := Import(base, []byte(strings.Replace(c.text, c.old, c.new, 1)), importOptions("folder/table.json"))
		invalid := (*Invalid)(nil)
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v, expected an *Invalid", c.name, err)
			continue
		}
		for _, want := range append(c.want, "folder/table.json") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not name %q", c.name, err, want)
			}
		}
	}
	if _, err := Import(base, []byte(ccxtTiers), ImportOptions{File: "a.json", Date: "soon", ID: "x"}); err == nil || !strings.Contains(err.Error(), `"soon"`) {
		t.Errorf("date: %v", err)
	}
}

// All findings of a file are listed, not only the first.
func TestImportListsEveryFinding(t *testing.T) {
	text := strings.NewReplacer(`"150.0"`, `"151.0"`, `"maxLeverage": 15`, `"maxLeverage": 0.5`, `"maxLeverage": 20.0`, `"maxLeverage": 75`).Replace(ccxtTiers)
	_, err := Import(load(t, "binance"), []byte(text), importOptions("t.json"))
	if invalid := (*Invalid)(nil); !errors.As(err, &invalid) || len(invalid.Findings) != 3 {
		t.Errorf("findings: %v", err)
	}
}

// A rulebook that is written and read again states the same.
func TestWriteKeepsEveryFact(t *testing.T) {
	for _, id := range IDs() {
		book := load(t, id)
		again, err := Parse(id, book.file.write("a copy"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(book.Facts(), again.Facts()); diff != "" {
			t.Errorf("%s:\n%s", id, diff)
		}
		if !slices.Equal(book.Symbols(), again.Symbols()) || book.Policies != again.Policies || book.Parameters != again.Parameters || book.FundingDividedFrom != again.FundingDividedFrom {
			t.Errorf("%s: symbols, policies or parameters differ", id)
		}
		for _, symbol := range book.Symbols() {
			a, _ := book.Contract(symbol)
			b, _ := again.Contract(symbol)
			if diff := cmp.Diff(a, b, cmp.AllowUnexported(Contract{})); diff != "" {
				t.Fatalf("%s %s:\n%s", id, symbol, diff)
			}
		}
	}
}

// The whole table that freqtrade shipped on 2024-10-24: all 349 symbols arrive with continuous margin, equal to the embedded rulebook
// of that day.
func TestImportOfTheFreqtradeTable(t *testing.T) {
	const path = "../../../../shared/reference/tiers/binance_leverage_tiers_freqtrade_2024-10-24.json"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no %s beside the repository: the layout is covered by TestImportPutsTablesOnABase", path)
	}
	got, err := Import(load(t, "binance/2025-10"), text, ImportOptions{File: path, Date: "2024-10-24", ID: "own/2024-10"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Tables != 349 || len(got.Notes) != 0 {
		t.Errorf("%d tables, notes %v", got.Tables, got.Notes)
	}
	embedded := load(t, "binance/2024-10")
	var raw map[string]any
	if err := json.Unmarshal(text, &raw); err != nil || len(raw) != len(embedded.Symbols()) {
		t.Fatalf("%d symbols in the file, %d embedded, %v", len(raw), len(embedded.Symbols()), err)
	}
	for _, symbol := range embedded.Symbols() {
		want, _ := embedded.Contract(symbol)
		c, err := got.Rulebook.Contract(symbol)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Tiers, c.Tiers); diff != "" {
			t.Errorf("%s:\n%s", symbol, diff)
		}
		for i, tier := range c.Tiers[1:] {
			below, _ := c.Tiers[i].MaintenanceMarginRate.OfFloor(tier.Floor)
			above, _ := tier.MaintenanceMarginRate.OfFloor(tier.Floor)
			if below-c.Tiers[i].MaintenanceAmount != above-tier.MaintenanceAmount {
				t.Errorf("%s: margin jumps at %s", symbol, tier.Floor)
			}
		}
	}
}

func FuzzImportUnified(f *testing.F) {
	f.Add([]byte(ccxtTiers))
	f.Add([]byte(`{"A/B:C": [{"minNotional": 0, "maxNotional": 1, "maintenanceMarginRate": 0.5, "maxLeverage": 1}]}`))
	fuzzImport(f)
}

func FuzzImportBinance(f *testing.F) {
	f.Add([]byte(binanceBrackets))
	f.Add([]byte(`{"symbol": "A", "brackets": [{"initialLeverage": "1", "notionalCap": "1e3", "notionalFloor": 0, "maintMarginRatio": 1e-9}]}`))
	fuzzImport(f)
}

// fuzzImport asks that whatever is accepted is a valid rulebook, that both the file's tables are in it and the base's contracts are, and
// that reading is deterministic.
func fuzzImport(f *testing.F) {
	base := load(f, "bybit/2025-10")
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Import(base, text, importOptions("fuzz.json"))
		if invalid := (*Invalid)(nil); err != nil {
			if !errors.As(err, &invalid) {
				t.Fatalf("%v is not a list of findings", err)
			}
			return
		}
		again, err := Import(base, text, importOptions("fuzz.json"))
		if err != nil || !bytes.Equal(got.Rulebook.YAML(), again.Rulebook.YAML()) {
			t.Fatalf("a second time: %v", err)
		}
		if _, err := got.Rulebook.Contract("BTCUSDT"); err != nil || got.Tables < 1 || len(got.Rulebook.Symbols()) < got.Tables {
			t.Fatalf("%d tables, symbols %q, %v", got.Tables, got.Rulebook.Symbols(), err)
		}
	})
}
