package report

import (
	"context"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// shipped runs a scenario that ships as it is, on the data that ships with it.
func shipped(t *testing.T, name string) *Summary {
	t.Helper()
	if testing.Short() {
		t.Skipf("-short: %s is run with its whole crowd", name)
	}
	s, err := scenario.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	files, ok := data.Catalog(s.Data)
	if !ok {
		t.Fatalf("no shipped data %s", s.Data)
	}
	c, err := columnar.Open(files, s.Data)
	if err != nil {
		t.Fatal(err)
	}
	book, err := venue.Load(s.Venue)
	if err != nil {
		t.Fatal(err)
	}
	run, err := Create(t.TempDir()+"/run", Inputs{Scenario: s, Catalog: c, Rulebook: book, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Abort()
	r, err := replay.Run(context.Background(), replay.Options{Scenario: s, Catalog: c, Rulebook: book, Workers: 2, Recorder: run})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := run.Commit(r)
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// The calibrated scenario meets at least twelve figures of quality A or B at once that the data does not give by itself,
// some of them held out from the fit, and no figure is used twice.
func TestCalibratedOctober(t *testing.T) {
	s := shipped(t, "october-10-2025-calibrated")
	within, heldOut, seen := 0, 0, map[string]bool{}
	for _, e := range s.Expectations {
		if seen[e.Metric] {
			t.Errorf("%s stands twice", e.Metric)
		}
		seen[e.Metric] = true
		if strings.Contains(e.Note, "given by the data") {
			if !e.Within {
				t.Errorf("%s = %v, expected the published %v to %v, which the data was made from", e.Metric, e.Value, e.Low, e.High)
			}
			continue
		}
		t.Logf("within %-5v fitted %-5v %s = %v, %v to %v", e.Within, e.Fitted, e.Metric, e.Value, e.Low, e.High)
		if e.Within && (e.Quality == "A" || e.Quality == "B") {
			if within++; !e.Fitted {
				heldOut++
			}
		}
	}
	if within < 12 || heldOut < 3 {
		t.Errorf("%d figures within their bands, %d of them held out; expected at least 12 and 3", within, heldOut)
	}
}

// The prediction uses the fitted crowd, execution and fund unchanged, and is fitted to nothing of its own day.
func TestPredictionChangesOnlyTheMarket(t *testing.T) {
	fitted, err := scenario.Load("october-10-2025-calibrated")
	if err != nil {
		t.Fatal(err)
	}
	predicted, err := scenario.Load("red-monday-2025-09-22-predicted")
	if err != nil {
		t.Fatal(err)
	}
	value := map[string]string{}
	for _, v := range fitted.Values() {
		value[v.Path] = v.Text
	}
	for _, v := range predicted.Values() {
		switch section, _, _ := strings.Cut(v.Path, "."); section {
		case "crowd", "execution", "insurance_fund", "prices", "venue":
			if value[v.Path] != v.Text {
				t.Errorf("%s is %s, fitted %s; a prediction changes the market only", v.Path, v.Text, value[v.Path])
			}
			delete(value, v.Path)
		}
	}
	for path := range value {
		if strings.HasPrefix(path, "crowd.") {
			t.Errorf("%s of the fitted crowd is missing", path)
		}
	}
	for _, e := range predicted.Expectations {
		if e.Fitted {
			t.Errorf("%s is fitted to; expected a test", e.Metric)
		}
	}
}
