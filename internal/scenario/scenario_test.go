package scenario_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

func TestShippedScenariosLoad(t *testing.T) {
	names := scenario.Names()
	if len(names) < 2 {
		t.Fatalf("names = %v; expected at least october-10-2025 and red-monday-2025-09-22", names)
	}
	for _, name := range names {
		s, err := scenario.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name {
			t.Errorf("scenarios/%s.yaml calls itself %s", name, s.Name)
		}
		if s.Title == "" || s.Description == "" {
			t.Errorf("%s: a shipped scenario has a title and a description", name)
		}
	}
}

func TestCanonicalParsesToTheSameScenario(t *testing.T) {
	for _, name := range scenario.Names() {
		a, err := scenario.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := scenario.Parse("canonical", a.Canonical())
		if err != nil {
			t.Fatalf("%v\n%s", err, a.Canonical())
		}
		if d := cmp.Diff(a, b, cmpopts.IgnoreUnexported(scenario.Scenario{})); d != "" {
			t.Error(d)
		}
		if a.Hash() != b.Hash() || len(a.Hash()) != 64 {
			t.Errorf("hashes %s and %s", a.Hash(), b.Hash())
		}
	}
}

const small = `schema: backtest/scenario/v1
name: small
title: Small
probes:
  entries: {kind: at, time: 2025-10-10T20:00:00Z}
  rules:
    - name: plain
      equity: 1_000.5
      sizing: {kind: fixed_notional, notional: 500}
      leverage: 10x
    - name: stopped
      equity: 1_000.5
      sizing: {kind: fixed_notional, notional: 500}
      leverage: 10x
      stop: 2%
`

