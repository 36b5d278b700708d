package market

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// Int128 is a signed 128-bit integer in two's complement, for totals over accounts and for cumulative funding. The
// zero value is 0. Additions wrap only beyond 1.7e38, which no sum of int64 values in memory can reach.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Int128Of widens v.
func Int128Of(v int64) Int128 { return Int128{Hi: v >> 63, Lo: uint64(v)} }

// Mul128 returns the exact product of a and b.
func Mul128(a, b int64) Int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// Unsigned product to signed: subtract the other factor for each negative one.
	return Int128{Hi: int64(hi) - (a>>63)&b - (b>>63)&a, Lo: lo}
}

// Add returns x + y.
func (x Int128) Add(y Int128) Int128 {
	lo, carry := bits.Add64(x.Lo, y.Lo, 0)
	return Int128{Hi: x.Hi + y.Hi + int64(carry), Lo: lo}
}

// Sub returns x - y.
func (x Int128) Sub(y Int128) Int128 {
	lo, borrow := bits.Sub64(x.Lo, y.Lo, 0)
	return Int128{Hi: x.Hi - y.Hi - int64(borrow), Lo: lo}
}

// Neg returns -x.
func (x Int128) Neg() Int128 { return Int128{}.Sub(x) }

// Cmp returns -1, 0 or 1 as x is below, equal to or above y.
func (x Int128) Cmp(y Int128) int {
	switch {
	case x.Hi < y.Hi || x.Hi == y.Hi && x.Lo < y.Lo:
		return -1
	case x == y:
		return 0
	}
	return 1
}

// Sign returns -1, 0 or 1.
func (x Int128) Sign() int { return x.Cmp(Int128{}) }

// Int64 returns x as an int64; ok is false when it does not fit.
func (x Int128) Int64() (v int64, ok bool) {
	return int64(x.Lo), x.Hi == int64(x.Lo)>>63
}

// Big returns x as a big integer.
func (x Int128) Big() *big.Int {
	b := new(big.Int).Lsh(big.NewInt(x.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(x.Lo))
}

// MulDivCeil returns x*m/d rounded toward plus infinity, d > 0; ok is false when the result does not fit an int64.
func (x Int128) MulDivCeil(m, d int64) (v int64, ok bool) {
	if d <= 0 {
		return 0, false
	}
	p := new(big.Int).Mul(x.Big(), big.NewInt(m))
	q, rem := p.QuoRem(p, big.NewInt(d), new(big.Int))
	if rem.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q.Int64(), q.IsInt64()
}

// DivFloor returns x/d rounded toward minus infinity, d > 0; ok is false when the result does not fit an int64.
func (x Int128) DivFloor(d int64) (v int64, ok bool) {
	if d <= 0 {
		return 0, false
	}
	q, rem := new(big.Int).QuoRem(x.Big(), big.NewInt(d), new(big.Int))
	if rem.Sign() < 0 {
		q.Sub(q, big.NewInt(1))
	}
	return q.Int64(), q.IsInt64()
}

// ParseInt128 reads a decimal of at most 8 decimals, such as Sum prints, in units of 1e-8; ok is false for anything else.
func ParseInt128(s string) (x Int128, ok bool) {
	d, err := decimal.NewFromString(s)
	if err != nil || !d.Shift(Decimals).IsInteger() {
		return Int128{}, false
	}
	b := d.Shift(Decimals).BigInt()
	if b.BitLen() > 126 {
		return Int128{}, false
	}
	u := new(big.Int).Abs(b)
	x = Int128{Hi: int64(new(big.Int).Rsh(u, 64).Uint64()), Lo: new(big.Int).And(u, new(big.Int).SetUint64(math.MaxUint64)).Uint64()}
	if b.Sign() < 0 {
		x = x.Neg()
	}
	return x, true
}

// Sum is a 128-bit total of Quote amounts.
type Sum struct{ v Int128 }

// Add adds q.
func (s *Sum) Add(q Quote) { s.v = s.v.Add(Int128Of(int64(q))) }

// AddSum adds another total.
func (s *Sum) AddSum(t Sum) { s.v = s.v.Add(t.v) }

// Sub subtracts q.
func (s *Sum) Sub(q Quote) { s.v = s.v.Sub(Int128Of(int64(q))) }

// SubSum subtracts another total.
func (s *Sum) SubSum(t Sum) { s.v = s.v.Sub(t.v) }

// Sign returns -1, 0 or 1.
func (s Sum) Sign() int { return s.v.Sign() }

// IsZero reports whether the total is exactly zero.
func (s Sum) IsZero() bool { return s.v == Int128{} }

// Cmp compares two totals.
func (s Sum) Cmp(t Sum) int { return s.v.Cmp(t.v) }

// Quote returns the total as a Quote, saturated at the ends of its range.
func (s Sum) Quote() Quote {
	if v, ok := s.v.Int64(); ok {
		return Quote(v)
	}
	if s.v.Sign() < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}

// Float returns the total in wholes, for charts and statistics.
func (s Sum) Float() float64 { f, _ := s.Decimal().Float64(); return f }

// Decimal returns the total in wholes, exactly.
func (s Sum) Decimal() decimal.Decimal { return decimal.NewFromBigInt(s.v.Big(), -Decimals) }

// String prints the total in wholes without trailing zeros.
func (s Sum) String() string { return s.Decimal().String() }
