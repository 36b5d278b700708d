package report

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

const twoByTwo = `schema: backtest/scenario/v1
name: two-by-two
seed: 7
probes:
  entries: {kind: random, count: 4}
  experiment:
    base: {equity: 1_000, sizing: {kind: fixed_notional, notional: 1_000}, leverage: 5}
    factors:
      - {name: speed, levels: [{name: slow}, {name: fast, leverage: 20}]}
      - {name: stop, levels: [{name: none}, {name: 2%, stop: 2%}]}
    within: stop
statistics: {level: 0.95, resamples: 500}
`

func experimentScenario(t testing.TB, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("e.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cellOf makes the entries of a cell, a minute apart and held for half of one, from words such as "liquidated -900".
func cellOf(words ...string) (list []probe) {
	for i, w := range words {
		var outcome, pnl string
		if _, err := fmt.Sscan(w, &outcome, &pnl); err != nil {
			panic(err)
		}
		at := epoch + market.Time(i)*market.Minute
		list = append(list, probe{entry: at, exit: at + 30*market.Second, pnl: q(pnl), setup: int32(i), outcome: uint8(slices.Index(outcomes, outcome))})
	}
	return list
}

func TestEffectsByHand(t *testing.T) {
	a := &accounts{refusals: map[string]string{"speed fast, stop 2%": "insufficient margin"}, rules: map[string][]probe{
		"speed slow, stop none": cellOf("open 10", "open 20", "liquidated -100", "open 5"),
		"speed slow, stop 2%":   cellOf("open 10", "stopped -20", "stopped -20", "open 5"),
		"speed fast, stop none": cellOf("open 40", "liquidated -100", "liquidated -100", "open 20"),
		"speed fast, stop 2%":   cellOf("open 40", "stopped -80", "stopped -80", "refused 0"),
	}}
	list := a.experiments(experimentScenario(t, twoByTwo), epoch+market.Day)
	e := &list[0]
	// The last entry was refused to one cell and counts in none.
	if e.Entries != 3 || e.LeftOut != 1 || e.Blocks != 3 || len(e.Effects) != 3 || e.Tests != 9 {
		t.Fatalf("%d entries, %d left out, %d blocks, %d effects, %d tests", e.Entries, e.LeftOut, e.Blocks, len(e.Effects), e.Tests)
	}
	if c := e.Cells[3]; c.Refused != 1 || c.Because != "insufficient margin" || len(e.Refused()) != 1 {
		t.Errorf("the last cell: %+v", c)
	}
	// Of 3 entries: liquidated 1/3, 0, 2/3, 0; sums of P&L -70, -30, -160, -120.
	want := []struct {
		title             string
		liquidated, money float64
	}{
		{"speed: fast less slow", (2.0+0)/6 - (1.0+0)/6, (-160.0-120)/6 - (-70.0-30)/6},
		{"stop: 2% less none", (0.0+0)/6 - (1.0+2)/6, (-30.0-120)/6 - (-70.0-160)/6},
		{"speed × stop", ((0.0 - 2) - (0.0 - 1)) / 3 / 2, ((-120.0 + 160) - (-30.0 + 70)) / 3 / 2},
	}
	for i, w := range want {
		x := e.Effects[i]
		if x.Title() != w.title || math.Abs(float64(x.LiquidationProbability.Estimate)-w.liquidated) > 1e-12 || math.Abs(float64(x.PnLMean.Estimate)-w.money) > 1e-9 {
			t.Errorf("effect %d: %s %v %v, expected %+v", i, x.Title(), x.LiquidationProbability.Estimate, x.PnLMean.Estimate, w)
		}
		if x.PnLMean.Low > x.PnLMean.Estimate || x.PnLMean.High < x.PnLMean.Estimate {
			t.Errorf("%s: %v outside of [%v, %v]", x.Title(), x.PnLMean.Estimate, x.PnLMean.Low, x.PnLMean.High)
		}
	}
	// The stop saves one liquidation at the low speed and two at the high one. Sign flips of (0, 0, -1): p = 1; of (0, -1, -1): 1/2.
	rows := e.Within.Rows
	if len(rows) != 2 || rows[0].A != "speed slow, stop 2%" || rows[0].B != "speed slow, stop none" || rows[1].Levels[0] != "fast" {
		t.Fatalf("within: %+v", e.Within)
	}
	for i, w := range []struct{ difference, p, money float64 }{{-1.0 / 3, 1, (0.0 - 40 + 80) / 3}, {-2.0 / 3, 0.5, (0.0 + 20 + 20) / 3}} {
		c := rows[i].Changes
		if math.Abs(float64(c.LiquidationProbability.Estimate)-w.difference) > 1e-12 || float64(c.LiquidationProbability.P) != w.p || math.Abs(float64(c.PnLMean.Estimate)-w.money) > 1e-9 {
			t.Errorf("row %d: %+v, expected %+v", i, c, w)
		}
	}
	// The worst twentieth of 3 entries is the worst of them: -100 to -20 (80), -100 to -80 (20).
	if rows[0].ExpectedShortfall.Estimate != 80 || rows[1].ExpectedShortfall.Estimate != 20 {
		t.Errorf("shortfalls change by %v and %v", rows[0].ExpectedShortfall.Estimate, rows[1].ExpectedShortfall.Estimate)
	}
	for _, note := range experimentAssumptions(list) {
		if !strings.Contains(note, "over the 3 entries that all 4 cells entered (1 left out)") {
			t.Errorf("note: %s", note)
		}
	}
}

// TestIdleFactor: a factor that changes nothing has effects of exactly zero and intervals of no width, whatever the outcomes.
func TestIdleFactor(t *testing.T) {
	s := experimentScenario(t, strings.Replace(twoByTwo, "{name: fast, leverage: 20}", "{name: fast}", 1))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(t, "entries")
		draw := func() (list []probe) {
			for i := range n {
				at := epoch + market.Time(i)*market.Minute
				list = append(list, probe{entry: at, exit: at + market.Time(rapid.IntRange(1, 90).Draw(t, "minutes"))*market.Minute, setup: int32(i),
					pnl:     market.Quote(rapid.Int64Range(-1e11, 1e11).Draw(t, "pnl")),
					outcome: uint8(slices.Index(outcomes, rapid.SampledFrom([]string{replay.OutcomeLiquidated, replay.OutcomeStopped, replay.OutcomeOpen}).Draw(t, "outcome")))})
			}
			return list
		}
		none, stop := draw(), draw()
		a := &accounts{rules: map[string][]probe{"speed slow, stop none": none, "speed fast, stop none": none, "speed slow, stop 2%": stop, "speed fast, stop 2%": stop}}
		e := a.experiments(s, epoch+market.Day)[0]
		for _, x := range e.Effects {
			if !strings.Contains(x.Name, "speed") {
				continue
			}
			for _, c := range x.Changes.all() {
				if c.Estimate != 0 || c.Low != 0 || c.High != 0 || c.P != 1 || c.Adjusted != 1 {
					t.Fatalf("%s: %+v", x.Name, *c)
				}
			}
		}
	})
}

