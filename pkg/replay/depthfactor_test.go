package replay

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// withFactor adds a depth factor to a text with an execution mapping.
func withFactor(text, factor string) string {
	return strings.Replace(text, "execution: {", "execution: {depth_factor: "+factor+", ", 1)
}

// A factor of 1 changes nothing at all, and one of 4 is four times the depth, wherever it comes from: stated for all, stated for one, thinned
// by the model, or the size of a profile.
func TestDepthFactorIsAMultipleOfEveryDepth(t *testing.T) {
	const run = `
crowd: {accounts: 200, leverage: [{leverage: 10, weight: 1}, {leverage: 20, weight: 1}], notional: {median: 3000, tail: 3, min: 1000, max: 20000}, long_share: 1}
insurance_fund: {opening: 100000, floor: 0}
prices: {mode: feedback}
seed: 3
`
	c := oneSided(t, 20_000_000)
	for name, pair := range map[string][2]string{
		"stated for all": {"execution: {depth: 250000}", "execution: {depth: 1000000}"},
		"stated for one": {"execution: {depth_of: [{symbol: DOGEUSDT, depth: 250000}]}", "execution: {depth_of: [{symbol: DOGEUSDT, depth: 1000000}]}"},
		"model":          {"execution: {depth: 250000, depth_model: {halves_at: 0.5%}}", "execution: {depth: 1000000, depth_model: {halves_at: 0.5%}}"},
		"profile": {"execution: {profile: [{distance: 0.5%, notional: 100000}, {distance: 1%, notional: 250000}, {distance: 5%, notional: 400000}]}",
			"execution: {profile: [{distance: 0.5%, notional: 400000}, {distance: 1%, notional: 1000000}, {distance: 5%, notional: 1600000}]}"},
	} {
		_, plain := replay(t, c, run+pair[0], 1)
		_, one := replay(t, c, run+withFactor(pair[0], "1"), 1)
		same(t, name+", a factor of 1", plain, one)
		_, four := replay(t, c, run+withFactor(pair[0], "4"), 1)
		_, deep := replay(t, c, run+pair[1], 1)
		same(t, name+", a factor of 4", deep, four)
		if strings.Join(plain.events, "\n") == strings.Join(four.events, "\n") {
			t.Errorf("%s: four times the depth changes no event; the test shows nothing", name)
		}
	}
}

// Depth of the data: 400 within one percent are 200 with a factor of one half, in the series and in a run.
func TestDepthFactorOfTheData(t *testing.T) {
	half := market.Rate(market.Scale / 2)
	d := &market.Depth{Time: []market.Time{10, 10}, Percentage: []float64{-1, 1}, Notional: []float64{500, 400}, Size: make([]float64, 2)}
	if got, _ := newDepthProfile(d, scenario.Execution{DepthFactor: &half}).at(10); got != 200*market.Scale {
		t.Errorf("depth %v; expected 200", got)
	}
	const run = `
crowd: {accounts: 200, leverage: [{leverage: 20, weight: 1}], notional: {median: 3000, tail: 3, min: 1000, max: 20000}, long_share: 1}
execution: {impact: 5%}
seed: 3
`
	book := func(notional float64) *columnar.Catalog {
		doge := key(columnar.Candles, market.Minute, "DOGEUSDT")
		return catalog(t, series{doge: minutes(market.Minute, start, [4]float64{0.25, 0.25, 0.24, 0.24}, [4]float64{0.24, 0.24, 0.22, 0.22}, [4]float64{0.22, 0.22, 0.2, 0.2})},
			func(w *columnar.Writer) {
				at := []market.Time{start - market.Minute, start - market.Minute}
				if err := w.Depth("DOGEUSDT", &market.Depth{Time: at, Percentage: []float64{-1, 1}, Notional: []float64{notional, notional}, Size: []float64{1, 1}}); err != nil {
					t.Fatal(err)
				}
			})
	}
	_, thin := replay(t, book(50_000), run, 1)
	_, deep := replay(t, book(100_000), run, 1)
	_, factor := replay(t, book(100_000), withFactor(run, "0.5"), 1)
	same(t, "half of 100,000", thin, factor)
	if strings.Join(deep.events, "\n") == strings.Join(factor.events, "\n") {
		t.Error("half of the depth changes no event; the test shows nothing")
	}
}
