package replay

import (
	"errors"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// sums adds up liquidations and ADL by instrument, as events and as steps tell them.
type sums struct {
	events, steps [2]struct {
		long, short, adl market.Quote
		count            int32
	}
	still int // steps with a liquidation between two prices of their instrument
	seen  map[Step]bool
}

func (s *sums) Event(e *risk.Event) error {
	sum := &s.events[e.Instrument]
	switch {
	case e.Kind == risk.ADL:
		sum.adl += e.Notional
		return nil
	case e.Kind != risk.Liquidation && e.Kind != risk.Takeover:
		return nil
	case e.Side == market.Long:
		sum.long += e.Notional
	default:
		sum.short += e.Notional
	}
	sum.count++
	return nil
}

func (s *sums) Step(p *Step) error {
	sum := &s.steps[p.Instrument]
	sum.long, sum.short, sum.adl, sum.count = sum.long+p.LongLiquidated, sum.short+p.ShortLiquidated, sum.adl+p.ADLNotional, sum.count+p.LiquidationEvents
	place := Step{Time: p.Time, Instrument: p.Instrument}
	if s.seen[place] || p.Mark <= 0 || p.Last <= 0 {
		return errors.New("two steps of one instrument in a tick, or one without a price")
	}
	s.seen[place] = true
	if p.Instrument == 1 && p.LiquidationEvents > 0 && p.Time >= start+60*market.Minute {
		s.still++
	}
	return nil
}

func (s *sums) Account(*AccountRow) error { return nil }

// ETHUSDT has no bars after its first hour, so cross accounts that fall with BTCUSDT are closed in it at prices that
// stand still: those liquidations are in a step all the same.
func TestStepsAddUpToTheEvents(t *testing.T) {
	coins := series{btc: fall(300, 120000, 0.3, 1), key(columnar.Candles, market.Minute, "ETHUSDT"): fall(60, 4300, 0.02, 2)}
	s := &sums{seen: map[Step]bool{}}
	if _, err := Run(t.Context(), Options{Scenario: parseScenario(t, market2), Catalog: catalog(t, coins, nil), Rulebook: rulebook(t), Recorder: s}); err != nil {
		t.Fatal(err)
	}
	if s.events != s.steps {
		t.Errorf("events %+v\nsteps  %+v", s.events, s.steps)
	}
	if s.still == 0 {
		t.Error("no cross account was liquidated in the instrument that stands still; the run is too tame to tell")
	}
}
