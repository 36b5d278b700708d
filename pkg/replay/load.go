package replay

import (
	"errors"
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// setup is an entry at an instrument of the run.
type setup struct {
	strategy.Setup
	instrument market.InstrumentID
}

// draw fixes who will trade before the first tick: the crowd, and the setups that every rule takes.
func (p *plan) draw() error {
	if err := p.drawSetups(); err != nil {
		return err
	}
	if err := p.checkRules(); err != nil {
		return err
	}
	if err := p.readHistory(); err != nil {
		return err
	}
	p.weights = p.fundWeights()
	params := crowdParams{Crowd: p.scenario.Crowd, Seed: p.scenario.CrowdSeed()}
	var inside []string
	for i := range p.sources {
		in := crowdInstrument{Instrument: p.instruments[i], Contract: p.contracts[i], Mark: p.sources[i].opening, Interest: p.interest[i], Entries: p.entryPrices(i)}
		if p.history[i].inside {
			inside = append(inside, p.sources[i].symbol)
		}
		params.Instruments = append(params.Instruments, in)
	}
	built, err := p.gather(params)
	if err != nil {
		return err
	}
	p.crowd, p.notes = built.Accounts, append(p.notes, built.Notes...)
	p.endow()
	if p.scenario.Crowd != nil {
		p.counts = &built.CrowdCounts
		if p.scenario.Crowd.File != "" {
			return nil
		}
		p.noteList(fmt.Sprintf("the data does not reach back before the window: the crowd's entry prices are drawn from the first %v of the window", p.scenario.Crowd.Entry.Hours), inside)
	}
	return nil
}

// gather draws the crowd, or takes it from its file.
func (p *plan) gather(params crowdParams) (crowd, error) {
	if p.scenario.Crowd == nil || p.scenario.Crowd.File == "" {
		return buildCrowd(params)
	}
	if held := p.o.Positions; held == nil || held.Name != p.scenario.Crowd.File {
		return crowd{}, p.scenario.At("crowd.file", fmt.Errorf("%q is not among the inputs of the run; a crowd from another file takes a run of its own", p.scenario.Crowd.File))
	}
	c, err := crowdOfFile(p.o.Positions, params.Instruments)
	if err != nil {
		err = p.scenario.At("crowd.file", err)
	}
	return c, err
}

// drawSetups asks the entries for their setups.
func (p *plan) drawSetups() error {
	if p.scenario.Probes == nil {
		return nil
	}
	setups, err := p.entries.Setups(p.entryWindow())
	if err != nil {
		return p.scenario.At("probes.entries", err)
	}
	var absent []string
	for _, s := range setups {
		i, ok := p.find(s.Symbol)
		if !ok {
			if !slices.Contains(absent, s.Symbol) {
				absent = append(absent, s.Symbol)
			}
			continue
		}
		p.setups = append(p.setups, setup{s, market.InstrumentID(i)})
	}
	if len(absent) > 0 {
		p.note("entries in instruments that are not replayed are left out: %v", absent)
	}
	if len(p.setups) == 0 && p.path == nil {
		return p.scenario.At("probes.entries", errors.New("no entry lies within the window and the instruments of the run"))
	}
	return nil
}

// loadCrowd opens the accounts whose instruments all have a price by now, in their order.
func (d *desk) loadCrowd(now market.Time) error {
	kept := d.waiting[:0]
	for _, n := range d.waiting {
		a := &d.plan.crowd[n]
		if slices.ContainsFunc(a.Positions, func(q crowdPosition) bool { return !d.priced[q.Instrument] }) || a.holding.value > 0 && d.lastPrice(a.holding.asset) == 0 {
			kept = append(kept, n)
			continue
		}
		if err := d.openCrowd(a, now); err != nil {
			return err
		}
	}
	d.waiting = kept
	return nil
}

// openCrowd opens one account with the positions that it holds from before the replay.
func (d *desk) openCrowd(a *crowdAccount, now market.Time) error {
	first := &a.Positions[0]
	x := d.tracker.exchange
	id, err := d.openHolding(holder{entryTime: now, entryPrice: first.Entry, size: first.Size, deposit: a.Deposit, margin: first.Margin,
		stop: first.Stop, leverage: first.Leverage, setup: CrowdSetup, rule: noRule, instrument: first.Instrument, mode: a.Mode}, a.holding)
	if err != nil {
		return err
	}
	if a.Hedged {
		d.tracker.hedged(id, first.Size, first.Entry)
	}
	for k := range a.Positions {
		q := &a.Positions[k]
		o := risk.Order{Account: id, Instrument: q.Instrument, Size: q.Size, Price: q.Entry, Mode: a.Mode, Leverage: q.Leverage}
		if a.Mode == risk.Isolated {
			o.Margin = q.Margin
		}
		if err := x.Open(o); err != nil {
			return err
		}
		if q.Stop == 0 {
			continue
		}
		err := x.PlaceStop(risk.StopOrder{Account: id, Instrument: q.Instrument, Kind: risk.Stop, Trigger: q.Stop, Watch: risk.WatchMark})
		if refusal := (*risk.Refusal)(nil); err != nil && !errors.As(err, &refusal) {
			return err // a price that passed the stop before the account's last instrument was listed leaves it without one
		}
	}
	return nil
}
