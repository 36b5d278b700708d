package replay

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// one is a scenario of a single rule on BTCUSDT: 0.02 BTC at 10x from an account of 1,000, without slippage, entered at
// the first bar's open. The rulebook's taker fee is 0.05%, its first tier's maintenance margin rate 0.4%.
func one(rule string) string {
	return `
execution: {half_spread: 0, impact: 0, exponent: 1, cap: 1%, depth: 1000000}
prices: {step: 0}
insurance_fund: {opening: 1000, floor: 0}
probes:
  entries: {kind: at, time: 2025-10-10T12:00:00Z, symbols: BTCUSDT}
  rules:
    - {name: rule, equity: 1000, sizing: {kind: fixed_notional, notional: 1000}, leverage: 10` + rule + `}
`
}

var btc = key(columnar.Candles, market.Minute, "BTCUSDT")

// Outcomes worked by hand for a long of 0.02 BTC from 50,000, margin 100, entry fee 0.0005·1,000 = 0.5.
func TestOutcomes(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	for _, c := range []struct {
		name, rule string
		rows       [][4]float64
		outcome    string
		after      market.Time // of the outcome, from start
		price, pnl string
		fees       string
	}{
		// Never touched: worth 0.02·(51,000 − 50,000) − 0.5.
		{"open", "", [][4]float64{flat, {50000, 51000, 50000, 51000}}, OutcomeOpen, 0, "0", "19.5", "0.5"},
		// 100 + 0.02·(p − 50,000) = 0.004·0.02·p at p = 45,180.72. The tick at 45,000 liquidates; sold there, the margin
		// is exactly gone and nothing is left for the fee.
		{"liquidated", "", [][4]float64{flat, {50000, 50000, 45000, 46000}}, OutcomeLiquidated, 100_000, "45000", "-100.5", "0.5"},
		// At 45,100 the loss is 98; what is left, 2, is the fee (1.25% of 902 would be more).
		{"liquidated with a rest", "", [][4]float64{flat, {50000, 50000, 45100, 46000}}, OutcomeLiquidated, 100_000, "45100", "-100.5", "2.5"},
		// The stop lies 2% below, at 49,000, and fills there on a continuous path: −20 − 0.5 − 0.0005·980.
		{"stopped", ", stop: 2%", [][4]float64{flat, {50000, 50000, 45000, 46000}}, OutcomeStopped, 100_000, "49000", "-20.99", "0.99"},
		// A bar that opens at 48,000 jumps the stop: it fills at the open. −40 − 0.5 − 0.0005·960.
		{"stop jumped", ", stop: 2%", [][4]float64{flat, {48000, 48000, 47900, 48000}}, OutcomeStopped, 60_000, "48000", "-40.98", "0.98"},
		// The take-profit fills at its trigger, 51,000, on a gap to 52,000 too: 20 − 0.5 − 0.0005·1,020.
		{"take-profit", ", take_profit: 2%", [][4]float64{flat, {52000, 52000, 51500, 52000}}, OutcomeTakeProfit, 60_000, "51000", "18.99", "1.01"},
		// Held for a minute: closed at 50,500, the last price of the second bar's open. 10 − 0.5 − 0.505.
		{"closed", ", hold: 1m", [][4]float64{flat, {50500, 50600, 50400, 50500}}, OutcomeClosed, 60_000, "50500", "8.995", "1.005"},
		// Trailing by 1,000 (2% of the entry): after the low of 49,400 the high of 51,000 lifts the trigger to 50,000, which
		// the fall to the close of 49,500 meets.
		{"trailing", ", stop: {kind: trailing, distance: 2%}", [][4]float64{flat, {50000, 51000, 49400, 49500}}, OutcomeStopped, 119_999, "50000", "-1", "1"},
		// A first tick later than the entry's own bar is enough: the low of the entry's bar counts.
		{"stopped in the entry's bar", ", stop: 2%", [][4]float64{{50000, 50100, 48000, 50000}, flat}, OutcomeStopped, 40_000, "49000", "-20.99", "0.99"},
		// Cross margin survives what isolated margin does not: 1,000 + 0.02·(45,000 − 50,000) is far above maintenance.
		{"cross", ", margin: cross", [][4]float64{flat, {50000, 50000, 45000, 46000}}, OutcomeOpen, 0, "0", "-80.5", "0.5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, rec := replay(t, catalog(t, series{btc: minutes(market.Minute, start, c.rows...)}, nil), one(c.rule), 1)
			if len(rec.rows) != 1 {
				t.Fatalf("%d rows, expected 1", len(rec.rows))
			}
			a := rec.rows[0]
			at := market.Time(0)
			if c.after > 0 {
				at = start + c.after
			}
			if a.Outcome != c.outcome || a.OutcomeTime != at || a.OutcomePrice.String() != c.price || a.PnL.String() != c.pnl || a.Fees.String() != c.fees {
				t.Errorf("%s at %v, price %v, PnL %v, fees %v; expected %s at %v, price %s, PnL %s, fees %s",
					a.Outcome, a.OutcomeTime, a.OutcomePrice, a.PnL, a.Fees, c.outcome, at, c.price, c.pnl, c.fees)
			}
			if a.EntryTime != start || a.Size.String() != "0.02" || a.EntryPrice.String() != "50000" || a.Margin.String() != "100" || a.Funding != 0 {
				t.Errorf("entry %v of %v at %v, margin %v, funding %v", a.EntryTime, a.Size, a.EntryPrice, a.Margin, a.Funding)
			}
			if !r.Ledger.Imbalance.IsZero() {
				t.Errorf("imbalance %v", r.Ledger.Imbalance)
			}
		})
	}
}

