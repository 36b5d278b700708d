package market

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"

	"github.com/shopspring/decimal"
)

// Scale is the number of units in one whole: 1e8 units of Price make one quote currency per base, and so on.
const Scale = 100_000_000

// Decimals is the number of decimals that the fixed-point types carry.
const Decimals = 8

// Price is quote currency per unit of base, in 1e-8.
type Price int64

// Qty is an amount of base (contracts of one base unit), in 1e-8; negative is short.
type Qty int64

// Quote is an amount of settlement currency, in 1e-8.
type Quote int64

// Rate is a dimensionless ratio (margin rate, fee, funding rate), in 1e-8.
type Rate int64

// Fixed is any of the four fixed-point types.
type Fixed interface{ ~int64 }

// ErrDecimals reports a decimal with more than eight decimals, or one outside of ±92,233,720,368.
var ErrDecimals = errors.New("does not fit: expected at most 8 decimals and a magnitude below 92233720368")

// Parse reads a decimal such as "101516.5" exactly; it refuses what would have to be rounded (ErrDecimals).
func Parse[T Fixed](s string) (T, error) {
	if v, ok := parsePlain(s); ok {
		return T(v), nil
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a decimal number", s)
	}
	v, err := FromDecimal[T](d)
	if err != nil {
		return 0, fmt.Errorf("%q %w", s, err)
	}
	return v, nil
}

// parsePlain reads digits with an optional sign and at most eight decimals, the form nearly every file uses; all
// else goes the slow way through decimal.
func parsePlain(s string) (int64, bool) {
	negative := false
	if len(s) > 0 && s[0] == '-' {
		negative, s = true, s[1:]
	}
	if len(s) == 0 || len(s) > 19 || s[0] == '.' {
		return 0, false
	}
	var v int64
	decimals := -1
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '.' && decimals < 0 {
			decimals = 0
			continue
		}
		if c < '0' || c > '9' || decimals == Decimals || v > math.MaxInt64/10-1 {
			return 0, false
		}
		v = v*10 + int64(c-'0')
		if decimals >= 0 {
			decimals++
		}
	}
	if decimals == 0 {
		return 0, false
	}
	for range Decimals - max(decimals, 0) {
		if v > math.MaxInt64/10 {
			return 0, false
		}
		v *= 10
	}
	if negative {
		v = -v
	}
	return v, true
}

// MustParse is Parse for constants in code and tests; it panics on an error.
func MustParse[T Fixed](s string) T {
	v, err := Parse[T](s)
	if err != nil {
		panic("market: " + err.Error())
	}
	return v
}

// FromDecimal converts exactly or returns ErrDecimals.
func FromDecimal[T Fixed](d decimal.Decimal) (T, error) {
	scaled := d.Shift(Decimals)
	if !scaled.IsInteger() || scaled.BigInt().BitLen() > 63 {
		return 0, ErrDecimals
	}
	return T(scaled.BigInt().Int64()), nil
}

// Decimal returns v as a decimal number of wholes.
func Decimal[T Fixed](v T) decimal.Decimal { return decimal.New(int64(v), -Decimals) }

// FromFloat converts a float64 whose shortest decimal has at most eight decimals, as files on disk hold prices. The
// result is that decimal exactly; NaN, infinities and finer values are refused with ErrDecimals.
func FromFloat[T Fixed](x float64) (T, error) {
	// Below 2^52 units the rounded product is the only integer that can divide back to x: floats lie closer than units.
	if scaled := math.Round(x * Scale); math.Abs(scaled) < 1<<52 {
		if v := int64(scaled); float64(v)/Scale == x {
			return T(v), nil
		}
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("%v is not a finite number", x)
	}
	return Parse[T](strconv.FormatFloat(x, 'f', -1, 64))
}

// Float returns v in wholes for statistics and charts. Values below 2^52 units (45 million) come back exactly through FromFloat.
func Float[T Fixed](v T) float64 { return float64(v) / Scale }

// Format prints v in wholes without trailing zeros: "101516.5", "0", "-0.00000001".
func Format[T Fixed](v T) string { return string(AppendFixed(nil, v)) }

// AppendFixed appends Format(v) to b.
func AppendFixed[T Fixed](b []byte, v T) []byte {
	u := uint64(v)
	if v < 0 {
		b, u = append(b, '-'), -u
	}
	b = strconv.AppendUint(b, u/Scale, 10)
	frac := u % Scale
	if frac == 0 {
		return b
	}
	b = append(b, '.')
	for div := uint64(Scale / 10); frac > 0; div /= 10 {
		b = append(b, byte('0'+frac/div))
		frac %= div
	}
	return b
}

func (p Price) String() string { return Format(p) }
func (q Qty) String() string   { return Format(q) }
func (q Quote) String() string { return Format(q) }
func (r Rate) String() string  { return Format(r) }

// Abs returns the size without its direction.
func (q Qty) Abs() Qty {
	if q < 0 {
		return -q
	}
	return q
}

// MulDivFloor returns a*b/d rounded toward minus infinity, d > 0; ok is false when the result does not fit.
func MulDivFloor(a, b, d int64) (v int64, ok bool) {
	q, rem, negative, ok := mulDiv(a, b, d)
	switch {
	case !ok:
		return 0, false
	case !negative:
		return int64(q), q <= math.MaxInt64
	case rem != 0:
		q++
	}
	return -int64(q), q <= math.MaxInt64
}

// MulDivCeil returns a*b/d rounded toward plus infinity, d > 0; ok is false when the result does not fit.
func MulDivCeil(a, b, d int64) (v int64, ok bool) {
	q, rem, negative, ok := mulDiv(a, b, d)
	switch {
	case !ok:
		return 0, false
	case negative:
		return -int64(q), q <= math.MaxInt64
	case rem != 0:
		q++
	}
	return int64(q), q <= math.MaxInt64
}

func mulDiv(a, b, d int64) (q, rem uint64, negative, ok bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if d <= 0 || hi >= uint64(d) {
		return 0, 0, false, false
	}
	q, rem = bits.Div64(hi, lo, uint64(d))
	return q, rem, (a < 0) != (b < 0), true
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// ValueFloor returns size times price rounded toward minus infinity: what a holder of size is worth at price, never
// rounded in his favor (a short's debt grows, a long's asset shrinks). ok is false on overflow.
func ValueFloor(size Qty, price Price) (Quote, bool) {
	v, ok := MulDivFloor(int64(size), int64(price), Scale)
	return Quote(v), ok
}

// ValueCeil returns size times price rounded toward plus infinity: what a buyer of size pays.
func ValueCeil(size Qty, price Price) (Quote, bool) {
	v, ok := MulDivCeil(int64(size), int64(price), Scale)
	return Quote(v), ok
}

// OfCeil returns r times q rounded up: what an account owes is never rounded in its favor.
func (r Rate) OfCeil(q Quote) (Quote, bool) {
	v, ok := MulDivCeil(int64(r), int64(q), Scale)
	return Quote(v), ok
}

// OfFloor returns r times q rounded down: what an account is due is never rounded in its favor.
func (r Rate) OfFloor(q Quote) (Quote, bool) {
	v, ok := MulDivFloor(int64(r), int64(q), Scale)
	return Quote(v), ok
}
