package replay

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"github.com/liquidation-lab/backtest/pkg/strategy"
	"github.com/liquidation-lab/backtest/pkg/strategy/script"
)

// rule is a rule of the scenario, ready to plan.
type rule struct {
	scenario.PlacedRule
	built *strategy.Rule
}

// compileRules builds the rules of the scenario from the registered parts.
func (p *plan) compileRules() error {
	if p.scenario.Probes == nil {
		return nil
	}
	if p.registry = p.o.Registry; p.registry == nil {
		p.registry = script.NewRegistry()
		p.registry.Open = p.openInput
	}
	var errs []error
	said := map[string]bool{} // the rules of a grid share their mistakes
	for _, placed := range p.scenario.Probes.Expand() {
		built, err := p.build(placed)
		if err != nil {
			if !said[err.Error()] {
				errs, said[err.Error()] = append(errs, err), true
			}
			continue
		}
		p.rules = append(p.rules, rule{placed, built})
	}
	entry, err := p.entry()
	p.entries = entry
	return errors.Join(append(errs, err)...)
}

// checkedEntries is how many entries a rule is tried on before the run.
const checkedEntries = 256

// checkRules tries every rule on the first entries, at opening prices. A rule that can be carried out in none of them
// is an error of the scenario; where it is impossible in some, those entries are refused and their rows say why. A rule
// that asks for more leverage than the venue gives is an error only if nobody else is there to trade, neither another rule
// nor a crowd: scenarios are put on several venues, and that one of them refuses 50x is a result.
func (p *plan) checkRules() error {
	var errs, limited []error
	for r := range p.rules {
		last := p.tryEntries(&p.rules[r], false)
		if last == nil {
			continue
		}
		err := p.scenario.At(p.rules[r].Path, &ImpossibleRule{p.rules[r].Name, last})
		if p.tryEntries(&p.rules[r], true) == nil {
			limited = append(limited, err)
		} else {
			errs = append(errs, err)
		}
	}
	if len(errs)+len(limited) == len(p.rules) && p.scenario.Crowd == nil {
		errs = append(errs, limited...)
	}
	return errors.Join(errs...)
}

// tryEntries returns why a rule can be carried out in none of the first entries, nil if it can in one. boundless asks
// whether it could if the venue had no limits of leverage.
func (p *plan) tryEntries(rule *rule, boundless bool) (last error) {
	guessed := false
	opening := func(i market.InstrumentID) market.Price { return p.sources[i].opening }
	for k := range min(len(p.setups), checkedEntries) {
		s := &p.setups[k]
		c := strategy.Context{Setup: s.Setup, Price: s.Price, Equity: rule.Equity, Instrument: p.instruments[s.instrument]}
		if c.Price == 0 {
			c.Price = p.sources[s.instrument].opening
		}
		c.Exchange = rulebookExchange{plan: p, price: opening, boundless: boundless}.entering(s.instrument, c.Price)
		c.Bars = func(n int) (strategy.Bars, bool) {
			p.lookBack, guessed = max(p.lookBack, n), true
			return standIn(n, c.Price), true
		}
		if rule.built.Sequential {
			c.Record = strategy.NewRecord(rule.Equity)
		}
		c.ATR = func(period int) (market.Price, bool) { // a stand-in: the bars are not read yet
			if !slices.Contains(p.periods, period) {
				p.periods = append(p.periods, period)
			}
			guessed = true
			return max(c.Price/1000, 1), true
		}
		if last = p.try(rule, &c, int(s.instrument), boundless); last == nil {
			return nil
		}
	}
	if guessed { // what an average true range decides is known in the run, which refuses entries one by one
		return nil
	}
	return last
}

// standIn makes bars that nearly stand still, where the real ones are not read yet.
func standIn(n int, price market.Price) strategy.BarList {
	bars := make(strategy.BarList, n)
	for i := range bars {
		at := price + price/1000*market.Price(i%2)
		bars[i] = strategy.Bar{Time: market.Time(i) * market.Minute, End: market.Time(i+1) * market.Minute, Open: at, High: at + price/1000, Low: at - price/1000, Close: at}
	}
	return bars
}

// ImpossibleRule is a rule that can be carried out in none of the first entries: a mistake of a scenario, and a finding of
// a sweep.
type ImpossibleRule struct {
	Name string
	Err  error // why, for the last entry that was tried
}

func (e *ImpossibleRule) Error() string {
	return fmt.Sprintf("rule %q cannot be carried out: %v", e.Name, e.Err)
}

