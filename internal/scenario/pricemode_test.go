package scenario

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const modal = `schema: backtest/scenario/v1
name: modal
execution:
  depth_model: {halves_at: 1%}
  depth_of: [{symbol: BTCUSDT, depth: 20_000_000}]
  profile: [{distance: 0.1%, notional: 100_000}, {distance: 1%, notional: 2_000_000}]
prices:
  mode: counterfactual
  feedback: {impact: profile, share: 10%}
counterfactual:
  set: ["crowd.accounts=20", "crowd.leverage=[{leverage: 3, weight: 1}]", "execution.depth=5"]
crowd:
  accounts: 10
  leverage: [{leverage: 10, weight: 1}]
  notional: {median: 3000, tail: 1.2, min: 50, max: 1000000}
`

func TestPriceModesRoundTrip(t *testing.T) {
	s, err := Parse("modal.yaml", []byte(modal))
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Prices.Feedback; f.HalfLife.String() != "5m" || f.Rounds != 20 || f.Share != 0.1 || f.Flow != FlowCrowd || s.Execution.DepthModel.Floor != 0.02 {
		t.Errorf("defaults beside what is given: %+v, %+v", f, s.Execution.DepthModel)
	}
	again, err := Parse("again.yaml", s.Canonical())
	if err != nil {
		t.Fatalf("%v in\n%s", err, s.Canonical())
	}
	if d := cmp.Diff(string(s.Canonical()), string(again.Canonical())); d != "" {
		t.Error(d)
	}
	altered, err := s.Altered()
	if err != nil {
		t.Fatal(err)
	}
	if altered.Crowd.Accounts != 20 || altered.Crowd.Leverage[0].Leverage.String() != "3" || altered.Execution.Depth != 5e8 || altered.Counterfactual != nil || s.Crowd.Accounts != 10 {
		t.Errorf("altered: %+v; as it was: %+v", altered.Crowd, s.Crowd)
	}
	if d, own := s.Execution.DepthFor("BTCUSDT"); d.String() != "20000000" || !own {
		t.Errorf("depth of BTCUSDT %v, its own %v", d, own)
	}
	if d, own := s.Execution.DepthFor("ETHUSDT"); d.String() != "1000000" || own {
		t.Errorf("depth of ETHUSDT %v, its own %v", d, own)
	}
}

// What has none of the keys is written as before they were there, so that its hash stands.
func TestHistoryWritesNothingOfOtherModes(t *testing.T) {
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Prices.Mode != ModeHistory {
			continue
		}
		for _, word := range []string{"feedback", "counterfactual", "contagion", "depth_of", "depth_model", "profile"} {
			if text := string(s.Canonical()); strings.Contains(text, word+":") {
				t.Errorf("%s: %s in its canonical form", name, word)
			}
		}
	}
}

func TestPriceModesSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"mode: counterfactual", "mode: feedbak", `prices.mode: "feedbak" is unknown; did you mean feedback?`},
		{"mode: counterfactual", "mode: feedback", "counterfactual.set: is of use with prices.mode counterfactual only; this one is feedback"},
		{"crowd.accounts=20", "prices.step=0", "counterfactual.set.0: prices.step is the same in both runs"},
		{"crowd.accounts=20", "window.to=2025-10-10", "counterfactual.set.0: window.to is the same in both runs"},
		{"crowd.accounts=20", "crowd.acounts=20", "unknown key acounts; did you mean accounts?"},
		{"crowd.accounts=20", "crowd.accounts=0", "expected 1 to 100000000"},
		{"crowd.accounts=20", "crowd.accounts", "expected key=value"},
		{"crowd.accounts=20", "rules=x", "counterfactual.set.0: rules: alter single rules"},
		{"crowd.accounts=20\", ", "rules.taker=0.1%\"]\nrules: {taker: 0.2%}\nexpectations: []\n#", "counterfactual.set.0: rules.taker: alter single rules"},
		{"share: 10%", "share: 2", "prices.feedback.share: 2; expected 0 to 1"},
		{"share: 10%", "rounds: 0", "prices.feedback.rounds: 0; expected 1 to 1000000"},
		{"share: 10%", "half_life: 0s", "prices.feedback.half_life: "},
		{"share: 10%", "cap: 95%", "prices.feedback.cap: 0.95; expected the largest displacement"},
		{"share: 10%", "coefficient: -1", "prices.feedback.coefficient: -1; expected"},
		{"share: 10%", "flow: probes", `prices.feedback.flow: "probes" is unknown`},
		{"  profile: [{distance: 0.1%, notional: 100_000}, {distance: 1%, notional: 2_000_000}]\n", "", "prices.feedback.impact: profile walks execution.profile, which is absent"},
		{"distance: 1%", "distance: 0.1%", "execution.profile.1.distance: 0.001 after 0.001; expected distances"},
		{"distance: 1%", "distance: 7%", "execution.profile.1.distance: 0.07 after 0.001; expected distances from mid that rise, to at most execution.cap, 0.05"},
		{"notional: 2_000_000", "notional: 1", "execution.profile.1.notional: 1 after 100000; expected cumulative"},
		{"halves_at: 1%", "halves_at: 0", "execution.depth_model.halves_at: 0; expected"},
		{"halves_at: 1%", "halves_at: 1%, floor: 0", "execution.depth_model.floor: 0; expected above 0"},
		{"symbol: BTCUSDT", "symbol: btc", `execution.depth_of.0.symbol: "btc" is no symbol`},
		{"depth: 20_000_000}", "depth: 0}", "execution.depth_of.0.depth: 0; expected"},
		{"depth: 20_000_000}", "depth: 1}, {symbol: BTCUSDT, depth: 2}", "execution.depth_of.1.symbol: BTCUSDT stands twice"},
	} {
		text := strings.Replace(modal, c.from, c.to, 1)
		if _, err := Parse("modal.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nexpected %q", c.to, err, c.want)
		}
	}
}
