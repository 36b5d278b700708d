package calc

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// example is a published figure: what goes in by way of the command's own input, what has to come out, and how near.
// Examples with the same id are parts of one published case.
type example struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind"`
	Venue     string            `json:"venue"`
	Command   string            `json:"command"`
	Input     json.RawMessage   `json:"input"`
	Expect    map[string]any    `json:"expect"` // path -> decimal, true, false or null; "path up to UNIT" rounds up first
	Tolerance string            `json:"tolerance"`
	Source    string            `json:"source"`
	Omitted   map[string]string `json:"omitted"` // parts of the published case that are inputs here, with the reason
}

func loadExamples(t *testing.T) []example {
	t.Helper()
	text, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Examples []example }
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f.Examples
}

// TestPublishedExamples computes every example of the project's own file within its tolerance.
func TestPublishedExamples(t *testing.T) {
	for i, e := range loadExamples(t) {
		t.Run(e.ID+"/"+strconv.Itoa(i), func(t *testing.T) {
			out := compute(t, e)
			for path, want := range e.Expect {
				compare(t, path, dig(t, out, path), want, Must(e.Tolerance))
			}
		})
	}
}

// compute runs an example and returns its output as JSON would have it.
func compute(t *testing.T, e example) any {
	t.Helper()
	book := load(t, e.Venue)
	var result any
	var err error
	switch e.Command {
	case "account":
		in, err2 := ParseAccount(e.Input)
		if err = err2; err == nil {
			result, err = Evaluate(book, in)
		}
	case "funding":
		in, err2 := ParseFunding(e.Input)
		if err = err2; err == nil {
			result, err = Funding(book, in)
		}
	case "adl":
		in, err2 := ParseADL(e.Input)
		if err = err2; err == nil {
			result, err = ADL(book, in)
		}
	default:
		result = call(t, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// call runs the functions that have no command.
func call(t *testing.T, e example) any {
	t.Helper()
	var raw map[string]string
	if err := json.Unmarshal(e.Input, &raw); err != nil {
		t.Fatal(err)
	}
	n := func(key string) Number { return Must(raw[key]) }
	switch e.Command {
	case "displayed_rate":
		return map[string]Number{"rate": DisplayedRate(n("margin"), n("balance"))}
	case "portfolio_threshold":
		return map[string]Number{"threshold": PortfolioThreshold(n("ltv"))}
	case "liquidation_buffer":
		return map[string]Number{"buffer": LiquidationBuffer(n("available"), n("threshold"), n("initial"))}
	case "close_out_levels":
		mm, out := CloseOutLevels(n("initial"))
		return map[string]Number{"maintenance": mm, "close_out": out}
	}
	t.Fatalf("no function %s", e.Command)
	return nil
}

// dig follows a path of keys and places.
func dig(t *testing.T, v any, path string) any {
	t.Helper()
	path, _, _ = strings.Cut(path, " up to ")
	for _, key := range strings.Split(path, "/") {
		switch at := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = at[key]; !ok {
				t.Fatalf("%s: there is no %s", path, key)
			}
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(at) {
				t.Fatalf("%s: there is no %s among %d", path, key, len(at))
			}
			v = at[i]
		default:
			t.Fatalf("%s: %v has no %s", path, v, key)
		}
	}
	return v
}

func compare(t *testing.T, path string, got, want any, tolerance Number) {
	t.Helper()
	text, isText := want.(string)
	n, isNumber := ParseNumber(text)
	if !isText || !isNumber {
		if got != want {
			t.Errorf("%s is %v, expected %v", path, got, want)
		}
		return
	}
	have, ok := ParseNumber(fmt.Sprint(got))
	if _, unit, rounded := strings.Cut(path, " up to "); ok && rounded {
		have = have.Ceil(Must(unit))
	}
	if !ok || have.Sub(n).Abs().Cmp(tolerance) > 0 {
		t.Errorf("%s is %v, expected %s within %s", path, got, text, tolerance)
	}
}

// notApplicable are the published examples that are about something else than an account, a rate or a queue of a venue.
// docs/CALC.md has the same list.
var notApplicable = map[string]string{
	"hl-oct10-batches":    "counts of an event, nothing is computed; that ADL closes what was taken over before it, coin by coin, is a property of the engine's events",
	"hl-oct10-totals":     "counts of an event, nothing is computed",
	"okx-api-margin-2024": "spot margin, not a perpetual",
	"gmx-liq-fee":         "a venue whose pool is the counterparty; no rulebook",
}

// TestReferenceExamples reads the reference file, where it lies beside the repository, and finds each of its examples
// computed above, with all of its published figures and its tolerance, or named as not applicable.
func TestReferenceExamples(t *testing.T) {
	text, err := os.ReadFile("../../../../shared/reference/venue-examples.json")
	if err != nil {
		t.Skip("the reference examples do not lie beside the repository; the project's own copy is tested all the same")
	}
	var list []struct {
		ID        string
		Kind      string
		Expected  any
		Tolerance json.Number
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		t.Fatal(err)
	}
	own := map[string][]example{}
	for _, e := range loadExamples(t) {
		own[e.ID] = append(own[e.ID], e)
	}
	for _, e := range list {
		reason, excused := notApplicable[e.ID]
		mine := own[e.ID]
		switch {
		case excused && len(mine) > 0:
			t.Errorf("%s is computed and excused", e.ID)
		case excused:
			t.Logf("%-36s %-28s does not apply: %s", e.ID, e.Kind, reason)
		case len(mine) == 0:
			t.Errorf("%s (%s) is neither computed nor excused", e.ID, e.Kind)
		default:
			covered(t, e.ID, "", e.Expected, mine)
			t.Logf("%-36s %-28s computed", e.ID, e.Kind)
		}
	}
}

// covered finds a published figure among what the project's examples expect.
func covered(t *testing.T, id, key string, figure any, mine []example) {
	t.Helper()
	switch v := figure.(type) {
	case map[string]any:
		for k, inner := range v {
			covered(t, id, k, inner, mine)
		}
		return
	case []any:
		for _, inner := range v {
			covered(t, id, key, inner, mine)
		}
		return
	case json.Number:
		figure = v.String()
	}
	for _, e := range mine {
		if e.Omitted[key] != "" {
			return
		}
		for path, want := range e.Expect {
			a, okA := ParseNumber(fmt.Sprint(figure))
			b, okB := ParseNumber(fmt.Sprint(want))
			if _, unit, scaled := strings.Cut(path, " up to "); scaled {
				b = b.Div(Must(unit)) // the venue counts in units
			}
			if figure == want || okA && okB && a.Cmp(b) == 0 {
				return
			}
		}
	}
	t.Errorf("%s: the figure %s = %v is not computed", id, key, figure)
}
