package report

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// Forty setups under one rule tell as much as the same forty under three rules that end alike.
func TestSetupsCountOncePerLeverage(t *testing.T) {
	a := newAccounts(nil)
	for range 3 {
		for setup := range int32(40) {
			r := replay.AccountRow{Setup: setup, Leverage: 10 * market.Scale, StopPrice: 1, Outcome: replay.OutcomeStopped}
			if setup < 10 {
				r.Outcome = replay.OutcomeLiquidated
			}
			a.countLeverage(&r)
		}
	}
	for range 5 {
		a.countLeverage(&replay.AccountRow{Setup: replay.CrowdSetup, Leverage: 10 * market.Scale, Outcome: replay.OutcomeOpen})
	}
	rows := a.leverageRows(0.95)
	if len(rows) != 2 {
		t.Fatalf("%d rows, expected probes and crowd", len(rows))
	}
	if r, want := rows[0], interval(stats.Wilson(10, 40, 0.95)); r.Accounts != 120 || r.Setups != 40 || r.Liquidated != 30 || r.Probability != want {
		t.Errorf("probes %+v, expected 120 accounts of 40 setups, 30 liquidated, %+v", r, want)
	}
	if r, want := rows[1], interval(stats.Wilson(0, 5, 0.95)); r.Accounts != 5 || r.Setups != 5 || r.Probability != want {
		t.Errorf("crowd %+v, expected 5 accounts, each a draw of its own, %+v", r, want)
	}
}

func TestGatheredLeveragesShareSetups(t *testing.T) {
	a := newAccounts(nil)
	for leverage := range 20 {
		for setup := range int32(70) {
			a.countLeverage(&replay.AccountRow{Setup: setup, Leverage: market.Rate(101+leverage) * market.Scale, Outcome: replay.OutcomeOpen})
		}
	}
	if rows := a.leverageRows(0.95); len(rows) != 1 || rows[0].Leverage != 125 || rows[0].Accounts != 1400 || rows[0].Setups != 70 {
		t.Errorf("%+v, expected one row of 125x with 1400 accounts of 70 setups", rows)
	}
}
