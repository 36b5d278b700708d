package sweep

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// Axis is a key of the scenario with the values that it takes: a list, or the steps of a range.
type Axis struct {
	Key    string   `json:"key"`
	Values []string `json:"values,omitempty"` // YAML, as written
	From   string   `json:"from,omitempty"`   // of a range; its values are From, From + Step, ... up to To
	To     string   `json:"to,omitempty"`
	Step   string   `json:"step,omitempty"`

	low, step int64 // of a range, 1e-8
	count     int64
	unit      string // "%" or "x" behind every value of a range
}

// ParseAxis reads KEY=[VALUE, VALUE, ...], the values YAML, or KEY=LOW..HIGH/STEP, numbers that may all carry % or x.
func ParseAxis(text string) (Axis, error) {
	key, values, ok := strings.Cut(text, "=")
	key, values = strings.TrimSpace(key), strings.TrimSpace(values)
	if !ok || key == "" || values == "" {
		return Axis{}, fmt.Errorf("%q; expected KEY=[VALUE, VALUE, ...] or KEY=LOW..HIGH/STEP, such as 'probes.factors.leverage=[5, 10, 20]' or 'crowd.accounts=1000..5000/1000'", text)
	}
	a := Axis{Key: key}
	var err error
	if strings.HasPrefix(values, "[") {
		a.Values, err = scenario.SplitList(values)
		a.count = int64(len(a.Values))
	} else {
		err = a.parseRange(values)
	}
	if err != nil {
		return Axis{}, fmt.Errorf("%s: %w", key, err)
	}
	return a, nil
}

func (a *Axis) parseRange(text string) error {
	from, rest, ok1 := strings.Cut(text, "..")
	to, step, ok2 := strings.Cut(rest, "/")
	if !ok1 || !ok2 {
		return fmt.Errorf("%q; expected a list [VALUE, ...] or a range LOW..HIGH/STEP, such as 2..50/2 or 0.5%%..5%%/0.5%%", text)
	}
	a.From, a.To, a.Step = strings.TrimSpace(from), strings.TrimSpace(to), strings.TrimSpace(step)
	return a.layOut()
}

// layOut fills in what is computed from the texts; it is called again for an axis that was read from plan.json.
func (a *Axis) layOut() error {
	if len(a.Values) > 0 {
		a.count = int64(len(a.Values))
		return nil
	}
	var numbers [3]int64
	for i, text := range []string{a.From, a.To, a.Step} {
		number := strings.TrimRight(text, "%x")
		if unit := text[len(number):]; i == 0 {
			a.unit = unit
		} else if unit != a.unit || len(unit) > 1 {
			return fmt.Errorf("range %s..%s/%s; expected numbers that all carry %%, or x, or nothing", a.From, a.To, a.Step)
		}
		v, err := market.Parse[market.Rate](strings.ReplaceAll(number, "_", ""))
		if err != nil {
			return fmt.Errorf("range %s..%s/%s: %w", a.From, a.To, a.Step, err)
		}
		numbers[i] = int64(v)
	}
	low, high, step := numbers[0], numbers[1], numbers[2]
	if step <= 0 || high < low || high-low < 0 || (high-low)/step == math.MaxInt64 {
		return fmt.Errorf("range %s..%s/%s; expected LOW <= HIGH, a step above 0, and fewer values than an int64 counts", a.From, a.To, a.Step)
	}
	a.low, a.step, a.count = low, step, (high-low)/step+1
	return nil
}

// Len returns the number of values.
func (a *Axis) Len() int64 { return a.count }

// Value returns a value as YAML.
func (a *Axis) Value(i int64) string {
	if len(a.Values) > 0 {
		return a.Values[i]
	}
	return market.Format(a.low+i*a.step) + a.unit
}

// Numeric reports whether all values are numbers, which their column then holds: 0.02 for 2%, 10 for 10x.
func (a *Axis) Numeric() bool {
	for _, v := range a.Values {
		if _, err := number(v); err != nil {
			return false
		}
	}
	return true
}

var errNumber = errors.New("not a number")

// number reads a value as its number.
func number(text string) (float64, error) {
	digits, percent := strings.CutSuffix(strings.TrimSuffix(text, "x"), "%")
	digits = strings.ReplaceAll(digits, "_", "")
	if digits == "" || strings.Trim(digits, "+-.eE0123456789") != "" {
		return 0, errNumber
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(x, 0) {
		return 0, errNumber
	}
	if percent {
		x /= 100
	}
	return x, nil
}

// Column is the axis' name as a column of the table of results: dots become underscores.
func (a *Axis) Column() string { return strings.ReplaceAll(a.Key, ".", "_") }
