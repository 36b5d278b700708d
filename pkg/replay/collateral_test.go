package replay

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// usde is a stable coin with a haircut of a tenth, whose price falls from 1 to 0.02 in the second minute.
const usde = `
collateral:
  assets:
    - {symbol: USDE, haircut: 10%, tick: 0.0001, lot: 0.01, depth: 1000000, path: [{time: 2025-10-10T12:01:00Z, share: 1}, {time: 2025-10-10T12:02:00Z, share: 0.02}]}
`

// backed is a scenario of two longs of 0.02 BTC at 10x, cross, from 120, one of them backed by USDE.
var backed = usde + strings.NewReplacer("{name: rule, equity: 1000,", "{name: quote, margin: cross, equity: 120,").Replace(one("")) +
	"    - {name: usde, margin: cross, equity: 120, sizing: {kind: fixed_notional, notional: 1000}, leverage: 10, collateral: {asset: USDE, part: 100%}}\n"

// TestDepegByHand: 120 in USDE at a haircut of a tenth are 133.33 of them, which count 119.997; 0.003 stay quote. The entry fee is 0.5,
// the maintenance margin 4. BTC stands still. At 12:01:40 the share is 1 − 0.98·2/3, rounded toward 1, 0.34666667, the price 0.3466: 41 of
// equity are left. At 12:01:59.999 the price is 0.0200; 133.33 of it count floor(2.6666·0.9) = 2.39994, and equity is 0.003 + 2.39994 −
// 0.5 = 1.90294: liquidated. The position is sold for 1,000; the fee, 12.5, is capped at the equity that is left, so that nothing stands against
// the trigger of a scope without positions, 0 ≤ 0, and the USDE are sold for 2.6666. What they bring beyond the haircut value, 0.26666, is
// what the account is left with.
func TestDepegByHand(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat, flat, flat)}, nil)
	r, rec := replay(t, c, backed, 1)
	if a := rec.rows[0]; a.Outcome != OutcomeOpen || a.PnL.String() != "-0.5" {
		t.Errorf("quote: %+v", a)
	}
	a := rec.rows[1]
	if a.Outcome != OutcomeLiquidated || a.OutcomeTime != start+119_999 || a.OutcomePrice.String() != "50000" || a.PnL.String() != "-119.73334" || a.Deposit.String() != "120" {
		t.Errorf("usde: %+v", a)
	}
	if got := r.FundClosing - r.FundOpening; got.String() != "1.90294" {
		t.Errorf("the fund gained %v", got)
	}
	m := r.Assets[0]
	if m.Symbol != "USDE" || m.Opening.String() != "1" || m.Lowest.String() != "0.02" || m.Closing.String() != "0.02" || m.LowTime != start+119_999 {
		t.Errorf("USDE: %+v", m)
	}
	if m.OffParity(start+market.Minute) || !m.OffParity(start+market.Minute+1) || !m.OffParity(start+market.Hour) {
		t.Error("USDE leaves parity after 12:01 and stays away")
	}
	var told []string
	for _, e := range rec.events {
		if strings.Contains(e, "Instrument:1 ") {
			told = append(told, e)
		}
	}
	if len(told) != 2 || !strings.Contains(told[0], "Kind:entry Side:long Instrument:1 Account:1 Size:133.33 Price:1 Mark:1 Notional:133.33") ||
		!strings.Contains(told[1], "Kind:liquidation Side:long Instrument:1 Account:1 Size:133.33 Price:0.02 Mark:0.02 Notional:2.6666") {
		t.Errorf("events of the asset: %s", strings.Join(told, "\n"))
	}
	for _, s := range rec.steps {
		if strings.Contains(s, "Instrument:1") {
			t.Errorf("a step of the asset: %s", s)
		}
	}
	r, rec = replay(t, c, strings.Replace(backed, "collateral:\n", "collateral:\n  depeg: false\n", 1), 1)
	if a := rec.rows[1]; a.Outcome != OutcomeOpen || a.PnL.String() != "-0.5" || r.Assets[0].Lowest.String() != "1" || r.Assets[0].OffParity(start+market.Hour) {
		t.Errorf("at parity: %+v, %+v", a, r.Assets[0])
	}
}

