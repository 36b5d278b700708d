package scenario

import (
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

const coupledFile = `
schema: backtest/scenario/v1
name: coupled
seed: 3
venue: binance
rules: {max_leverage: 50x, adl_allocation: pro_rata_pnl}
insurance_fund: {opening: 1000, floor: 10}
execution: {depth_factor: 0.5}
prices: {mode: feedback}
outages: [{from: 2025-10-10T21:00:00Z, to: 2025-10-10T21:30:00Z}]
crowd:
  accounts: 100
  open_interest_share: 0.8
  by_instrument: [{symbol: BTCUSDT, open_interest_share: 0.4}]
  leverage: [{leverage: 10, weight: 1}]
  notional: {median: 1000, min: 10}
contagion:
  venues:
    - {venue: binance/2025-10, share: 50%}
    - venue: okx/2025-10
      name: elsewhere
      share: 25%
      depth_share: 10%
      insurance_fund: {opening: 7}
      rules: {adl_allocation: queue}
      outages: [{from: 2025-10-10T22:00:00Z, to: 2025-10-10T22:30:00Z, kind: refused}]
      cut_off: [{from: 2025-10-10T21:18:00Z, to: 2025-10-10T21:51:00Z}]
      set: [crowd.leverage_tilt.long=0.3, crowd.accounts=50]
`

// A venue's scenario is the file's with its own values: the crowd times its share, every depth times its share of the depth, a seed of
// its own.
func TestCoupledVenues(t *testing.T) {
	s, err := Parse("coupled.yaml", []byte(coupledFile))
	if err != nil {
		t.Fatal(err)
	}
	if c := s.Contagion; c.Arbitrage != HalfLife(30*market.Second) || c.OwnMark != market.Scale/2 {
		t.Errorf("defaults %v and %v, expected 30s and 0.5", c.Arbitrage, c.OwnMark)
	}
	list, err := s.CoupledVenues()
	if err != nil {
		t.Fatal(err)
	}
	a, b := list[0], list[1]
	if a.Name != "binance" || b.Name != "elsewhere" || a.DepthShare != market.Scale/2 || b.DepthShare != market.Scale/10 || len(b.CutOff) != 1 {
		t.Errorf("%+v, %+v", a, b)
	}
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"venue", a.Scenario.Venue, "binance/2025-10"}, {"venue", b.Scenario.Venue, "okx/2025-10"},
		{"open interest", a.Scenario.Crowd.OpenInterestShare, 0.4}, {"open interest", b.Scenario.Crowd.OpenInterestShare, 0.2},
		{"BTC", a.Scenario.Crowd.ByInstrument[0].OpenInterestShare, 0.2}, {"BTC", b.Scenario.Crowd.ByInstrument[0].OpenInterestShare, 0.1},
		{"depth", *a.Scenario.Execution.DepthFactor, market.Rate(25_000_000)}, {"depth", *b.Scenario.Execution.DepthFactor, market.Rate(5_000_000)},
		{"fund", a.Scenario.InsuranceFund, InsuranceFund{1000 * market.Scale, 10 * market.Scale}}, {"fund", b.Scenario.InsuranceFund, InsuranceFund{Opening: 7 * market.Scale}},
		{"rule", a.Scenario.Rules["adl_allocation"], "pro_rata_pnl"}, {"rule", b.Scenario.Rules["adl_allocation"], "queue"}, {"rule", b.Scenario.Rules["max_leverage"], "50x"},
		{"outage", a.Scenario.Outages[0].Kind, OutageDelayed}, {"outage", b.Scenario.Outages[0].Kind, OutageRefused},
		{"accounts", a.Scenario.Crowd.Accounts, 100}, {"accounts", b.Scenario.Crowd.Accounts, 50}, {"tilt", b.Scenario.Crowd.LeverageTilt.Long, 0.3},
		{"seed", a.Scenario.Seed, uint64(3)}, {"seed", b.Scenario.Seed, uint64(3)},
		{"section", a.Scenario.Contagion, (*Contagion)(nil)},
	} {
		if check.got != check.want {
			t.Errorf("%s: %v, expected %v", check.what, check.got, check.want)
		}
	}
	if x, y := a.Scenario.CrowdSeed(), b.Scenario.CrowdSeed(); x == y || x == 3 || y == 3 {
		t.Errorf("crowds are drawn from seeds %d and %d", x, y)
	}
	if s.Crowd.OpenInterestShare != 0.8 || s.Rules["adl_allocation"] != "pro_rata_pnl" || *s.Execution.DepthFactor != market.Scale/2 {
		t.Error("the file's own scenario changed")
	}
	again, err := Parse("canonical.yaml", s.Canonical())
	if err != nil {
		t.Fatalf("%v\n%s", err, s.Canonical())
	}
	if again.Hash() != s.Hash() {
		t.Errorf("the canonical form is another scenario:\n%s\n%s", s.Canonical(), again.Canonical())
	}
	other, err := again.CoupledVenues()
	if err != nil || other[1].Scenario.Hash() != b.Scenario.Hash() {
		t.Errorf("venues of the canonical form differ: %v", err)
	}
	slices.Reverse(again.Contagion.Venues)
	if other, err = again.CoupledVenues(); err != nil || other[0].Scenario.Hash() != b.Scenario.Hash() {
		t.Errorf("in another order a venue is another scenario: %v", err)
	}
}

