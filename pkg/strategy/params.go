package strategy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Params are a rule's parameters as written in a scenario: name to text. Their typed readers report the key, the value
// and what was expected, and wrap ErrParam. A missing key reads as the empty text, which only the readers with "Or" in
// their name and Symbols accept; a Registry fills in the documented defaults before a constructor sees the Params.
type Params map[string]string

// ErrParam reports a parameter that is missing, unknown or unreadable.
var ErrParam = errors.New("invalid parameter")

func (p Params) errorf(key, expected string) error {
	if p[key] == "" {
		return fmt.Errorf("%w: %s is missing: expected %s", ErrParam, key, expected)
	}
	return fmt.Errorf("%w: %s: %q: expected %s", ErrParam, key, p[key], expected)
}

// Keys returns the names present, ascending.
func (p Params) Keys() []string { return slices.Sorted(maps.Keys(p)) }

// Has reports whether key is present with a text.
func (p Params) Has(key string) bool { return p[key] != "" }

// Quote reads an amount of money above zero, such as "1000" or "99.5".
func (p Params) Quote(key string) (market.Quote, error) {
	v, err := market.Parse[market.Quote](p[key])
	if err != nil || v <= 0 {
		return 0, p.errorf(key, "an amount of quote currency above 0, such as 1000")
	}
	return v, nil
}

// quoteOrShare reads money above zero, or a share of equity above zero and at most 100% written with a percent sign.
func (p Params) quoteOrShare(key string) (money market.Quote, share market.Rate, err error) {
	if strings.HasSuffix(p[key], "%") {
		share, err = p.Fraction(key, market.Scale)
		return 0, share, err
	}
	money, err = p.Quote(key)
	return money, 0, err
}

// Fraction reads a share above zero and at most limit, written "2%" or "0.02".
func (p Params) Fraction(key string, limit market.Rate) (market.Rate, error) {
	v, ok := parseFraction(p[key])
	if !ok || v <= 0 || v > limit {
		percent := market.Format(limit * 100) // limits are small constants of the rules
		return 0, p.errorf(key, `a share above 0 and at most `+percent+`%, written "2%" or "0.02"`)
	}
	return v, nil
}

func parseFraction(s string) (market.Rate, bool) {
	digits, percent := strings.CutSuffix(s, "%")
	if strings.ContainsAny(digits, "eE") {
		return 0, false
	}
	v, err := market.Parse[market.Rate](strings.TrimSpace(digits))
	if err != nil {
		return 0, false
	}
	if percent {
		if v%100 != 0 {
			return 0, false
		}
		v /= 100
	}
	return v, true
}

// Multiple reads a factor above zero, such as "2", "1.5" or "10x".
func (p Params) Multiple(key string) (market.Rate, error) {
	v, err := market.Parse[market.Rate](strings.TrimSuffix(p[key], "x"))
	if err != nil || v <= 0 {
		return 0, p.errorf(key, `a multiple above 0, such as "2" or "10x"`)
	}
	return v, nil
}

// Count reads a whole number from low to high.
func (p Params) Count(key string, low, high int) (int, error) {
	v, err := strconv.Atoi(p[key])
	if err != nil || v < low || v > high {
		return 0, p.errorf(key, fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return v, nil
}

// Duration reads a length of time above zero, such as "30s", "5m", "8h", "1d" or "1h30m".
func (p Params) Duration(key string) (market.Time, error) {
	v, err := p.DurationOrZero(key)
	if err == nil && v == 0 {
		err = p.errorf(key, durationForm)
	}
	return v, err
}

const durationForm = `a duration of at least 1ms, such as "5m", "8h" or "1h30m"`

// DurationOrZero is Duration that reads a missing text and "0" as zero.
func (p Params) DurationOrZero(key string) (market.Time, error) {
	s := p[key]
	if s == "" || s == "0" {
		return 0, nil
	}
	if d, ok := market.ParseInterval(s); ok {
		return d, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Millisecond || d%time.Millisecond != 0 {
		return 0, p.errorf(key, durationForm)
	}
	return market.Time(d.Milliseconds()), nil
}

// Times reads one time or several separated by commas.
func (p Params) Times(key string) ([]market.Time, error) {
	var times []market.Time
	for s := range strings.SplitSeq(p[key], ",") {
		t, err := market.ParseTime(strings.TrimSpace(s))
		if err != nil {
			return nil, p.errorf(key, "UTC times separated by commas, such as 2025-10-10T21:20:00Z")
		}
		times = append(times, t)
	}
	return times, nil
}

// Sides reads "long", "short" or "both".
func (p Params) Sides(key string) ([]market.Side, error) {
	if p[key] == "both" {
		return []market.Side{market.Long, market.Short}, nil
	}
	side, ok := market.ParseSide(p[key])
	if !ok {
		return nil, p.errorf(key, "long, short or both")
	}
	return []market.Side{side}, nil
}

// Symbols reads names separated by commas; nil, for "all", means every symbol of the data.
func (p Params) Symbols(key string) ([]string, error) {
	if s := p[key]; s == "" || s == "all" {
		return nil, nil
	}
	var symbols []string
	for s := range strings.SplitSeq(p[key], ",") {
		s = strings.TrimSpace(s)
		if s == "" || slices.Contains(symbols, s) {
			return nil, p.errorf(key, `"all" or different symbols separated by commas, such as BTCUSDT,ETHUSDT`)
		}
		symbols = append(symbols, s)
	}
	return symbols, nil
}

// Watch reads "mark", "last" or "index".
func (p Params) Watch(key string) (Watch, error) {
	w, ok := ParseWatch(p[key])
	if !ok {
		return 0, p.errorf(key, "mark, last or index")
	}
	return w, nil
}

// Distance reads a Distance, such as "2%" or "1.5 atr(14)".
func (p Params) Distance(key string) (Distance, error) {
	d, ok := ParseDistance(p[key])
	if !ok {
		return Distance{}, p.errorf(key, `a distance: a share of the price such as "2%" or "0.02", or a multiple of the average true range such as "1.5 atr(14)"`)
	}
	return d, nil
}

// DistanceOrNone is Distance that reads a missing text as none, the zero Distance.
func (p Params) DistanceOrNone(key string) (Distance, error) {
	if p[key] == "" {
		return Distance{}, nil
	}
	return p.Distance(key)
}