// Unwrap returns the reason.
func (e *ImpossibleRule) Unwrap() error { return e.Err }

// CheckRules builds a scenario's rules and entries from a registry and returns their mistakes, each with its place. It needs
// no data; nil is the built-in registry, which reads the files beside the scenario that its parts name.
func CheckRules(s *scenario.Scenario, registry *strategy.Registry) error {
	p := plan{scenario: s, o: Options{Registry: registry}}
	return p.compileRules()
}

// try plans one entry and checks what the exchange would refuse whatever the price does.
func (p *plan) try(r *rule, c *strategy.Context, i int, boundless bool) error {
	plan, err := r.built.Plan(c)
	if err == nil {
		err = r.allowed(&plan)
	}
	if err != nil {
		return err
	}
	notional, ok := market.ValueCeil(plan.Size.Abs(), c.Price)
	if !ok {
		return fmt.Errorf("size %v at %v exceeds what an amount can hold", plan.Size, c.Price)
	}
	if _, err := attend(r.built, c, &plan); err != nil {
		return err
	}
	if limit := p.contracts[i].MaxLeverage(venue.Exposure{Size: plan.Size.Abs(), Notional: notional, Entry: notional}); !boundless && plan.Leverage > market.Rate(limit)*market.Scale {
		return fmt.Errorf("leverage %vx of %s is above the limit of %dx for a notional of %v; lower the leverage or the size", plan.Leverage, c.Setup.Symbol, limit, notional)
	}
	margin, ok := p.contracts[i].OpeningMargin(venue.Exposure{Size: plan.Size.Abs(), Entry: notional, Long: plan.Size > 0, Leverage: plan.Leverage, Cross: plan.Margin == strategy.Cross}, 0)
	fee, fits := p.o.Rulebook.Taker.OfCeil(notional)
	if !ok || !fits || margin+fee > r.Equity {
		return fmt.Errorf("initial margin %v and fee %v of a notional of %v exceed the equity of %v; lower the size or raise the leverage", margin, fee, notional, r.Equity)
	}
	return nil
}

// build makes a rule from its registered parts. Errors name the place of the part in the file.
func (p *plan) build(r scenario.PlacedRule) (*strategy.Rule, error) {
	var errs []error
	at := func(key string, err error) {
		if err != nil {
			errs = append(errs, p.scenario.At(r.Place(key), err))
		}
	}
	built := &strategy.Rule{Name: r.Name, Equity: r.Equity, HoldFor: market.Time(r.Hold), Sequential: r.Sequential()}
	var err error
	built.Sizing, err = p.registry.Sizing(r.Sizing.Kind, strategy.Params(r.Sizing.Params))
	at("sizing", err)
	built.Leverage, err = p.registry.Leverage(r.Leverage.Kind, strategy.Params(r.Leverage.Params))
	at("leverage", err)
	built.Margin, _ = strategy.ParseMarginMode(r.Margin) // the scenario was checked
	stop := r.Stop.Kind
	if r.Stop.IsNone() {
		stop = "none" // a part of its own: it says what price a take-profit watches
	}
	built.Stop, err = p.registry.Stop(stop, strategy.Params(r.Stop.Params))
	at("stop", err)
	if !r.TakeProfit.IsNone() {
		built.TakeProfit, err = p.registry.TakeProfit(r.TakeProfit.Kind, strategy.Params(r.TakeProfit.Params))
		at("take_profit", err)
	}
	for k, part := range r.Manage {
		m, err := p.registry.Management(part.Kind, strategy.Params(part.Params))
		at(fmt.Sprintf("manage.%d", k), err)
		built.Manage = append(built.Manage, m)
	}
	return built, errors.Join(errs...)
}

// entry makes the entries from their registered part.
func (p *plan) entry() (strategy.Entry, error) {
	e := p.scenario.Probes.Entries
	entry, err := p.registry.Entry(e.Kind, strategy.Params(e.Params))
	if err != nil {
		return nil, p.scenario.At("probes.entries", err)
	}
	return entry, nil
}

// openInput reads a trade list or a script for the registry, relative to the scenario's file and nowhere else. It is an
// input of the run, so its hash is noted, once.
func (p *plan) openInput(name string) (io.ReadCloser, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(p.scenario.File()), name)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if note := fmt.Sprintf("input file %s, SHA-256 %x", name, sha256.Sum256(data)); !slices.Contains(p.notes, note) {
		p.note("%s", note)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