// A venue's shares are of what its own values say: half of a crowd of 40%, a tenth of twice the depth. A seed that it states is its crowd's.
func TestSharesAreOfWhatAVenueSets(t *testing.T) {
	text := strings.NewReplacer("share: 25%", "share: 50%", "crowd.accounts=50]",
		"crowd.open_interest_share=0.4, execution.depth_factor=2, 'crowd.by_instrument=[{symbol: ETHUSDT, open_interest_share: 0.6}]', crowd.seed=9]").Replace(coupledFile)
	s, err := Parse("coupled.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.CoupledVenues()
	if err != nil {
		t.Fatal(err)
	}
	c, depth := list[1].Scenario.Crowd, list[1].Scenario.Execution.DepthFactor
	if c.OpenInterestShare != 0.2 || len(c.ByInstrument) != 1 || c.ByInstrument[0].Symbol != "ETHUSDT" || c.ByInstrument[0].OpenInterestShare != 0.3 || depth == nil || *depth != market.Scale/5 || c.Seed != 9 {
		t.Errorf("crowd of %v, %+v, depth %v, seed %d", c.OpenInterestShare, c.ByInstrument, depth, c.Seed)
	}
}

// Every half-life that a file may write is read and printed, and --set changes it.
func TestArbitrageIsSet(t *testing.T) {
	for text, want := range map[string]HalfLife{"none": Never, "0s": 0, "0": 0, "90s": HalfLife(90 * market.Second), "5m": HalfLife(5 * market.Minute)} {
		s, err := Parse("coupled.yaml", []byte(coupledFile))
		if err == nil {
			err = s.Set("contagion.arbitrage="+text, "contagion.venues.1.share=40%")
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Contagion.Arbitrage; got != want || s.Contagion.Venues[1].Share != 40_000_000 {
			t.Errorf("%s: %v, expected %v", text, got, want)
		}
		if again, err := Parse("again.yaml", s.Canonical()); err != nil || again.Contagion.Arbitrage != want {
			t.Errorf("%s: the canonical form has another one: %v", text, err)
		}
	}
}

// What cannot be right is refused, with its place.
func TestContagionIsRefused(t *testing.T) {
	crowd := coupledFile[strings.Index(coupledFile, "crowd:\n"):strings.Index(coupledFile, "contagion:\n")]
	for _, test := range []struct{ from, to, want string }{
		{crowd, "crowd: {file: held.csv}\n", "crowd.file: one positions file would stand on every venue"},
		{"mode: feedback", "mode: counterfactual", "prices.mode: counterfactual beside contagion"},
		{"mode: feedback", "mode: feedback, intrabar: envelope", "envelope beside contagion"},
		{"share: 50%", "share: 0", "contagion.venues.0.share: 0; expected the venue's open interest over the data's"},
		{"share: 50%", "share: 500%", "crowd.open_interest_share: 4; expected above 0, at most 1"},
		{"depth_share: 10%", "depth_share: -1", "depth_share: -1; expected"},
		{"depth_share: 10%", "depth_share: 0", "depth_share: 0; expected the venue's depth over the data's, above 0"},
		{"name: elsewhere", "name: comparison.json", `venues.1.name: "comparison.json" ends like the files that stand beside the runs`},
		{"name: elsewhere", "name: binance", "\"binance\" stands twice"},
		{"name: elsewhere", "name: a/b", "\"a/b\"; expected up to 64"},
		{"name: elsewhere", "nam: elsewhere", "unknown key; did you mean name?"},
		{"to: 2025-10-10T21:51:00Z}", "to: 2025-10-10T21:17:00Z}", "expected a time after from"},
		{"crowd.accounts=50", "crowd.acounts=50", "unknown key acounts"},
		{"crowd.accounts=50", "prices.step=0", "prices.step is the same on all venues"},
		{"crowd.accounts=50", "seed=4", "seed is the same on all venues"},
		{"contagion:\n", "contagion:\n  arbitrage: fast\n", "\"fast\" is no half-life"},
		{"contagion:\n", "contagion:\n  own_mark: 1.5\n", "own_mark: 1.5; expected 0 to 1"},
		{"seed: 3", "paths: {count: 10}", "stands beside paths"},
		{"seed: 3", "over: [october-10-2025]", "stands beside over"},
		{"    - {venue: binance/2025-10, share: 50%}\n", "", "contagion.venues: 1; expected 2 to 32"},
	} {
		text := strings.Replace(coupledFile, test.from, test.to, 1)
		if text == coupledFile {
			t.Fatalf("%q is not in the file", test.from)
		}
		if _, err := Parse("coupled.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, expected %q", test.to, err, test.want)
		}
	}
}