func parse(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("small.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShortFormsAndDefaults(t *testing.T) {
	s := parse(t, small)
	r := s.Probes.Rules[1]
	want := scenario.Rule{Name: "stopped", Equity: market.MustParse[market.Quote]("1000.5"),
		Sizing:   scenario.Part{Kind: "fixed_notional", Params: map[string]string{"notional": "500"}},
		Leverage: scenario.Part{Kind: "fixed", Params: map[string]string{"leverage": "10x"}},
		Margin:   "isolated",
		Stop:     scenario.Part{Kind: "percent", Params: map[string]string{"percent": "2%"}},

		TakeProfit: scenario.Part{Kind: "none"}}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
	if s.Prices.Intrabar != "nearest_first" || s.Statistics.Level != 0.95 {
		t.Errorf("defaults: %+v %+v", s.Prices, s.Statistics)
	}
	if d := cmp.Diff([]scenario.Comparison{{A: "stopped", B: "plain"}}, s.Pairs()); d != "" {
		t.Error("a rule is paired with its twin that has no stop:", d)
	}
}

func TestFactorsExpandToTwins(t *testing.T) {
	head, _, _ := strings.Cut(small, "  rules:")
	s := parse(t, head+`  factors:
    equity: 1000
    sizing: {kind: fixed_fraction, fraction: 90%, exposure: leverage}
    leverage: [3, 5]
    stop: [none, 2%, {kind: atr, multiple: 2}]
`)
	var names []string
	for _, r := range s.Probes.Expand() {
		names = append(names, r.Name)
	}
	want := []string{"3x, no stop", "3x, stop 2%", "3x, stop atr multiple=2", "5x, no stop", "5x, stop 2%", "5x, stop atr multiple=2"}
	if d := cmp.Diff(want, names); d != "" {
		t.Error(d)
	}
	if got := s.Probes.Expand()[3].Sizing.Params["exposure"]; got != "5" {
		t.Errorf("exposure of the 5x rule = %q; the word leverage stands for the rule's", got)
	}
	pairs := []scenario.Comparison{{A: "3x, stop 2%", B: "3x, no stop"}, {A: "3x, stop atr multiple=2", B: "3x, no stop"},
		{A: "5x, stop 2%", B: "5x, no stop"}, {A: "5x, stop atr multiple=2", B: "5x, no stop"}}
	if d := cmp.Diff(pairs, s.Pairs()); d != "" {
		t.Error(d)
	}
}

// Every refusal names file, line and column of the value, what it was and what is expected.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "leverage: 10x", "leverige: 10x", "small.yaml:10:7: probes.rules.0.leverige: unknown key; did you mean leverage? known: name, group, equity"},
		{"unknown key above", "title: Small", "titel: Small", "small.yaml:3:1: titel: unknown key; did you mean title?"},
		{"twice", "title: Small", "title: Small\ntitle: Big", "small.yaml:4:"},
		{"no number", "equity: 1_000.5", "equity: much", "small.yaml:8:15: probes.rules.0.equity: \"much\" is no amount"},
		{"nine decimals", "equity: 1_000.5", "equity: 0.123456789", "small.yaml:8:15: probes.rules.0.equity: \"0.123456789\" is no amount"},
		{"negative", "equity: 1_000.5", "equity: -1", "small.yaml:8:15: probes.rules.0.equity: -1; expected the account's balance before an entry, above 0"},
		{"schema", "scenario/v1", "scenario/v9", "small.yaml:1:9: schema: \"backtest/scenario/v9\"; expected backtest/scenario/v1"},
		{"word", "title: Small", "title: Small\nprices: {intrabar: low_frist}", "small.yaml:4:20: prices.intrabar: \"low_frist\" is unknown; did you mean low_first?"},
		{"window", "title: Small", "title: Small\nwindow: {from: 2025-10-10, to: 2025-10-09}", "small.yaml:4:32: window.to: 2025-10-09T00:00:00Z is not after from, 2025-10-10T00:00:00Z"},
		{"time", "title: Small", "title: Small\nwindow: {from: noon}", "small.yaml:4:16: window.from: \"noon\" is no time; expected such as 2025-10-10T21:20:00Z"},
		{"venue", "title: Small", "title: Small\nvenue: ''", "small.yaml:4:8: venue: is empty; expected a rulebook, such as binance/2025-10"},
		{"names", "name: stopped", "name: plain", "small.yaml:11:13: probes.rules.1.name: \"plain\" stands twice"},
		{"part without kind", "{kind: fixed_notional, notional: 500}", "{notional: 500}", "small.yaml:9:15: probes.rules.0.sizing: has no kind"},
		{"list for value", "title: Small", "title: [a, b]", "small.yaml:3:8: title: expected one value; was a sequence"},
		{"value for mapping", "title: Small", "title: Small\nprices: fast", "small.yaml:4:9: prices: expected a mapping of mode, intrabar, mark"},
		{"syntax", "title: Small", "title: [a", "small.yaml:"},
		{"alias", "title: Small", "title: &a Small", "anchors and aliases are not used"},
		{"comparison", "title: Small", "title: Small\ncomparisons: {pairs: [{a: plain, b: stoped}]}", "comparisons.pairs.0.b: \"stoped\" is unknown; did you mean stopped?"},
		{"expectation", "title: Small", "title: Small\nexpectations: [{metric: fees, low: 1, high: 2}]", "expectations.0.source: is empty"},
		{"not a number", "title: Small", "title: Small\nstatistics: {level: nan}", "statistics.level: \"nan\": expected a number"},
		{"two documents", "title: Small", "title: Small\n---\na: 1", "several documents"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(small, c.old, c.new, 1)
			if text == small {
				t.Fatal("nothing replaced")
			}
			_, err := scenario.Parse("small.yaml", []byte(text))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error\n%v\nexpected to contain\n%s", err, c.want)
			}
		})
	}
}

// Files that would take the parser minutes are refused before it sees them.
func TestBoundsOfAFile(t *testing.T) {
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[\n", 5000), "a line of": strings.Repeat("- ", 3000), "bytes": strings.Repeat("# padding\n", 40_000),
	} {
		if _, err := scenario.Parse("x.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, expected to contain %q", err, name)
		}
	}
}

