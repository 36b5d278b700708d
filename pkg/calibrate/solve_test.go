package calibrate

import (
	"context"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A band of 2 to 4: its width, 2, exceeds a tenth of its middle; of 100 to 101 a tenth of the middle, 10.05, is larger.
func TestLossByHand(t *testing.T) {
	for _, c := range []struct {
		low, high, value, want float64
	}{
		{2, 4, 3, 0}, {2, 4, 2, 0}, {2, 4, 4, 0}, {2, 4, 1, 0.5}, {2, 4, 5, 0.5}, {2, 4, 1000, 10}, {2, 4, math.NaN(), 10},
		{100, 101, 111.05, 1}, {50, 50, 55, 1}, {0, 0, 3, 3}, {-50, -50, -45, 1},
	} {
		if got := (Target{Low: c.low, High: c.high}).Loss(c.value); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("loss of %v in [%v, %v] = %v, expected %v", c.value, c.low, c.high, got, c.want)
		}
	}
}

// model has targets a, a+b, 7 whatever the parameters, and one that does not exist; c has no effect.
func model(calls *int) func(context.Context, []string) ([]float64, error) {
	return func(_ context.Context, text []string) ([]float64, error) {
		*calls++
		v := make([]float64, len(text))
		for i := range text {
			var err error
			if v[i], err = strconv.ParseFloat(text[i], 64); err != nil {
				return nil, err
			}
		}
		return []float64{v[0], v[0] + v[1], 7, math.NaN()}, nil
	}
}

func problem(calls *int) Problem {
	return Problem{Seed: 5, Runs: 120, Evaluate: model(calls),
		Parameters: []Parameter{{Key: "a", Low: 0, High: 10, Start: "9"}, {Key: "b", Low: -5, High: 5, Start: "4"}, {Key: "c", Low: 0, High: 1, Start: "0.5"}},
		Targets:    []Target{{Metric: "a", Low: 2, High: 2.1}, {Metric: "a+b", Low: 1, High: 1.1}, {Metric: "constant", Low: 8, High: 9}, {Metric: "missing", Low: 0, High: 1}}}
}

func TestSolveMeetsWhatCanBeMet(t *testing.T) {
	calls := 0
	f, err := Solve(context.Background(), problem(&calls))
	if err != nil {
		t.Fatal(err)
	}
	p := problem(&calls)
	for k, want := range []bool{true, true, false, false} {
		if got := p.Targets[k].Within(f.After.Values[k]); got != want {
			t.Errorf("target %s = %v, within %v; expected %v", p.Targets[k].Metric, f.After.Values[k], got, want)
		}
	}
	if want := []bool{true, true, false, false}; !reflect.DeepEqual(f.Identified, want) {
		t.Errorf("identified %v, expected %v", f.Identified, want)
	}
	if want := []bool{true, true, false}; !reflect.DeepEqual(f.Moves, want) {
		t.Errorf("parameters that move a target %v, expected %v", f.Moves, want)
	}
	// The start is 9 and 13: losses of 6.9/0.205 and 11.9/0.105, both beyond the worst; 1 of the constant, worst of the missing.
	if want := 100.0 + 100 + 1 + 100; math.Abs(f.Before.Loss-want) > 1e-9 {
		t.Errorf("loss before %v, expected %v", f.Before.Loss, want)
	}
	if calls != f.Runs || calls > 120 {
		t.Errorf("%d evaluations, %d reported, expected the same and at most 120", calls, f.Runs)
	}
	for i, text := range f.After.Parameters {
		if digits := strings.Trim(strings.ReplaceAll(text, ".", ""), "-0"); len(digits) > significant {
			t.Errorf("parameter %d is %s, expected at most %d digits", i, text, significant)
		}
	}
}

func TestSolveIsDeterministic(t *testing.T) {
	calls := 0
	a, err := Solve(context.Background(), problem(&calls))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Solve(context.Background(), problem(&calls))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.After.Parameters, b.After.Parameters) || a.Runs != b.Runs {
		t.Errorf("the same problem gave %v and %v", a.After, b.After)
	}
}

// Two parameters that only ever act as their sum cannot be told apart.
func TestSolveSaysWhatActsAlike(t *testing.T) {
	p := Problem{Seed: 1, Runs: 60, Parameters: []Parameter{{Key: "a", Low: 0, High: 1, Start: "0"}, {Key: "b", Low: 0, High: 1, Start: "0"}},
		Targets: []Target{{Metric: "sum", Low: 1, High: 1.2}, {Metric: "twice", Low: 2, High: 2.4}},
		Evaluate: func(_ context.Context, text []string) ([]float64, error) {
			a, _ := strconv.ParseFloat(text[0], 64)
			b, _ := strconv.ParseFloat(text[1], 64)
			return []float64{a + b, 2 * (a + b)}, nil
		}}
	f, err := Solve(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if want := [][2]int{{0, 1}}; !reflect.DeepEqual(f.Alike, want) {
		t.Errorf("alike %v, expected %v", f.Alike, want)
	}
	if f.After.Loss != 0 {
		t.Errorf("loss %v, expected 0", f.After.Loss)
	}
}

func TestSolveRefuses(t *testing.T) {
	calls := 0
	for name, change := range map[string]func(*Problem){
		"targets": func(p *Problem) { p.Targets = nil },
		"runs":    func(p *Problem) { p.Runs = 10 },
		"low end": func(p *Problem) { p.Parameters[0].Low = 11 },
		"is 11 before the fit; expected a number within 0 to 10":  func(p *Problem) { p.Parameters[0].Start = "11" },
		"is 5m before the fit; expected a number within 0 to 10":  func(p *Problem) { p.Parameters[0].Start = "5m" },
		"is NaN before the fit; expected a number within 0 to 10": func(p *Problem) { p.Parameters[0].Start = "NaN" },
	} {
		p := problem(&calls)
		change(&p)
		if _, err := Solve(context.Background(), p); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, expected one about %s", err, name)
		}
	}
}
