package replay

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay/scan"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// Scanner carries out variants of a scenario that differ in their rules only, on data that it decodes once, without the
// exchange (package scan). A recorder hears of accounts what Run would tell it, except for the wording of refusals and
// what a refused rule had planned; it hears of no events and no steps. Scanner is safe for concurrent use.
type Scanner struct {
	plan   *plan
	series *scan.Series
	bars   scan.Options
	warmup []bar
	setups []scan.Entry // without exits; those after the last bar are left out, as nobody enters them

	lock    sync.Mutex
	columns map[int][]market.Price // average true ranges by period
}

// NewScanner reads the scenario's data. The error is a *NotScannable where the scenario needs the whole exchange.
func NewScanner(ctx context.Context, o Options) (*Scanner, error) {
	if err := oneHistory(o); err != nil {
		return nil, err
	}
	if o.Scenario != nil {
		if err := scannableAlone(o.Scenario); err != nil {
			return nil, err
		}
	}
	p, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := p.scannable(); err != nil {
		return nil, err
	}
	s := &Scanner{plan: p, columns: map[int][]market.Price{}}
	for i := range p.rules {
		if _, err := s.variant(&p.rules[i]); err != nil {
			return nil, err
		}
	}
	clear(s.columns)
	if err := s.read(ctx); err != nil {
		return nil, err
	}
	if s.series, err = scan.New(s.bars); err != nil {
		return nil, notScannable("%v", err)
	}
	for i := range p.setups {
		if bar := s.series.BarAt(p.setups[i].Time); bar < s.series.Bars() {
			s.setups = append(s.setups, scan.Entry{Bar: int32(bar), Setup: int32(i), Side: p.setups[i].Side})
		}
	}
	return s, nil
}

// read lays out the bars of the window and those of the day before it.
func (s *Scanner) read(ctx context.Context) error {
	p := s.plan
	c, pool := p.clock(policyNames[p.scenario.Prices.Intrabar])
	defer pool.close()
	b := &s.bars
	*b = scan.Options{Instrument: p.instruments[0], Rulebook: p.o.Rulebook, Contract: p.contracts[0], Execution: p.execution,
		Step: p.scenario.Prices.Step, Funding: p.funding[0]}
	if p.depth[0] != nil {
		d := newDepthProfile(p.depth[0], p.scenario.Execution)
		for i := range d.time {
			b.Depth = append(b.Depth, scan.DepthPoint{Time: d.time[i], Notional: d.notional[i]})
		}
	}
	if err := c.begin(p.from); err != nil {
		return err
	}
	t := &c.tracks[0]
	for t.next < c.to {
		shape := c.walker.shape(t.instrument, &t.bar)
		b.Time, b.End, b.LowFirst = append(b.Time, t.bar.time), append(b.End, t.bar.end()), append(b.LowFirst, shape.lowFirst)
		appendBar(&b.Last, &t.last, shape)
		appendBar(&b.Mark, &t.markPath, shape)
		if len(b.Time)%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := c.load(t); err != nil {
			return err
		}
	}
	if t.mark.inStep == 0 && t.mark.bounded == 0 {
		b.Mark = b.Last
	}
	return s.readWarmup()
}

func appendBar(b *scan.Bars, p *path, s shape) {
	open, high, low, closed := corners(p, s)
	b.Open, b.High, b.Low, b.Close = append(b.Open, open), append(b.High, high), append(b.Low, low), append(b.Close, closed)
}

// readWarmup keeps the bars before the window from which average true ranges begin (history.go).
func (s *Scanner) readWarmup() error {
	p := s.plan
	series := complete(spans(p.o.Catalog.Series(), columnar.Candles)[p.sources[0].symbol], p.from-warmUp, p.from)
	return p.eachBar(series, func(b *bar) { s.warmup = append(s.warmup, *b) })
}

// ranges returns the average true range over a period that is known at each bar's open.
func (s *Scanner) ranges(period int) []market.Price {
	s.lock.Lock()
	defer s.lock.Unlock()
	if column, ok := s.columns[period]; ok {
		return column
	}
	state := trueRanges{{period, strategy.NewATRState(period)}}
	for i := range s.warmup {
		state.add(&s.warmup[i])
	}
	column := scan.ContinueATR(state[0].state, s.bars.Time, s.bars.Last)
	s.columns[period] = column
	return column
}

// Run carries out a scenario that differs from the Scanner's in its rules only. The result has what is known without an
// exchange: groups, rules, pairs, setups, and what the insurance fund would receive and pay if it could pay everything.
func (s *Scanner) Run(v *scenario.Scenario, recorder Recorder) (*Result, error) {
	p := *s.plan
	p.scenario, p.rules, p.periods, p.notes = v, nil, nil, nil
	if err := p.compileRules(); err != nil {
		return nil, err
	}
	if err := p.checkRules(); err != nil {
		return nil, err
	}
	variants := make([]scan.Variant, len(p.rules))
	for i := range p.rules {
		var err error
		if variants[i], err = s.variant(&p.rules[i]); err != nil {
			return nil, err
		}
	}
	r := &Result{Instruments: p.instruments, From: p.from, To: p.to, Pairs: v.Pairs(), Setups: len(p.setups), Candles: int64(s.series.Bars())}
	r.Groups, r.Rules = p.groups()
	var out []scan.Outcome
	entries := slices.Clone(s.setups)
	for i := range p.rules {
		for k := range entries {
			entries[k].Exit = p.rules[i].exit(&p.setups[entries[k].Setup])
		}
		var err error
		if out, err = s.series.Setups(scan.Indexed, &variants[i], entries, out[:0]); errors.Is(err, scan.ErrSize) {
			return nil, ruleNotScannable("rule %q: %v", p.rules[i].Name, err)
		} else if err != nil {
			return nil, err
		}
		for k := range out {
			r.FundInflow, r.FundOutflow = r.FundInflow+max(out[k].Fund, 0), r.FundOutflow-min(out[k].Fund, 0)
			row := p.row(int32(i), k, &variants[i], &out[k], s.series)
			if err := recorder.Account(&row); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// exit returns when a rule closes a setup at the latest, 0 for never.
func (r *rule) exit(s *setup) market.Time {
	switch hold := r.built.HoldFor; {
	case hold == 0:
		return s.Exit
	case s.Exit == 0:
		return s.Time + hold
	default:
		return min(s.Time+hold, s.Exit)
	}
}

// row is an outcome as a run's account. Accounts are numbered as a run opens them: setup by setup, within it rule by rule.
func (p *plan) row(r int32, taken int, v *scan.Variant, o *scan.Outcome, series *scan.Series) AccountRow {
	setup := &p.setups[o.Setup]
	row := AccountRow{ID: risk.AccountID(taken*len(p.rules) + int(r)), Group: p.rules[r].Group, Rule: p.rules[r].Name, Setup: setup.ID,
		Symbol: setup.Symbol, Side: o.Side, Mode: risk.Isolated, Leverage: v.Leverage, EntryTime: series.Time(int(o.Bar)), EntryPrice: o.EntryPrice,
		Size: o.Size, Deposit: v.Equity, Margin: o.Margin, StopPrice: o.Stop, Outcome: outcomeOf(o.Kind).String(), OutcomeTime: o.Time,
		OutcomePrice: o.Price, PnL: o.PnL, Fees: o.Fees, Funding: o.Funding}
	if o.Kind == scan.Refused {
		row.Refusal = o.Refusal.String()
	}
	return row
}
