package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

const scenarioText = `schema: backtest/scenario/v1
name: small
title: Two hours & <a fall>
venue: binance/2025-10
seed: 7
insurance_fund: {opening: 1000, floor: 0}
probes:
  entries: {kind: random, count: 3, side: long}
  factors:
    equity: 1_000
    sizing: {kind: fixed_fraction, fraction: 1}
    leverage: [10]
    stop: [none, 2%]
    margin: isolated
comparisons: {auto: true}
expectations:
  - {metric: market.instruments.BTCUSDT.low, low: 79.5, high: 79.5, source: by hand}
  - {metric: liquidations.by_group.crowd.long_share, low: 0, high: 0.5, source: by hand}
  - {metric: no.such.thing, low: 0, high: 1, source: by hand}
statistics: {level: 0.95, resamples: 200}
`

var epoch = func() market.Time {
	t, err := market.ParseTime("2025-10-10 20:00")
	if err != nil {
		panic(err)
	}
	return t
}()

func q(s string) market.Quote { return market.MustParse[market.Quote](s) }
func p(s string) market.Price { return market.MustParse[market.Price](s) }

// inputs are a scenario, a rulebook and a catalog of one small series.
func inputs(t testing.TB) Inputs {
	t.Helper()
	s, err := scenario.Parse("small.yaml", []byte(scenarioText))
	if err != nil {
		t.Fatal(err)
	}
	book, err := venue.Load(s.Venue)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "made")
	w, err := columnar.Create(dir, map[string]string{"provenance": "reconstructed", "title": "made for this test"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	c := &market.Candles{Time: []market.Time{epoch}, Open: []market.Price{p("100")}, High: []market.Price{p("101")},
		Low: []market.Price{p("79.5")}, Close: []market.Price{p("90")}, Volume: []float64{1}}
	if err := w.Candles(columnar.Key{Kind: columnar.Candles, Interval: market.Minute, Symbol: "BTCUSDT"}, c); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	catalog, err := columnar.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Inputs{Scenario: s, Catalog: catalog, Rulebook: book, Command: Command{Scenario: "small.yaml", Set: []string{"seed=7"}}, Version: "v1.2.3"}
}

// Accounts 0 to 2 are the rule without a stop, 3 to 5 its twin with one, 6 and 7 the crowd.
func rows() []replay.AccountRow {
	row := func(id int, group string, setup int32, outcome, pnl string, minute market.Time) replay.AccountRow {
		r := replay.AccountRow{ID: risk.AccountID(id), Group: group, Rule: group, Setup: setup, Symbol: "BTCUSDT", Side: market.Long,
			Leverage: 10 * market.Scale, EntryTime: epoch + market.Time(max(setup, 0))*market.Minute, EntryPrice: p("100"), Size: 100 * market.Scale,
			Deposit: q("1000"), Margin: q("1000"), Outcome: outcome, PnL: q(pnl), Fees: q("4")}
		if minute > 0 {
			r.OutcomeTime, r.OutcomePrice = epoch+minute*market.Minute, p("90.5")
		}
		return r
	}
	without, with := "10x, no stop", "10x, stop 2%"
	list := []replay.AccountRow{
		row(0, without, 0, replay.OutcomeLiquidated, "-950", 30), row(1, without, 1, replay.OutcomeLiquidated, "-951", 31), row(2, without, 2, replay.OutcomeOpen, "120.5", 0),
		row(3, with, 0, replay.OutcomeStopped, "-200", 10), row(4, with, 1, replay.OutcomeRefused, "0", 0), row(5, with, 2, replay.OutcomeStopped, "-210", 12),
		row(6, replay.CrowdGroup, replay.CrowdSetup, replay.OutcomeLiquidated, "-1000", 40), row(7, replay.CrowdGroup, replay.CrowdSetup, replay.OutcomeDeleveraged, "300.00000001", 41)}
	for i := 3; i < 6; i++ {
		list[i].StopPrice = p("98")
	}
	list[4].Refusal = "insufficient margin"
	list[7].Side = market.Short
	return list
}

func events() []risk.Event {
	at := func(minute market.Time) market.Time { return epoch + minute*market.Minute + 20*market.Second }
	return []risk.Event{
		{Time: at(0), Sequence: 0, Kind: risk.Entry, Account: 0, Side: market.Long, Size: 100 * market.Scale, Price: p("100"), Mark: p("100"), Notional: q("10000")},
		{Time: at(30), Sequence: 1, Round: 1, Kind: risk.Liquidation, Account: 0, Side: market.Long, Size: 100 * market.Scale, Price: p("90.5"), Mark: p("90.6"), Notional: q("9050"), RealizedPnL: q("-950"), Fee: q("5"), FundDelta: q("5")},
		{Time: at(31), Sequence: 2, Round: 1, Kind: risk.Liquidation, Account: 1, Side: market.Long, Size: 100 * market.Scale, Price: p("90.5"), Mark: p("90.6"), Notional: q("9050"), RealizedPnL: q("-951"), Fee: q("5"), FundDelta: q("5")},
		{Time: at(40), Sequence: 3, Round: 2, Kind: risk.Takeover, Account: 6, Side: market.Long, Size: 100 * market.Scale, Price: p("90"), Mark: p("85"), Notional: q("9000"), RealizedPnL: q("-1000")},
		{Time: at(40), Sequence: 4, Round: 2, Kind: risk.Insurance, Account: risk.TheExchange, Side: market.Long, Size: 40 * market.Scale, Price: p("85"), Mark: p("85"), Notional: q("3400"), RealizedPnL: q("-200"), FundDelta: q("-200")},
		// The deleveraged short buys back at 90 what it could have bought at 85: 60 x 5 = 300 less.
		{Time: at(40), Sequence: 5, Round: 2, Kind: risk.ADL, Account: 7, Side: market.Short, Size: 60 * market.Scale, Price: p("90"), Mark: p("85"), Notional: q("5400"), RealizedPnL: q("304")},
		{Time: at(59), Sequence: 6, Round: 1, Kind: risk.Liquidation, Account: 6, Side: market.Short, Size: market.Scale, Price: p("90"), Mark: p("90"), Notional: q("90")},
	}
}

func result() *replay.Result {
	r := &replay.Result{Instruments: []market.Instrument{{Symbol: "BTCUSDT"}}, From: epoch, To: epoch + 2*market.Hour, Ticks: 480, Candles: 120,
		Market: []replay.InstrumentMarket{{Symbol: "BTCUSDT", Open: p("100"), High: p("101"), Low: p("79.5"), Close: p("90"), LowTime: epoch + 40*market.Minute,
			Interval: market.Minute, MarkSource: "last price", Bars: 120}},
		FundOpening: q("1000"), FundClosing: q("810"), FundLow: q("810"), FundLowTime: epoch + 40*market.Minute, FundInflow: q("10"), FundOutflow: q("200"),
		RoundsMax: 2, Groups: []string{"10x, no stop", "10x, stop 2%", replay.CrowdGroup}, Rules: []string{"10x, no stop", "10x, stop 2%"},
		Pairs: []scenario.Comparison{{A: "10x, stop 2%", B: "10x, no stop"}}, Setups: 3, Notes: []string{"mark price of BTCUSDT: last price"}}
	r.Deleveraging = deleveraged()
	r.Ledger.Opening.Add(q("1000"))
	r.Ledger.External.Add(q("8000"))
	r.Ledger.Closing.Add(q("9000"))
	return r
}

// deleveraged is what the replay tells of the event of kind adl: of a short of 80 with a profit of 1,200, 60 were bought back at 90 while the
// mark was 85. The part had been bought from account 6 for 90 too, so that it lacked 300. The last mark is 88: 60 x (90 - 88) = 120 less.
func deleveraged() *replay.Deleveraging {
	d := &replay.Deleveraging{Positions: []replay.Deleveraged{{Account: 7, Group: replay.CrowdGroup, Side: market.Short, Leverage: 5 * market.Scale,
		Size: 80 * market.Scale, Endowment: q("1200"), Closed: 60 * market.Scale, Haircut: q("300"), Forgone: q("-120")}},
		Waves: []replay.ADLWave{{From: epoch + 40*market.Minute, To: epoch + 40*market.Minute, Fills: 1, Positions: 1}}}
	d.Needed.Add(q("300"))
	d.Haircut.Add(q("300"))
	d.Positions[0].Notional.Add(q("5400"))
	d.Waves[0].Needed.Add(q("300"))
	return d
}

// record tells a run the whole story.
func record(t testing.TB, r *Run) {
	t.Helper()
	for _, e := range events() {
		if err := r.Event(&e); err != nil {
			t.Fatal(err)
		}
	}
	for i := range market.Time(480) {
		last := p("100") - market.Price(i)*4*market.Scale/100
		s := replay.Step{Time: epoch + i*15*market.Second, Phase: uint8(i % 4), Mark: last + 1, Last: last, OpenInterest: 500 * market.Scale, Fund: q("1000") - q("0.25")*market.Quote(i)}
		if err := r.Step(&s); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range rows() {
		if err := r.Account(&a); err != nil {
			t.Fatal(err)
		}
	}
}

// finished writes a run and returns its directory.
func finished(t testing.TB, in Inputs, name string) (string, *Summary) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	r, err := Create(dir, in)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abort()
	record(t, r)
	s, err := r.Commit(result())
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func TestSameRunSameBytes(t *testing.T) {
	in := inputs(t)
	a, _ := finished(t, in, "a")
	b, _ := finished(t, in, "b")
	if err := Verify(a, b); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(a)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := "accounts.parquet events.parquet manifest.json report.html rulebook.yaml scenario.yaml steps.parquet summary.json"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("files %s, expected %s", got, want)
	}
	run, err := OpenRun(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.CheckFiles(); err != nil {
		t.Error(err)
	}
	s, err := run.Scenario()
	if err != nil {
		t.Fatal(err)
	}
	if s.Hash() != in.Scenario.Hash() {
		t.Error("the scenario read back is another one")
	}
	if book, err := run.Rulebook(); err != nil || book.Hash() != in.Rulebook.Hash() {
		t.Errorf("the rulebook read back is another one (%v)", err)
	}
}

func TestVerifyNamesTheFile(t *testing.T) {
	in := inputs(t)
	a, _ := finished(t, in, "a")
	for _, c := range []struct{ name, file string }{{"summary", SummaryFile}, {"events", EventsFile}, {"html", HTMLFile}} {
		b, _ := finished(t, in, c.name)
		path := filepath.Join(b, c.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[100] ^= 1
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		var d *Difference
		if err := Verify(a, b); !errors.As(err, &d) || d.File != c.file || d.Offset != 100 {
			t.Errorf("Verify after a flipped bit in %s: %v", c.file, err)
		}
		run, err := OpenRun(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := run.CheckFiles(); err == nil || !strings.Contains(err.Error(), c.file) {
			t.Errorf("CheckFiles after a flipped bit in %s: %v", c.file, err)
		}
	}
}

func TestNothingIsOverwrittenOrLeftBehind(t *testing.T) {
	in := inputs(t)
	root := t.TempDir()
	dir := filepath.Join(root, "runs", "october", "first")
	r, err := Create(dir, in)
	if err != nil {
		t.Fatal(err)
	}
	record(t, r)
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory has its name before it is complete")
	}
	r.Abort()
	if left, err := os.ReadDir(root); err != nil || len(left) != 0 {
		t.Errorf("after Abort there is %v (%v), expected nothing", left, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, in); !errors.Is(err, ErrExists) {
		t.Errorf("Create over a directory: %v, expected ErrExists", err)
	}
	// Somebody takes the name while the run is under way.
	late := filepath.Join(root, "late")
	if r, err = Create(late, in); err != nil {
		t.Fatal(err)
	}
	record(t, r)
	if err := os.Mkdir(late, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Commit(result()); !errors.Is(err, ErrExists) {
		t.Errorf("Commit over a directory: %v, expected ErrExists", err)
	}
	r.Abort()
	if left, _ := filepath.Glob(filepath.Join(root, ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSummaryByHand(t *testing.T) {
	_, s := finished(t, inputs(t), "run")
	text, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"NaN", ": Inf", ": -Inf", "\"<nil>\""} {
		if bytes.Contains(text, []byte(bad)) {
			t.Errorf("summary.json contains %s", bad)
		}
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]float64{
		"liquidations.accounts":                                     3, // 0, 1 and 6
		"liquidations.events":                                       4,
		"liquidations.notional":                                     27190,
		"liquidations.long_notional":                                27100,
		"liquidations.by_instrument.BTCUSDT.short_notional":         90,
		"liquidations.by_group.crowd.events":                        2,
		"liquidations.by_minute.2025-10-10T20:31:00Z.long_notional": 9050,
		"liquidations.rounds_max":                                   2,
		"insurance_fund.low":                                        810,
		"liquidation_fees":                                          10,
		"adl.events":                                                1,
		"adl.accounts":                                              1,
		"adl.notional":                                              5400,
		"adl.haircut":                                               300,
		"adl.needed":                                                300,
		"adl.overshoot":                                             0,
		"adl.forgone":                                               -120, // bought back at 90, with 88 at the end
		"adl.fraction_of_profit.max":                                0.25, // 300 of 1,200
		"adl.fraction_of_position.median":                           0.75,
		"adl.largest.account":                                       7,
		"adl.by_group.crowd.haircut":                                300,
		"adl.waves.largest.0.needed":                                300,
		"ledger.imbalance":                                          0,
		"groups.10x, no stop.liquidated":                            2,
		"groups.10x, no stop.liquidation_probability.estimate":      2.0 / 3,
		"groups.10x, no stop.pnl.median":                            -950,
		"groups.10x, no stop.pnl.total":                             -1780.5,
		"groups.10x, no stop.time_to_liquidation.median_seconds":    1800, // both thirty minutes after their entry
		"groups.10x, stop 2%.refused":                               1,
		"groups.10x, stop 2%.deposits":                              2000, // of the two that traded
		"groups.10x, no stop.deposits":                              3000,
		"groups.10x, stop 2%.stopped":                               2,
		"groups.crowd.deleveraged":                                  1,
		"comparisons.0.pairs":                                       2, // the refused setup is left out
		"comparisons.0.liquidations_avoided":                        1,
		"comparisons.0.winners_cut":                                 1,
		"comparisons.0.metrics.liquidation_probability.difference":  -0.5,
		"comparisons.0.metrics.pnl_mean.difference":                 ((-200 + 950) + (-210 - 120.5)) / 2,
		"market.instruments.BTCUSDT.fall":                           -0.205,
		"expectations.0.value":                                      79.5,
		"setups":                                                    3,
	} {
		got := lookup(tree, path)
		if d := got - want; !(d < 1e-9 && d > -1e-9) {
			t.Errorf("%s = %v, expected %v", path, got, want)
		}
	}
	if e := s.Expectations; !e[0].Within || e[1].Within || e[2].Value.Exists() || e[2].Within {
		t.Errorf("expectations %+v: expected within, outside, absent", e)
	}
	if total := s.Groups[2].PnL.Total; total != "-699.99999999" {
		t.Errorf("the crowd's total is %s, expected -699.99999999 exactly", total)
	}
}

func TestSummaryReadsBack(t *testing.T) {
	dir, s := finished(t, inputs(t), "run")
	run, err := OpenRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := run.Summary.JSON(); err != nil || !bytes.Equal(a, b) {
		t.Errorf("summary.json read and written again is another one (%v)", err)
	}
	if _, err := OpenRun(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no run directory") {
		t.Errorf("OpenRun of an empty directory: %v", err)
	}
}

func TestTablesHoldExactDecimals(t *testing.T) {
	dir, _ := finished(t, inputs(t), "run")
	r, err := columnar.ReadTable(filepath.Join(dir, EventsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var names []string
	for _, c := range r.Columns {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "time sequence round kind account group symbol side size price mark_price notional realized_pnl fee fund_delta" {
		t.Errorf("columns of events: %s", got)
	}
	if r.Metadata["provenance"] != "reconstructed" {
		t.Errorf("metadata %v, expected the provenance of the data", r.Metadata)
	}
	kind, _ := r.Column("kind")
	group, _ := r.Column("group")
	delta, _ := r.Column("fund_delta")
	if n, err := r.Next(); n != len(events()) || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	for i, e := range events() {
		if kind.String[i] != e.Kind.String() || delta.Int64[i] != int64(e.FundDelta) {
			t.Errorf("row %d is %s %d, expected %s %d", i, kind.String[i], delta.Int64[i], e.Kind, e.FundDelta)
		}
	}
	if got := strings.Join(group.String, "|"); got != "10x, no stop|10x, no stop|10x, no stop|crowd|exchange|crowd|crowd" {
		t.Errorf("groups %s", got)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("after the last row: %v", err)
	}
}

func TestPageStandsAlone(t *testing.T) {
	dir, _ := finished(t, inputs(t), "run")
	text, err := os.ReadFile(filepath.Join(dir, HTMLFile))
	if err != nil {
		t.Fatal(err)
	}
	// The library and its licenses name addresses and never ask for one: the page's policy forbids it, and TestChartsInABrowser looks.
	page := strings.Replace(string(text), chartLibrary, "", 1)
	page = strings.Replace(page, template.HTMLEscapeString(chartLicenses()), "", 1)
	if len(page) != len(text)-len(chartLibrary)-len(template.HTMLEscapeString(chartLicenses())) {
		t.Error("report.html does not have the library and its licenses whole")
	}
	for _, bad := range []string{"http://", "https://", "src=", "@import", "url(", "\"NaN", ">NaN", " NaN", "ZgotmplZ", "<a fall>", "Infinity"} {
		if strings.Contains(page, bad) {
			t.Errorf("report.html contains %q", bad)
		}
	}
	for _, want := range []string{"RECONSTRUCTED DATA", "Two hours &amp; &lt;a fall&gt;", `id="market-BTCUSDT"`, `id="fund"`, `id="outcomes"`,
		`id="returns"`, "backtest run small.yaml --set seed=7", "prefers-color-scheme:dark", "auto-deleveraged notional per",
		"liquidations are of the crowd and the rules under test together",
		`content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"`, `data-kind="survival"`, `data-kind="frontier"`} {
		if !strings.Contains(page, want) {
			t.Errorf("report.html lacks %q", want)
		}
	}
}

func TestPrintedForATrader(t *testing.T) {
	_, s := finished(t, inputs(t), "run")
	for _, width := range []int{0, 80, 160} {
		var b bytes.Buffer
		if err := s.Print(&b, Text{Width: width, Color: false, Dir: "runs/first"}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"RECONSTRUCTED DATA", "10x, stop 2%", "66.7% (20.8" + map[bool]string{true: "-", false: "–"}[width == 0] + "93.9)", "no such metric", "runs/first"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("at width %d the text lacks %q:\n%s", width, want, b.String())
			}
		}
		if strings.Contains(b.String(), "\x1b") {
			t.Errorf("at width %d there are escape sequences without color", width)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if n := len([]rune(line)); width == 160 && n > width {
				t.Errorf("a line of %d is wider than %d: %s", n, width, line)
			}
		}
	}
}
