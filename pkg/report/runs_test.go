package report

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// finishedWith writes a run whose accounts are as change leaves them.
func finishedWith(t testing.TB, in Inputs, dir string, change func([]replay.AccountRow)) string {
	t.Helper()
	r, err := Create(dir, in)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abort()
	for _, e := range events() {
		if err := r.Event(&e); err != nil {
			t.Fatal(err)
		}
	}
	list := rows()
	change(list)
	for i := range list {
		if err := r.Account(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Commit(result()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// otherVenue: without a stop, setup 0 lives and ends at +10 where the baseline lost 950. With a stop, setup 0 is refused here and
// setup 1, which the baseline refused, loses 205; setup 2 is opened with 99 instead of 100.
func otherVenue(list []replay.AccountRow) {
	list[0].Outcome, list[0].PnL, list[0].OutcomeTime, list[0].OutcomePrice = replay.OutcomeOpen, q("10"), 0, 0
	list[3].Outcome, list[3].PnL, list[3].Refusal = replay.OutcomeRefused, 0, "leverage 50x above the limit of 40x"
	list[4].Outcome, list[4].PnL, list[4].Refusal = replay.OutcomeStopped, q("-205"), ""
	list[5].Size = 99 * market.Scale
}

func compareDirs(t *testing.T, dirs ...string) *RunComparison {
	t.Helper()
	c, err := CompareRuns(dirs)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRunsAreComparedPairByPair(t *testing.T) {
	in, root := inputs(t), t.TempDir()
	a := finishedWith(t, in, filepath.Join(root, "a"), func([]replay.AccountRow) {})
	b := finishedWith(t, in, filepath.Join(root, "b"), otherVenue)
	c := compareDirs(t, a, b)
	if len(c.Runs) != 2 || c.Runs[0].Name != "a" || c.Runs[1].Name != "b" || len(c.Paired) != 1 || c.Paired[0].Setups != 3 || len(c.Paired[0].Rules) != 2 {
		t.Fatalf("%+v", c.Paired)
	}
	without, with := c.Paired[0].Rules[0], c.Paired[0].Rules[1]
	check := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) < 1e-9) {
			t.Errorf("%s is %v, expected %v", what, got, want)
		}
	}
	probability := without.Metrics[MetricLiquidationProbability]
	check("pairs", float64(without.Pairs), 3)
	check("avoided", float64(without.LiquidationsAvoided), 1)
	check("added", float64(without.LiquidationsAdded), 0)
	check("difference of the probability", float64(probability.Difference), -1.0/3)
	check("probability here", float64(probability.A), 1.0/3)
	check("probability in the baseline", float64(probability.B), 2.0/3)
	check("McNemar of 0 and 1", float64(*probability.PValue), 1) // 2·(1/2)^1
	check("difference of the mean", float64(without.Metrics[MetricPnLMean].Difference), (10+950)/3.0)
	check("difference of the median", float64(without.Metrics[MetricPnLMedian].Difference), 10+950) // 10 less −950
	// One pair is left: setup 2, the same in both.
	check("pairs with a stop", float64(with.Pairs), 1)
	check("refused here", float64(with.RefusedHere), 1)
	check("refused in the baseline", float64(with.RefusedInBaseline), 1)
	check("refused in both", float64(with.RefusedInBoth), 0)
	check("sizes that differ", float64(with.SizesDiffer), 1)
	check("largest gap", float64(with.LargestSizeGap), 0.01)
	check("mean with a stop", float64(with.Metrics[MetricPnLMean].Difference), 0)
	if with.Because != "leverage 50x above the limit of 40x" || without.Because != "" {
		t.Errorf("refused because %q, %q", with.Because, without.Because)
	}
	if len(c.Inputs) != 0 || len(c.Rules) != 0 {
		t.Errorf("inputs that differ %v %v, expected none", c.Inputs, c.Rules)
	}
}

// A run beside itself differs by exactly nothing, with intervals of no width; the names tell the two apart.
func TestARunBesideItselfDiffersByNothing(t *testing.T) {
	dir := finishedWith(t, inputs(t), filepath.Join(t.TempDir(), "a"), otherVenue)
	c := compareDirs(t, dir, dir, dir)
	if c.Runs[0].Name == c.Runs[1].Name || c.Runs[1].Name == c.Runs[2].Name {
		t.Errorf("names %q", c.names())
	}
	for _, p := range c.Paired {
		for _, r := range p.Rules {
			for name, m := range r.Metrics {
				if m.Difference != 0 || m.Low != 0 || m.High != 0 {
					t.Errorf("%s, %s: %v [%v, %v], expected zeros", r.Rule, name, m.Difference, m.Low, m.High)
				}
			}
			if r.SizesDiffer != 0 || r.LeveragesDiffer != 0 || r.RefusedHere != 0 || r.RefusedInBaseline != 0 {
				t.Errorf("%+v", r)
			}
		}
	}
	first, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := compareDirs(t, dir, dir, dir).JSON(); !bytes.Equal(first, second) {
		t.Error("two comparisons of the same runs are not the same bytes")
	}
}

func TestOtherSetupsAreNotPaired(t *testing.T) {
	in, root := inputs(t), t.TempDir()
	a := finishedWith(t, in, filepath.Join(root, "a"), func([]replay.AccountRow) {})
	if err := in.Scenario.Set("seed=8", "statistics.resamples=300"); err != nil {
		t.Fatal(err)
	}
	b := finishedWith(t, in, filepath.Join(root, "b"), func(list []replay.AccountRow) {
		list[2].Side, list[5].Side = market.Short, market.Short
	})
	fewer := finishedWith(t, in, filepath.Join(root, "fewer"), func(list []replay.AccountRow) {
		list[2].Setup, list[5].Setup = replay.CrowdSetup, replay.CrowdSetup
	})
	renamed := finishedWith(t, in, filepath.Join(root, "renamed"), func(list []replay.AccountRow) {
		for i := range list[:6] {
			list[i].Rule = "another " + list[i].Rule
		}
	})
	c := compareDirs(t, a, b, fewer, renamed)
	for i, want := range []string{"number 2 is BTCUSDT short at 2025-10-10T20:02:00Z here, BTCUSDT long at", "2 here, 3 in the baseline", "no rule has the same name"} {
		if !strings.Contains(c.Paired[i].Unpaired, want) || len(c.Paired[i].Rules) != 0 {
			t.Errorf("%s: %q with %d rules, expected %q", c.Paired[i].Run, c.Paired[i].Unpaired, len(c.Paired[i].Rules), want)
		}
	}
	if len(c.Paired[2].Alone) != 4 {
		t.Errorf("rules of one run: %q, expected four", c.Paired[2].Alone)
	}
	got := map[string]string{}
	for _, d := range c.Inputs {
		got[d.Kind+" "+d.Key] = strings.Join(d.Values, ",")
	}
	if len(got) != 2 || got["scenario seed"] != "7,8,8,8" || got["scenario statistics.resamples"] != "200,300,300,300" {
		t.Errorf("inputs that differ: %v", got)
	}
}

func TestDamagedAndForeignDirectoriesAreNotCompared(t *testing.T) {
	in, root := inputs(t), t.TempDir()
	a := finishedWith(t, in, filepath.Join(root, "a"), func([]replay.AccountRow) {})
	for _, name := range []string{SummaryFile, AccountsFile, ScenarioFile, RulebookFile} {
		b := finishedWith(t, in, filepath.Join(root, "b-"+name), func([]replay.AccountRow) {})
		path := filepath.Join(b, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[len(text)-2] ^= 1
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := CompareRuns([]string{a, b}); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "changed or damaged") {
			t.Errorf("a flipped bit in %s: %v", name, err)
		}
	}
	var no *NoRunError
	if _, err := CompareRuns([]string{a, root}); !errors.As(err, &no) {
		t.Errorf("a directory that is no run: %v", err)
	}
	if _, err := CompareRuns([]string{a}); err == nil {
		t.Error("one run alone was compared")
	}
}

func TestComparisonIsPrintedAndDrawn(t *testing.T) {
	in, root := inputs(t), t.TempDir()
	a := finishedWith(t, in, filepath.Join(root, "a"), func([]replay.AccountRow) {})
	b := finishedWith(t, in, filepath.Join(root, "b"), otherVenue)
	c := compareDirs(t, a, b)
	for _, linked := range []bool{true, false} {
		text, err := c.HTML(linked)
		if err != nil {
			t.Fatal(err)
		}
		page := string(text)
		for _, bad := range []string{"http://", "https://", "src=", "@import", "url(", ">NaN", "\"NaN", "ZgotmplZ", "<a fall>"} {
			if strings.Contains(page, bad) {
				t.Errorf("the page contains %q", bad)
			}
		}
		for _, want := range []string{"RECONSTRUCTED DATA", `id="runs"`, `id="run-liquidation-1"`, "b less a", "prefers-color-scheme:dark", "@media print", in.Rulebook.Hash()} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if strings.Contains(page, `href="b/report.html"`) != linked {
			t.Errorf("links to the runs' reports: expected %v", linked)
		}
	}
	for _, width := range []int{0, 160} {
		var out bytes.Buffer
		if err := c.Print(&out, Text{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"b less a, over the same 3 setups", "10x, stop 2%", "1 / 1", "1 by up to 1.0%", "nothing: scenario, data, rulebook and program are the same"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("at width %d the text lacks %q:\n%s", width, want, out.String())
			}
		}
	}
}

// A set appears whole or not at all, and replaces nothing.
func TestASetIsWholeOrAbsent(t *testing.T) {
	in, root := inputs(t), t.TempDir()
	dir := filepath.Join(root, "runs", "both")
	s, err := CreateSet(dir)
	if err != nil {
		t.Fatal(err)
	}
	finishedWith(t, in, s.Place("a"), func([]replay.AccountRow) {})
	if exists(dir) {
		t.Error("the directory has its name before it is complete")
	}
	if _, err := s.Commit(); err == nil {
		t.Error("a set of one run was compared")
	}
	s.Abort()
	if left, _ := os.ReadDir(root); len(left) != 0 {
		t.Errorf("after Abort there is %v", left)
	}
	if s, err = CreateSet(dir); err != nil {
		t.Fatal(err)
	}
	finishedWith(t, in, s.Place("a"), func([]replay.AccountRow) {})
	finishedWith(t, in, s.Place("b"), otherVenue)
	if _, err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	s.Abort()
	for _, name := range []string{"a/manifest.json", "b/manifest.json", ComparisonFile, ComparisonHTMLFile} {
		if !exists(filepath.Join(dir, name)) {
			t.Errorf("%s is missing", name)
		}
	}
	if _, err := CreateSet(dir); !errors.Is(err, ErrExists) {
		t.Errorf("CreateSet over a directory: %v", err)
	}
	if _, err := OpenRun(dir); err == nil || !strings.Contains(err.Error(), "holds 2 runs side by side") {
		t.Errorf("OpenRun of a set: %v", err)
	}
}
