package strategy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

func TestPlanByHand(t *testing.T) {
	r := strategy.Rule{
		Name:       "two percent, twice the risk",
		Equity:     quote("1000"),
		Sizing:     sizing(t, "risk", strategy.Params{"risk": "30"}),
		Leverage:   leverage(t, "fixed", strategy.Params{"leverage": "10x"}),
		Stop:       stop(t, "percent", strategy.Params{"percent": "2%", "watch": "mark"}),
		TakeProfit: takeProfit(t, "r_multiple", strategy.Params{"multiple": "2"}),
		HoldFor:    market.Hour,
	}
	// Entered at 100.03, 2% is 2.0006. A long's stop at 98.0294 rounds up to 98.1, its target at 104.0312 up to 104.1;
	// a short's stop at 102.0306 rounds down to 102, its target at 96.0288 down to 96. Both hold
	// 30 / 2.0006 = 14.9955..., rounded down to the lot of 0.001: 14.995.
	for side, want := range map[market.Side]strategy.Plan{
		market.Long:  {Size: qty("14.995"), Stop: price("98.1"), TakeProfit: price("104.1")},
		market.Short: {Size: qty("-14.995"), Stop: price("102"), TakeProfit: price("96")},
	} {
		c := at100(side)
		c.Equity = 0 // taken from the rule: 1499.95 of notional stay below 10000
		c.Price = price("100.03")
		want.Leverage, want.Exit = rate("10"), c.Setup.Time+market.Hour
		got, err := r.Plan(c)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", side, err, diff)
		}
	}
}

