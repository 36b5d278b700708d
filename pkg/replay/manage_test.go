package replay

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

var flatBar = [4]float64{50000, 50000, 50000, 50000}

// What is done with a long of 0.02 BTC from 50,000 after its entry, worked by hand: margin 100, entry fee 0.5, no
// slippage, taker fee 0.05%. A bar's ticks come at 0, 20, 40 and 59.999 seconds.
func TestManagementOutcomes(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		rows       [][4]float64
		outcome    string
		pnl, fees  string
		note       string
	}{
		// Half goes at 51,000: 0.01·1,000 = 10, fee 0.255; the rest is stopped at 49,000: −10, fee 0.245.
		{"ladder", ", stop: 2%, take_profit: {kind: ladder, steps: [50% at 2%, 50% at 6%]}", [][4]float64{flatBar, {50000, 51000, 50000, 51000}, {51000, 51000, 48000, 49000}}, OutcomeStopped, "-1", "1", ""},
		// Both rungs: 10 at 51,000 and 30 at 53,000; fees 0.5 + 0.255 + 0.265.
		{"ladder to the end", ", take_profit: {kind: ladder, steps: [50% at 2%, 50% at 6%]}", [][4]float64{flatBar, {50000, 53000, 50000, 53000}}, OutcomeTakeProfit, "38.98", "1.02", ""},
		// Half goes at 49,500: −5, fee 0.2475; the rest at 48,000: −20, fee 0.24.
		{"two steps", ", stop: {kind: two_step, near: 1%, far: 4%}", [][4]float64{flatBar, {50000, 50000, 47000, 47000}}, OutcomeStopped, "-25.9875", "0.9875", ""},
		// Only the near half: −5, and the rest is worth 0.01·(49,000 − 50,000) = −10 at the end.
		{"first of two steps", ", stop: {kind: two_step, near: 1%, far: 4%}", [][4]float64{flatBar, {50000, 50000, 49000, 49000}}, OutcomeOpen, "-15.7475", "0.7475", ""},
		// The gap to 48,000 jumps the stop at 49,000; a guaranteed one fills at 49,000 all the same: −20 − 0.5 − 0.49.
		{"guaranteed over a gap", ", stop: {kind: percent, percent: 2%, order: guaranteed}", [][4]float64{flatBar, {48000, 48000, 47900, 48000}}, OutcomeStopped, "-20.99", "0.99", ""},
		// The limit, 0.5% of 50,000 below 49,000, is 48,750 and not met at 48,000; the price comes back to it.
		{"limit filled late", ", stop: {kind: percent, percent: 2%, order: limit}", [][4]float64{flatBar, {48000, 49000, 47900, 49000}}, OutcomeStopped, "-25.9875", "0.9875", ""},
		// It never comes back: the position stays open at 48,000, −40 − 0.5.
		{"limit not filled", ", stop: {kind: percent, percent: 2%, order: limit}", [][4]float64{flatBar, {48000, 48100, 47900, 48000}}, OutcomeOpen, "-40.5", "0.5", ""},
		// A continuous fall meets the limit order at its trigger: as a market order.
		{"limit on a path", ", stop: {kind: percent, percent: 2%, order: limit}", [][4]float64{flatBar, {50000, 50000, 48000, 48000}}, OutcomeStopped, "-20.99", "0.99", ""},
		// 2% of 1,000 is 20; 0.5 went as a fee: the mark may lose 19.5/0.02 = 975, to 49,025: −19.5 − 0.5 − 0.490250.
		{"equity stop", ", stop: {kind: equity, loss: 2%}", [][4]float64{flatBar, {50000, 50000, 48000, 48000}}, OutcomeStopped, "-20.49025", "0.99025", ""},
		// Held for a minute by the stop: closed at 50,500.
		{"time stop", ", stop: {kind: time, after: 1m}", [][4]float64{flatBar, {50500, 50600, 50400, 50500}}, OutcomeClosed, "8.995", "1.005", ""},
		// A second 0.02 at 49,000 (fee 0.49): average 49,500, target 1% at 49,995: 0.04·495 = 19.8, fee 0.9999.
		{"safety order", ", manage: [{kind: safety_orders, count: 1, step: 2%, target: 1%}]", [][4]float64{flatBar, {50000, 50000, 49000, 49000}, {49000, 50000, 49000, 50000}}, OutcomeTakeProfit, "17.8101", "1.9899", ""},
		// Stopped at 49,000 (−20 − 0.99); again a tick later at 49,000 with 1,000/49,000 = 0.020 → 0.02: fee 0.49, worth
		// +20 at 50,000.
		{"re-entry", ", stop: 2%, manage: [{kind: reentry}]", [][4]float64{flatBar, {50000, 50000, 49000, 49000}, {49000, 50000, 49000, 50000}}, OutcomeOpen, "-1.48", "1.48", "1 re-entries"},
		// Liquidation lies at 45,180.72…; 1% above it, 45,632.60, 100 more are added, and it moves to 40,160.64. The low of
		// 45,000 is survived: −100 − 0.5.
		{"top-up that saves", ", manage: [{kind: top_up}]", [][4]float64{flatBar, {50000, 50000, 45300, 45300}, {45300, 45300, 45000, 45000}}, OutcomeOpen, "-100.5", "0.5", "topped up 1 times by 100; 0 of it went"},
		// At 40,000 the 200 are gone, and nothing is left for the fee.
		{"top-up that is lost", ", manage: [{kind: top_up}]", [][4]float64{flatBar, {50000, 50000, 45300, 45300}, {45300, 45300, 40000, 40000}}, OutcomeLiquidated, "-200.5", "0.5", "topped up 1 times by 100; 100 of it went"},
		// At 50,500 the stop moves from 49,000 to 50,000 and is met there: −0.5 − 0.5.
		{"break even", ", stop: 2%, manage: [{kind: break_even, after: 1%}]", [][4]float64{flatBar, {50000, 50600, 50000, 50600}, {50600, 50600, 48000, 49000}}, OutcomeStopped, "-1", "1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, rec := replay(t, catalog(t, series{btc: minutes(market.Minute, start, c.rows...)}, nil), one(c.rule), 1)
			a := rec.rows[0]
			if a.Outcome != c.outcome || a.PnL.String() != c.pnl || a.Fees.String() != c.fees {
				t.Errorf("%s, PnL %v, fees %v; expected %s, PnL %s, fees %s\n%s\n%s", a.Outcome, a.PnL, a.Fees, c.outcome, c.pnl, c.fees, strings.Join(rec.events, "\n"), strings.Join(r.Notes, "\n"))
			}
			if !strings.Contains(strings.Join(r.Notes, "\n"), c.note) {
				t.Errorf("notes %q; expected one that says %q", r.Notes, c.note)
			}
			if !r.Ledger.Imbalance.IsZero() {
				t.Errorf("imbalance %v", r.Ledger.Imbalance)
			}
		})
	}
}

