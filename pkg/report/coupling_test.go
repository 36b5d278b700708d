package report

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

const coupledScenario = `
schema: backtest/scenario/v1
name: coupled
prices: {mode: feedback}
crowd: {accounts: 10, open_interest_share: 0.5, leverage: [{leverage: 10, weight: 1}], notional: {median: 1000, min: 10}}
contagion:
  arbitrage: 45s
  venues:
    - {name: a, venue: binance/2025-10, share: 150%}
    - {name: b, venue: okx/2025-10, share: 25%, depth_share: 10%, cut_off: [{from: 2025-10-10T21:18:00Z, to: 2025-10-10T21:51:00Z}]}
expectations:
  - {metric: coupling.venues.b.liquidated_share, low: 0.2, high: 0.3, source: a test}
  - {metric: coupling.coins.BTCUSDT.liquidated / coupling.liquidated, low: 0.8, high: 0.9, source: a test}
  - {metric: coupling.venues.c.liquidated_share, low: 0, high: 1, source: a test}
`

// coupledByHand is a run of two venues: 30 and 10 were liquidated, 24 and 4 of it longs; of BTC 24 and 4, of ETH 6 and 6.
func coupledByHand(t *testing.T) *Coupling {
	t.Helper()
	s, err := scenario.Parse("coupled.yaml", []byte(coupledScenario))
	if err != nil {
		t.Fatal(err)
	}
	venues, err := s.CoupledVenues()
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) market.Time {
		x, err := market.ParseTime(text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	result := &replay.Result{Instruments: []market.Instrument{{Symbol: "BTCUSDT"}, {Symbol: "ETHUSDT"}}, Impact: &replay.Impact{Forced: sum("40"), Induced: sum("10")}}
	quiet := &replay.Result{Instruments: result.Instruments, Impact: &replay.Impact{}}
	res := &replay.CoupledResult{Venues: []replay.VenueResult{
		{Name: "a", Result: result, AtData: replay.Verdict{Liquidated: sum("20")}, Alone: replay.Verdict{Liquidated: sum("25")}, Coupled: replay.Verdict{Accounts: 3, Liquidated: sum("30"), Long: sum("24")}, Apart: &replay.Apart{Before: 1, Run: 2}},
		{Name: "b", Result: quiet, AtData: replay.Verdict{}, Alone: replay.Verdict{}, Coupled: replay.Verdict{Accounts: 1, Liquidated: sum("10"), Long: sum("4")}}},
		Instruments: []replay.CoupledInstrument{
			{Symbol: "BTCUSDT", Moved: 12_345, Distance: replay.Distance{Largest: 2_000_000, Time: at("2025-10-10T21:20:00Z"), High: "b", Low: "a"}, Trace: []replay.TraceRow{
				{Time: at("2025-10-10T21:19:00Z"), Displacement: []market.Rate{-1_000_000, 0}}, {Time: at("2025-10-10T21:20:00Z"), Displacement: []market.Rate{-3_000_000, -1_000_000}},
				{Time: at("2025-10-10T21:23:00Z"), Displacement: []market.Rate{-500_000, -500_000}}}},
			{Symbol: "ETHUSDT"}}}
	flow := func(symbol, both, long string, events int64) InstrumentFlow {
		return InstrumentFlow{Symbol: symbol, Flow: Flow{Events: events, Notional: both, LongNotional: long, LongShare: Number(parse(long) / parse(both))}}
	}
	sums := []*Summary{{Rulebook: RulebookInfo{ID: "binance/2025-10"}}, {Rulebook: RulebookInfo{ID: "okx/2025-10"}}}
	sums[0].Liquidations.ByInstrument = []InstrumentFlow{flow("BTCUSDT", "24", "20", 2), flow("ETHUSDT", "6", "4", 1)}
	sums[1].Liquidations.ByInstrument = []InstrumentFlow{flow("BTCUSDT", "10", "4", 1)}
	c, err := NewCoupling(s, venues, res, sums)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCouplingByHand(t *testing.T) {
	c := coupledByHand(t)
	a, b, btc, eth := c.Venues[0], c.Venues[1], c.Coins[0], c.Coins[1]
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"liquidated", c.Liquidated, "40"}, {"open interest", c.OpenInterestShare, "1.75"}, {"depth", c.DepthShare, "1.6"}, {"arbitrage", c.Arbitrage, "45s"},
		{"share of a", a.LiquidatedShare, Number(0.75)}, {"share of b", b.LiquidatedShare, Number(0.25)}, {"longs of a", a.LongShare, Number(0.8)}, {"longs of b", b.LongShare, Number(0.4)},
		{"a at the data's prices", a.AtData.Notional, "20"}, {"a alone", a.Alone.Notional, "25"}, {"a coupled", a.Coupled.Notional, "30"}, {"reproduction", a.Reproduction, Number(0.25)},
		{"nothing forced", b.Reproduction.Exists(), false}, {"cut off", b.CutOff[0], CutOff{"2025-10-10T21:18:00Z", "2025-10-10T21:51:00Z"}},
		{"BTC", btc.Liquidated, "34"}, {"longs of BTC", btc.LongShare, Number(24.0 / 34)}, {"ETH", eth.Liquidated, "6"}, {"distance", btc.Distance, "0.02"}, {"higher", btc.High, "b"},
		{"no distance", eth.High, ""}, {"largest", c.Largest(), "BTCUSDT"}, {"trace", len(c.Displacement), 3}, {"displaced", c.Displacement[1].Displacement[0], "-0.03"},
		{"within", c.Expectations[0].Within, true}, {"ratio", c.Expectations[1].Value, Number(0.85)}, {"no such venue", c.Expectations[2].Value.Exists(), false},
	} {
		if check.got != check.want {
			t.Errorf("%s: %v, expected %v", check.what, check.got, check.want)
		}
	}
}

