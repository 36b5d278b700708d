package calc

import (
	"math/big"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Digits is the number of significant digits that a number is printed with when its decimal expansion does not end, that of
// IEEE 754 decimal128.
const Digits = 34

// Bounds of what ParseNumber accepts: nothing that a venue prints comes near them, and they keep arithmetic on numbers
// from outside small.
const (
	maxText     = 100
	maxExponent = 40
)

// Number is an exact rational number, or absent (the zero value), which counts as 0 in arithmetic and is null in JSON. It
// is not changed after it was made.
type Number struct{ r *big.Rat }

// Int returns a whole number.
func Int(v int64) Number { return Number{new(big.Rat).SetInt64(v)} }

// FromFixed returns the number that a fixed-point value stands for.
func FromFixed[T market.Fixed](v T) Number {
	return Number{new(big.Rat).SetFrac64(int64(v), market.Scale)}
}

// simplest is the largest denominator of a fraction that FromRate recognizes.
const simplest = 300

// FromRate returns the rate that a rulebook means: one whose eight decimals are those of a fraction with a denominator of at
// most 300, such as 0.66666667 or 0.03333333, is that fraction (2/3 of maintenance margin, 1/(2*15) of notional); every
// rate that ends within seven decimals is itself.
func FromRate(r market.Rate) Number {
	if r%10 == 0 {
		return FromFixed(r)
	}
	for den := int64(3); den <= simplest; den++ {
		num := (int64(r)*den + market.Scale/2) / market.Scale // the numerator that comes nearest
		if off := int64(r)*den - num*market.Scale; num > 0 && num < market.Scale && off > -den && off < den {
			return Int(num).Div(Int(den))
		}
	}
	return FromFixed(r)
}

// FromDecimal returns a decimal exactly.
func FromDecimal(d decimal.Decimal) Number { return Number{d.Rat()} }

// ParseNumber reads a decimal such as "101516.5" or "1e-6"; ok is false for anything else, and for numbers of more than 100
// characters or with an exponent beyond 40.
func ParseNumber(s string) (n Number, ok bool) {
	if len(s) == 0 || len(s) > maxText || strings.Trim(s, "+-.0123456789eE") != "" {
		return Number{}, false
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() > maxExponent || d.Exponent() < -maxText || d.NumDigits() > maxText {
		return Number{}, false
	}
	return FromDecimal(d), true
}

// Must is ParseNumber for constants; it panics on anything that is no number.
func Must(s string) Number {
	n, ok := ParseNumber(s)
	if !ok {
		panic("calc: " + s + " is not a number")
	}
	return n
}

// Given reports whether the number is there.
func (n Number) Given() bool { return n.r != nil }

// Or returns n, or other where n is absent.
func (n Number) Or(other Number) Number {
	if n.Given() {
		return n
	}
	return other
}

var zeroRat = new(big.Rat)

func (n Number) rat() *big.Rat {
	if n.r == nil {
		return zeroRat
	}
	return n.r
}

// Add returns n + o.
func (n Number) Add(o Number) Number { return Number{new(big.Rat).Add(n.rat(), o.rat())} }

// Sub returns n - o.
func (n Number) Sub(o Number) Number { return Number{new(big.Rat).Sub(n.rat(), o.rat())} }

// Mul returns n times o.
func (n Number) Mul(o Number) Number { return Number{new(big.Rat).Mul(n.rat(), o.rat())} }

// Div returns n / o, which is absent where o is 0.
func (n Number) Div(o Number) Number {
	if o.Sign() == 0 {
		return Number{}
	}
	return Number{new(big.Rat).Quo(n.rat(), o.rat())}
}

// Neg returns -n.
func (n Number) Neg() Number { return Number{new(big.Rat).Neg(n.rat())} }

// Abs returns n without its sign.
func (n Number) Abs() Number { return Number{new(big.Rat).Abs(n.rat())} }

// Times returns n times a whole number.
func (n Number) Times(v int) Number { return n.Mul(Int(int64(v))) }

// Sign returns -1, 0 or +1.
func (n Number) Sign() int { return n.rat().Sign() }

// Cmp compares n with o: -1, 0 or +1.
func (n Number) Cmp(o Number) int { return n.rat().Cmp(o.rat()) }

// Max returns the larger one.
func (n Number) Max(o Number) Number {
	if n.Cmp(o) < 0 {
		return o
	}
	return n
}

// Min returns the smaller one.
func (n Number) Min(o Number) Number {
	if n.Cmp(o) > 0 {
		return o
	}
	return n
}

// Clamp returns n moved into [low, high]; an absent bound does not bind.
func (n Number) Clamp(low, high Number) Number {
	if low.Given() {
		n = n.Max(low)
	}
	if high.Given() {
		n = n.Min(high)
	}
	return n
}

// Floor returns the largest multiple of step that is at most n; step is above 0.
func (n Number) Floor(step Number) Number {
	q := n.Div(step).rat()
	return step.Mul(Number{new(big.Rat).SetInt(new(big.Int).Div(q.Num(), q.Denom()))}) // Euclidean: down, as Denom is positive
}

// Ceil returns the smallest multiple of step that is at least n; step is above 0.
func (n Number) Ceil(step Number) Number { return n.Neg().Floor(step).Neg() }

// Float returns the nearest float64, for screening and printing to people.
func (n Number) Float() float64 { f, _ := n.rat().Float64(); return f }

// String prints the number exactly where its decimal expansion ends, and otherwise to 34 significant digits, half to even. An
// absent number is "null".
func (n Number) String() string {
	if !n.Given() {
		return "null"
	}
	if text, ok := n.exact(); ok {
		return text
	}
	// The exponent of the first digit, from the quotient scaled to one digit more than needed.
	num, den := new(big.Int).Abs(n.r.Num()), n.r.Denom()
	shift := Digits - (len(num.String()) - len(den.String())) // decimals that leave Digits or Digits+1 digits
	for {
		q := scaled(num, den, shift)
		if digits := len(q.String()); digits > Digits {
			shift--
			continue
		}
		d := decimal.NewFromBigInt(q, int32(-shift))
		if n.Sign() < 0 {
			d = d.Neg()
		}
		return d.String()
	}
}

// exact prints a number whose denominator has no other primes than 2 and 5.
func (n Number) exact() (string, bool) {
	den := new(big.Int).Set(n.r.Denom())
	places := 0
	for _, p := range []int64{2, 5} {
		prime, rest, count := big.NewInt(p), new(big.Int), 0
		for {
			q, r := new(big.Int).QuoRem(den, prime, rest)
			if r.Sign() != 0 {
				break
			}
			den, count = q, count+1
		}
		places = max(places, count)
	}
	if den.Cmp(big.NewInt(1)) != 0 || places > 2*maxText {
		return "", false
	}
	return decimal.NewFromBigInt(scaled(n.r.Num(), n.r.Denom(), places), int32(-places)).String(), true
}

// scaled returns num * 10^shift / den, rounded half to even.
func scaled(num, den *big.Int, shift int) *big.Int {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
	if shift >= 0 {
		num = new(big.Int).Mul(num, power)
	} else {
		den = new(big.Int).Mul(den, power)
	}
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	switch half := new(big.Int).Abs(r.Lsh(r, 1)).Cmp(den); {
	case half > 0, half == 0 && q.Bit(0) == 1:
		q.Add(q, big.NewInt(int64(num.Sign())))
	}
	return q
}

// MarshalJSON writes a decimal string, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Given() {
		return []byte("null"), nil
	}
	return []byte(`"` + n.String() + `"`), nil
}
