package market

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestParseFormatKeepsPublishedPrices(t *testing.T) {
	for _, s := range []string{"101516.5", "101877.69", "0.08385", "121568.75958696", "0", "-0.00000001", "92233720368.54775807"} {
		if got := MustParse[Price](s).String(); got != s {
			t.Errorf("Parse then Format of %s gave %s", s, got)
		}
	}
	for in, want := range map[string]string{"116970.10": "116970.1", "1e3": "1000", "+5": "5", "3400.0": "3400"} {
		if got := MustParse[Price](in).String(); got != want {
			t.Errorf("Parse(%q) = %s, expected %s", in, got, want)
		}
	}
	for _, s := range []string{"", "-", ".", "1.", "NaN", "Inf", "1.123456789", "92233720368.54775808", "1e30", "1,5", "0x10"} {
		if v, err := Parse[Price](s); err == nil && s != "1." && s != "." {
			t.Errorf("Parse(%q) = %v, expected an error", s, v)
		}
	}
}

func TestFloatRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := Price(rapid.Int64Range(-(1<<52)+1, 1<<52-1).Draw(t, "units"))
		got, err := FromFloat[Price](Float(v))
		if err != nil || got != v {
			t.Fatalf("FromFloat(Float(%d)) = %d, %v", v, got, err)
		}
	})
	for _, x := range []float64{math.NaN(), math.Inf(1), 1e11, 0.123456789} {
		if v, err := FromFloat[Price](x); err == nil {
			t.Errorf("FromFloat(%v) = %v, expected an error", x, v)
		}
	}
}

func TestMulDivAgainstBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		d := rapid.Int64Range(1, math.MaxInt64).Draw(t, "d")
		p := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		floor := new(big.Int).Div(p, big.NewInt(d)) // Euclidean division is floor for d > 0
		ceil := new(big.Int).Neg(new(big.Int).Div(new(big.Int).Neg(p), big.NewInt(d)))
		check := func(name string, v int64, ok bool, want *big.Int) {
			fits := want.IsInt64() && want.Int64() != math.MinInt64
			if ok != fits || ok && v != want.Int64() {
				t.Fatalf("%s(%d, %d, %d) = %d, %v; expected %v", name, a, b, d, v, ok, want)
			}
		}
		v, ok := MulDivFloor(a, b, d)
		check("MulDivFloor", v, ok, floor)
		v, ok = MulDivCeil(a, b, d)
		check("MulDivCeil", v, ok, ceil)
		if got := Mul128(a, b).Big(); got.Cmp(p) != 0 {
			t.Fatalf("Mul128(%d, %d) = %v, expected %v", a, b, got, p)
		}
	})
}

func TestInt128AgainstBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := Mul128(rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b"))
		y := Mul128(rapid.Int64().Draw(t, "c"), rapid.Int64().Draw(t, "d"))
		if got, want := x.Add(y).Big(), new(big.Int).Add(x.Big(), y.Big()); got.Cmp(want) != 0 {
			t.Fatalf("Add = %v, expected %v", got, want)
		}
		if got, want := x.Sub(y).Big(), new(big.Int).Sub(x.Big(), y.Big()); got.Cmp(want) != 0 {
			t.Fatalf("Sub = %v, expected %v", got, want)
		}
		if got, want := x.Cmp(y), x.Big().Cmp(y.Big()); got != want {
			t.Fatalf("Cmp = %d, expected %d", got, want)
		}
	})
}

func TestTimesAndIntervals(t *testing.T) {
	at, err := ParseTime("2025-10-10 21:20")
	if err != nil || at != 1760131200000 {
		t.Fatalf("ParseTime = %d, %v", at, err)
	}
	if at.String() != "2025-10-10T21:20:00Z" {
		t.Fatalf("String = %s", at)
	}
	for s, want := range map[string]Interval{"1s": Second, "1m": Minute, "5m": 5 * Minute, "8h": 8 * Hour, "1d": Day} {
		if got, ok := ParseInterval(s); !ok || got != want || FormatInterval(got) != s {
			t.Errorf("ParseInterval(%s) = %d, %v, prints %s", s, got, ok, FormatInterval(got))
		}
	}
}

// Totals print and read back to the unit, beyond what 64 bits hold too; what is finer or no number is refused.
func TestParseInt128(t *testing.T) {
	for _, x := range []Int128{{}, Int128Of(1), Int128Of(-1), Int128Of(math.MaxInt64), Int128Of(math.MinInt64), Mul128(math.MaxInt64, 1<<40), Mul128(math.MinInt64, 1<<40)} {
		text := Sum{v: x}.String()
		if got, ok := ParseInt128(text); !ok || got != x {
			t.Errorf("%s reads as %v, %v; expected %v", text, got, ok, x)
		}
	}
	for _, text := range []string{"", "x", "0.000000001", "1e40"} {
		if got, ok := ParseInt128(text); ok {
			t.Errorf("%q reads as %v", text, got)
		}
	}
}
