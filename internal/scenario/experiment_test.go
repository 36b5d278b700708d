package scenario

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

const experimentText = `schema: backtest/scenario/v1
name: two-by-two
probes:
  entries: {kind: random, count: 10}
  experiment:
    base:
      equity: 1_000
      sizing: {kind: fixed_fraction, fraction: 90%, exposure: leverage}
      leverage: 5
    factors:
      - name: speed
        levels:
          - name: slow
          - {name: fast, leverage: 20}
      - name: stop
        levels:
          - {name: "off", stop: none}
          - {name: "on", stop: 2%}
`

func parseText(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Parse("e.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestExperimentExpands(t *testing.T) {
	s := parseText(t, experimentText)
	rules := s.Probes.Expand()
	var got []string
	for _, r := range rules {
		got = append(got, fmt.Sprintf("%s | %s | %s | %s | %s", r.Name, r.Leverage, r.Sizing, r.Stop, r.Margin))
	}
	want := []string{
		"speed slow, stop off | fixed leverage=5 | fixed_fraction exposure=5 fraction=90% | none | isolated",
		"speed slow, stop on | fixed leverage=5 | fixed_fraction exposure=5 fraction=90% | 2% | isolated",
		"speed fast, stop off | fixed leverage=20 | fixed_fraction exposure=20 fraction=90% | none | isolated",
		"speed fast, stop on | fixed leverage=20 | fixed_fraction exposure=20 fraction=90% | 2% | isolated",
	}
	if !slices.Equal(got, want) {
		t.Errorf("expanded to\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p := rules[3].Place("leverage"); p != "probes.experiment.factors.0.levels.1.leverage" {
		t.Errorf("the leverage of the last cell stands at %s", p)
	}
	if p := rules[3].Place("sizing"); p != "probes.experiment.base.sizing" {
		t.Errorf("its sizing at %s", p)
	}
	// Each cell with a stop is compared with its twin without.
	if pairs := s.Pairs(); len(pairs) != 2 || pairs[1] != (Comparison{"speed fast, stop on", "speed fast, stop off"}) {
		t.Errorf("pairs %v", pairs)
	}
	again := parseText(t, string(s.Canonical()))
	if string(again.Canonical()) != string(s.Canonical()) || len(again.Probes.Expand()) != 4 {
		t.Errorf("the canonical form reads as\n%s\nfrom\n%s", again.Canonical(), s.Canonical())
	}
}

// fourFactors is a scenario of four factors with two levels each.
func fourFactors(generators string) string {
	text := strings.Split(experimentText, "      - name: speed")[0]
	for _, f := range []string{"a: leverage: 2", "b: stop: 2%", "c: margin: cross", "d: take_profit: 5%"} {
		name, change, _ := strings.Cut(f, ": ")
		text += fmt.Sprintf("      - {name: %s, levels: [{name: lo}, {name: hi, %s}]}\n", name, change)
	}
	return text + generators
}

func TestFraction(t *testing.T) {
	e := parseText(t, fourFactors("    generators: ['d = a * b * c']\n")).Probes.Experiment
	cells := e.Cells()
	if len(cells) != 8 {
		t.Fatalf("%d cells, expected 2^(4-1)", len(cells))
	}
	for _, c := range cells {
		product := 1
		for _, l := range c.Levels {
			product *= 2*l - 1
		}
		if product != 1 { // d = abc, so that abcd = +1 everywhere
			t.Errorf("cell %v: a·b·c·d = %d, expected +1", c.Levels, product)
		}
	}
	d, err := e.Design()
	if err != nil {
		t.Fatal(err)
	}
	// I = abcd: a = bcd, ab = cd.
	for _, x := range []struct{ term, alias []int }{{[]int{0}, []int{1, 2, 3}}, {[]int{0, 1}, []int{2, 3}}, {[]int{0, 1, 2}, []int{3}}} {
		if got := d.Aliases(x.term, 4); len(got) != 1 || !slices.Equal(got[0], x.alias) {
			t.Errorf("aliases of %v are %v, expected %v", x.term, got, x.alias)
		}
	}
}

func TestExperimentMistakes(t *testing.T) {
	billions := strings.Split(experimentText, "      - name: speed")[0]
	for i, key := range []string{"leverage", "equity", "hold"} {
		var levels []string
		for n := range 1200 {
			value := []string{itoa(n + 1), itoa(n + 1), itoa(n+1) + "s"}[i]
			levels = append(levels, fmt.Sprintf("          - {name: l%d, %s: %s}", n, key, value))
		}
		billions += "      - name: " + key + "\n        levels:\n" + strings.Join(levels, "\n") + "\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"billions", billions, "probes.experiment.factors: 1728000000 cells; expected at most 4096"},
		{"one level", strings.Replace(experimentText, "          - {name: fast, leverage: 20}\n", "", 1), "factors.0.levels: 1 levels; a factor is varied over at least two"},
		{"two owners", strings.Replace(experimentText, "stop: none", "leverage: 3", 1), "e.yaml:17:37: probes.experiment.factors.1.levels.0.leverage: factor speed changes leverage too"},
		{"a name", strings.Replace(experimentText, "      equity: 1_000", "      name: x\n      equity: 1_000", 1), "probes.experiment.base: has a name or a group"},
		{"within", experimentText + "    within: size\n", `probes.experiment.within: "size"; expected the name of a factor`},
		{"generator", experimentText + "    generators: [stop = size]\n", `probes.experiment.generators: "stop = size": "size"; expected the name of another factor, once`},
		{"generated twice", fourFactors("    generators: [d = a * b, d = a * c]\n"), "generates d a second time"},
		{"chain", fourFactors("    generators: [d = a * b, c = a * d]\n"), "c is generated from d, which is generated too"},
		{"order", experimentText + "    interactions: 0\n", "probes.experiment.interactions: 0; expected 1"},
		{"margin of a level", strings.Replace(experimentText, "stop: none", "margin: crossed", 1), `probes.experiment.factors.1.levels.0.margin: "crossed" is unknown; did you mean cross?`},
		{"unknown key", strings.Replace(experimentText, "stop: none", "stopp: none", 1), "unknown key; did you mean stop?"},
	} {
		_, err := Parse("e.yaml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nexpected %s", c.name, err, c.want)
		}
	}
	// A grid of factors is bounded too.
	s := parseText(t, experimentText)
	list := make([]string, 70)
	for i := range list {
		list[i] = itoa(i + 1)
	}
	text := "[" + strings.Join(list, ", ") + "]"
	err := s.Set("probes.factors.leverage="+text, "probes.factors.stop=["+strings.Repeat("1%, ", 69)+"2%]")
	if err == nil || !strings.Contains(err.Error(), "4900 rules; expected at most 4096") {
		t.Errorf("a grid of 70 x 70: %v", err)
	}
}

func TestEpisodes(t *testing.T) {
	s := parseText(t, experimentText+`over:
  - october-10-2025
  - {name: calm, data: red-monday-2025-09-22, window: {from: 2025-09-22T12:00:00Z}}
`)
	list, err := s.Episodes()
	if err != nil || len(list) != 2 || list[0].Name != "october-10-2025" || list[1].Name != "calm" {
		t.Fatalf("%v, %v", list, err)
	}
	if want := []string{"over=[]", "data=red-monday-2025-09-22", "window.from=2025-09-22T12:00:00Z"}; !slices.Equal(list[1].Assignments, want) {
		t.Errorf("assignments %q, expected %q", list[1].Assignments, want)
	}
	again := parseText(t, string(s.Canonical()))
	if again.Hash() != s.Hash() {
		t.Error("the canonical form of episodes reads as another scenario")
	}
	one := s.Clone()
	if err := one.Set(list[0].Assignments...); err != nil {
		t.Fatal(err)
	}
	october, err := Load("october-10-2025")
	if err != nil {
		t.Fatal(err)
	}
	if len(one.Over) != 0 || one.Data != october.Data || one.Window != october.Window || one.Window.From == market.Time(0) {
		t.Errorf("the first episode is %s", one.Canonical())
	}
	for _, c := range []struct{ over, want string }{
		{"over: [octobre]\n", `over.0.scenario: "octobre" is unknown`},
		{"over: [october-10-2025, october-10-2025]\n", `over.1: "october-10-2025" stands twice`},
		{"data: x\nover: [october-10-2025]\n", "over: is given beside data or window"},
		{"over: [{scenario: october-10-2025, data: x}]\n", "names scenario october-10-2025 and data or a window"},
		{"over: [{window: {from: 2025-09-22, to: 2025-09-23}}]\n", `over.0.name: ""; expected up to 64`},
	} {
		if _, err := Parse("e.yaml", []byte(experimentText+c.over)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nexpected %s", c.over, err, c.want)
		}
	}
	// Episodes of a scenario that has episodes itself.
	nested := parseText(t, experimentText+"over: [four-habits]\n")
	if _, err := nested.Episodes(); err == nil || !strings.Contains(err.Error(), "over.0: scenario four-habits is itself put on several episodes") {
		t.Errorf("nested: %v", err)
	}
}
