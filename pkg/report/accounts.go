package report

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// outcomes in the order in which reports list them, from the best for the account to the worst.
var outcomes = []string{replay.OutcomeOpen, replay.OutcomeClosed, replay.OutcomeTakeProfit, replay.OutcomeStopped,
	replay.OutcomeDeleveraged, replay.OutcomeLiquidated, replay.OutcomeRefused}

// group is what is kept of a group of accounts.
type group struct {
	name                    string
	counts                  map[string]int
	pnl                     []market.Quote // of accounts that entered
	returns                 []float64      // P&L over deposit, of those that had one
	liquidatedAfter         []market.Time  // entry to liquidation
	lives                   []life         // until survival has made curves of them
	curves                  survivalCurves
	excursions              []stats.Excursion // once the steps have been walked; of rules only
	total                   market.Sum
	deposits, fees, funding market.Sum
}

// add takes in one account.
func (g *group) add(r *replay.AccountRow) {
	g.counts[r.Outcome]++
	if r.Outcome == replay.OutcomeRefused {
		return
	}
	g.deposits.Add(r.Deposit)
	g.pnl = append(g.pnl, r.PnL)
	g.total.Add(r.PnL)
	if r.Deposit > 0 {
		g.returns = append(g.returns, market.Float(r.PnL)/market.Float(r.Deposit))
	}
	g.fees.Add(r.Fees)
	g.funding.Add(r.Funding)
	if r.Outcome == replay.OutcomeLiquidated {
		g.liquidatedAfter = append(g.liquidatedAfter, r.OutcomeTime-r.EntryTime)
	}
}

// entered is the number of accounts that had a position.
func (g *group) entered() int { return len(g.pnl) }

// probe is what is kept of one entry of one rule.
type probe struct {
	entry, exit market.Time // exit 0: open at the end
	pnl         market.Quote
	setup       int32
	outcome     uint8 // index into outcomes
}

// accounts keeps of each account what statistics need, while its row goes to accounts.parquet.
type accounts struct {
	table    *columnar.Table
	groups   []*group
	byName   map[string]int
	groupOf  []uint16 // by account id
	rules    map[string][]probe
	byLever  map[leverKey]*leverCount
	held     *excursions
	refusals map[string]string // by rule, why its first refused entry was
}

func newAccounts(t *columnar.Table) *accounts {
	return &accounts{table: t, byName: map[string]int{}, rules: map[string][]probe{}, byLever: map[leverKey]*leverCount{}, held: newExcursions(),
		refusals: map[string]string{}}
}

// noGroup stands for accounts without a row, such as the exchange itself.
const noGroup = 0xffff

// add takes in one row.
func (a *accounts) add(r *replay.AccountRow) error {
	g, index := a.group(r.Group)
	for len(a.groupOf) <= int(r.ID) {
		a.groupOf = append(a.groupOf, noGroup)
	}
	a.groupOf[r.ID] = uint16(index)
	g.add(r)
	if r.Outcome != replay.OutcomeRefused {
		a.countLeverage(r)
		g.lived(r)
		a.held.add(r, index)
	}
	if r.Setup != replay.CrowdSetup {
		if r.Refusal != "" && a.refusals[r.Rule] == "" {
			a.refusals[r.Rule] = r.Refusal
		}
		a.rules[r.Rule] = append(a.rules[r.Rule], probe{entry: r.EntryTime, exit: r.OutcomeTime, pnl: r.PnL,
			setup: r.Setup, outcome: uint8(max(0, slices.Index(outcomes, r.Outcome)))})
	}
	return a.write(r)
}

func (a *accounts) group(name string) (*group, int) {
	index, ok := a.byName[name]
	if !ok {
		index = len(a.groups)
		a.byName[name] = index
		a.groups = append(a.groups, &group{name: name, counts: map[string]int{}})
	}
	return a.groups[index], index
}

// groupName returns the group of an account as events.parquet names it.
func (a *accounts) groupName(id int64) string {
	if id < 0 || id >= int64(len(a.groupOf)) || a.groupOf[id] == noGroup {
		return ExchangeGroup
	}
	return a.groups[a.groupOf[id]].name
}

// ExchangeGroup is the group of events that concern no trader, such as sales of the insurance fund.
const ExchangeGroup = "exchange"

// sorted brings the groups into the order of names, the rest after them as they came.
func (a *accounts) sorted(names []string) []*group {
	list := slices.Clone(a.groups)
	slices.SortStableFunc(list, func(x, y *group) int {
		return cmp.Compare(indexOrLast(names, x.name), indexOrLast(names, y.name))
	})
	return list
}

func (a *accounts) write(r *replay.AccountRow) error {
	t := a.table
	t.Int64(0, int64(r.ID))
	t.String(1, r.Group)
	t.String(2, r.Rule)
	if r.Setup == replay.CrowdSetup {
		t.Null(3)
	} else {
		t.Int32(3, r.Setup)
	}
	t.String(4, r.Symbol)
	t.String(5, r.Side.String())
	t.String(6, r.Mode.String())
	t.Decimal(7, int64(r.Leverage))
	t.Time(8, r.EntryTime)
	t.Decimal(9, int64(r.EntryPrice))
	t.Decimal(10, int64(r.Size))
	t.Decimal(11, int64(r.Deposit))
	t.Decimal(12, int64(r.Margin))
	if r.StopPrice == 0 {
		t.Null(13)
	} else {
		t.Decimal(13, int64(r.StopPrice))
	}
	t.String(14, r.Outcome)
	if r.OutcomeTime == 0 {
		t.Null(15)
		t.Null(16)
	} else {
		t.Time(15, r.OutcomeTime)
		t.Decimal(16, int64(r.OutcomePrice))
	}
	t.Decimal(17, int64(r.PnL))
	t.Decimal(18, int64(r.Fees))
	t.Decimal(19, int64(r.Funding))
	if r.Refusal == "" {
		t.Null(20)
	} else {
		t.String(20, r.Refusal)
	}
	return t.EndRow()
}

// bitset counts distinct accounts or setups.
type bitset []uint64

func (b *bitset) set(i int64) {
	if i < 0 {
		return
	}
	for int(i>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

// has reports whether i was set.
func (b bitset) has(i int64) bool {
	return i >= 0 && int(i>>6) < len(b) && b[i>>6]&(1<<(i&63)) != 0
}

func (b *bitset) union(other bitset) {
	for len(*b) < len(other) {
		*b = append(*b, 0)
	}
	for i, w := range other {
		(*b)[i] |= w
	}
}

func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}
