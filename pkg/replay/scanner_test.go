package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// wild makes minutes that jump, gap and swing, from a seed.
func wild(r *rand.Rand, n int, from, volatility float64) []bar {
	var bars []bar
	at, price := start, from
	tick := func(x float64) market.Price { return max(market.Price(math.Round(x*10)), 10) * 1000_0000 }
	for range n {
		if r.IntN(40) == 0 {
			at += market.Time(1+r.IntN(20)) * market.Minute
		}
		open := price
		if r.IntN(30) == 0 {
			open *= math.Exp(r.NormFloat64() * 12 * volatility)
		}
		price = min(max(open*math.Exp(r.NormFloat64()*volatility), 3000), 900000)
		o, c := tick(open), tick(price)
		bars = append(bars, bar{time: at, interval: market.Minute, open: o, close: c, volume: 1,
			high: max(o, c) + tick(math.Abs(r.NormFloat64())*volatility*open), low: min(o, c) - tick(math.Abs(r.NormFloat64())*volatility*open/2)})
		at += market.Minute
	}
	return bars
}

// bothWays replays a scenario through the exchange and through scan and compares every account and the fund's flows.
func bothWays(t testing.TB, c *columnar.Catalog, text string) []AccountRow {
	s := parseScenario(t, text)
	book := rulebook(t)
	whole, scanned := &tape{}, &tape{}
	a, err := Run(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: book, Recorder: whole})
	if err != nil {
		t.Fatal(err)
	}
	scanner, err := NewScanner(context.Background(), Options{Scenario: s, Catalog: c, Rulebook: book})
	if err != nil {
		t.Fatal(err)
	}
	b, err := scanner.Run(s, scanned)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(scanned.rows, func(x, y AccountRow) int { return cmp.Compare(x.ID, y.ID) })
	for _, rows := range [][]AccountRow{whole.rows, scanned.rows} {
		for i := range rows {
			if r := &rows[i]; r.Outcome == OutcomeRefused { // wording and what was planned are each one's own
				r.Refusal, r.EntryPrice, r.Size, r.Margin, r.StopPrice, r.Leverage = "", 0, 0, 0, 0, 0
			}
		}
	}
	if d := gocmp.Diff(whole.rows, scanned.rows); d != "" {
		t.Fatalf("exchange (-) and scan (+) differ:\n%.3000s\n%s", d, text)
	}
	if a.FundInflow != b.FundInflow || a.FundOutflow != b.FundOutflow {
		t.Fatalf("insurance fund: in %v and %v, out %v and %v\n%s", a.FundInflow, b.FundInflow, a.FundOutflow, b.FundOutflow, text)
	}
	if d := gocmp.Diff([][]string{a.Groups, a.Rules}, [][]string{b.Groups, b.Rules}); d != "" {
		t.Fatal(d)
	}
	return whole.rows
}

// The kernel of sweeps and the whole exchange tell the same of every account, to the unit and the millisecond.
func TestScannerAgreesWithTheExchange(t *testing.T) {
	seen := map[string]int{}
	bankrupt := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 5))
		last := wild(r, 30+r.IntN(400), 60000, []float64{0.0005, 0.003, 0.008}[r.IntN(3)])
		all := series{btc: last}
		if r.IntN(3) > 0 { // a mark of its own, with holes
			var mark []bar
			for _, b := range last {
				if r.IntN(20) > 0 {
					shift := market.Price(r.IntN(200)-100) * 1000_0000
					b.open, b.high, b.low, b.close = b.open+shift, b.high+shift, b.low+shift, b.close+shift
					mark = append(mark, b)
				}
			}
			all[key(columnar.Mark, market.Minute, "BTCUSDT")] = mark
		}
		c := catalog(t, all, func(w *columnar.Writer) { furnish(t, w, r, last) })
		for _, row := range bothWays(t, c, randomScenario(r, last)) {
			seen[row.Outcome]++
			if row.Outcome == OutcomeLiquidated && row.Fees < row.Margin/100 {
				bankrupt++
			}
		}
	}
	for _, o := range []string{OutcomeOpen, OutcomeClosed, OutcomeStopped, OutcomeLiquidated, OutcomeRefused} {
		if seen[o] == 0 {
			t.Errorf("no account was %s: %v", o, seen)
		}
	}
	if bankrupt == 0 {
		t.Error("no position was taken over")
	}
}

