package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// What was carried is told in full, as words too; a run without a bound says nothing, one with a bound and nothing carried says that.
func TestInventoryIsTold(t *testing.T) {
	sum := func(text string) (s market.Sum) {
		s.Add(market.MustParse[market.Quote](text))
		return s
	}
	e := scenario.Execution{Participation: 10_000_000}
	if inventory(nil, e) != nil {
		t.Error("an unbounded run has an inventory")
	}
	none := inventory(&replay.Inventory{FundLow: sum("7")}, e)
	if l := none.Lines(); len(l) != 1 || l[0][1] != "0" || none.PeakTime != "" || none.FundLow != "7" || none.Interval != 60 || none.Participation != 0.1 {
		t.Errorf("%+v, %q", none, l)
	}
	in := &replay.Inventory{Peak: sum("540"), PeakTime: market.Minute, PeakResult: sum("15"), Lowest: sum("-10"), LowestTime: 2 * market.Minute, FundLow: sum("0.5"), FundLowTime: 2 * market.Minute,
		Sold: sum("340"), SoldResult: sum("-10"), Deleveraged: sum("175"),
		Closing: risk.Carried{Notional: sum("20"), Cash: sum("-25"), Result: sum("5")},
		Left:    []replay.InventoryPart{{Symbol: "ETHUSDT", Mark: 100 * market.Scale, Inventory: risk.Inventory{Size: -market.Scale / 5, Cash: -25 * market.Scale}, Result: sum("5")}}}
	out := inventory(in, e)
	text, err := json.Marshal(FundSummary{Inventory: out})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"peak_notional":"540","peak_time":"1970-01-01T00:01:00Z","peak_result":"15","lowest_result":"-10"`, `"sold_notional":"340","sold_result":"-10","deleveraged_notional":"175"`,
		`"closing_notional":"20","closing_cash":"-25","closing_result":"5","closing":[{"symbol":"ETHUSDT","side":"short","size":"0.2","cash":"-25","mark_price":"100","result":"5"}]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	var words []string
	for _, l := range out.Lines() {
		words = append(words, strings.Join(l[:], "|"))
	}
	all := strings.Join(words, "\n")
	for _, want := range []string{"carried inventory|540|most, at 1970-01-01 00:01", "  fund less its lack|0.5", "  sold later|340|for a result of −10", "  deleveraged later|175", "  left at the end|20|worth 5 against the −25"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q lacks %q", all, want)
		}
	}
	if strings.Contains(all, "socialized") {
		t.Errorf("%q: nothing was socialized", all)
	}
	if text, err := json.Marshal(FundSummary{}); err != nil || strings.Contains(string(text), "inventory") {
		t.Errorf("%s, %v", text, err)
	}
}
