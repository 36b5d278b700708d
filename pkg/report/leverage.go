package report

import (
	"cmp"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// Populations of LeverageRow.
const (
	PopulationProbes = "probes"
	PopulationCrowd  = "crowd"
)

type leverKey struct {
	crowd    bool
	leverage int
	stop     bool
}

// leverCount counts accounts, and the distinct setups of probes among them.
type leverCount struct {
	accounts, liquidated int
	setups               bitset
}

// independent is how many draws the accounts are: an entry that several rules took is one.
func (n *leverCount) independent(crowd bool) int {
	if crowd {
		return n.accounts
	}
	return n.setups.count()
}

// leverageSteps are the leverages that rows are gathered to when a run has more of them than a chart can show.
var leverageSteps = []int{1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 75, 100, 125}

func (a *accounts) countLeverage(r *replay.AccountRow) {
	key := leverKey{crowd: r.Setup == replay.CrowdSetup, stop: r.StopPrice != 0,
		leverage: int((r.Leverage + market.Scale - 1) / market.Scale)}
	n := a.byLever[key]
	if n == nil {
		n = &leverCount{}
		a.byLever[key] = n
	}
	n.accounts++
	n.setups.set(int64(r.Setup)) // the crowd's is negative and sets nothing
	if r.Outcome == replay.OutcomeLiquidated {
		n.liquidated++
	}
}

// leverageRows lists probes before the crowd, by leverage, without a stop before with one.
func (a *accounts) leverageRows(level float64) []LeverageRow {
	counts := a.byLever
	distinct := map[int]bool{}
	for key := range counts {
		distinct[key.leverage] = true
	}
	if len(distinct) > len(leverageSteps) {
		counts = gather(counts)
	}
	rows := []LeverageRow{}
	for key, n := range counts {
		population := PopulationProbes
		if key.crowd {
			population = PopulationCrowd
		}
		rows = append(rows, LeverageRow{Population: population, Leverage: key.leverage, Stop: key.stop, Accounts: n.accounts,
			Setups: n.independent(key.crowd), Liquidated: n.liquidated,
			Probability: interval(stats.WilsonOver(n.liquidated, n.accounts, n.independent(key.crowd), level))})
	}
	slices.SortFunc(rows, func(x, y LeverageRow) int {
		return cmp.Or(-cmp.Compare(x.Population, y.Population), cmp.Compare(x.Leverage, y.Leverage), compareBool(x.Stop, y.Stop))
	})
	return rows
}

// gather adds each leverage to the next step above it.
func gather(counts map[leverKey]*leverCount) map[leverKey]*leverCount {
	gathered := map[leverKey]*leverCount{}
	for key, n := range counts {
		for _, step := range leverageSteps {
			if key.leverage <= step {
				key.leverage = step
				break
			}
		}
		if sum := gathered[key]; sum != nil {
			sum.accounts, sum.liquidated = sum.accounts+n.accounts, sum.liquidated+n.liquidated
			sum.setups.union(n.setups)
		} else {
			gathered[key] = &leverCount{n.accounts, n.liquidated, slices.Clone(n.setups)}
		}
	}
	return gathered
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}
