package report

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

func sum(s string) (out market.Sum) {
	out.Add(q(s))
	return out
}

// moved is a run whose forced orders took the low from 85 to 80: of a fall of 20 from 100, 15 are the path's and 5 its own.
func moved() *replay.Impact {
	return &replay.Impact{Forced: sum("1000"), Induced: sum("750"), Moves: 12, MovesMax: 7, LimitHits: 2, CapHits: 1,
		Minutes: []replay.ImpactMinute{{Time: epoch, Forced: sum("600"), Induced: sum("450")}, {Time: epoch + market.Minute, Forced: sum("400"), Induced: sum("300")}},
		Instruments: []replay.ImpactMarket{{Symbol: "BTCUSDT", Open: p("100"), Low: p("80"), LowTime: epoch + 40*market.Minute, BaseAtLow: p("85"), BaseLow: p("79.5"),
			AtLow: -5_882_352, Lowest: -6_000_000, Highest: 1_000}, {Symbol: "NEVERLISTED"}},
		Before: replay.Verdict{Accounts: 3, Liquidated: sum("500"), FundClosing: q("900")}, Run: replay.Verdict{Accounts: 9, Liquidated: sum("1010"), FundClosing: q("800")}}
}

func TestImpactIsReported(t *testing.T) {
	for _, c := range []struct {
		mode   string
		set    []string
		phrase []string
	}{
		{scenario.ModeFeedback, nil, []string{"Feedback: prices moved by the run's own forced orders", "reproduction number 0.75, so that a unit forced from outside brought 4 in all",
			"At the data's prices alone, which contain the cascade that was, 500 was liquidated", "At 2 moments prices.feedback.rounds", "At 1 moments the impact asked for more",
			"and move mark and last price as stated below", "forced flow of the crowd", "instrument  low of the data  low here"}},
		{scenario.ModeCounterfactual, []string{"insurance_fund.opening=5", "execution.impact=1%"}, []string{"What if: insurance_fund.opening=5, execution.impact=1%", "as it was",
			"slip by 0.01% + 1% x", "less that of the unaltered run"}},
	} {
		in := inputs(t)
		text := strings.Replace(scenarioText, "seed: 7", "seed: 7\nprices: {mode: "+c.mode+"}", 1)
		s, err := scenario.Parse("small.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if c.set != nil {
			if err := s.Set(`counterfactual.set=["` + strings.Join(c.set, `", "`) + `"]`); err != nil {
				t.Fatal(err)
			}
		}
		in.Scenario = s
		dir := filepath.Join(t.TempDir(), "run")
		r, err := Create(dir, in)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Abort()
		record(t, r)
		res := result()
		res.Impact = moved()
		summary, err := r.Commit(res)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := summary.Print(&out, Text{}); err != nil {
			t.Fatal(err)
		}
		for _, phrase := range c.phrase {
			if !strings.Contains(out.String(), phrase) {
				t.Errorf("%s: %q is not in\n%s", c.mode, phrase, out.String())
			}
		}
		html, err := os.ReadFile(filepath.Join(dir, HTMLFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, phrase := range []string{"Reproduction number by minute", "From open to low", summary.Impact.BeforeName(c.mode)} {
			if !bytes.Contains(html, []byte(strings.ReplaceAll(phrase, "'", "&#39;"))) {
				t.Errorf("%s: %q is not in report.html", c.mode, phrase)
			}
		}
	}
}

func TestImpactAddsUp(t *testing.T) {
	i := impact(moved(), &scenario.Scenario{})
	text, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	if len(i.Instruments) != 1 {
		t.Fatalf("%d instruments; one without a price has no move", len(i.Instruments))
	}
	m := i.Instruments[0]
	for what, v := range map[string][2]float64{"move": {float64(m.Move), -0.2}, "exogenous": {float64(m.Exogenous), -0.15}, "own": {float64(m.OwnImpact), -0.05},
		"share": {float64(m.OwnShare), 0.25}, "sum": {float64(m.Exogenous + m.OwnImpact), float64(m.Move)}, "reproduction": {float64(i.ByMinute[1].Reproduction), 0.75}} {
		if math.Abs(v[0]-v[1]) > 1e-12 {
			t.Errorf("%s: %v, expected %v", what, v[0], v[1])
		}
	}
	if !strings.Contains(string(text), `"displacement_at_low":"-0.05882352"`) || impact(nil, nil) != nil {
		t.Errorf("%s", text)
	}
	if peak := i.Peak(1); len(peak) != 1 || peak[0].ForcedNotional != "600" {
		t.Errorf("peak %v", peak)
	}
	var none replay.Impact
	if r := impact(&none, &scenario.Scenario{}); r.Reproduction.Exists() || len(r.Displaced()) != 0 {
		t.Errorf("without forced orders: %+v", r)
	}
}