func TestCrowdRefusals(t *testing.T) {
	crowd := "title: Small\ncrowd: {accounts: 10, leverage: [{leverage: 10, weight: 1}], notional: {median: 100, min: 10, max: 1000}}"
	if s := parse(t, strings.Replace(small, "title: Small", crowd, 1)); s.Crowd.LongShare != 0.5 {
		t.Errorf("default long share = %v", s.Crowd.LongShare)
	}
	for _, c := range []struct{ old, new, want string }{
		{"accounts: 10,", "accounts: 0,", "crowd.accounts: 0; expected 1 to"},
		{"leverage: 10,", "leverage: 0.5,", "crowd.leverage.0.leverage: 0.5; expected 1 to 1000"},
		{"weight: 1", "weight: 0", "crowd.leverage.0.weight: 0; expected above 0"},
		{"min: 10,", "min: 200,", "crowd.notional: min 200, median 100, max 1000"},
		{"accounts: 10,", "accounts: 10, long_share: 2,", "crowd.long_share: 2; expected 0 to 1"},
		{"accounts: 10,", "accounts: 10, stop: {share: 0.1},", "crowd.stop.distance: 0; expected"},
	} {
		_, err := scenario.Parse("x.yaml", []byte(strings.Replace(small, "title: Small", strings.Replace(crowd, c.old, c.new, 1), 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s -> %s: error %v, expected to contain %q", c.old, c.new, err, c.want)
		}
	}
}

func TestSet(t *testing.T) {
	s := parse(t, small)
	before := s.Hash()
	err := s.Set("seed=7", "probes.rules.1.stop={kind: trailing, distance: 3%}", "crowd.accounts=10",
		"crowd.leverage=[{leverage: 5, weight: 1}]", "crowd.notional={min: 1, median: 2, max: 3}", "instruments=[ETHUSDT, BTCUSDT]")
	if err != nil {
		t.Fatal(err)
	}
	if s.Seed != 7 || s.Crowd.Accounts != 10 || s.Probes.Rules[1].Stop.Kind != "trailing" || s.Crowd.Leverage[0].Leverage != 5*market.Scale || s.Instruments[0] != "BTCUSDT" {
		t.Errorf("scenario after Set: %+v", s)
	}
	if s.Hash() == before {
		t.Error("an override did not change the hash")
	}
	for _, none := range []string{"none", "null"} {
		if err := s.Set("crowd=" + none); err != nil || s.Crowd != nil {
			t.Errorf("crowd=%s left %+v of the crowd, error %v", none, s.Crowd, err)
		}
	}
	for _, c := range []struct{ set, want string }{
		{"sead=7", "unknown key sead; did you mean seed?"},
		{"probes.rules.5.stop=2%", "no element 5 in a list of 2"},
		{"seed", "expected key=value"},
		{"seed=x", "--set seed: \"x\": expected a whole number"},
		{"statistics.level=2", "--set statistics.level: 2; expected above 0"},
		{"probes.rules.0.stop.distance=1%", "probes.rules.0.stop is given as a whole"},
	} {
		if err := s.Set(c.set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Set(%s): error %v, expected to contain %q", c.set, err, c.want)
		}
		s = parse(t, small)
	}
}

func TestLoadNamesTheNearestScenario(t *testing.T) {
	_, err := scenario.Load("october-10-2024")
	if err == nil || !strings.Contains(err.Error(), "did you mean october-10-2025?") {
		t.Errorf("error %v", err)
	}
	if _, err := scenario.Load("./absent.yaml"); err == nil || !strings.Contains(err.Error(), "absent.yaml") {
		t.Errorf("error %v", err)
	}
	file := t.TempDir() + "/small.yaml"
	if err := os.WriteFile(file, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := scenario.Load(file); err != nil || s.Name != "small" {
		t.Errorf("Load(file) = %v, %v", s, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	for _, name := range scenario.Names() {
		text, err := scenario.Text(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := scenario.Parse("fuzz", data)
		if err != nil {
			return
		}
		b, err := scenario.Parse("canonical", a.Canonical())
		if err != nil {
			t.Fatalf("canonical form refused: %v\n%s", err, a.Canonical())
		}
		if string(a.Canonical()) != string(b.Canonical()) {
			t.Fatalf("canonical form is not stable:\n%s\nand\n%s", a.Canonical(), b.Canonical())
		}
	})
}