// The de-peg alone: of two runs that differ in it, one account is liquidated in the first alone. Both walk the same ticks.
func TestOnlyTheDepeg(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat, flat, flat)}, nil)
	for _, what := range []string{"collateral.depeg=false", "collateral=none", "collateral.assets.0.path.1.share=1"} {
		text := strings.Replace(backed, "prices: {step: 0}", "prices: {step: 0.1%, mode: counterfactual}", 1) + "counterfactual: {set: ['" + what + "']}\n"
		r, _ := replay(t, c, text, 1)
		if a := r.Impact.Apart; a == nil || *a != (Apart{Before: 1}) {
			t.Errorf("%s: %+v", what, a)
		}
	}
}

// A price is rounded down to units after each product, then to the tick: 1.079 · 4,000.01 = 4,316.01079, of which 0.10065 are 434.406486.
func TestPriceOfAnAsset(t *testing.T) {
	a := assetPath{Asset: scenario.Asset{Symbol: "WBETH", Parity: market.MustParse[market.Rate]("1.079"), Tick: 1_000_000,
		Path: []scenario.AssetPoint{{Time: start, Share: market.Scale}, {Time: start + market.Minute, Share: 10_065_000}}}, depeg: true}
	for _, c := range []struct {
		at   market.Time
		last float64
		want string
	}{{0, 4000.01, "4316.01"}, {start + market.Minute, 4000.01, "434.4"}, {start + market.Hour, 4000.01, "434.4"},
		{start + market.Minute/2, 4000, "2375.2"}, // share 0.550325: 2,375.2027
		{start, 0.000001, "0.01"}} {               // one tick at least
		if got, ok, err := a.price(c.at, px(c.last)); got.String() != c.want || !ok || err != nil {
			t.Errorf("at %v of %v: %v, %v, %v; expected %s", c.at, c.last, got, ok, err, c.want)
		}
	}
	if _, ok, err := a.price(start, 0); ok || err != nil {
		t.Error("an asset has no price before what it follows")
	}
	if _, _, err := a.price(start, market.Price(math.MaxInt64)); err == nil {
		t.Error("a price beyond what fits")
	}
	a.depeg = false
	if got, _, _ := a.price(start+market.Minute, px(4000)); got.String() != "4316" {
		t.Errorf("at parity: %v", got)
	}
}

// A fall from 1 to 0.98 is 2.04% of its end: three steps of 1%, each below it. One from 1 to 0.5 would be a hundred, and has sixty seconds.
// Before the path, after it and where it stands still there is nothing to walk, and at parity it is walked all the same.
func TestStepsOfAPath(t *testing.T) {
	a := assetPath{Asset: scenario.Asset{Path: []scenario.AssetPoint{{Time: start, Share: market.Scale}, {Time: start + market.Minute, Share: 98_000_000},
		{Time: start + 2*market.Minute, Share: 98_000_000}, {Time: start + 3*market.Minute, Share: 49_000_000}}}}
	for _, c := range []struct {
		from, to market.Time
		want     int
	}{{start - market.Minute, start, 1}, {start, start + market.Minute, 3}, {start - market.Minute, start + market.Minute, 3}, {start + market.Minute, start + 2*market.Minute, 1},
		{start + 2*market.Minute, start + 3*market.Minute, 60}, {start + 3*market.Minute, start + market.Hour, 1}} {
		if got := a.between(c.from, c.to, 1_000_000); got != c.want {
			t.Errorf("%v to %v: %d steps, expected %d", c.from-start, c.to-start, got, c.want)
		}
	}
	if a.between(start, start+market.Minute, 0) != 1 {
		t.Error("step 0 jumps")
	}
}

