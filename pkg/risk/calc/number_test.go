package calc

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersArePrinted(t *testing.T) {
	for _, c := range []struct {
		n    Number
		want string
	}{
		{Must("0"), "0"}, {Must("-0.00"), "0"}, {Must("1e-6"), "0.000001"}, {Must("101516.50"), "101516.5"}, {Must("-3e3"), "-3000"}, {Number{}, "null"},
		{Int(1).Div(Int(8)), "0.125"},
		{Int(2).Div(Int(3)), "0." + strings.Repeat("6", 33) + "7"},
		{Int(-1).Div(Int(3)), "-0." + strings.Repeat("3", 34)},
		{Int(200000).Div(Int(3)), "66666." + strings.Repeat("6", 28) + "7"},
		{Int(1).Div(Int(3000)), "0.000" + strings.Repeat("3", 34)},
		{Int(1).Div(Int(0)), "null"},
	} {
		if got := c.n.String(); got != c.want {
			t.Errorf("%v is printed %s, expected %s", c.n.r, got, c.want)
		}
	}
}

func TestParseNumberRefuses(t *testing.T) {
	for _, s := range []string{"", "x", "0x10", "1_000", "1,5", "NaN", "Inf", "1e999", "1e-999", "--1", "1e", ".", strings.Repeat("1", 101), "1/3"} {
		if n, ok := ParseNumber(s); ok {
			t.Errorf("ParseNumber(%q) = %v, expected it to be refused", s, n)
		}
	}
}

// What is printed is the number to 34 digits: the relative error is at most half a unit in the last of them.
func TestPrintedNumbersAreNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64().Draw(t, "a")
		b := rapid.Int64Range(1, 1<<62).Draw(t, "b")
		n := Int(a).Div(Int(b)).Mul(Must(rapid.SampledFrom([]string{"1", "1e-20", "1e20", "7e-3"}).Draw(t, "scale")))
		back, ok := new(big.Rat).SetString(n.String())
		if !ok {
			t.Fatalf("%s does not read back", n)
		}
		off := Number{back}.Sub(n).Abs()
		if off.Cmp(n.Abs().Mul(Must("1e-33"))) > 0 {
			t.Fatalf("%v is printed as %s", n.r, n)
		}
	})
}

func TestRoundingToASteps(t *testing.T) {
	half := Must("0.5")
	for _, c := range []struct{ n, down, up string }{{"7735.3725", "7735", "7735.5"}, {"-0.3", "-0.5", "0"}, {"2", "2", "2"}} {
		if got := Must(c.n).Floor(half).String(); got != c.down {
			t.Errorf("floor of %s is %s, expected %s", c.n, got, c.down)
		}
		if got := Must(c.n).Ceil(half).String(); got != c.up {
			t.Errorf("ceil of %s is %s, expected %s", c.n, got, c.up)
		}
	}
}