func TestCouplingIsPrintedAndDrawn(t *testing.T) {
	in, root := inputs(t), t.TempDir()
	a := finishedWith(t, in, filepath.Join(root, "a"), func([]replay.AccountRow) {})
	b := finishedWith(t, in, filepath.Join(root, "b"), otherVenue)
	c := compareDirs(t, a, b)
	c.couple(coupledByHand(t))
	text, err := c.HTML(true)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, bad := range []string{"http://", "https://", "src=", ">NaN", "\"NaN", "ZgotmplZ", "no value"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"<h2>Contagion</h2>", `id="coupling"`, `class="venue run0"`, `class="venue run1"`, "cut off 2025-10-10 21:18:00", "24 (83.3%)", "<td>2 / 1</td>", "halves a difference of pressure in 45s", "1.75 times the data", "coupling.venues.b.liquidated_share"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var out bytes.Buffer
	if err := c.Print(&out, Text{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Contagion", "b was cut off from 2025-10-10 21:18:00 to 2025-10-10 21:51:00", "2.0%", "12.3k", "2 of 3 within"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, out.String())
		}
	}
	// At the data's prices there is nothing to be cut off from.
	out.Reset()
	c.Coupling.PriceMode = scenario.ModeHistory
	if err := c.Print(&out, Text{}); err != nil || !strings.Contains(out.String(), "nothing connects the venues") || strings.Contains(out.String(), "was cut off") {
		t.Errorf("%v:\n%s", err, out.String())
	}
}

// Metrics of coupled venues are looked for in the comparison, by names of the scenario's venues and instruments.
func TestCheckMetricOfCoupledVenues(t *testing.T) {
	s, err := scenario.Parse("coupled.yaml", []byte(coupledScenario))
	if err != nil {
		t.Fatal(err)
	}
	for metric, want := range map[string]string{
		"coupling.venues.a.alone.notional": "", "coupling.coins.BTCUSDT.long_share": "", "coupling.venues.b.by_instrument.ETHUSDT.share": "",
		"coupling.venues.a.liquidated_share / coupling.venues.b.liquidated_share": "",
		"coupling.venues.c.liquidated_share":                                      "c", "coupling.venues.a.share_of_all": "share_of_all", "liquidations.notional": "liquidations",
		"coupling.coins.XRPUSDT.long_share": "XRPUSDT",
	} {
		err := CheckMetric(metric, s, []string{"BTCUSDT", "ETHUSDT"})
		var found *MetricError
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", metric, err)
		case want != "" && (!errors.As(err, &found) || found.Key != want || found.File != ComparisonFile):
			t.Errorf("%s: %v, expected that %q is unknown", metric, err, want)
		}
	}
	if got := NewCoupled(s, "b"); !slices.Equal(got.Venues, []string{"a", "b"}) || got.Scenario.SHA256 != s.Hash() {
		t.Errorf("%+v", got)
	}
}
