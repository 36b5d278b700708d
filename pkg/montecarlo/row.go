package montecarlo

import (
	"cmp"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Tail is the level of the expected shortfall over the entries of one path.
const Tail = 0.95

// Row is one rule, or the crowd, on one path. Amounts are in quote; what does not exist, because no entry was accepted, is
// NaN.
type Row struct {
	Path                                        int
	Rule                                        string
	Entered, Refused                            int
	Liquidated, Stopped, Deleveraged            int
	LiquidationProbability                      float64 // of the entries accepted
	PnLMean, PnLMedian                          float64 // per entry accepted
	ExpectedShortfall                           float64 // of the entries accepted, at Tail: negative is a loss
	Drawdown                                    float64 // see drawdown
	FundLow                                     float64 // of the insurance fund; the same for all rules of a path
	Liquidations, ADLNotional, SocializedLosses float64 // of the whole exchange in quote; likewise
}

// tally collects the accounts of one path. It implements replay.Recorder.
type tally struct {
	rules    []string
	accounts map[string]*accounts
	notional market.Sum // liquidated or taken over
	adl      market.Sum
}

// accounts are those of one rule.
type accounts struct {
	counts map[string]int
	pnl    []float64
	ends   []end
}

// end is when an account ended, and what it had made by then.
type end struct {
	at  market.Time
	id  risk.AccountID
	pnl float64
}

func newTally(rules []string) *tally {
	t := &tally{rules: rules, accounts: map[string]*accounts{}}
	for _, r := range rules {
		t.accounts[r] = &accounts{counts: map[string]int{}}
	}
	return t
}

// Event sums what the exchange had to do.
func (t *tally) Event(e *risk.Event) error {
	switch e.Kind {
	case risk.Liquidation, risk.Takeover:
		t.notional.Add(e.Notional)
	case risk.ADL:
		t.adl.Add(e.Notional)
	}
	return nil
}

// Step is not needed.
func (t *tally) Step(*replay.Step) error { return nil }

// Account takes in one account.
func (t *tally) Account(r *replay.AccountRow) error {
	name := r.Rule
	if r.Setup == replay.CrowdSetup {
		name = replay.CrowdGroup
	}
	a := t.accounts[name]
	a.counts[r.Outcome]++
	if r.Outcome == replay.OutcomeRefused {
		return nil
	}
	pnl, at := market.Float(r.PnL), r.OutcomeTime
	if at == 0 {
		at = lastMoment
	}
	a.pnl, a.ends = append(a.pnl, pnl), append(a.ends, end{at, r.ID, pnl})
	return nil
}

// lastMoment books what is open at the end after everything else.
const lastMoment = market.Time(1<<63 - 1)

// rows states one row a rule.
func (t *tally) rows(path int, r *replay.Result) []Row {
	list := make([]Row, len(t.rules))
	for i, name := range t.rules {
		a := t.accounts[name]
		q := &list[i]
		q.Path, q.Rule = path, name
		q.Entered, q.Refused = len(a.pnl), a.counts[replay.OutcomeRefused]
		q.Liquidated, q.Stopped, q.Deleveraged = a.counts[replay.OutcomeLiquidated], a.counts[replay.OutcomeStopped], a.counts[replay.OutcomeDeleveraged]
		q.Drawdown = a.drawdown()
		sum := 0.0
		for _, x := range a.pnl {
			sum += x
		}
		slices.Sort(a.pnl)
		n := float64(len(a.pnl))
		q.LiquidationProbability, q.PnLMean = float64(q.Liquidated)/n, sum/n
		q.PnLMedian, q.ExpectedShortfall = stats.Quantile(a.pnl, 0.5), stats.ExpectedShortfall(a.pnl, Tail)
		q.FundLow, q.Liquidations, q.ADLNotional = market.Float(r.FundLow), t.notional.Float(), t.adl.Float()
		q.SocializedLosses = r.Totals.SocializedLoss.Float()
	}
	return list
}

// drawdown returns the deepest fall of the rule's realized profit and loss, each entry booked whole when it ends, and those
// that are open at the end last: 0 where it never falls. It is of all entries together, in quote.
func (a *accounts) drawdown() float64 {
	slices.SortFunc(a.ends, func(x, y end) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.id, y.id)) })
	equity := make([]float64, 1, len(a.ends)+1)
	for _, e := range a.ends {
		equity = append(equity, equity[len(equity)-1]+e.pnl)
	}
	return stats.DrawdownsOf(equity).Deepest.Depth
}
