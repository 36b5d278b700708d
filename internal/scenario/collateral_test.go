package scenario_test

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

const withAssets = `schema: backtest/scenario/v1
name: assets
title: Assets
venue: binance/2025-10
collateral:
  assets:
    - {symbol: USDE, haircut: 5%, depth: 89_000_000, path: [{time: 2025-10-10T21:36:00Z, share: 1}, {time: 2025-10-10T21:45:00Z, share: 0.6567}, {time: 2025-10-10T22:16:00Z, share: 1.01}]}
    - {symbol: WBETH, of: ETHUSDT, parity: 1.079, haircut: 10%, tick: 0.01, lot: 0.001, depth: 3_000_000}
crowd:
  accounts: 100
  leverage: [{leverage: 10, weight: 1}]
  notional: {median: 3000, tail: 1.2, min: 50, max: 1000000}
  cross_share: 0.4
  collateral: {share: 15%, part: 100%, assets: [{symbol: USDE, weight: 3}, {symbol: WBETH, weight: 1}]}
probes:
  entries: {kind: random, count: 10}
  rules:
    - {name: a, equity: 1000, sizing: {kind: fixed_notional, notional: 1000}, leverage: 5, margin: cross, collateral: {asset: USDE, part: 50%}}
  factors: {equity: 1000, sizing: {kind: fixed_notional, notional: 1000}, leverage: [5], stop: [none], margin: cross, collateral: {asset: WBETH, part: 1}}
  experiment:
    base: {equity: 1000, sizing: {kind: fixed_notional, notional: 1000}, leverage: 5, margin: cross}
    factors:
      - {name: backing, levels: [{name: quote}, {name: usde, collateral: {asset: USDE, part: 50%}}]}
expectations:
  - {metric: collateral.assets.USDE.linked.notional, low: 1, high: 2, source: press, quality: C}
  - {metric: liquidations.notional / collateral.assets.USDE.deposited, low: 1, high: 2, source: press, quality: C}
  - {metric: adl.accounts, low: 1, high: 2, source: press, quality: C}
`

// The canonical form says all of it, defaults included, and reads as the same scenario.
func TestAssetsInTheCanonicalForm(t *testing.T) {
	a, err := scenario.Parse("a.yaml", []byte(withAssets))
	if err != nil {
		t.Fatal(err)
	}
	b, err := scenario.Parse("canonical", a.Canonical())
	if err != nil || a.Hash() != b.Hash() {
		t.Fatalf("%v\n%s", err, a.Canonical())
	}
	for _, line := range []string{"  depeg: true\n", "    haircut: 0.05\n    parity: 1\n    tick: 0.0001\n    lot: 0.0001\n    depth: 89000000\n", "    of: \"ETHUSDT\"\n    parity: 1.079\n    tick: 0.01\n", "      share: 0.6567\n"} {
		if !strings.Contains(string(a.Canonical()), line) {
			t.Errorf("no %q in\n%s", line, a.Canonical())
		}
	}
	if cells := a.Probes.Experiment.Cells(); cells[0].Rule.Collateral != nil || cells[1].Rule.Collateral == nil || cells[1].Rule.Collateral.Asset != "USDE" {
		t.Errorf("the experiment's cells hold %v and %v", cells[0].Rule.Collateral, cells[1].Rule.Collateral)
	}
	if !a.HoldsAssets() {
		t.Error("somebody holds assets")
	}
}

// --set collateral=none leaves out what speaks of assets, and nothing else.
func TestLeavingAssetsOut(t *testing.T) {
	a, err := scenario.Parse("a.yaml", []byte(withAssets))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Set("collateral=none"); err != nil {
		t.Fatal(err)
	}
	if text := string(a.Canonical()); strings.Contains(text, "collateral") || !strings.Contains(text, "adl.accounts") {
		t.Errorf("left are\n%s", text)
	}
	if a.HoldsAssets() {
		t.Error("nobody holds assets")
	}
}