// TestFractionNamesAliases: with d = a·b·c every effect is named with what it cannot be told from.
func TestFractionNamesAliases(t *testing.T) {
	s := experimentScenario(t, `schema: backtest/scenario/v1
name: half
probes:
  entries: {kind: random, count: 1}
  experiment:
    base: {equity: 1_000, sizing: {kind: fixed_notional, notional: 1_000}, leverage: 5}
    factors:
      - {name: a, levels: [{name: lo}, {name: hi, leverage: 20}]}
      - {name: b, levels: [{name: lo}, {name: hi, stop: 2%}]}
      - {name: c, levels: [{name: lo}, {name: hi, margin: cross}]}
      - {name: d, levels: [{name: lo}, {name: hi, hold: 1h}]}
    generators: [d = a * b * c]
statistics: {level: 0.95, resamples: 0}
`)
	a := &accounts{rules: map[string][]probe{}}
	for _, c := range s.Probes.Experiment.Cells() {
		// P&L is 100 for a and 7 for d, and nothing else.
		a.rules[c.Rule.Name] = cellOf(fmt.Sprintf("open %d", 100*c.Levels[0]+7*c.Levels[3]))
	}
	e := a.experiments(s, epoch+market.Day)[0]
	var got []string
	for _, x := range e.Effects {
		got = append(got, fmt.Sprintf("%s = %v", x.Title(), x.PnLMean.Estimate))
	}
	want := []string{"a: hi less lo + b × c × d = 100", "b: hi less lo + a × c × d = 0", "c: hi less lo + a × b × d = 0", "d: hi less lo + a × b × c = 7",
		"a × b + c × d = 0", "a × c + b × d = 0", "a × d + b × c = 0"}
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("effects\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestExperimentIsShown(t *testing.T) {
	a := &accounts{refusals: map[string]string{}, rules: map[string][]probe{
		"speed slow, stop none": cellOf("open 10", "liquidated -100"), "speed slow, stop 2%": cellOf("open 10", "stopped -20"),
		"speed fast, stop none": cellOf("open 40", "liquidated -100"), "speed fast, stop 2%": cellOf("open 40", "stopped -80"),
	}}
	s := &Summary{Experiments: a.experiments(experimentScenario(t, twoByTwo), epoch+market.Day)}
	var b bytes.Buffer
	p := &printer{w: &b}
	p.experiments(s)
	for _, want := range []string{"Experiment: effects of speed, stop (95% intervals)", "stop: 2% less none", "speed x stop", "Over the 2 entries that all 4 cells entered",
		"What stop changes in every combination of the others", "fast   2% less none"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the terminal does not say %q:\n%s", want, b.String())
		}
	}
	page, err := renderHTML(&page{Summary: s, Manifest: &Manifest{}, line: &timeline{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"What each factor changes", "speed × stop", "stop, in every combination of the others"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{"seed=7": "seed=7", "over=[]": "'over=[]'", "a b": "'a b'", "it's": `'it'\''s'`, "": "''"} {
		if got := shellWord(word); got != want {
			t.Errorf("%q is written %s, expected %s", word, got, want)
		}
	}
}
