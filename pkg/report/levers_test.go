package report

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// leverSummary is what levers read of a run.
func leverSummary(opening, closing, adl string, deleveraged int, socialized, liquidated string, accounts int) *Summary {
	return &Summary{Scenario: ScenarioInfo{Title: "Small & made", PriceMode: "history", SHA256: "s" + closing}, Data: DataInfo{Name: "made"},
		Rulebook: RulebookInfo{ID: "binance/2025-10", SHA256: "r" + closing}, InsuranceFund: FundSummary{Opening: opening, Closing: closing},
		ADL: ADLSummary{Notional: adl, Accounts: deleveraged}, Socialized: socialized, Liquidations: Liquidations{Accounts: accounts, Flow: Flow{Notional: liquidated}}}
}

// madeLevers: a fund twice as large loses 1,500 instead of its 1,000 and spares 4,000 of ADL; thinner books cost a fund that is as empty as before.
func madeLevers(t *testing.T) *Levers {
	t.Helper()
	l, err := NewLevers(leverSummary("1000", "0.00000001", "5000", 12, "7.5", "90000000000.5", 40))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		LeverRun
		s *Summary
	}{
		{LeverRun{Lever: "insurance fund x2", Asked: "fund=x2", Set: []string{"insurance_fund.opening=2000"}, Run: "fund-x2"}, leverSummary("2000", "500", "1000", 3, "0", "90000000000.5", 40)},
		{LeverRun{Lever: "depth x0.5", Asked: "depth=x0.5", Set: []string{"execution.depth_factor=0.5"}, Run: "depth-x0.5", Notes: []string{"thin <books>"}},
			leverSummary("1000", "0", "5250000", 1212, "7.50000001", "180000000001", 41)},
	} {
		if err := l.Add(r.LeverRun, r.s); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestLeversAreDifferencesToTheBaseline(t *testing.T) {
	l := madeLevers(t)
	if d := cmp.Diff(LeverFigures{"0.00000001", "-999.99999999", "5000", 12, "7.5", "90000000000.5", 40}, l.Baseline); d != "" {
		t.Errorf("baseline: %s", d)
	}
	for i, want := range []LeverFigures{
		{"499.99999999", "-500.00000001", "-4000", -9, "-7.5", "0", 0},
		// 180 billion do not fit an amount of 64 bits, nor does the difference have to.
		{"-0.00000001", "-0.00000001", "5245000", 1200, "0.00000001", "90000000000.5", 1},
	} {
		if d := cmp.Diff(want, l.Runs[i].Difference); d != "" {
			t.Errorf("%s: %s", l.Runs[i].Lever, d)
		}
	}
	for i, want := range []string{
		"with insurance fund x2 (insurance_fund.opening=2000) the fund would have ended at 500 (+500), ADL would have taken 1k (−4k) from 3 accounts (−9), socialized loss 0 (−7.5), liquidated 90bn (unchanged)",
		"with depth x0.5 (execution.depth_factor=0.5) the fund would have ended at 0 (−<0.01), ADL would have taken 5.25m (+5.25m) from 1,212 accounts (+1,200), socialized loss 7.5 (+<0.01), liquidated 180bn (+90bn)",
	} {
		if got := l.Runs[i].Answer; got != want {
			t.Errorf("answer\n%s\nexpected\n%s", got, want)
		}
	}
	if l.Runs[1].ScenarioSHA256 != "s0" || l.Runs[1].RulebookSHA256 != "r0" {
		t.Errorf("hashes %s and %s are not the run's", l.Runs[1].ScenarioSHA256, l.Runs[1].RulebookSHA256)
	}
}

func TestLeversSayWhatPricesDo(t *testing.T) {
	for mode, want := range map[string]string{"history": "does not react", "feedback": "move the price on top", "counterfactual": "each lever alters the scenario"} {
		s := leverSummary("1", "1", "0", 0, "0", "0", 0)
		s.Scenario.PriceMode = mode
		l, err := NewLevers(s)
		if err != nil || !strings.Contains(l.Notes[0], want) {
			t.Errorf("%s: %v, notes %q", mode, err, l.Notes)
		}
	}
}

// A fund that has yet to sell what the engine carries is not as rich as its balance says, and the answer says so.
func TestLeversSayWhatIsStillCarried(t *testing.T) {
	bounded := leverSummary("1000", "900", "0", 0, "0", "0", 0)
	bounded.InsuranceFund.Inventory = &Inventory{Closing: "3900", ClosingResult: "-700"}
	const want = "the liquidation engine still carries 3.9k at the end, worth −700 against what was paid: the fund's figures are without it"
	l := madeLevers(t)
	if err := l.Add(LeverRun{Lever: "participation 10%", Notes: []string{"first"}}, bounded); err != nil {
		t.Fatal(err)
	}
	if got := l.Runs[2].Notes; !slices.Equal(got, []string{"first", want}) {
		t.Errorf("notes %q", got)
	}
	l, err := NewLevers(bounded)
	if err != nil || !slices.Contains(l.Notes, want) {
		t.Errorf("%v, notes %q", err, l.Notes)
	}
	bounded.InsuranceFund.Inventory.Closing = "0"
	if err := l.Add(LeverRun{}, bounded); err != nil || len(l.Runs[0].Notes) != 0 {
		t.Errorf("%v, nothing is carried and the notes are %q", err, l.Runs[0].Notes)
	}
}

// The largest change stands first, whichever way it goes.
func TestTornadoIsSortedBySize(t *testing.T) {
	l := madeLevers(t)
	for id, want := range map[string][]string{"adl": {"depth x0.5", "insurance fund x2"}, "socialized": {"insurance fund x2", "depth x0.5"}, "fund": {"insurance fund x2", "depth x0.5"}} {
		m := &leverMetrics[slices.IndexFunc(leverMetrics, func(m leverMetric) bool { return m.id == id })]
		chart := string(tornadoChart(l, m))
		if a, b := strings.Index(chart, ">"+want[0]+"<"), strings.Index(chart, ">"+want[1]+"<"); a < 0 || b < a {
			t.Errorf("%s: %s is at %d, %s at %d", id, want[0], a, want[1], b)
		}
		if strings.Contains(chart, "NaN") || strings.Contains(chart, "Inf") {
			t.Errorf("%s: %s", id, chart)
		}
	}
	l.Runs = l.Runs[:1]
	if chart := string(tornadoChart(l, &leverMetrics[3])); !strings.Contains(chart, "no lever changes it") || strings.Contains(chart, "NaN") {
		t.Errorf("a chart without a change: %s", chart)
	}
}

func TestLeversPageTextAndJSON(t *testing.T) {
	l := madeLevers(t)
	l.LeftOut = append(l.LeftOut, LeftOut{"stop-share=50%", "the baseline has no crowd"})
	page, err := l.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Small &amp; made", "would have ended at 500 (&#43;500)", "fund-x2/report.html", "id=\"tornado-liquidated\"", "thin &lt;books&gt;", "the baseline has no crowd"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(string(page), "http://") || strings.Contains(string(page), "https://") {
		t.Error("the page leads elsewhere")
	}
	var b strings.Builder
	if err := l.Print(&b, Text{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"  as it is the fund ends at <0.01, ADL takes 5k from 12 accounts", "ADL would have taken 1k (-4k)", "  - stop-share=50%: the baseline has no crowd", "  - depth x0.5: thin <books>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text does not say %q:\n%s", want, b.String())
		}
	}
	text, err := l.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var again Levers
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(l.Runs, again.Runs); d != "" {
		t.Error(d)
	}
}
