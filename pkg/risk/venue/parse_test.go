package venue

import (
	"strings"
	"testing"
)

const valid = `schema: backtest/rulebook/v1
id: test/2025-01
title: a venue for tests
as_of: 2025-01-01
sources:
  page: {title: some page, date: 2025-01-01}
policies:
  trigger: {is: strict, source: page}
  tiers: {is: marginal, source: page}
  liquidation_order: {is: largest_maintenance_margin, source: page}
  liquidation_fee: {is: capped_at_equity, source: page}
  bankruptcy: {is: split_by_maintenance_margin, source: page}
  adl_score: {is: binance_leverage_pnl, source: page}
  adl_price: {is: bankruptcy, source: page}
  funding_price: {is: mark, source: page}
fees:
  maker: {value: -0.0001, source: page}
  taker: {value: 0.0005, source: page}
contracts:
  - symbols: [AUSDT, BUSDC]
    tick: {value: 0.1, source: page}
    lot: {value: 0.001, source: page}
    liquidation_fee: {value: 0.01, source: unsourced, reason: a guess}
    funding_interval_hours: {value: 8, source: page}
    tiers:
      source: page
      rows:
        - {floor: 0, cap: 1000, leverage: 20, rate: 0.01, amount: 0}
        - {floor: 1000, cap: 5000, leverage: 10, rate: 0.025, amount: 15}
`

func TestParse(t *testing.T) {
	book, err := Parse("valid.yaml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	if book.Inclusive || book.Maker != -10_000 || book.Taker != 50_000 || string(book.YAML()) != valid {
		t.Errorf("book = %+v", book)
	}
	b, err := book.Contract("BUSDC")
	if err != nil || b.Instrument.Base != "B" || b.Instrument.Quote != "USDC" || b.Instrument.Tick != 10_000_000 || len(b.Tiers) != 2 {
		t.Errorf("BUSDC = %+v, %v", b, err)
	}
	got := book.Unsourced()
	for i, want := range map[int]string{0: "policies.tier_by: not stated by the rulebook, taken as mark_notional", len(got) - 1: "AUSDT.liquidation_fee: a guess"} {
		if got[i] != want {
			t.Errorf("Unsourced()[%d] = %q, expected %q", i, got[i], want)
		}
	}
	if _, err := book.Contract("CUSDT"); err == nil || !strings.Contains(err.Error(), `no contract "CUSDT" and no default`) {
		t.Errorf("Contract of an unknown symbol: %v", err)
	}
}