// furnish adds funding and depth to a catalog.
func furnish(t testing.TB, w *columnar.Writer, r *rand.Rand, bars []bar) {
	end := bars[len(bars)-1].end()
	if every := []market.Time{0, 8 * market.Hour, 10 * market.Minute, 47_001}[r.IntN(4)]; every > 0 {
		f := &market.Funding{}
		for at := start - market.Hour; at < end+market.Hour; at += every {
			f.Time, f.Rate, f.IntervalHours = append(f.Time, at), append(f.Rate, market.Rate(r.IntN(100_000)-30_000)), append(f.IntervalHours, 8)
		}
		if err := w.Funding("BTCUSDT", f); err != nil {
			t.Fatal(err)
		}
	}
	if r.IntN(2) == 0 {
		d := &market.Depth{}
		for at := start + market.Time(r.IntN(100_000)); at < end; at += market.Time(1 + r.IntN(200_000)) {
			for _, side := range []float64{-1, 1} {
				n := float64(10_000 + r.IntN(1_000_000))
				d.Time, d.Percentage, d.Size, d.Notional = append(d.Time, at), append(d.Percentage, side), append(d.Size, n/60000), append(d.Notional, n)
			}
		}
		if len(d.Time) > 0 {
			if err := w.Depth("BTCUSDT", d); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// randomScenario is a grid of leverages and stops over random entries of one side.
func randomScenario(r *rand.Rand, bars []bar) string {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	from := bars[r.IntN(len(bars)/2)].time
	equity := []int{1000, 2_000_000}[r.IntN(2)]
	leverage := pick("[1, 3, 20]", "[5, 10]", "[2, 7.5, 20]")
	if equity == 1000 {
		leverage = pick("[1, 20, 125]", "[50, 75, 100]", "[3, 12.5]")
	}
	return fmt.Sprintf(`
window: {from: %v}
seed: %d
prices: {step: %s, intrabar: %s, mark: %s}
execution: {half_spread: %s, impact: %s, exponent: %s, cap: 10%%, depth: 2000000, depth_factor: 0.7}
insurance_fund: {opening: 50_000_000_000, floor: 0}
probes:
  entries: {kind: random, count: %d, side: %s}
  factors:
    equity: %d
    sizing: %s
    leverage: %s
    stop: [none, %s, {kind: percent, percent: %d.%d%%, watch: mark}, {kind: atr, multiple: %s, period: %d, watch: %s}]
    take_profit: none
    margin: isolated
%s`, from, r.IntN(1000), pick("0", "0.1%", "0.02%"), pick("nearest_first", "low_first", "high_first"), pick("auto", "auto", "last"),
		pick("0", "0.01%", "0.3%"), pick("0", "0.5%", "3%"), pick("0.5", "1"), 1+r.IntN(25), pick("long", "short"), equity,
		pick("{kind: fixed_fraction, fraction: 90%, exposure: leverage}", fmt.Sprintf("{kind: fixed_notional, notional: %d}", equity/2)), leverage,
		pick("0.1%", "1%", "4%"), r.IntN(6), 1+r.IntN(9), pick("0.5", "2", "10"), 1+r.IntN(20), pick("mark", "last"),
		strings.Repeat("    hold: "+pick("1m", "7m", "2h", "20s")+"\n", r.IntN(2)))
}

// What scan does not do is refused with its reason.
func TestScannerRefusesWhatNeedsTheExchange(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat)}, nil)
	for text, reason := range map[string]string{
		one(", margin: cross"):                                                             "has a part that is not scanned",
		one(", take_profit: 2%"):                                                           "has a part that is not scanned",
		one(", stop: {kind: trailing, distance: 2%}"):                                      "has a part that is not scanned",
		one(", stop: {kind: percent, percent: 2%, watch: index}"):                          "watches the index price",
		strings.Replace(one(""), "symbols: BTCUSDT", "symbols: BTCUSDT, side: both", 1):    "entries of both sides",
		strings.Replace(one(""), "{step: 0}", "{step: 0, intrabar: bridge}", 1):            "prices.intrabar is bridge",
		strings.Replace(one(""), "{step: 0}", "{step: 0, mode: feedback}", 1):              "prices.mode is feedback",
		strings.Replace(one(""), "depth: 1000000", "depth: 1, depth_model: {floor: 1}", 1): "depth is modeled",
		one("") + smallCrowd[:strings.Index(smallCrowd, "insurance_fund")]:                 "there is a crowd",
	} {
		_, err := NewScanner(context.Background(), Options{Scenario: parseScenario(t, text), Catalog: c, Rulebook: rulebook(t)})
		if refused := (*NotScannable)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v; expected %q", err, reason)
		}
	}
}