// Half of the way down from 1 to 0.6567 the share is 0.82835; before the first and after the last point it is theirs. A third of the way from
// 0.6567 to 1.01, 0.3533 in 31 minutes, it is 0.77446666…, rounded toward 0.6567.
func TestShareByHand(t *testing.T) {
	s, err := scenario.Parse("a.yaml", []byte(withAssets))
	if err != nil {
		t.Fatal(err)
	}
	usde, ok := s.Collateral.Asset("USDE")
	if !ok {
		t.Fatal("no USDE")
	}
	for at, want := range map[string]string{"2025-10-10T00:00:00Z": "1", "2025-10-10T21:36:00Z": "1", "2025-10-10T21:40:30Z": "0.82835", "2025-10-10T21:45:00Z": "0.6567",
		"2025-10-10T21:55:20Z": "0.77446666", "2025-10-10T22:16:00Z": "1.01", "2025-10-11T00:00:00Z": "1.01"} {
		time, err := market.ParseTime(at)
		if err != nil {
			t.Fatal(err)
		}
		if got := usde.ShareAt(time); got.String() != want {
			t.Errorf("%s: %v, expected %s", at, got, want)
		}
	}
	wbeth, _ := s.Collateral.Asset("WBETH")
	if got := wbeth.ShareAt(0); got != market.Scale {
		t.Errorf("without points: %v", got)
	}
	s, err = scenario.Parse("a.yaml", []byte(strings.Replace(withAssets, "{time: 2025-10-10T21:36:00Z, share: 1}", "{time: 2025-10-10T21:36:00Z}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if usde, _ = s.Collateral.Asset("USDE"); usde.ShareAt(0) != market.Scale {
		t.Errorf("a point without a share: %v, expected parity", usde.ShareAt(0))
	}
}

// A point without a share is at parity, as the documents say, in a file and from --set; a mistake of --set has its place there and not
// where the file had a value before.
func TestPointsOfAPath(t *testing.T) {
	s, err := scenario.Parse("a.yaml", []byte(strings.Replace(withAssets, ", share: 1}", "}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Set("collateral.assets.1.path=[{time: 2025-10-10T21:36:00Z}]"); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if got := s.Collateral.Assets[i].Path[0].Share; got != market.Scale {
			t.Errorf("asset %d: share %v, expected 1", i, got)
		}
	}
	err = s.Set("collateral.assets.0.path=[{share: 0.5}]")
	if err == nil || !strings.Contains(err.Error(), "--set collateral.assets.0.path.0.time: is missing") {
		t.Errorf("%v", err)
	}
}

// Mistakes have their place and a remedy.
func TestMistakesOfAssets(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"haircut: 5%", "haircut: 100%", "collateral.assets.0.haircut: 1; expected the part of the value that does not count"},
		{"symbol: WBETH, of", "symbol: USDE, of", "collateral.assets.1.symbol: USDE stands twice"},
		{"symbol: WBETH, of", "symbol: wbeth, of", `collateral.assets.1.symbol: "wbeth" is no symbol`},
		{"parity: 1.079", "parity: 0", "collateral.assets.1.parity: 0; expected"},
		{"lot: 0.001", "lot: -1", "collateral.assets.1.lot: -1; expected"},
		{"tick: 0.01", "tick: x", `collateral.assets.1.tick: "x" is no price`},
		{"depth: 89_000_000", "depth: 0", "collateral.assets.0.depth: 0; expected"},
		{"2025-10-10T21:45:00Z, share", "2025-10-10T21:36:00Z, share", "collateral.assets.0.path.1.time: 2025-10-10T21:36:00Z; expected a time after"},
		{"time: 2025-10-10T21:45:00Z, share", "share", "collateral.assets.0.path.1.time: is missing; expected such as"},
		{"share: 0.6567", "share: 11", "collateral.assets.0.path.1.share: 11; expected the price over parity, 0 to 10"},
		{"share: 15%", "share: 0", "crowd.collateral.share: 0; expected the share of the cross accounts"},
		{"part: 100%", "part: 101%", "crowd.collateral.part: 1.01; expected the part of the deposit"},
		{"cross_share: 0.4", "cross_share: 0", "crowd.collateral: only cross accounts hold assets"},
		{"symbol: WBETH, weight: 1", "symbol: WBET, weight: 1", `crowd.collateral.assets.1.symbol: "WBET" is unknown; did you mean WBETH?`},
		{"asset: USDE, part: 50%}}\n  factors", "asset: USD, part: 50%}}\n  factors", `probes.rules.0.collateral.asset: "USD" is unknown`},
		{"asset: WBETH, part: 1}", "asset: WBETH, part: 1}, equity_mode: sequential", "probes.factors.collateral: an account keeps its assets after its position is closed"},
		{"stop: [none], margin: cross", "stop: [none]", "probes.factors.collateral: only cross positions are backed by assets"},
		{"venue: binance/2025-10", "venue: binance/2025-10\ninstruments: [USDE, ETHUSDT]", "collateral.assets.0.symbol: USDE is an instrument of the run"},
	} {
		if !strings.Contains(withAssets, c.old) {
			t.Fatalf("%q is not in the text", c.old)
		}
		_, err := scenario.Parse("a.yaml", []byte(strings.Replace(withAssets, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "a.yaml:") {
			t.Errorf("%s: %v; expected %q", c.new, err, c.want)
		}
	}
	without := withAssets[:strings.Index(withAssets, "collateral:\n")] + withAssets[strings.Index(withAssets, "crowd:\n"):]
	if _, err := scenario.Parse("a.yaml", []byte(without)); err == nil || !strings.Contains(err.Error(), "the scenario has no collateral; describe the asset under collateral.assets") {
		t.Errorf("%v", err)
	}
}