// Two settlements of 0.01% on 0.02·50,000 = 1,000 cost 0.1 each. The first is settled when the position closes, the
// second never happens; without the exit both are pending at the end and still in the row.
func TestFundingIsInTheRow(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat, flat, flat)}, func(w *columnar.Writer) {
		f := &market.Funding{Time: []market.Time{start + 30_000, start + 150_000}, Rate: []market.Rate{10_000, 10_000}, IntervalHours: []int32{8, 8}}
		if err := w.Funding("BTCUSDT", f); err != nil {
			t.Fatal(err)
		}
	})
	for rule, want := range map[string]string{"": "0.2", ", hold: 2m": "0.1"} {
		r, rec := replay(t, c, one(rule), 1)
		a := rec.rows[0]
		if a.Funding.String() != want || a.PnL != -a.Fees-a.Funding {
			t.Errorf("rule %q: funding %v, PnL %v, fees %v; expected funding %s", rule, a.Funding, a.PnL, a.Fees, want)
		}
		for _, e := range rec.events {
			if strings.Contains(e, "Kind:funding") {
				t.Error("settlements are summed, not handed on")
			}
		}
		if got := r.Totals.FundingPaid.String(); got != want {
			t.Errorf("rule %q: the run's funding %s, its only account's %s", rule, got, want)
		}
		asked, rec := replay(t, c, one(rule)+"\nevents: {funding: true}\n", 1)
		listed := 0
		for _, e := range rec.events {
			if strings.Contains(e, "Kind:funding") {
				listed++
			}
		}
		if listed != 1 || asked.Totals.FundingPaid != r.Totals.FundingPaid {
			t.Errorf("rule %q: %d payments listed where asked for, expected the one at the close or the end", rule, listed)
		}
	}
}

// The mark's five-minute bar does not fall below 47,000, so last trades at 45,000 liquidate nobody.
func TestACoarseMarkProtectsFromLastPriceWicks(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	bars := minutes(market.Minute, start, flat, [4]float64{50000, 50000, 45000, 50000}, flat, flat, flat)
	mark := minutes(5*market.Minute, start, [4]float64{50000, 50000, 47000, 50000})
	_, rec := replay(t, catalog(t, series{btc: bars, key(columnar.Mark, 5*market.Minute, "BTCUSDT"): mark}, nil), one(""), 1)
	if a := rec.rows[0]; a.Outcome != OutcomeOpen {
		t.Errorf("outcome %s at %v; the mark never fell to 45,180", a.Outcome, a.OutcomePrice)
	}
	_, rec = replay(t, catalog(t, series{btc: bars}, nil), one(""), 1)
	if a := rec.rows[0]; a.Outcome != OutcomeLiquidated {
		t.Errorf("outcome %s; without a mark series the last price is the mark", a.Outcome)
	}
}

