package scenario_test

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

func withPaths(t *testing.T, paths string) (*scenario.Scenario, error) {
	t.Helper()
	return scenario.Parse("f.yaml", []byte(small+"\npaths: "+paths+"\n"))
}

// What is wrong with a section of paths is said with its place and what to do.
func TestWrongPaths(t *testing.T) {
	for paths, want := range map[string]string{
		"{count: 1_000_000_000}":             "paths.count: 1000000000; expected 1 to 1000000",
		"{count: 0}":                         "paths.count: 0",
		"{kind: bootstap}":                   "did you mean bootstrap?",
		"{precision: 0}":                     "paths.precision",
		"{blocks: 5}":                        "paths.blocks: unknown key",
		"{bootstrap: {lengths: random}}":     "paths.bootstrap.lengths",
		"{bootstrap: {block: 5}}":            "paths.bootstrap.block: \"5\" is no duration",
		"{kind: shock}":                      "paths.shock: is absent; say where history has the crash",
		"{kind: shock, shock: {length: 5m}}": "paths.shock.at: is absent",
		"{kind: shock, shock: {at: 2025-10-10, length: 5m}}":                                            "all 1000 paths would be the same",
		"{kind: shock, count: 1, shock: {at: 2025-10-10, length: 5m, scale: {low: 2, high: 1}}}":        "paths.shock.scale: low 2, high 1",
		"{kind: shock, count: 1, shock: {at: 2025-10-10, length: 5m, start: {from: 2025-10-10}}}":       "expected both",
		"{kind: shock, count: 1, shock: {at: 2025-10-10, length: 5m, second: {share: 2}}}":              "paths.shock.second.share",
		"{kind: jump_diffusion, jump_diffusion: {common_share: 2}}":                                     "paths.jump_diffusion.common_share",
		"{kind: jump_diffusion, jump_diffusion: {instruments: [{symbol: BTCUSDT}, {symbol: BTCUSDT}]}}": "stands twice",
		"{kind: jump_diffusion, jump_diffusion: {jumps: {deviation: -1}}}":                              "paths.jump_diffusion.jumps.deviation",
	} {
		_, err := withPaths(t, paths)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "f.yaml") {
			t.Errorf("%s: %v; expected %q", paths, err, want)
		}
	}
}

// Prices that orders move, and the envelope of three replays, are not those of paths.
func TestPathsAreOfHistorysMode(t *testing.T) {
	for set, want := range map[string]string{"prices.mode=feedback": "expected history for paths", "prices.intrabar=envelope": "expected one of them for paths"} {
		s, err := withPaths(t, "{count: 5}")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Set(set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; expected %q", set, err, want)
		}
	}
}

// A kind may be changed for one run, with or without a section of its own; the canonical form says all of it again.
func TestKindsOfPathsStandBy(t *testing.T) {
	s, err := withPaths(t, "{kind: shock, count: 50, shock: {at: 2025-10-10T21:00:00Z, length: 20m, scale: {low: 0.5, high: 2}, second: {share: 30%}}, bootstrap: {block: 2h}}")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"bootstrap", "jump_diffusion", "shock"} {
		if err := s.Set("paths.kind=" + kind); err != nil {
			t.Fatal(err)
		}
		again, err := scenario.Parse("canonical", s.Canonical())
		if err != nil || again.Hash() != s.Hash() {
			t.Errorf("%s: canonical form: %v\n%s", kind, err, s.Canonical())
		}
	}
	if s.Paths.Bootstrap.Block.String() != "2h" || s.Paths.Shock.Second.Share != 0.3 {
		t.Errorf("%+v", s.Paths)
	}
}
