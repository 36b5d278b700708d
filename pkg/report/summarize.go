package report

import (
	"fmt"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// summarize puts together what the run amounted to.
func (r *Run) summarize(res *replay.Result, t *tally) (*Summary, error) {
	s, level := r.in.Scenario, r.in.Scenario.Statistics.Level
	assumed, err := assumptions(r.in, res)
	if err != nil {
		return nil, err
	}
	out := &Summary{
		Schema: SummarySchema,
		Scenario: ScenarioInfo{Name: s.Name, Title: s.Title, Description: s.Description, From: res.From.String(), To: res.To.String(),
			Seed: s.Seed, PriceMode: s.Prices.Mode, Intrabar: s.Prices.Intrabar, Venue: r.in.Rulebook.ID, SHA256: s.Hash()},
		Data:          dataInfo(r.in),
		Rulebook:      rulebookInfo(r.in.Rulebook),
		Market:        marketSummary(res),
		Liquidations:  t.liquidations(res.Groups, res.RoundsMax, s.Statistics.Windows),
		InsuranceFund: fundSummary(res, s.Execution),
		OpenInterest:  openInterest(t.interest, res.Instruments, t.all.total()),
		ADL:           adlSummary(t, res.Deleveraging, res.Groups),
		Socialized:    res.Totals.SocializedLoss.String(), FundingPaid: res.Totals.FundingPaid.String(), Fees: res.Totals.FeeIncome.String(), LiquidationFees: t.fees.String(),
		Ledger: LedgerSummary{OpeningTotal: res.Ledger.Opening.String(), ClosingTotal: res.Ledger.Closing.String(),
			ExternalFlows: res.Ledger.External.String(), Imbalance: res.Ledger.Imbalance.String()},
		Crowd: crowdInfo(res.Crowd, res.Hedges), Setups: res.Setups, Groups: []Group{}, ByLeverage: r.accounts.leverageRows(level), Comparisons: []Comparison{},
		Envelope: envelope(res.Envelope), LargestEvents: append([]LargestEvent{}, t.largest...),
		Impact: impact(res.Impact, s), Collateral: t.assets.summary(), Assumptions: assumed, Unsourced: append([]string{}, r.in.Rulebook.Unsourced()...),
	}
	if out.Impact != nil {
		out.Impact.Coupled = r.in.Coupled != nil
	}
	for _, g := range r.accounts.sorted(res.Groups) {
		row := g.summary(level)
		row.Survival, row.Excursions = g.survival(level, res.To), excursionSummary(g.excursions, level)
		out.Groups = append(out.Groups, row)
	}
	for _, c := range res.Pairs {
		out.Comparisons = append(out.Comparisons, compare(c, r.accounts.rules[c.A], r.accounts.rules[c.B], s, res.To))
	}
	together := make([]*Comparison, len(out.Comparisons))
	for i := range together {
		together[i] = &out.Comparisons[i]
	}
	adjustTests(together)
	out.Experiments = r.accounts.experiments(s, res.To)
	out.Assumptions = append(out.Assumptions, experimentAssumptions(out.Experiments)...)
	out.Expectations, err = expect(out, s.Expectations)
	return out, err
}

func fundSummary(res *replay.Result, e scenario.Execution) FundSummary {
	used := res.FundOpening - res.FundClosing
	share := undefined
	if res.FundOpening > 0 {
		share = Number(market.Float(used) / market.Float(res.FundOpening))
	}
	return FundSummary{Opening: res.FundOpening.String(), Inflow: res.FundInflow.String(), Outflow: res.FundOutflow.String(),
		Closing: res.FundClosing.String(), Low: res.FundLow.String(), LowTime: res.FundLowTime.String(), Used: used.String(), UsedOf: share,
		Inventory: inventory(res.Inventory, e)}
}

func dataInfo(in Inputs) DataInfo {
	meta := in.Catalog.Metadata()
	return DataInfo{Name: in.Catalog.Name(), Title: meta["title"], Provenance: meta["provenance"], Series: len(in.Catalog.Series())}
}

func marketSummary(res *replay.Result) MarketSummary {
	m := MarketSummary{Ticks: res.Ticks, Candles: res.Candles, Instruments: []InstrumentMarket{}}
	for _, i := range res.Market {
		fall := undefined
		if i.Open > 0 {
			fall = Number(market.Float(i.Low)/market.Float(i.Open) - 1)
		}
		depth := undefined
		if i.DepthFirst > 0 {
			depth = Number(1 - market.Float(i.DepthLeast)/market.Float(i.DepthFirst))
		}
		m.Instruments = append(m.Instruments, InstrumentMarket{DepthFall: depth, Symbol: i.Symbol, Open: i.Open.String(), High: i.High.String(), Low: i.Low.String(),
			LowTime: i.LowTime.String(), Close: i.Close.String(), Interval: market.FormatInterval(i.Interval), MarkSource: i.MarkSource, Bars: i.Bars, Fall: fall})
	}
	return m
}

func envelope(e *replay.EnvelopeResult) *Envelope {
	if e == nil {
		return nil
	}
	out := &Envelope{Policies: e.Policies, Groups: []EnvelopeGroup{}}
	for _, g := range e.Groups {
		out.Groups = append(out.Groups, EnvelopeGroup{Name: g.Name, Accounts: g.Accounts, Liquidated: g.Liquidated, Differ: g.Differ})
	}
	return out
}

// assumptions lists what the figures rest on: what the replay noted, then what holds for every run of the kind.
func assumptions(in Inputs, res *replay.Result) ([]string, error) {
	s := in.Scenario
	if s.Prices.Mode == scenario.ModeCounterfactual {
		var err error
		if s, err = s.Altered(); err != nil {
			return nil, err
		}
	}
	list := append([]string{}, res.Notes...)
	if l := in.TradeList; l != nil {
		list = append(list, fmt.Sprintf("entries from the trade list %s, SHA-256 %s, kept as %s", l.Name, l.hash(), l.file()))
	}
	for i, s := range in.Scripts {
		list = append(list, fmt.Sprintf("rules from the script %s, SHA-256 %s, kept as %s", s.Name, hash(s.Source), scriptFile(i)))
	}
	if p := in.Positions; p != nil {
		list = append(list, fmt.Sprintf("the crowd's positions from %s, SHA-256 %s, kept as %s", p.Name, hash(p.Data), p.file()))
	}
	list = append(list, executionAssumptions(s)...)
	if s.Prices.Intrabar == "envelope" {
		list = append(list, "the path inside a bar is unknown; accounts follow nearest_first, and the envelope says how many end otherwise under another")
	} else {
		list = append(list, fmt.Sprintf("the path inside a bar is unknown and taken as %s; intrabar: envelope shows how much depends on it", s.Prices.Intrabar))
	}
	if s.Crowd != nil && s.Crowd.File == "" {
		list = append(list, fmt.Sprintf("the crowd's %d accounts are drawn from the distributions of the scenario, not observed: totals in money follow its scale", s.Crowd.Accounts))
	}
	if s.Probes != nil {
		list = append(list, "probes trade on the same exchange as the crowd: their liquidations are in the totals, and by_group tells them apart")
		list = append(list, "intervals of a group's liquidation probability take its setups as independent draws from this window; they say nothing about other days")
		list = append(list, "survival curves take entries of all times as alike and their end of watching as unrelated to how they would have ended; in a window with one crash neither holds for late entries, so the curves say when, and the liquidation probability says how often")
	}
	if len(res.Pairs) > 0 {
		list = append(list, "p-values of comparisons (McNemar's exact test) take the pairs as independent; entries that are open together share a path, so where they overlap the p-values are too small: go by the intervals, which are resampled in blocks; those shown are adjusted for all comparisons of the run by Holm's method")
	}
	return list, nil
}

// executionAssumptions say what forced and stop orders cost, and what they do to prices.
func executionAssumptions(s *scenario.Scenario) (list []string) {
	e := s.Execution
	slip := fmt.Sprintf("%s x (notional / depth within 1%%)^%v", percent(market.Float(e.Impact)), e.Exponent)
	if len(e.Profile) > 0 {
		slip = "what walking execution.profile costs, scaled to the depth"
	}
	f := s.Prices.Feedback
	moving := "and do not move the mark"
	if s.Prices.Mode != scenario.ModeHistory && f != nil {
		moving = "and move mark and last price as stated below"
	}
	list = append(list, fmt.Sprintf("forced and stop orders slip by %s + %s, at most %s, %s", percent(market.Float(e.HalfSpread)), slip, percent(market.Float(e.Cap)), moving))
	if k := e.DepthFactor; k != nil {
		list = append(list, fmt.Sprintf("every depth, of the data or stated, is multiplied by %v (execution.depth_factor)", *k))
	}
	if e.Participation > 0 {
		list = append(list, participationAssumption(e))
	}
	if m := e.DepthModel; m != nil {
		list = append(list, fmt.Sprintf("where the data has no depth, it thins with realized volatility: half is left at %s over a half-life of %s, never less than %s; what is missing comes back with a half-life of %s",
			percent(market.Float(m.HalvesAt)), m.Memory, percent(m.Floor), m.Recovery))
	}
	if s.Prices.Mode == scenario.ModeHistory || f == nil {
		return list
	}
	how := fmt.Sprintf("by %s x (flow / depth within 1%%)", percent(market.Float(f.Coefficient)))
	switch f.Impact {
	case scenario.ImpactSquareRoot:
		how += "^0.5"
	case scenario.ImpactProfile:
		how = "as far as the flow walks execution.profile"
	}
	whose := "of the crowd (not of the rules under test, which are alternatives to each other)"
	if f.Flow == scenario.FlowAll {
		whose = "of crowd and rules together"
	}
	if s.Prices.Mode == scenario.ModeCounterfactual {
		whose += " less that of the unaltered run"
	}
	return append(list, fmt.Sprintf("forced flow %s displaces mark and last price %s, at most by %s; half of it is gone after %s, %s stays; index prices stand; prices and lows under market are the data's own",
		whose, how, percent(market.Float(f.Cap)), f.HalfLife, percent(f.Share)))
}