func TestPlanTakesTheTradeListsSizeAndExit(t *testing.T) {
	c := at100(market.Long)
	c.Setup.Size, c.Setup.Exit = qty("0.0125"), c.Setup.Time+market.Minute
	r := strategy.Rule{
		Sizing: strategy.FixedNotional{Notional: quote("100")}, Leverage: strategy.FixedLeverage{Rate: rate("2")},
		Stop: stop(t, "trailing", strategy.Params{"distance": "1.5 atr"}), HoldFor: market.Hour, Margin: strategy.Cross,
	}
	got, err := r.Plan(c)
	want := strategy.Plan{
		Size: qty("0.012"), Leverage: rate("2"), Margin: strategy.Cross, Stop: price("97"), Trail: price("3"),
		Watch: strategy.WatchLast, Exit: c.Setup.Time + market.Minute,
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// TestTwinsDifferOnlyInTheStop is what a paired comparison rests on.
func TestTwinsDifferOnlyInTheStop(t *testing.T) {
	with := strategy.Rule{
		Sizing:     sizing(t, "risk", strategy.Params{"risk": "30", "reference": "2%"}),
		Leverage:   leverage(t, "liquidation_distance", strategy.Params{"multiple": "3"}),
		Stop:       stop(t, "atr", strategy.Params{"multiple": "1.5"}),
		TakeProfit: takeProfit(t, "r_multiple", strategy.Params{"multiple": "2", "reference": "2%"}),
	}
	without := with
	without.Stop = stop(t, "none", nil)
	a, errA := with.Plan(at100(market.Long))
	b, errB := without.Plan(at100(market.Long))
	a.Stop -= price("97") // 100 - 1.5*2
	if diff := cmp.Diff(a, b); errA != nil || errB != nil || diff != "" {
		t.Errorf("%v, %v\n%s", errA, errB, diff)
	}
}

// A long entered at 100 with 10x is liquidated at 90/0.995 = 90.45, before a stop at 90 and after one at 91.
func TestPlanNotesAStopThatLiquidationComesBefore(t *testing.T) {
	for percent, want := range map[string]int{"10%": 1, "9%": 0} {
		for side, liquidation := range map[market.Side]string{market.Long: "90.45", market.Short: "109.45"} {
			r := strategy.Rule{
				Sizing: strategy.FixedNotional{Notional: quote("100")}, Leverage: strategy.FixedLeverage{Rate: rate("10")},
				Stop: stop(t, "percent", strategy.Params{"percent": percent}),
			}
			p, err := r.Plan(at100(side))
			if err != nil || len(p.Notes) != want {
				t.Fatalf("%s stop of a %s: %v, %v; expected %d notes", percent, side, p.Notes, err, want)
			}
			if want == 1 && (p.Notes[0].Kind != strategy.StopBeyondLiquidation || !strings.Contains(p.Notes[0].Text, liquidation)) {
				t.Errorf("note %v: expected the liquidation price %s", p.Notes[0], liquidation)
			}
			r.Margin = strategy.Cross
			if p, _ = r.Plan(at100(side)); len(p.Notes) != 0 {
				t.Errorf("a cross position has no liquidation price of its own: %v", p.Notes)
			}
		}
	}
}

type stopAt struct{ distance market.Price }

func (s stopAt) Stop(*strategy.Context) (strategy.StopOrder, error) {
	return strategy.StopOrder{Active: true, Distance: s.distance}, nil
}

type targetAt struct{ at market.Price }

func (t targetAt) TakeProfit(*strategy.Context, strategy.StopOrder) (market.Price, bool, error) {
	return t.at, true, nil
}

func TestPlanRefusesImpossibleRules(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*strategy.Rule, *strategy.Context)
		want   string
	}{
		"leverage above the tier": {func(r *strategy.Rule, _ *strategy.Context) { r.Leverage = strategy.FixedLeverage{Rate: rate("51")} }, "51x is above the 50x"},
		"leverage below one":      {func(r *strategy.Rule, _ *strategy.Context) { r.Leverage = strategy.FixedLeverage{Rate: rate("0.5")} }, "at least 1x"},
		"no leverage rule":        {func(r *strategy.Rule, _ *strategy.Context) { r.Leverage = nil }, "needs a sizing and a leverage"},
		"notional above buying power": {func(r *strategy.Rule, _ *strategy.Context) {
			r.Sizing = strategy.FixedNotional{Notional: quote("10100")}
		}, "10100 is above equity * leverage = 1000 * 10x = 10000"},
		"below one lot": {func(r *strategy.Rule, _ *strategy.Context) {
			r.Sizing = strategy.FixedNotional{Notional: quote("0.09")}
		}, "size 0.0009 is below one lot of 0.001"},
		"stop on the wrong side":   {func(r *strategy.Rule, _ *strategy.Context) { r.Stop = stopAt{price("-1")} }, "wrong side"},
		"stop within a tick":       {func(r *strategy.Rule, _ *strategy.Context) { r.Stop = stopAt{price("0.05")} }, "within one tick of 0.1"},
		"stop at zero":             {func(r *strategy.Rule, _ *strategy.Context) { r.Stop = stopAt{price("100")} }, "at or below a price of 0"},
		"target on the wrong side": {func(r *strategy.Rule, _ *strategy.Context) { r.TakeProfit = targetAt{price("99")} }, "take-profit 99 is on the wrong side"},
		"target of a short below zero": {func(r *strategy.Rule, c *strategy.Context) {
			c.Setup.Side, r.TakeProfit = market.Short, strategy.PercentTakeProfit{Rate: rate("1")}
		}, "never reached"},
		"no equity": {func(_ *strategy.Rule, c *strategy.Context) { c.Equity = quote("-1") }, "equity -1"},
		"no price":  {func(_ *strategy.Rule, c *strategy.Context) { c.Price = 0 }, "entry price 0"},
		"no lot":    {func(_ *strategy.Rule, c *strategy.Context) { c.Instrument.Lot = 0 }, "lot 0"},
	} {
		r := strategy.Rule{Name: "mine", Sizing: strategy.FixedNotional{Notional: quote("1000")}, Leverage: strategy.FixedLeverage{Rate: rate("10")}}
		ctx := at100(market.Long)
		c.change(&r, ctx)
		p, err := r.Plan(ctx)
		if !errors.Is(err, strategy.ErrImpossible) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "rule mine: setup 7, ") {
			t.Errorf("%s: %+v, %v; expected an error that says %q", name, p, err, c.want)
		}
	}
}

func TestPlanTellsMissingHistoryApart(t *testing.T) {
	r := strategy.Rule{Sizing: strategy.FixedNotional{Notional: quote("1000")}, Leverage: strategy.FixedLeverage{Rate: rate("10")}, Stop: stop(t, "atr", strategy.Params{"multiple": "2"})}
	c := at100(market.Long)
	c.ATR = func(int) (market.Price, bool) { return 0, false }
	if _, err := r.Plan(c); !errors.Is(err, strategy.ErrHistory) || errors.Is(err, strategy.ErrImpossible) {
		t.Errorf("an unknown average true range gave %v; expected ErrHistory", err)
	}
}