// A long with a stop at 49,000 and a take-profit at 51,000, and a bar that visits both: the path decides.
func TestEnvelopeCountsWhatThePathDecides(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, [4]float64{50000, 51600, 48500, 50000}, flat)}, nil)
	text := strings.Replace(one(", stop: 2%, take_profit: 2%"), "step: 0", "step: 0, intrabar: envelope", 1)
	r, rec := replay(t, c, text, 2)
	want := &EnvelopeResult{Policies: []string{"nearest_first", "low_first", "high_first"},
		Groups: []EnvelopeGroup{{Name: "rule", Accounts: 1, Liquidated: []int{0, 0, 0}, Differ: 1}}}
	if d := cmp.Diff(want, r.Envelope); d != "" {
		t.Error(d)
	}
	if len(rec.rows) != 1 || rec.rows[0].Outcome != OutcomeStopped {
		t.Errorf("rows %v; the recorder hears nearest_first once, whose low comes first", rec.accounts)
	}
}

func TestATRStopReadsTheBarsBeforeTheWindow(t *testing.T) {
	var rows [][4]float64
	for range 30 { // a true range of 200 in every bar
		rows = append(rows, [4]float64{50000, 50100, 49900, 50000})
	}
	rows = append(rows, [4]float64{50000, 50000, 49000, 49000})
	c := catalog(t, series{btc: minutes(market.Minute, start-30*market.Minute, rows...)}, nil)
	_, rec := replay(t, c, one(", stop: {kind: atr, multiple: 2, period: 14}")+"window: {from: 2025-10-10T12:00:00Z}\n", 1)
	if a := rec.rows[0]; a.StopPrice.String() != "49600" || a.Outcome != OutcomeStopped {
		t.Errorf("stop at %v, %s %s; expected 50,000 - 2·200", a.StopPrice, a.Outcome, a.Refusal)
	}
}

// The scenario is checked before the bars are read, on a guess of 50 for the average true range, with which 1% of the
// equity at risk is 0.2 BTC, too much for 1,000 at 10x. Known to be 200, it is 0.05 BTC.
func TestAGuessedATRRefusesNoScenario(t *testing.T) {
	var rows [][4]float64
	for range 31 {
		rows = append(rows, [4]float64{50000, 50100, 49900, 50000})
	}
	c := catalog(t, series{btc: minutes(market.Minute, start-30*market.Minute, rows...)}, nil)
	text := strings.Replace(one(", stop: {kind: atr, multiple: 1, period: 14}"), "{kind: fixed_notional, notional: 1000}", "{kind: risk, risk: 1%}", 1)
	_, rec := replay(t, c, text+"window: {from: 2025-10-10T12:00:00Z}\n", 1)
	if a := rec.rows[0]; a.Outcome == OutcomeRefused || a.Size.String() != "0.05" {
		t.Errorf("%s", rec.accounts[0])
	}
}

