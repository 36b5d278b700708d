package strategy_test

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// roundStop stands at the last multiple of Step before the entry.
type roundStop struct{ Step market.Price }

func (r roundStop) Stop(c *strategy.Context) (strategy.StopOrder, error) {
	beyond := c.Price % r.Step
	if c.Setup.Side == market.Short {
		beyond = r.Step - beyond
	}
	if beyond == 0 {
		beyond = r.Step
	}
	return strategy.StopOrder{Active: true, Distance: beyond, Watch: strategy.WatchMark}, nil
}

func newRoundStop(p strategy.Params) (strategy.Stop, error) {
	step, err := p.Quote("step")
	return roundStop{market.Price(step)}, err
}

// A rule of one's own is a type with one method, registered under a name that scenarios can then use.
func ExampleRegistry_RegisterStop() {
	registry := strategy.NewRegistry()
	doc := strategy.Doc{
		Summary: "a stop at the last round price before the entry",
		Params:  []strategy.Param{{Name: "step", Unit: "quote", Default: "1000", Help: "what counts as round"}},
	}
	if err := registry.RegisterStop("round", doc, newRoundStop); err != nil {
		fmt.Println(err)
		return
	}
	stop, err := registry.Stop("round", strategy.Params{"step": "500"})
	if err != nil {
		fmt.Println(err)
		return
	}
	rule := strategy.Rule{
		Name:     "round numbers",
		Equity:   10_000 * market.Scale,
		Sizing:   strategy.RiskSizing{Risk: 100 * market.Scale},
		Leverage: strategy.FixedLeverage{Rate: 10 * market.Scale},
		Stop:     stop,
	}
	plan, err := rule.Plan(&strategy.Context{
		Setup:      strategy.Setup{Symbol: "BTCUSDT", Side: market.Long},
		Price:      market.MustParse[market.Price]("116700"),
		Instrument: market.Instrument{Symbol: "BTCUSDT", Tick: market.Scale / 10, Lot: market.Scale / 1000},
		Exchange:   venue{limit: 100},
	})
	fmt.Println("size", plan.Size, "stop", plan.Stop, "watches", plan.Watch, err)
	// Output: size 0.5 stop 116500 watches mark <nil>
}