// A floor at 98% of 1,000 is 980; after 0.5 of fee and 10 of funding (1% of 1,000) 9.5 are left, 475 a coin: 49,525.
func TestEquityStopMovesWithFunding(t *testing.T) {
	c := catalog(t, series{btc: minutes(market.Minute, start, flatBar, flatBar, [4]float64{50000, 50000, 49000, 49000})}, func(w *columnar.Writer) {
		if err := w.Funding("BTCUSDT", &market.Funding{Time: []market.Time{start + 30_000}, Rate: []market.Rate{1_000_000}, IntervalHours: []int32{8}}); err != nil {
			t.Fatal(err)
		}
	})
	_, rec := replay(t, c, one(", stop: {kind: equity, loss: 2%}"), 1)
	if a := rec.rows[0]; a.Outcome != OutcomeStopped || a.OutcomePrice != px(49525) || a.StopPrice != px(49025) {
		t.Errorf("%s", rec.accounts[0])
	}
}

// A long of 0.02 BTC (1,000) is hedged with a short of 0.5 ETH at 2,000. BTC falls by 1,000 to its stop, −20; ETH by 40, +20.
func TestHedgedPair(t *testing.T) {
	flat := [4]float64{2000, 2000, 2000, 2000}
	eth := key(columnar.Candles, market.Minute, "ETHUSDT")
	c := catalog(t, series{btc: minutes(market.Minute, start, flatBar, [4]float64{50000, 50000, 49000, 49000}, [4]float64{49000, 49000, 49000, 49000}),
		eth: minutes(market.Minute, start, flat, [4]float64{2000, 2000, 1960, 1960}, [4]float64{1960, 1960, 1900, 1900})}, nil)
	r, rec := replay(t, c, one(", stop: 2%, margin: cross, manage: [{kind: hedge, symbol: ETHUSDT}]"), 1)
	// Fees: 0.5 and 0.5 to open, 0.49 and 0.5·1,960·0.0005 = 0.49 to close.
	if a := rec.rows[0]; a.Outcome != OutcomeStopped || a.PnL.String() != "-1.98" || a.Fees.String() != "1.98" || a.Symbol != "BTCUSDT" {
		t.Errorf("%s\n%s\n%v", rec.accounts[0], strings.Join(rec.events, "\n"), r.Notes)
	}
}

