package strategy_test

import (
	"errors"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
	"pgregory.net/rapid"
)

// With an average true range of 2 and a multiple of 3, liquidation has to be 6 away: at or below 94 for a long.
// 100*(1-1/L)/0.995 is 93.80 at 15x and 94.22 at 16x. For a short, 100*(1+1/L)/1.005 has to be at or above 106:
// 1/L >= 0.0653, so 15x gives 106.14 and 16x 105.72. In steps of 0.2: 15.4x gives 93.98, 15.6x 94.06; for the short
// 15.2x gives 106.05, 15.4x 105.96.
func TestLiquidationDistanceByHand(t *testing.T) {
	for _, c := range []struct {
		side   market.Side
		params strategy.Params
		limit  int
		want   string
	}{
		{market.Long, strategy.Params{"multiple": "3"}, 50, "15"},
		{market.Short, strategy.Params{"multiple": "3"}, 50, "15"},
		{market.Long, strategy.Params{"multiple": "3", "step": "0.2"}, 50, "15.4"},
		{market.Short, strategy.Params{"multiple": "3", "step": "0.2"}, 50, "15.2"},
		{market.Long, strategy.Params{"multiple": "3"}, 10, "10"},
		{market.Long, strategy.Params{"multiple": "3", "max": "8"}, 50, "8"},
		{market.Long, strategy.Params{"multiple": "60"}, 50, "1"}, // a 1x long is never liquidated
	} {
		ctx := at100(c.side)
		ctx.Exchange = venue{c.limit}
		got, err := leverage(t, "liquidation_distance", c.params).Leverage(ctx, qty("1"))
		if err != nil || got != rate(c.want) {
			t.Errorf("%s %v limit %d = %s, %v; expected %s", c.side, c.params, c.limit, got, err, c.want)
		}
	}
	// A 1x short entered at 100 is liquidated at 200/1.005 = 199.00, 99 away and not 120.
	if got, err := leverage(t, "liquidation_distance", strategy.Params{"multiple": "60"}).Leverage(at100(market.Short), qty("1")); !errors.Is(err, strategy.ErrImpossible) {
		t.Errorf("an impossible distance gave %s, %v; expected ErrImpossible", got, err)
	}
}

// TestLiquidationDistanceIsTheLargest: the answer keeps the distance and one step more does not.
func TestLiquidationDistanceIsTheLargest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := at100(rapid.SampledFrom([]market.Side{market.Long, market.Short}).Draw(t, "side"))
		limit := rapid.IntRange(1, 125).Draw(t, "limit")
		c.Exchange = venue{limit}
		atr := market.Price(rapid.Int64Range(1e6, 5e9).Draw(t, "atr"))
		c.ATR = func(int) (market.Price, bool) { return atr, true }
		l := strategy.LiquidationDistance{Away: strategy.Distance{Rate: market.Scale, Period: 14}, Step: rate("0.5")}
		got, err := l.Leverage(c, qty("1"))
		if err != nil {
			t.Fatal(err)
		}
		far := func(leverage market.Rate) bool {
			p, ok := c.Exchange.LiquidationPrice("BTCUSDT", c.Setup.Side, qty("1"), c.Price, leverage)
			return !ok || market.Price(c.Setup.Side)*(c.Price-p) >= atr
		}
		next := got + l.Step
		if !far(got) || next <= market.Rate(limit)*market.Scale && far(next) {
			t.Fatalf("%sx for an average true range of %s: far %v, next far %v", got, atr, far(got), far(next))
		}
	})
}