// Each error names the file, the place, the value and what was expected.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"unknown key", "title: a venue", "tittle: a venue", []string{"tittle", "[3:1]"}},
		{"unknown key in a row", "leverage: 10, ", "leverage: 10, color: red, ", []string{"color", "[29:50]"}},
		{"schema", "rulebook/v1", "rulebook/v9", []string{"rulebook/v9", "backtest/rulebook/v1"}},
		{"date", "as_of: 2025-01-01", "as_of: soon", []string{`"soon"`, "2025-10-10"}},
		{"policy", "is: strict", "is: sometimes", []string{"policies.trigger", `"sometimes"`, "inclusive, strict"}},
		{"absent policy", "  adl_price: {is: bankruptcy, source: page}\n", "", []string{"policies.adl_price", "bankruptcy"}},
		{"source", "trigger: {is: strict, source: page}", "trigger: {is: strict, source: rumor}", []string{`"rumor"`, "page", "unsourced"}},
		{"reason", ", reason: a guess", "", []string{"AUSDT.liquidation_fee", "reason"}},
		{"undated source", ", date: 2025-01-01}", "}", []string{"sources.page", "date"}},
		{"gap", "floor: 1000, cap", "floor: 1001, cap", []string{"AUSDT.tiers, tier 2: floor is 1001", "1000"}},
		{"first floor", "floor: 0, cap", "floor: 5, cap", []string{"tier 1: floor is 5"}},
		{"cap", "cap: 5000", "cap: 900", []string{"tier 2: cap is 900", "more than the floor, 1000"}},
		{"falling rate", "rate: 0.025, amount: 15", "rate: 0.005, amount: 15", []string{"tier 2: rate is 0.005", "more than 0.01"}},
		{"rate of all", "rate: 0.025, amount: 15", "rate: 1, amount: 990", []string{"tier 2: rate is 1", "less than 1"}},
		{"leverage", "leverage: 10", "leverage: 25", []string{"tier 2: leverage is 25"}},
		{"no leverage", "leverage: 20", "leverage: 0", []string{"tier 1: leverage is 0"}},
		{"amount", "amount: 15", "amount: 16", []string{"valid.yaml", "AUSDT.tiers, tier 2: amount is 16", "15 (floor"}},
		{"first amount", "amount: 0}", "amount: 1}", []string{"tier 1: amount is 1", "expected 0"}},
		{"decimals", "rate: 0.025", "rate: 0.0250000001", []string{"0.0250000001", "line 29", "8 decimals"}},
		{"not a number", "cap: 5000", "cap: plenty", []string{"plenty", "line 29"}},
		{"twice", "[AUSDT, BUSDC]", "[AUSDT, AUSDT]", []string{`"AUSDT"`, "twice"}},
		{"no symbols", "[AUSDT, BUSDC]", "[]", []string{"contracts[0]", "no symbols"}},
		{"tick", "tick: {value: 0.1", "tick: {value: 0", []string{"AUSDT.tick is 0"}},
		{"lot", "    lot: {value: 0.001, source: page}\n", "", []string{"AUSDT.lot is 0"}},
		{"interval", "value: 8,", "value: 7.5,", []string{"funding_interval_hours is 7.5", "whole hours"}},
		{"taker", "value: 0.0005", "value: 5", []string{"fees.taker is 5"}},
		{"liquidation fee", "value: 0.01,", "value: 1.5,", []string{"AUSDT.liquidation_fee is 1.5"}},
	} {
		if !strings.Contains(valid, c.old) {
			t.Fatalf("%s: the valid file has no %q", c.name, c.old)
		}
		_, err := Parse("valid.yaml", []byte(strings.Replace(valid, c.old, c.new, 1)))
		if err == nil {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		for _, want := range append(c.want, "valid.yaml") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not name %q", c.name, err, want)
			}
		}
	}
	// A rate of 0.9996 and a taker fee of 0.0005 within the requirement are more than the whole value.
	steep := strings.Replace(strings.Replace(valid, "rate: 0.025, amount: 15", "rate: 0.9996, amount: 989.6", 1),
		"  bankruptcy:", "  cross_fee: {is: taker_at_mark, source: page}\n  bankruptcy:", 1)
	if _, err := Parse("steep.yaml", []byte(steep)); err == nil || !strings.Contains(err.Error(), "tier 2: rate is 0.9996") || !strings.Contains(err.Error(), "0.0005") {
		t.Errorf("a requirement above the value: %v", err)
	}
	if _, err := Parse("empty.yaml", nil); err == nil || !strings.Contains(err.Error(), "empty.yaml") {
		t.Errorf("empty file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(valid))
	f.Add([]byte(""))
	f.Add([]byte("schema: backtest/rulebook/v1\nid: &a x\ntitle: *a\nas_of: 2025-01-01\n"))
	f.Add([]byte(strings.Replace(valid, "amount: 15", "amount: {}", 1)))
	f.Add([]byte(strings.Replace(valid, "value: 8", "value: null", 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		book, err := Parse("fuzz.yaml", text)
		if err != nil {
			return
		}
		for _, symbol := range book.Symbols() {
			c, err := book.Contract(symbol)
			if err != nil || len(c.Tiers) == 0 || c.Tiers[0].Floor != 0 || c.Instrument.Tick <= 0 || c.Instrument.Lot <= 0 {
				t.Fatalf("accepted, but %s is %+v, %v", symbol, c, err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load("binance/2025-10"); err != nil {
			b.Fatal(err)
		}
	}
}
