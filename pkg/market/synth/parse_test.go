package synth

import (
	"strings"
	"testing"
)

// small is a file of one instrument over one hour; lines are counted in the tests below.
const small = `schema: backtest/points/v1
name: small
title: A test
from: 2025-10-10T21:00:00Z
to: 2025-10-10T22:00:00Z
seed: 1
sources: {test: a test}
model:
  common_share: {value: 0.5, source: test, quality: A}
  mark_half_life: {value: 10, source: test, quality: A}
  volatility:
    - {time: 2025-10-10T21:00:00Z, value: 0.001, source: test, quality: A}
  depth:
    bid: [{time: 2025-10-10T21:00:00Z, value: 1, source: test, quality: A}]
    ask: [{time: 2025-10-10T21:00:00Z, value: 1, source: test, quality: A}]
  funding:
    none: [{time: 2025-10-10T16:00:00Z, value: 0, source: test, quality: A}]
  open_interest:
    flat: [{time: 2025-10-10T21:00:00Z, value: 1, source: test, quality: A}]
instruments:
  - symbol: AAAUSDT
    tick: 0.1
    volatility: {value: 1, source: test, quality: A}
    volume: {value: 10, source: test, quality: A}
    prices:
      - {time: 2025-10-10T21:00:00Z, price: 100, kind: open, venue: X, source: test, quality: A}
      - {time: 2025-10-10T21:20:00Z, price: 90.5, kind: low, venue: X, source: test, quality: A}
      - {time: 2025-10-10T21:40:07Z, price: 95.25, kind: quote, venue: X, source: test, quality: A}
      - {time: 2025-10-10T22:00:00Z, price: 98, kind: open, venue: X, source: test, quality: A}
    funding: none
    open_interest: {size: 1000, path: flat, source: test, quality: A}
    depth: [{percentage: 1, notional: 1_000_000, source: test, quality: A}]
`

// hour is small with a window that has a settlement, so that it is valid.
var hour = strings.NewReplacer("T21:00:00Z", "T16:00:00Z", "T22:00:00Z", "T23:00:00Z").Replace(small)

func TestParseReadsTheSmallFile(t *testing.T) {
	p, err := Parse("small.yaml", []byte(hour))
	if err != nil {
		t.Fatal(err)
	}
	i := p.Instruments[0]
	if p.Seed != 1 || i.Symbol != "AAAUSDT" || i.Tick.String() != "0.1" || len(i.Prices) != 4 {
		t.Errorf("read %+v", p)
	}
	// A low without `at` stands in the middle of its window.
	if low := i.Prices[1]; low.At.String() != "2025-10-10T21:20:30Z" || low.Price.String() != "90.5" {
		t.Errorf("low %s at %s", low.Price, low.At)
	}
}

func TestParseNamesPlaceAndRemedy(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"unknown key", "    tick: 0.1", "    tik: 0.1", `p.yaml:22:5: unknown field "tik"`},
		{"repeated key", "seed: 1", "seed: 1\nseed: 2", "p.yaml:7:1: "},
		{"schema", "points/v1", "points/v9", "p.yaml:1:9: schema \"backtest/points/v9\"; expected backtest/points/v1"},
		{"seed", "seed: 1", "seed: -1", "p.yaml:6:7: seed \"-1\"; expected a whole number"},
		{"out of window", "T21:40:07Z", "T23:40:07Z", "p.yaml:28:16: AAAUSDT.prices: 2025-10-10T23:40:07Z lies outside of the window 2025-10-10T16:00:00Z to 2025-10-10T23:00:00Z; remove the point or widen the window"},
		{"fraction of a second", "T21:40:07Z", "T21:40:07.5Z", "p.yaml:28:16: AAAUSDT.prices: 2025-10-10T21:40:07.500Z; expected a whole second"},
		{"low above a quote", "T21:40:07Z, price: 95.25", "T21:20:07Z, price: 90.4", "p.yaml:27:16: AAAUSDT: low 90.5 from 2025-10-10T21:20:00Z for 1m is contradicted by the quote 90.4 at 2025-10-10T21:20:07Z (X); remove one of them or narrow the window"},
		{"two prices", "T21:40:07Z", "T21:20:30Z", "two prices at 2025-10-10T21:20:30Z, 90.5 and 95.25; keep the better source"},
		{"low off the tick", "90.5", "90.55", "p.yaml:27:16: AAAUSDT: low 90.55 is not a multiple of the tick 0.1"},
		{"open inside a minute", "T21:40:07Z, price: 95.25, kind: quote", "T21:40:07Z, price: 95.2, kind: open", "an open stands at the start of a minute; call 2025-10-10T21:40:07Z a quote"},
		{"kind", "kind: quote", "kind: guess", "p.yaml:28:58: AAAUSDT.prices: kind \"guess\"; expected quote, open, low or high"},
		{"price", "95.25", "-95.25", "p.yaml:28:45: AAAUSDT.prices: \"-95.25\"; expected a positive decimal"},
		{"no end", "      - {time: 2025-10-10T23:00:00Z, price: 98", "      - {time: 2025-10-10T22:00:00Z, price: 98", "p.yaml:21:13: AAAUSDT: expected prices at both ends of the window"},
		{"no source", "venue: X, source: test, quality: A}\n      - {time: 2025-10-10T21:20", "venue: X, quality: A}\n      - {time: 2025-10-10T21:20", "source \"\" is not among sources"},
		{"assumption without note", "size: 1000, path: flat, source: test, quality: A", "size: 1000, path: flat, source: test, quality: assumed", "AAAUSDT.open_interest: is assumed without a note; state the assumption"},
		{"missing settlement", "none: [{time: 2025-10-10T16:00:00Z", "none: [{time: 2025-10-10T17:00:00Z", "funding none has no rate for 2025-10-10T16:00:00Z"},
		{"unknown path", "path: flat", "path: steep", "p.yaml:31:39: AAAUSDT: open_interest.path \"steep\" is not under model.open_interest; known: flat"},
		{"number", "volatility: {value: 1,", "volatility: {value: NaN,", "AAAUSDT.volatility: value \"NaN\"; expected a number from 0.01 to 20"},
		{"list for a scalar", "name: small", "name: [small]", "p.yaml:2:7: is a Sequence; expected one value"},
		{"window", "to: 2025-10-10T23", "to: 2025-10-10T15", "to 2025-10-10T15:00:00Z; expected after from"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(hour, test.old, test.new, 1)
			_, err := Parse("p.yaml", []byte(text))
			switch {
			case test.want == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Fatalf("error\n%v\nwant it to contain\n%s", err, test.want)
			}
		})
	}
}

func TestParseRefusesEmptyAndSeveralDocuments(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "p.yaml: is empty",
		hour + "---\n" + hour:     "p.yaml: holds several documents",
		"a: [":                    "p.yaml:1:",
		strings.Repeat(" ", 5e6):  "at most",
		"&a {schema: *a, x: *b}}": "p.yaml",
	} {
		if _, err := Parse("p.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: error %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(hour))
	f.Add([]byte(small))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("fuzz.yaml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.yaml") {
				t.Fatalf("an error without its file: %v", err)
			}
			return
		}
		if len(p.Instruments) == 0 || p.To <= p.From {
			t.Fatalf("accepted %+v", p)
		}
	})
}
