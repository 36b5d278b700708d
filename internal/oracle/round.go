package oracle

import (
	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// The model's roundings, all to units of 1e-8 unless a step is given.

func floor(d decimal.Decimal) decimal.Decimal { return d.RoundFloor(market.Decimals) }

func ceil(d decimal.Decimal) decimal.Decimal { return d.RoundCeil(market.Decimals) }

// divFloor returns the largest number of units that is at most a/b.
func divFloor(a, b decimal.Decimal) decimal.Decimal {
	if b.IsNegative() {
		a, b = a.Neg(), b.Neg()
	}
	quotient, remainder := a.QuoRem(b, market.Decimals) // toward zero
	if remainder.IsNegative() {
		quotient = quotient.Sub(unit)
	}
	return quotient
}

// divCeil returns the smallest number of units that is at least a/b.
func divCeil(a, b decimal.Decimal) decimal.Decimal { return divFloor(a.Neg(), b).Neg() }

// floorTo and ceilTo round to a multiple of a step.
func floorTo(d, step decimal.Decimal) decimal.Decimal {
	quotient, remainder := d.QuoRem(step, 0)
	if remainder.IsNegative() {
		quotient = quotient.Sub(one)
	}
	return quotient.Mul(step)
}

func ceilTo(d, step decimal.Decimal) decimal.Decimal { return floorTo(d.Neg(), step).Neg() }

var (
	one  = decimal.NewFromInt(1)
	unit = decimal.New(1, -market.Decimals)
)

// units hands an exact amount back in the engine's type; only an amount that does not fit panics, which fails the test.
func units[T market.Fixed](d decimal.Decimal) T {
	v, err := market.FromDecimal[T](d)
	if err != nil {
		panic("oracle: " + d.String() + " " + err.Error())
	}
	return v
}

// notional is |q|·P rounded up.
func notional(size, price decimal.Decimal) decimal.Decimal { return ceil(size.Abs().Mul(price)) }