func TestTradeList(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat, flat)}, nil)
	file := t.TempDir() + "/trades.csv"
	if err := os.WriteFile(file, []byte("time,symbol,side,price,size,exit\n2025-10-10T12:01:00Z,BTCUSDT,short,50010,0.01,2025-10-10T12:02:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, rec := replay(t, c, strings.Replace(one(""), "{kind: at, time: 2025-10-10T12:00:00Z, symbols: BTCUSDT}", "{kind: list, file: "+file+"}", 1), 1)
	// Sold at 50,010, bought back at 50,000: 0.1, less 0.0005·(500.1 + 500).
	if a := rec.rows[0]; a.Outcome != OutcomeClosed || a.Side != market.Short || a.Size.String() != "0.01" || a.PnL.String() != "-0.40005" || a.OutcomeTime != start+2*market.Minute {
		t.Errorf("%s", rec.accounts[0])
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "SHA-256") {
		t.Error("the list's hash is not noted")
	}
}

// A rule that no entry can take is an error of the scenario with its place, before anything runs.
func TestImpossibleRules(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat)}, nil)
	for _, v := range []struct{ old, new, want string }{
		{"leverage: 10", "leverage: 200", "that the venue allows for BTCUSDT"},
		{"notional: 1000}", "notional: 10}", "below one lot"},
		{"notional: 1000}", "notional: 10000}", "exceed the equity of 1000"},
		{"leverage: 10", "leverage: 10, stop: {kind: percent, percent: 0}", "test.yaml:11:"},
		{"leverage: 10", "leverage: 10, stop: {kind: percnt, percent: 2%}", "percent"},
		{"kind: at, time", "kind: att, time", "probes.entries"},
		{"time: 2025-10-10T12:00:00Z", "time: 2025-10-11T12:00:00Z", "outside of the window"},
	} {
		s := parseScenario(t, strings.Replace(one(""), v.old, v.new, 1))
		_, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: rulebook(t)})
		if err == nil || !strings.Contains(err.Error(), v.want) || !strings.Contains(err.Error(), "test.yaml:") {
			t.Errorf("%s: error %v, expected a place and %q", v.new, err, v.want)
		}
	}
}

func TestRefusedEntriesKeepTheirRow(t *testing.T) {
	// 100x is allowed for BTC and not for DOGE.
	flat := [4]float64{50000, 50000, 50000, 50000}
	doge := [4]float64{0.2, 0.2, 0.2, 0.2}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat), key(columnar.Candles, market.Minute, "DOGEUSDT"): minutes(market.Minute, start, doge, doge)}, nil)
	_, rec := replay(t, c, strings.NewReplacer("leverage: 10", "leverage: 100", ", symbols: BTCUSDT", "").Replace(one("")), 1)
	if len(rec.rows) != 2 || rec.rows[0].Outcome != OutcomeOpen || rec.rows[1].Outcome != OutcomeRefused || rec.rows[1].PnL != 0 || !strings.Contains(rec.rows[1].Refusal, "75x") {
		t.Errorf("rows %v", rec.accounts)
	}
}

const market2 = smallCrowd + `
execution: {half_spread: 0.01%, impact: 0.5%, exponent: 0.5, cap: 10%, depth: 2000000}
probes:
  entries: {kind: random, count: 60, side: both}
  factors:
    equity: 1000
    sizing: {kind: fixed_fraction, fraction: 90%, exposure: leverage}
    leverage: [3, 20]
    stop: [none, 2%]
    hold: 2h
`

// crash is two instruments that fall over five hours, with one bar that opens a tenth lower on the way.
func crash(t testing.TB) *columnar.Catalog {
	coins := series{btc: fall(300, 120000, 0.15, 1), key(columnar.Candles, market.Minute, "ETHUSDT"): fall(300, 4300, 0.25, 2)}
	for _, bars := range coins {
		b := &bars[150]
		b.open, b.low = b.open/10*9, min(b.low, b.open/10*9)
	}
	return catalog(t, coins, nil)
}

// The same run twice, and with other numbers of workers, tells the same story, event for event.
func TestWorkersChangeNothing(t *testing.T) {
	c := crash(t)
	for _, intrabar := range []string{"nearest_first", "bridge"} {
		text := market2 + "prices: {intrabar: " + intrabar + "}\n"
		a, first := replay(t, c, text, 1)
		b, second := replay(t, c, text, 3)
		if d := cmp.Diff(first.events, second.events); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(first.steps, second.steps); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(first.accounts, second.accounts); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(a.Notes, b.Notes); d != "" {
			t.Fatal(d)
		}
		if first.kinds[risk.Liquidation] == 0 || first.kinds[risk.Stop] == 0 || first.kinds[risk.Close] == 0 {
			t.Errorf("%s: the run is too tame to tell: %v", intrabar, first.kinds)
		}
	}
}