// A martingale after one loss doubles: 1,000 at 50,000 is stopped 2% below; 2,000 at 49,000 is 0.040 BTC. The setup in
// between comes while the first is open and is refused; the third deposits what the first left.
func TestSequentialMartingale(t *testing.T) {
	text := strings.Replace(one(", stop: 2%, equity_mode: sequential"), "fixed_notional, notional: 1000", "martingale, base: 1000", 1)
	text = strings.Replace(text, "time: 2025-10-10T12:00:00Z", "time: '2025-10-10T12:00:00Z, 2025-10-10T12:01:00Z, 2025-10-10T12:02:00Z'", 1)
	c := catalog(t, series{btc: minutes(market.Minute, start, flatBar, [4]float64{50000, 50000, 49000, 49000}, [4]float64{49000, 49000, 49000, 49000})}, nil)
	r, rec := replay(t, c, text, 1)
	if len(rec.rows) != 3 || rec.rows[1].Outcome != OutcomeRefused || !strings.Contains(rec.rows[1].Refusal, "still open") {
		t.Fatalf("%s", strings.Join(rec.accounts, "\n"))
	}
	if a := rec.rows[2]; a.Deposit.String() != "979.01" || a.Size.String() != "0.04" {
		t.Errorf("%s", rec.accounts[2])
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "trades its entries in sequence") {
		t.Errorf("%q", r.Notes)
	}
	// Without the mode, there is no record to double after.
	s := parseScenario(t, strings.Replace(text, ", equity_mode: sequential", "", 1))
	if _, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: rulebook(t)}); err == nil || !strings.Contains(err.Error(), "equity_mode: sequential") {
		t.Errorf("%v; expected an error that names equity_mode", err)
	}
}

// endless answers every occasion by closing a little more.
type endless struct{}

func (endless) Attend(*strategy.Context, *strategy.Plan) (strategy.Attendant, error) {
	return endless{}, nil
}

func (endless) On(*strategy.Occasion) ([]strategy.Action, error) {
	return []strategy.Action{{Kind: strategy.Reduce, Size: 1}}, nil
}

func TestManagementThatNeverEndsIsAnError(t *testing.T) {
	registry := strategy.NewRegistry()
	if err := registry.RegisterManagement("endless", strategy.Doc{}, func(strategy.Params) (strategy.Management, error) { return endless{}, nil }); err != nil {
		t.Fatal(err)
	}
	c := catalog(t, series{btc: minutes(market.Minute, start, flatBar, flatBar)}, nil)
	_, err := Run(context.Background(), Options{Scenario: parseScenario(t, one(", manage: [endless]")), Catalog: c, Rulebook: rulebook(t), Registry: registry})
	if mistake := (*scenario.Error)(nil); !errors.As(err, &mistake) || !errors.Is(err, errEndless) {
		t.Errorf("%v; expected %v with its place", err, errEndless)
	}
}

// Entries on bars are taken at the open that follows the bar which gave the signal.
func TestBreakoutEntersAtTheNextOpen(t *testing.T) {
	rows := [][4]float64{flatBar, flatBar, flatBar, {50000, 50200, 50000, 50100}, {50150, 50150, 50150, 50150}, {50150, 50150, 50150, 50150}}
	text := strings.Replace(one(""), "{kind: at, time: 2025-10-10T12:00:00Z, symbols: BTCUSDT}", "{kind: breakout, period: 3}", 1)
	_, rec := replay(t, catalog(t, series{btc: minutes(market.Minute, start, rows...)}, nil), text, 1)
	if len(rec.rows) != 1 || rec.rows[0].EntryTime != start+4*market.Minute || rec.rows[0].EntryPrice != px(50150) {
		t.Errorf("%s", strings.Join(rec.accounts, "\n"))
	}
}

// The swing low of the three bars before the entry at 12:03 is 49,700; 0.1% of 50,000 below it is 49,650.
func TestSwingStopSeesCompletedBarsOnly(t *testing.T) {
	rows := [][4]float64{{50000, 50000, 49800, 50000}, {50000, 50000, 49700, 50000}, {50000, 50000, 49900, 50000}, {50000, 50000, 49660, 50000}, flatBar}
	text := strings.Replace(one(", stop: {kind: swing, lookback: 3, buffer: 0.1%}"), "12:00:00Z", "12:03:00Z", 1)
	_, rec := replay(t, catalog(t, series{btc: minutes(market.Minute, start, rows...)}, nil), text, 1)
	if a := rec.rows[0]; a.StopPrice != px(49650) || a.Outcome != OutcomeOpen {
		t.Errorf("%s", rec.accounts[0])
	}
}

