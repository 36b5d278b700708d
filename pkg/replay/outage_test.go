package replay

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Flat minutes at 50,000, 48,000, 46,000 and 49,000, opened by gaps. A long of 0.02 entered at 50,000 has a stop 2% below, at 49,000, which the gap of
// minute 1 jumps. What an outage of minutes 1 and 2 makes of it:
func TestOutagesHoldStops(t *testing.T) {
	at := func(p float64) [4]float64 { return [4]float64{p, p, p, p} }
	c := catalog(t, series{btc: minutes(market.Minute, start, at(50000), at(48000), at(46000), at(49500), at(49500))}, nil)
	window := "{from: 2025-10-10T12:01:00Z, to: 2025-10-10T12:03:00Z"
	for _, v := range []struct {
		name, outages string
		minute        market.Time
		price         float64
		outcome       string
	}{
		{"without one it fills at the jump", "", 1, 48000, OutcomeStopped},
		{"delayed, it fills at the end, where the price has come back above it", window + "}", 3, 49500, OutcomeStopped},
		{"refused, it is looked at again at the end, and the price has left it", window + ", kind: refused}", 0, 0, OutcomeOpen},
		{"a latency of a minute", window + ", kind: latency, latency: 1m}", 2, 46000, OutcomeStopped},
		{"an outage that is over by then", "{from: 2025-10-10T12:00:30Z, to: 2025-10-10T12:01:00Z}", 1, 48000, OutcomeStopped},
	} {
		text := one(", stop: {kind: percent, percent: 2%, watch: mark}")
		if v.outages != "" {
			text += "\noutages: [" + v.outages + "]\n"
		}
		_, rec := replay(t, c, text, 1)
		a := rec.rows[0]
		if a.Outcome != v.outcome || v.outcome != OutcomeOpen && (a.OutcomePrice != px(v.price) || a.OutcomeTime != start+v.minute*market.Minute) {
			t.Errorf("%s: %s; expected %s at %v in minute %d", v.name, rec.accounts[0], v.outcome, v.price, v.minute)
		}
	}
}

// An entry in an outage is refused with its end; a share of 0.5 strikes about half of the entries, all rules of an entry alike.
func TestOutagesRefuseEntries(t *testing.T) {
	flat := [4]float64{50000, 50000, 50000, 50000}
	c := catalog(t, series{btc: minutes(market.Minute, start, flat, flat)}, nil)
	text := one("") + "\noutages: [{from: 2025-10-10T12:00:00Z, to: 2025-10-10T12:01:00Z}]\n"
	r, rec := replay(t, c, text, 1)
	if a := rec.rows[0]; a.Outcome != OutcomeRefused || !strings.Contains(a.Refusal, "nothing before 2025-10-10T12:01:00Z") {
		t.Errorf("%s", rec.accounts[0])
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "outages refused 1 entries") {
		t.Errorf("notes %q", r.Notes)
	}
	o := outages{list: parseScenario(t, strings.Replace(text, "Z}]", "Z, share: 0.5}]", 1)).Outages, seed: 7}
	struck := 0
	for setup := range int32(10_000) {
		if o.strikes(0, setup) {
			struck++
		}
	}
	if struck < 4_800 || struck > 5_200 { // four standard deviations of 50
		t.Errorf("%d of 10,000 entries are struck; expected half", struck)
	}
}