// What the steps say of a run adds up to what the events say, and every account's money is explained.
func TestStepsEventsAndRowsAgree(t *testing.T) {
	r, rec := replay(t, crash(t), strings.Replace(market2, "opening: 1000000", "opening: 1000", 1), 2)
	if !r.Ledger.Imbalance.IsZero() {
		t.Errorf("imbalance %v", r.Ledger.Imbalance)
	}
	if rec.kinds[risk.ADL] == 0 {
		t.Error("a fund of 1,000 covers everything; the run is too tame to tell")
	}
	sum := r.FundOpening + r.FundInflow - r.FundOutflow
	if sum != r.FundClosing || r.FundLow > r.FundClosing {
		t.Errorf("fund %v + %v - %v, closing %v, low %v", r.FundOpening, r.FundInflow, r.FundOutflow, r.FundClosing, r.FundLow)
	}
	groups := map[string]int{}
	for k, a := range rec.rows {
		if a.ID != risk.AccountID(k) {
			t.Fatalf("row %d is account %d; rows come by ascending id", k, a.ID)
		}
		groups[a.Group]++
		if a.Outcome == OutcomeRefused && (a.PnL != 0 || a.Refusal == "") {
			t.Errorf("refused account %d: PnL %v, reason %q", a.ID, a.PnL, a.Refusal)
		}
		if a.PnL < -a.Deposit {
			t.Errorf("account %d lost %v of %v", a.ID, a.PnL, a.Deposit)
		}
	}
	want := map[string]int{"3x, no stop": 60, "3x, stop 2%": 60, "20x, no stop": 60, "20x, stop 2%": 60}
	want[CrowdGroup] = len(rec.rows) - 240
	if d := cmp.Diff(want, groups); d != "" {
		t.Error(d)
	}
}

func TestACanceledContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Run(ctx, Options{Scenario: parseScenario(t, market2), Catalog: crash(t), Rulebook: rulebook(t)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, expected %v", err, context.Canceled)
	}
}

// Data of another time than the window's is an error that names the data's.
func TestDataWithoutAnythingOfTheWindowIsRefused(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat, flat)}, nil)
	for _, window := range []string{"{from: 2024-01-01, to: 2024-01-02}", "{from: 2025-10-10T12:03:00Z}", "{to: 2025-10-10T12:00:00Z}"} {
		s := parseScenario(t, one("")+"window: "+window+"\n")
		_, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: rulebook(t)})
		remedy := "--set window.from=2025-10-10T12:00:00Z --set window.to=2025-10-10T12:03:00Z"
		if err == nil || !strings.Contains(err.Error(), remedy) || !strings.HasPrefix(err.Error(), "test.yaml:") {
			t.Errorf("%s: error %v; expected the place and %s", window, err, remedy)
		}
		if err := s.Set("window.from=2025-10-10T12:00:00Z", "window.to=2025-10-10T12:03:00Z"); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: rulebook(t)}); err != nil {
			t.Errorf("%s: the remedy does not help: %v", window, err)
		}
	}
}

// The window is the scenario's where the data has it; what the data lacks of it is noted.
func TestWindowIsNoted(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat, flat)}, nil)
	for _, v := range []struct {
		window, note string
		from, to     market.Time
	}{
		{"{}", "", start, start + 3*market.Minute},
		{"{from: 2025-10-10T11:00:00Z}", "the data begins", start, start + 3*market.Minute},
		{"{to: 2025-10-10T12:02:00Z}", "", start, start + 2*market.Minute},
	} {
		r, _ := replay(t, c, one("")+"window: "+v.window+"\n", 1)
		if r.From != v.from || r.To != v.to {
			t.Errorf("%s: %v to %v, expected %v to %v", v.window, r.From, r.To, v.from, v.to)
		}
		if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, v.note) || v.note == "" && strings.Contains(notes, "scenario's window") {
			t.Errorf("%s: notes\n%s\nexpected %q", v.window, notes, v.note)
		}
	}
}
