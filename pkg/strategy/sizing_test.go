package strategy_test

import (
	"errors"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
	"pgregory.net/rapid"
)

func TestSizingByHand(t *testing.T) {
	twoAway := strategy.StopOrder{Active: true, Distance: price("2")}
	for _, c := range []struct {
		name   string
		params strategy.Params
		stop   strategy.StopOrder
		want   string
	}{
		{"fixed_notional", strategy.Params{"notional": "5000"}, twoAway, "50"},                          // 5000 / 100
		{"fixed_fraction", strategy.Params{"fraction": "50%"}, twoAway, "5"},                            // 1000 * 0.5 / 100
		{"fixed_fraction", strategy.Params{"fraction": "0.1", "exposure": "20x"}, twoAway, "20"},        // 1000 * 0.1 * 20 / 100
		{"risk", strategy.Params{"risk": "100"}, twoAway, "50"},                                         // 100 / 2
		{"risk", strategy.Params{"risk": "1%"}, twoAway, "5"},                                           // 1000 * 0.01 / 2
		{"risk", strategy.Params{"risk": "100", "reference": "5%"}, strategy.StopOrder{}, "20"},         // 100 / 5
		{"risk", strategy.Params{"risk": "100", "reference": "5%"}, twoAway, "20"},                      // the reference wins
		{"risk", strategy.Params{"risk": "90", "reference": "1.5 atr(20)"}, strategy.StopOrder{}, "30"}, // 90 / (1.5 * 2)
	} {
		got, err := sizing(t, c.name, c.params).Size(at100(market.Long), c.stop)
		if err != nil || got != qty(c.want) {
			t.Errorf("%s %v = %s, %v; expected %s", c.name, c.params, got, err, c.want)
		}
	}
	if got, err := sizing(t, "risk", strategy.Params{"risk": "100"}).Size(at100(market.Long), strategy.StopOrder{}); !errors.Is(err, strategy.ErrImpossible) {
		t.Errorf("risk sizing without a stop = %s, %v; expected ErrImpossible", got, err)
	}
}

// TestRiskIsNeverExceeded holds for any entry price, tick, lot and distance: closing exactly at the planned stop loses
// at most the risk, before fees.
func TestRiskIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.SampledFrom([]market.Side{market.Long, market.Short}).Draw(t, "side")
		c := at100(side)
		c.Price = market.Price(rapid.Int64Range(1e6, 1e13).Draw(t, "price"))
		c.Instrument.Tick = market.Price(rapid.Int64Range(1, int64(c.Price)/1000+1).Draw(t, "tick"))
		c.Instrument.Lot = market.Qty(rapid.SampledFrom([]int64{1, 1000, 1e5, 1e8}).Draw(t, "lot"))
		c.Equity = quote("1000000")
		risk := market.Quote(rapid.Int64Range(1e8, 1e11).Draw(t, "risk"))
		r := strategy.Rule{
			Name:     "risk",
			Sizing:   strategy.RiskSizing{Risk: risk},
			Leverage: strategy.FixedLeverage{Rate: rate("50")},
			Stop:     strategy.FixedStop{Distance: strategy.Distance{Rate: market.Rate(rapid.Int64Range(1e4, 9e7).Draw(t, "share"))}},
		}
		p, err := r.Plan(c)
		if errors.Is(err, strategy.ErrImpossible) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		distance := market.Price(side) * (c.Price - p.Stop)
		loss, ok := market.ValueCeil(p.Size.Abs(), distance)
		if !ok || loss > risk {
			t.Fatalf("%s %s from %s stopped at %s loses %s, more than %s", side, p.Size, c.Price, p.Stop, loss, risk)
		}
		if p.Size%c.Instrument.Lot != 0 || p.Stop%c.Instrument.Tick != 0 {
			t.Fatalf("size %s or stop %s is off lot %s or tick %s", p.Size, p.Stop, c.Instrument.Lot, c.Instrument.Tick)
		}
	})
}

// TestSizingScales: k times the money is k times the size, up to the rounding of one unit of 1e-8 each.
func TestSizingScales(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := at100(market.Long)
		c.Price = market.Price(rapid.Int64Range(1e6, 1e13).Draw(t, "price"))
		c.Equity = market.Quote(rapid.Int64Range(1e8, 1e13).Draw(t, "equity"))
		k := rapid.Int64Range(1, 1000).Draw(t, "k")
		once := strategy.StopOrder{Active: true, Distance: c.Price/50 + 1}
		for name, s := range map[string][2]strategy.Sizing{
			"fixed_notional": {strategy.FixedNotional{Notional: c.Equity}, strategy.FixedNotional{Notional: c.Equity * market.Quote(k)}},
			"risk":           {strategy.RiskSizing{Risk: c.Equity / 100}, strategy.RiskSizing{Risk: c.Equity / 100 * market.Quote(k)}},
		} {
			a, errA := s[0].Size(c, once)
			b, errB := s[1].Size(c, once)
			if errA != nil || errB != nil || b < a*market.Qty(k) || b >= (a+1)*market.Qty(k) {
				t.Fatalf("%s: %dx the money gave %s after %s (%v, %v)", name, k, b, a, errA, errB)
			}
		}
	})
}