// crossed is the small crowd, all cross, half of whose accounts hold a part of their deposit as an asset.
func crossed(part, asset string) string {
	return strings.Replace(market2, "crowd:\n", "crowd:\n  collateral: {share: 50%, part: "+part+", assets: [{symbol: COIN, weight: 1}]}\n", 1) +
		"collateral:\n  assets:\n    - {symbol: COIN, depth: 1000000000, tick: 0.0001, lot: 0.01" + asset + "}\n"
}

// forced lists what was liquidated of the two instruments.
type forced struct {
	list []string
	tape
}

func (r *forced) Event(e *risk.Event) error {
	if (e.Kind == risk.Liquidation || e.Kind == risk.Takeover) && e.Instrument < 2 {
		r.list = append(r.list, fmt.Sprint(e.Time, e.Kind, e.Account, e.Instrument, e.Size))
	}
	return r.tape.Event(e)
}

// At parity and without a haircut an asset is quote currency: the same positions are liquidated at the same moments, and accounts are the same but for the
// slippage at which their assets are sold.
func TestAssetAtParIsQuoteCurrency(t *testing.T) {
	c := crash(t)
	for _, part := range []string{"10%", "62.5%", "100%"} {
		plain, held := &forced{}, &forced{}
		rich := strings.NewReplacer("opening: 1000000", "opening: 100000000") // so that no ADL depends on what the fund has left
		run(t, c, rich.Replace(market2), plain)
		r := run(t, c, rich.Replace(crossed(part, "")), held)
		if d := cmp.Diff(plain.list, held.list); d != "" || len(plain.list) == 0 {
			t.Fatalf("%s: %d liquidations: %s", part, len(plain.list), d)
		}
		if !r.Ledger.Imbalance.IsZero() {
			t.Errorf("%s: imbalance %v", part, r.Ledger.Imbalance)
		}
		entered := 0
		for i := range plain.rows {
			a, b := plain.rows[i], held.rows[i]
			if d := a.OutcomePrice - b.OutcomePrice; d < -100 || d > 100 { // a takeover's last unit of cash is the last position's
				t.Errorf("%s: account %d: %v became %v", part, i, a.OutcomePrice, b.OutcomePrice)
			}
			a.PnL, b.PnL, a.Fees, b.Fees, a.Funding, b.Funding, a.OutcomePrice, b.OutcomePrice = 0, 0, 0, 0, 0, 0, 0, 0
			if d := cmp.Diff(a, b); d != "" {
				t.Fatalf("%s: account %d: %s", part, i, d)
			}
		}
		for _, e := range held.events {
			if strings.Contains(e, "Kind:entry") && strings.Contains(e, "Instrument:2 ") {
				entered++
			}
		}
		if entered < 20 {
			t.Errorf("%s: %d accounts hold the asset; the crowd is too small to tell", part, entered)
		}
	}
}

// In every mode of prices, with any number of workers, a run with assets is what it is; unaltered, a counterfactual is history.
func TestAssetsInEveryMode(t *testing.T) {
	c := crash(t)
	text := crossed("100%", ", of: ETHUSDT, haircut: 5%, parity: 0.25, path: [{time: 2025-10-10T13:00:00Z, share: 1}, {time: 2025-10-10T13:30:00Z, share: 0.2}, {time: 2025-10-10T14:00:00Z, share: 0.9}]")
	h, history := replay(t, c, text, 1)
	r, unaltered := replay(t, c, text+"prices: {mode: counterfactual}\n", 3)
	same(t, "unaltered", history, unaltered)
	if i := r.Impact; i.Moves != 0 || *i.Apart != (Apart{}) || i.Before != i.Run {
		t.Errorf("nothing altered, and yet %+v", i)
	}
	if d := cmp.Diff(h.Assets, r.Assets); d != "" {
		t.Error(d)
	}
	_, parity := replay(t, c, strings.Replace(text, "collateral:\n  assets", "collateral:\n  depeg: false\n  assets", 1), 1)
	if len(parity.steps) != len(history.steps) || cmp.Equal(parity.accounts, history.accounts) {
		t.Errorf("at parity: %d steps, %d with the de-peg; accounts that are the same would not tell", len(parity.steps), len(history.steps))
	}
	f, first := replay(t, c, text+"prices: {mode: feedback}\n", 1)
	_, second := replay(t, c, text+"prices: {mode: feedback}\n", 3)
	same(t, "feedback", first, second)
	// The asset follows the data's price of ETH, whatever this exchange's own orders do to its contract.
	if d := cmp.Diff(h.Assets, f.Assets); d != "" || f.Impact.Moves == 0 {
		t.Errorf("%d moves: %s", f.Impact.Moves, d)
	}
}

