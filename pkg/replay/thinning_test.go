package replay

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

func thinModel() *thinning {
	return &thinning{model: &scenario.DepthModel{HalvesAt: 1_000_000, Memory: scenario.Duration(market.Minute), Recovery: scenario.Duration(10 * market.Minute), Floor: 0.02}}
}

// TestThinningByHand: half of the depth is left at 1%. A price at rest leaves all. Within the first minute it falls by 1%: v = 0.0001,
// 1/(1+1) is left; by 3%: 1/(1+9). At rest from then on, the minute's square has halved after a minute: 1/(1+4.5) would be
// left, but of what was missing, 0.9, 0.9·2^(−1/10·(70/60)) still is. After ten minutes without a return half of it. A fall of a third
// leaves the floor.
func TestThinningByHand(t *testing.T) {
	m := thinModel()
	near(t, "at rest", m.share(0, 100e8), 1)
	near(t, "1%", m.share(20*market.Second, 99e8), 0.5)
	near(t, "3%", m.share(40*market.Second, 97e8), 0.1)
	near(t, "recovering", m.share(110*market.Second, 97e8), 1-0.9*0.9223161935859392)
	near(t, "half", m.share(640*market.Second, 97e8), 1-0.45)
	near(t, "crash", m.share(650*market.Second, 64e8), 0.02)
}

// TestThinningDoesNotDependOnTheTicks: the same fall of 10% in two minutes, in ticks of a second and in the four of a one-minute bar,
// leaves about the same: returns are the minutes'.
func TestThinningDoesNotDependOnTheTicks(t *testing.T) {
	fine, coarse := thinModel(), thinModel()
	price := func(at market.Time) market.Price { return 100e8 - market.Price(at)*1e4/12 }
	for second := range market.Time(120) {
		at := second * market.Second
		a := fine.share(at, price(at))
		if second%60 == 59 {
			at = (second+1)*market.Second - 1
			a = fine.share(at, price(at))
		} else if second%20 != 0 {
			continue
		}
		if b := coarse.share(at, price(at)); a > b*1.0001 || b > a*1.0001 {
			t.Errorf("%d ms: %v is left in ticks of a second, %v in ticks of a bar", at, a, b)
		}
	}
}

// TestThinDepthReachesTheExchange: a fall of a tenth within a minute, at which half of BTCUSDT's 180,000 is left: the 900 that are sold at
// 45,000 are 1% of it and slip by 0.01%, to 44,995.5. Without the model they are 0.5%: 44,997.75, on the tick of 0.1.
func TestThinDepthReachesTheExchange(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, [4]float64{50000, 50000, 45000, 46000})}, nil)
	for model, price := range map[string]string{", depth_model: {halves_at: 10%}": "44995.5", "": "44997.7"} {
		text := strings.Replace(one(""), "impact: 0,", "impact: 1%,", 1)
		text = strings.Replace(text, "depth: 1000000", "depth: 1000000, depth_of: [{symbol: BTCUSDT, depth: 180000}]"+model, 1)
		_, rec := replay(t, c, text, 1)
		if found := strings.Join(rec.events, "\n"); !strings.Contains(found, "Kind:insurance ") || !strings.Contains(found, " Price:"+price+" Mark:45000 ") {
			t.Errorf("model %q: expected the fund to sell at %s\n%s", model, price, found)
		}
	}
}
