package strategy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

func TestParamsReadEveryForm(t *testing.T) {
	for in, want := range map[string]string{"2%": "0.02", "0.02": "0.02", "2.5 %": "0.025", "0.000001%": "0.00000001", "100%": "1"} {
		if got, err := (strategy.Params{"x": in}).Fraction("x", market.Scale); err != nil || got != rate(want) {
			t.Errorf("fraction %q = %s, %v; expected %s", in, got, err, want)
		}
	}
	for in, want := range map[string]market.Time{"5m": 5 * market.Minute, "1h30m": 90 * market.Minute, "1d": market.Day, "250ms": 250} {
		if got, err := (strategy.Params{"x": in}).Duration("x"); err != nil || got != want {
			t.Errorf("duration %q = %d, %v; expected %d", in, got, err, want)
		}
	}
	for in, want := range map[string]string{"10x": "10", "1.5": "1.5"} {
		if got, err := (strategy.Params{"x": in}).Multiple("x"); err != nil || got != rate(want) {
			t.Errorf("multiple %q = %s, %v; expected %s", in, got, err, want)
		}
	}
	for in, want := range map[string]string{"2%": "2%", "0.02": "2%", "1.5 atr(20)": "1.5 atr(20)", "3atr": "3 atr(14)"} {
		if got, ok := strategy.ParseDistance(in); !ok || got.String() != want {
			t.Errorf("distance %q = %s, %v; expected %s", in, got, ok, want)
		}
	}
}

func TestParamsNameKeyValueAndExpectation(t *testing.T) {
	p := strategy.Params{"x": "nonsense", "big": "2", "zero": "0", "fine": "0.0000001%", "twice": "A,A"}
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(p.Fraction("x", market.Scale)), `x: "nonsense": expected a share above 0 and at most 100%, written "2%" or "0.02"`},
		{second(p.Fraction("big", market.Scale)), `big: "2": expected a share`},
		{second(p.Fraction("fine", market.Scale)), "fine: "},
		{second(p.Quote("zero")), `zero: "0": expected an amount`},
		{second(p.Quote("absent")), "absent is missing: expected an amount"},
		{second(p.Multiple("zero")), "zero: "},
		{second(p.Count("big", 3, 9)), "a whole number from 3 to 9"},
		{second(p.Duration("zero")), "zero: "},
		{second(p.Duration("x")), "x: "},
		{second(p.Times("x")), "UTC times"},
		{second(p.Sides("x")), "long, short or both"},
		{second(p.Symbols("twice")), "different symbols"},
		{second(p.Watch("x")), "mark, last or index"},
		{second(p.Distance("big")), "a distance"},
	} {
		if !errors.Is(c.err, strategy.ErrParam) || !strings.Contains(fmt.Sprint(c.err), c.want) {
			t.Errorf("%v; expected %q", c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzParseDistance(f *testing.F) {
	for _, seed := range []string{"2%", "0.02", "1.5 atr(20)", "3atr", "atr", "-1 atr", "1e3 atr(1", "%", "99.999999%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		d, ok := strategy.ParseDistance(in)
		if !ok {
			return
		}
		if again, ok := strategy.ParseDistance(d.String()); d.Rate <= 0 || !ok || again != d {
			t.Fatalf("%q reads as %s, which reads as %s (%v)", in, d, again, ok)
		}
	})
}