// An asset has no price before what it follows has one: accounts that hold it wait, and entries are refused until then.
func TestAssetThatJoinsLate(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	eth := [4]float64{4000, 4000, 4000, 4000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat, flat, flat), key(columnar.Candles, market.Minute, "ETHUSDT"): minutes(market.Minute, start+2*market.Minute, eth, eth)}, nil)
	text := strings.NewReplacer("USDE, haircut", "USDE, of: ETHUSDT, parity: 0.00025, haircut").Replace(backed)
	_, rec := replay(t, c, text, 1)
	if a := rec.rows[1]; a.Outcome != OutcomeRefused || !strings.Contains(a.Refusal, "USDE has no price yet") {
		t.Errorf("%+v", a)
	}
}

// Where what an asset follows is not replayed, the crowd holds quote currency in its place: the run is the one without assets.
func TestAssetWithoutItsInstrument(t *testing.T) {
	c := crash(t)
	_, plain := replay(t, c, market2, 1)
	r, held := replay(t, c, crossed("100%", ", of: SOLUSDT"), 1)
	same(t, "without SOLUSDT", plain, held)
	if len(r.Assets) != 0 || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "COIN follows SOLUSDT, which is not replayed") }) {
		t.Errorf("%+v, %q", r.Assets, r.Notes)
	}
}

// What cannot be is refused with its place.
func TestAssetsThatCannotBe(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat)}, nil)
	for text, want := range map[string]string{
		strings.Replace(backed, "USDE, haircut", "USDE, of: ETHUSDT, haircut", 1):                 "collateral.assets.0.of: ETHUSDT is not replayed; name one of BTCUSDT",
		strings.ReplaceAll(backed, "USDE", "BTCUSDT"):                                             "collateral.assets.0.symbol: BTCUSDT is an instrument of the run",
		strings.Replace(backed, "part: 100%}", "part: 100%}, stop: {kind: equity, loss: 20%}", 1): "leave collateral out",
	} {
		if err := runFails(t, c, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; expected %q", err, want)
		}
	}
}

// run replays a scenario into a recorder.
func run(t *testing.T, c *columnar.Catalog, text string, rec Recorder) *Result {
	t.Helper()
	r, err := Run(context.Background(), Options{Scenario: parseScenario(t, text), Catalog: c, Rulebook: rulebook(t), Recorder: rec})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func runFails(t *testing.T, c *columnar.Catalog, text string) error {
	t.Helper()
	_, err := Run(context.Background(), Options{Scenario: parseScenario(t, text), Catalog: c, Rulebook: rulebook(t)})
	return err
}

// 10 million quote at a price of one hundred-millionth are 10^15 units, and a size counts to 92 billion: told, not left in quote currency. At a
// price of 4 with a haircut of a half, 100 are 50 units, which count 100.
func TestSizeOfAHolding(t *testing.T) {
	a := assetPath{Asset: scenario.Asset{Symbol: "DUST", Haircut: 0.5e8, Lot: 1e8}}
	if _, _, err := a.sizeOf(1e15, 1); err == nil || !strings.Contains(err.Error(), "collateral DUST: 10000000 quote at a price of 0.00000001 are more units than a size can count") {
		t.Errorf("got %v", err)
	}
	if size, counts, err := a.sizeOf(100e8, 4e8); err != nil || size != 50e8 || counts != 100e8 {
		t.Errorf("%v units that count %v, %v; expected 50 and 100", size, counts, err)
	}
}
