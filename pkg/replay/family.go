package replay

import (
	"fmt"
	"reflect"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay/scan"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// NotScannable says why a scenario needs the whole exchange: it is not of the family that package scan replays.
type NotScannable struct {
	Reason string
	Rules  bool // of a rule, so that a variant with other rules may be of the family
}

func (e *NotScannable) Error() string { return "needs the whole exchange: " + e.Reason }

func notScannable(format string, args ...any) error {
	return &NotScannable{Reason: fmt.Sprintf(format, args...)}
}

func ruleNotScannable(format string, args ...any) error {
	return &NotScannable{Reason: fmt.Sprintf(format, args...), Rules: true}
}

// scannableAlone checks what the scenario alone tells: nobody but probes, and known paths.
func scannableAlone(s *scenario.Scenario) error {
	switch {
	case s.Crowd != nil:
		return notScannable("there is a crowd")
	case s.Probes == nil:
		return notScannable("there are no probes")
	case s.Prices.Intrabar == "bridge" || s.Prices.Intrabar == "envelope":
		return notScannable("prices.intrabar is %s", s.Prices.Intrabar)
	case s.Prices.Mode != scenario.ModeHistory:
		return notScannable("prices.mode is %s", s.Prices.Mode)
	case s.Execution.DepthModel != nil || len(s.Execution.DepthOf) > 0 || len(s.Execution.Profile) > 0:
		return notScannable("depth is modeled, stated by instrument, or walked as a profile")
	case s.HoldsAssets():
		return notScannable("accounts hold collateral assets")
	case len(s.Outages) > 0:
		return notScannable("there are outages")
	case s.Events.Funding:
		return notScannable("payments of funding are to be listed")
	}
	return nil
}

// scannable checks the rest but for the rules: one instrument, entries of one side, and known policies.
func (p *plan) scannable() error {
	if len(p.sources) != 1 {
		return notScannable("%d instruments move in step; one alone is scanned", len(p.sources))
	}
	for i := range p.setups {
		setup := &p.setups[i]
		if setup.Side != p.setups[0].Side {
			return notScannable("entries of both sides can be deleveraged against each other")
		}
		if plain := (strategy.Setup{ID: setup.ID, Time: setup.Time, Symbol: setup.Symbol, Side: setup.Side, Exit: setup.Exit}); !reflect.DeepEqual(setup.Setup, plain) {
			return notScannable("entry %d has a price or a size of its own", setup.ID)
		}
	}
	if err := scan.Supports(p.o.Rulebook); err != nil {
		return notScannable("%v", err)
	}
	return nil
}

// variant translates a rule. The parts are compared with what they would be if they did nothing else, so that a part which
// learns something new is left to the exchange until scan knows it too.
func (s *Scanner) variant(r *rule) (scan.Variant, error) {
	b := r.built
	v := scan.Variant{Equity: b.Equity}
	known := strategy.Rule{Name: b.Name, Equity: b.Equity, HoldFor: b.HoldFor, Margin: strategy.Isolated}
	switch size := b.Sizing.(type) {
	case strategy.FixedNotional:
		v.Notional, known.Sizing = size.Notional, strategy.FixedNotional{Notional: size.Notional}
	case strategy.FixedFraction:
		known.Sizing = strategy.FixedFraction{Fraction: size.Fraction, Exposure: size.Exposure}
		share, ok1 := size.Fraction.OfFloor(b.Equity)
		notional, ok2 := size.Exposure.OfFloor(share)
		if !ok1 || !ok2 || notional <= 0 {
			return v, ruleNotScannable("rule %q holds a notional that does not fit", r.Name)
		}
		v.Notional = notional
	}
	if leverage, ok := b.Leverage.(strategy.FixedLeverage); ok {
		v.Leverage, known.Leverage = leverage.Rate, strategy.FixedLeverage{Rate: leverage.Rate}
	}
	switch stop := b.Stop.(type) {
	case strategy.NoStop:
		known.Stop = strategy.NoStop{Watch: stop.Watch}
	case strategy.FixedStop:
		v.Stop, v.Watch, known.Stop = stop.Distance, stop.Watch, strategy.FixedStop{Distance: stop.Distance, Watch: stop.Watch}
		if v.Watch == strategy.WatchIndex {
			return v, ruleNotScannable("rule %q watches the index price", r.Name)
		}
	}
	if none, ok := b.TakeProfit.(strategy.NoTakeProfit); ok {
		known.TakeProfit = none
	}
	if !reflect.DeepEqual(*b, known) {
		return v, ruleNotScannable("rule %q has a part that is not scanned: only fixed_notional and fixed_fraction, a fixed leverage, percent and atr stops, isolated margin and no take-profit are", r.Name)
	}
	if v.Stop.Period > 0 {
		v.ATR = s.ranges(v.Stop.Period)
	}
	return v, nil
}

// outcomeOf names what became of a scanned position as the exchange does.
func outcomeOf(k scan.Kind) outcome {
	return [...]outcome{scan.Open: open, scan.Closed: closed, scan.Stopped: stopped, scan.Liquidated: liquidated, scan.TakenOver: liquidated, scan.Refused: refused}[k]
}

// corners returns the open, high, low and close of a path of four ticks.
func corners(p *path, s shape) (o, h, l, c market.Price) {
	if s.lowFirst {
		return p.price[0], p.price[2], p.price[1], p.price[3]
	}
	return p.price[0], p.price[1], p.price[2], p.price[3]
}
