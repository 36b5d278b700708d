package report

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Two assets beside one instrument. Accounts 1 and 2 hold A, of a haircut of a tenth, 1,000 and 500 of it at 2: they count 1,800 and 900.
// Account 3 holds B. 1 loses a position of 10,000 at 21:00, when A is at parity, and its 1,000 of A, sold at 1.9 for 1,900; 2 one of 6,000 at
// 21:50, off parity, is taken over with its 500 of A, which the fund sells for 700, a loss of 200; 3 one of 40 and 4, who holds nothing,
// one of 5 then. Sales of assets are in no figure of liquidations but the accounts. 3 is left with less than nothing, for which the fund pays
// 2: that is money, and no second sale.
func TestCollateralByHand(t *testing.T) {
	a := scenario.Asset{Symbol: "A", Of: "ETHUSDT", Haircut: 10_000_000, Path: []scenario.AssetPoint{{Time: minuteOf("2025-10-10T21:36:00Z"), Share: market.Scale},
		{Time: minuteOf("2025-10-10T21:45:00Z"), Share: 50_000_000}}}
	y := newTally(make([]market.Instrument, 1), []replay.AssetMarket{
		{Asset: a, Depeg: true, Opening: 2 * market.Scale, Lowest: market.Scale, Closing: market.Scale, LowTime: minuteOf("2025-10-10T21:45:00Z")},
		{Asset: scenario.Asset{Symbol: "B"}, Depeg: true}})
	of := func(at string, kind risk.Kind, i market.InstrumentID, account risk.AccountID, size market.Qty, price market.Price, fund market.Quote) {
		n, _ := market.ValueCeil(size, price)
		y.add(&risk.Event{Kind: kind, Time: minuteOf(at), Instrument: i, Account: account, Side: market.Long, Size: size, Price: price, Mark: price, Notional: n, FundDelta: fund,
			Book: kind != risk.Takeover}, "crowd")
	}
	const one = market.Scale
	of("2025-10-10T12:00:00Z", risk.Entry, 1, 1, 1000*one, 2*one, 0)
	of("2025-10-10T12:00:00Z", risk.Entry, 1, 2, 500*one, 2*one, 0)
	of("2025-10-10T12:00:00Z", risk.Entry, 2, 3, 7*one, one, 0)
	liquidate(y, "2025-10-10T21:00:00Z", 1, risk.Liquidation, 10_000)
	of("2025-10-10T21:00:00Z", risk.Liquidation, 1, 1, 1000*one, 190_000_000, 0)
	liquidate(y, "2025-10-10T21:50:00Z", 2, risk.Takeover, 6_000)
	of("2025-10-10T21:50:00Z", risk.Takeover, 1, 2, 500*one, 180_000_000, 0)
	of("2025-10-10T21:50:00Z", risk.Insurance, 1, risk.TheExchange, 500*one, 140_000_000, -200*one)
	liquidate(y, "2025-10-10T21:50:00Z", 3, risk.Liquidation, 40)
	liquidate(y, "2025-10-10T21:50:00Z", 4, risk.Liquidation, 5)
	of("2025-10-10T21:55:00Z", risk.Liquidation, 2, 3, 7*one, one, 0)
	y.add(&risk.Event{Kind: risk.Insurance, Time: minuteOf("2025-10-10T21:55:00Z"), Instrument: 2, Account: risk.TheExchange, Side: market.Long, Size: 7 * one, Price: one, Mark: one, Notional: 7 * one,
		FundDelta: -2 * one}, "")
	want := &Collateral{Depeg: true, Holders: 3, Deposited: "2707", Linked: LinkedFlow{3, "16040"}, OffParity: LinkedFlow{1, "6000"}, Assets: []CollateralAsset{
		{Symbol: "A", Of: "ETHUSDT", Haircut: "0.1", Opening: "2", Lowest: "1", LowestTime: "2025-10-10T21:45:00Z", Closing: "1", Holders: 2, Deposited: "2700",
			Sold: AssetSales{2, "1500", "2600", "-200"}, Linked: LinkedFlow{2, "16000"}, OffParity: LinkedFlow{1, "6000"}},
		{Symbol: "B", Haircut: "0", Opening: "0", Lowest: "0", Closing: "0", Holders: 1, Deposited: "7", Sold: AssetSales{1, "7", "7", "-2"},
			Linked: LinkedFlow{1, "40"}, OffParity: LinkedFlow{0, "0"}}}}
	got := y.assets.summary()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	l := y.liquidations([]string{"crowd"}, 1, nil)
	if l.Notional != "16045" || l.Events != 4 || l.Accounts != 4 || len(l.ByInstrument) != 1 || l.ByInstrument[0].Notional != "16045" || l.ByGroup[0].Accounts != 4 {
		t.Errorf("liquidations %+v", l)
	}
	if len(y.largest) != 4 {
		t.Errorf("%d largest events; sales of assets are none", len(y.largest))
	}
	text, err := json.Marshal(&Summary{Collateral: got})
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	if v := evaluate(tree, "collateral.assets.A.linked_off_parity.notional / collateral.assets.A.linked.notional"); v != 0.375 {
		t.Errorf("the metric is %v, expected 6,000 of 16,000", v)
	}
}

// A metric of an asset is known before the run by the scenario's assets, and by them alone.
func TestMetricsOfAssets(t *testing.T) {
	s := &scenario.Scenario{Collateral: &scenario.Collateral{Assets: []scenario.Asset{{Symbol: "USDE"}}}}
	symbols := []string{"BTCUSDT"}
	if err := CheckMetric("collateral.assets.USDE.linked.notional", s, symbols); err != nil {
		t.Error(err)
	}
	for _, metric := range []string{"collateral.assets.BTCUSDT.linked.notional", "collateral.assets.USDE.linkd.notional"} {
		if err := CheckMetric(metric, s, symbols); err == nil {
			t.Errorf("%s is no metric", metric)
		}
	}
	if err := CheckMetric("collateral.assets.USDE.linked.notional", &scenario.Scenario{}, symbols); err == nil {
		t.Error("without assets there is no such metric")
	}
}
