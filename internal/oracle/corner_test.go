package oracle

import (
	"maps"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Corners by hand, where both could be wrong together.
func TestEngineAgreesInCorners(t *testing.T) {
	book, strict := testRulebooks(t)
	c, err := book.Contract("AUSDT")
	if err != nil {
		t.Fatal(err)
	}
	prices := func(p market.Price) step {
		return step{tick: &risk.Tick{Time: market.Time(200 - p), Prices: []risk.PriceUpdate{{Mark: p * market.Scale, Last: p * market.Scale, Gap: true}}}}
	}
	open := func(a risk.AccountID, size market.Qty, leverage market.Rate) step {
		return step{open: &risk.Order{Account: a, Size: size * market.Scale, Price: 100 * market.Scale, Leverage: leverage * market.Scale, Mode: risk.Cross}}
	}
	isolatedOf := func(a risk.AccountID, margin market.Quote) step {
		s := open(a, 1, 10)
		s.open.Mode, s.open.Margin = risk.Isolated, margin
		return s
	}
	isolated := func(margin market.Quote) step { return isolatedOf(0, margin) }
	stop := step{stop: &risk.StopOrder{Trigger: 95 * market.Scale, Kind: risk.Stop}}
	for _, corner := range []struct {
		name     string
		book     *venue.Rulebook
		deposits []market.Quote
		steps    []step
		want     []risk.Kind
	}{
		// One long from 100 with margin 10.45: at 90 equity is 0.45, and so is maintenance margin, 0.5% of 90. Selling
		// at 89.1 would lose 0.9 more, so it is taken over, at 100 - 10.45 = 89.55, and the empty fund cannot sell at 89.1.
		{"equality", book, []market.Quote{100 * market.Scale}, []step{prices(100), isolated(1_045_000_000), prices(90)},
			[]risk.Kind{risk.Entry, risk.Takeover, risk.SocializedLoss}},
		{"equality, strict", strict, []market.Quote{100 * market.Scale}, []step{prices(100), isolated(1_045_000_000), prices(90)},
			[]risk.Kind{risk.Entry}},
		// A gap to 90 jumps the stop at 95: liquidation came first. A gap to 91 leaves equity 1.45 above 0.455: the stop
		// fills at 90.09, out of 0.54 of which the fee of 0.045045 is paid.
		{"gap beyond the stop", book, []market.Quote{100 * market.Scale}, []step{prices(100), isolated(1_045_000_000), stop, prices(90)},
			[]risk.Kind{risk.Entry, risk.Takeover, risk.SocializedLoss}},
		{"gap to the stop", book, []market.Quote{100 * market.Scale}, []step{prices(100), isolated(1_045_000_000), stop, prices(91)},
			[]risk.Kind{risk.Entry, risk.Stop}},
		// A fill at 89.55, which is the bankruptcy price to the unit, stands, and leaves nothing for a fee.
		{"fill at bankruptcy", book, []market.Quote{100 * market.Scale}, []step{prices(100), isolated(1_045_000_000), prices(90)},
			[]risk.Kind{risk.Entry, risk.Liquidation}},
		{"twins", book, []market.Quote{100 * market.Scale, 100 * market.Scale, 100 * market.Scale},
			[]step{prices(100), isolatedOf(2, 1_045_000_000), isolatedOf(0, 1_045_000_000), isolatedOf(1, 1_045_000_000), prices(90)},
			[]risk.Kind{risk.Entry, risk.Entry, risk.Entry, risk.Takeover, risk.Takeover, risk.Takeover, risk.SocializedLoss, risk.SocializedLoss, risk.SocializedLoss}},
		// Account 0 is bankrupt at 90, above the market of 80; account 1 has to buy back there, not at 80.
		{"the winner takes the bankruptcy price", book, []market.Quote{10 * market.Scale, 100 * market.Scale},
			[]step{prices(100), open(0, 1, 10), open(1, -1, 2), prices(80)}, []risk.Kind{risk.Entry, risk.Entry, risk.Takeover, risk.ADL}},
	} {
		s := &scenario{deposits: corner.deposits, steps: corner.steps, options: risk.Options{
			Rulebook: corner.book, Instruments: []market.Instrument{c.Instrument},
			Execution: risk.Impact{HalfSpread: 1_000_000, Cap: 2_000_000, DefaultDepth: market.Scale},
		}}
		if corner.name == "fill at bankruptcy" {
			s.options.Execution = risk.Impact{HalfSpread: 500_000, Cap: 2_000_000, DefaultDepth: market.Scale}
		}
		kinds, err := agree(s, coverage{})
		if err != nil {
			t.Errorf("%s: %v", corner.name, err)
			continue
		}
		want := map[risk.Kind]int{}
		for _, k := range corner.want {
			want[k]++
		}
		if !maps.Equal(kinds, want) {
			t.Errorf("%s: events %v, expected %v", corner.name, kinds, want)
		}
	}
}