// A rule written as a script does what its twin in Go does, to the last digit of every row and event.
func TestScriptedTwin(t *testing.T) {
	dir := t.TempDir()
	source := "def size(c, stop):\n    return 15 / stop.distance\n\ndef stop(c):\n    return order(0.02 * c.price)\n\ndef manage(o):\n    if o.kind == 'opened':\n        return wake_at_price(o.entry_price + 500)\n    if o.kind == 'price':\n        return move_stop(o.entry_price)\n"
	if err := os.WriteFile(dir+"/twin.star", []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := [][4]float64{flatBar, {50000, 50600, 50000, 50600}, {50600, 50600, 48000, 49000}}
	c := catalog(t, series{btc: minutes(market.Minute, start, rows...)}, nil)
	native := strings.Replace(one(", stop: 2%, manage: [{kind: break_even, after: 1%}]"), "fixed_notional, notional: 1000", "risk, risk: 15", 1)
	file := "{kind: script, file: " + dir + "/twin.star}"
	scripted := strings.Replace(one(", stop: "+file+", manage: ["+file+"]"), "{kind: fixed_notional, notional: 1000}", file, 1)
	_, want := replay(t, c, native, 1)
	_, got := replay(t, c, scripted, 1)
	if diff := cmp.Diff(want.events, got.events); diff != "" || len(got.events) == 0 {
		t.Errorf("events differ (- Go, + script)\n%s", diff)
	}
	if diff := cmp.Diff(want.accounts, got.accounts); diff != "" {
		t.Errorf("rows differ (- Go, + script)\n%s", diff)
	}
}

// TestAStopLosesWhatItSays: whatever the price does, a stop that fires fills no further from its trigger than the gap that
// jumped it and the cap on slippage say; a guaranteed one fills at its trigger, and a limit one at its limit or better.
func TestAStopLosesWhatItSays(t *testing.T) {
	text := strings.Replace(one(", stop: {kind: percent, percent: 1%}"), "half_spread: 0, impact: 0, exponent: 1, cap: 1%", "half_spread: 0.1%, impact: 1%, exponent: 0.5, cap: 1%", 1)
	text = strings.Replace(text, "{kind: at, time: 2025-10-10T12:00:00Z, symbols: BTCUSDT}", "{kind: every, interval: 1m, side: both}", 1)
	rule := text[strings.Index(text, "    - {name"):]
	for _, order := range []string{"limit", "guaranteed"} {
		text += strings.Replace(strings.Replace(rule, "name: rule", "name: "+order, 1), "percent: 1%", "percent: 1%, order: "+order, 1)
	}
	fired := map[string]int{}
	for seed := uint64(1); seed <= 25; seed++ {
		r := rand.New(rand.NewPCG(seed, 0))
		var rows [][4]float64
		last := 50000.0
		for range 40 {
			open := math.Floor(last * (1 + 0.01*r.NormFloat64()))
			end := math.Floor(open * (1 + 0.02*r.NormFloat64()))
			rows, last = append(rows, [4]float64{open, max(open, end) + 1, min(open, end) - 1, end}), end
		}
		_, rec := replay(t, catalog(t, series{btc: minutes(market.Minute, start, rows...)}, nil), text, 1)
		for k, a := range rec.rows {
			if a.Outcome != OutcomeStopped {
				continue
			}
			fired[a.Rule]++
			side, tick := float64(a.Side), 0.1
			trigger, fill := market.Float(a.StopPrice), market.Float(a.OutcomePrice)
			gap := trigger // the open of the bar in which it fired, where that lies beyond the trigger
			if open := rows[int((a.OutcomeTime-start)/market.Minute)][0]; side*(open-trigger) < 0 {
				gap = open
			}
			switch {
			case a.Rule == "guaranteed" && fill != trigger,
				a.Rule == "limit" && side*(fill-trigger) < -0.005*trigger/(1-0.01*side)-2*tick, // of the price at the entry, 1% from the trigger
				a.Rule == "rule" && side*(fill-gap) < -0.01*gap-tick:
				t.Errorf("seed %d: trigger %v, gap %v: %s", seed, trigger, gap, rec.accounts[k])
			}
		}
	}
	for _, name := range []string{"rule", "limit", "guaranteed"} {
		if fired[name] < 100 {
			t.Errorf("%q: only %d stops fired: %v", name, fired[name], fired)
		}
	}
}
