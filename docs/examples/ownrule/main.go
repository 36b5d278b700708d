// Command ownrule is a module of its own that adds a stop to the rules of backtest and replays a scenario with it: what
// a user writes who wants a rule in Go without changing the repository. A test copies it out of the tree and runs it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// roundStop stands at the last multiple of Step before the entry.
type roundStop struct{ Step market.Price }

// Stop implements strategy.Stop.
func (r roundStop) Stop(c *strategy.Context) (strategy.StopOrder, error) {
	distance := c.Price % r.Step
	if c.Setup.Side == market.Short {
		distance = r.Step - distance
	}
	if distance == 0 {
		distance = r.Step
	}
	return strategy.StopOrder{Active: true, Distance: distance, Watch: strategy.WatchMark}, nil
}

func newRoundStop(p strategy.Params) (strategy.Stop, error) {
	step, err := p.Quote("step")
	return roundStop{market.Price(step)}, err
}

// counter counts outcomes by rule.
type counter map[string]map[string]int

func (counter) Event(*risk.Event) error { return nil }
func (counter) Step(*replay.Step) error { return nil }
func (c counter) Account(a *replay.AccountRow) error {
	if c[a.Rule] == nil {
		c[a.Rule] = map[string]int{}
	}
	c[a.Rule][a.Outcome]++
	return nil
}

func run(file string) error {
	registry := strategy.NewRegistry()
	err := registry.RegisterStop("round", strategy.Doc{
		Summary: "a stop at the last round price before the entry",
		Formula: "trigger = entry - entry mod step for a long",
		Source:  "our own",
		Params:  []strategy.Param{{Name: "step", Unit: "quote", Default: "1000", Help: "what counts as round"}},
	}, newRoundStop)
	if err != nil {
		return err
	}
	s, err := replay.LoadScenario(file)
	if err != nil {
		return err
	}
	files, ok := data.Catalog(s.Data)
	if !ok {
		return fmt.Errorf("data %q does not ship", s.Data)
	}
	catalog, err := columnar.Open(files, s.Data)
	if err != nil {
		return err
	}
	book, err := venue.Load(s.Venue)
	if err != nil {
		return err
	}
	outcomes := counter{}
	result, err := replay.Run(context.Background(), replay.Options{Scenario: s, Catalog: catalog, Rulebook: book, Registry: registry, Recorder: outcomes})
	if err != nil {
		return err
	}
	for _, rule := range result.Rules {
		fmt.Printf("%s: %d setups, %d stopped, %d liquidated\n", rule, result.Setups, outcomes[rule]["stopped"], outcomes[rule]["liquidated"])
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ownrule SCENARIO, such as ownrule scenario.yaml")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "ownrule:", err)
		os.Exit(1)
	}
}
