package risk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// scriptBook is a rulebook under construction: that of testdata/rulebook.yaml, with other choices where a script makes them.
//
//	liquidation_step=fraction_first step_fraction=0.2     a policy, or a parameter that one needs
//	tiers_of_all=1000:0.01,5000:0.02                       cap:rate[:leverage] of each tier, else 100x; amounts follow
//	size_margin=0.04/0.02/0.0005                           initial, maintenance, slope
//	interest=0.1/1000/5000                                 base, lower, upper
//	liquidation_fee_rate=0.01 taker=0.001 maker=0.0005     fees
//	group.AAA=majors                                       with fund_scope=group
type scriptBook struct {
	policies, parameters map[string]string
	tiers                string
	size, interest       string
	fee, taker, maker    string
	groups               map[string]string
}

var scriptPolicies = map[string]string{"trigger": "inclusive", "tiers": "marginal", "tier_by": "mark_notional", "tier_bound": "cap_exclusive",
	"isolated_valuation": "mark", "isolated_fee": "none", "cross_fee": "none", "initial_margin": "leverage", "liquidation_step": "whole",
	"liquidation_order": "largest_maintenance_margin", "liquidation_price": "market", "liquidation_fee": "capped_at_equity", "fee_to": "fund",
	"remainder": "trader", "backstop": "none", "bankruptcy": "split_by_maintenance_margin", "fund_scope": "venue", "adl_trigger": "fund_exhausted",
	"adl_score": "binance_leverage_pnl", "adl_allocation": "queue", "adl_price": "bankruptcy", "adl_fee": "none", "funding_price": "mark"}

var scriptParameters = []string{"tiers_per_step", "step_fraction", "step_threshold", "cooldown_seconds", "block_fraction", "block_minimum", "backstop_fraction",
	"fillable_adjustment", "fillable_spread", "adl_drawdown", "adl_drawdown_stop", "adl_absolute", "adl_mark_distance", "adl_cap"}

func newScriptBook() *scriptBook {
	b := &scriptBook{policies: map[string]string{}, parameters: map[string]string{}, groups: map[string]string{}, fee: "0.01", taker: "0.001", maker: "0.0005",
		tiers: "10000:0.01:50,100000:0.02:20,1000000:0.05:10"}
	for k, v := range scriptPolicies {
		b.policies[k] = v
	}
	return b
}

// set takes a choice and reports whether it was one.
func (b *scriptBook) set(key, value string) bool {
	if _, known := scriptPolicies[key]; known {
		b.policies[key] = value
		return true
	}
	if slices.Contains(scriptParameters, key) {
		b.parameters[key] = value
		return true
	}
	if symbol, ok := strings.CutPrefix(key, "group."); ok {
		b.groups[symbol] = value
		return true
	}
	into := map[string]*string{"tiers_of_all": &b.tiers, "size_margin": &b.size, "interest": &b.interest, "liquidation_fee_rate": &b.fee, "taker": &b.taker, "maker": &b.maker}[key]
	if into == nil {
		return false
	}
	*into = value
	return true
}

func (b *scriptBook) load(t *testing.T) *venue.Rulebook {
	t.Helper()
	book, err := venue.Parse("script", []byte(b.text()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.text())
	}
	return book
}

func (b *scriptBook) text() string {
	var s strings.Builder
	s.WriteString("schema: backtest/rulebook/v1\nid: test/1\ntitle: Test exchange\nas_of: 2025-10-10\nsources:\n  here: {title: chosen for tests, date: 2025-10-10}\npolicies:\n")
	for _, k := range sortedKeys(b.policies) {
		fmt.Fprintf(&s, "  %s: {is: %s, source: here}\n", k, b.policies[k])
	}
	if len(b.parameters) > 0 {
		s.WriteString("parameters:\n")
	}
	for _, k := range sortedKeys(b.parameters) {
		fmt.Fprintf(&s, "  %s: {value: %s, source: here}\n", k, b.parameters[k])
	}
	fmt.Fprintf(&s, "fees:\n  maker: {value: %s, source: here}\n  taker: {value: %s, source: here}\ncontracts:\n", b.maker, b.taker)
	for _, symbol := range []string{"AAA", "BBB"} {
		fmt.Fprintf(&s, "  - symbols: [%s]\n    tick: {value: 0.01, source: here}\n    lot: {value: 0.001, source: here}\n    liquidation_fee: {value: %s, source: here}\n"+
			"    funding_interval_hours: {value: 8, source: here}\n", symbol, b.fee)
		if g := b.groups[symbol]; g != "" {
			fmt.Fprintf(&s, "    group: %s\n", g)
		}
		if f := strings.Split(b.interest, "/"); len(f) == 3 {
			fmt.Fprintf(&s, "    interest_margin: {source: here, base: %s, lower: %s, upper: %s}\n", f[0], f[1], f[2])
		}
		if f := strings.Split(b.size, "/"); len(f) == 3 {
			fmt.Fprintf(&s, "    size_margin: {source: here, initial: %s, maintenance: %s, slope: %s}\n", f[0], f[1], f[2])
			continue
		}
		s.WriteString("    tiers:\n      source: here\n      rows:\n")
		var floor, amount market.Quote
		var last market.Rate
		for i, row := range strings.Split(b.tiers, ",") {
			limit, r, _ := strings.Cut(row, ":")
			r, leverage, given := strings.Cut(r, ":")
			if !given {
				leverage = "100"
			}
			if i > 0 && b.policies["tiers"] == "marginal" {
				step, _ := (rate(r) - last).OfFloor(floor)
				amount += step
			}
			fmt.Fprintf(&s, "        - {floor: %v, cap: %s, leverage: %s, rate: %s, amount: %v}\n", floor, limit, leverage, r, amount)
			floor, last = quote(limit), rate(r)
		}
	}
	return s.String()
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
