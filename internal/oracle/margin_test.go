package oracle

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// The margin arithmetic that the engine asks the rulebook for, against the same in decimals, position by position, on both
// sides of every boundary. Scenarios reach a boundary to the unit too rarely.
func TestMarginAgreesPositionByPosition(t *testing.T) {
	pairs := policyPairs()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 4))
		_, book := combined(t, pairs, seed)
		x, err := New(risk.Options{Rulebook: book, Instruments: stageOf(r, book).instruments})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if err := marginAgrees(x, r); err != nil {
				t.Fatalf("seed %d: %v, under\n%s", seed, err, book.YAML())
			}
		}
	}
}

// marginAgrees draws one position and asks both for what it requires, and for its greatest leverage and its least initial
// margin.
func marginAgrees(x *Exchange, r *rand.Rand) error {
	l := x.listings[r.IntN(3)]
	mark, entry := market.Price(1+r.Int64N(300*market.Scale)), market.Price(1+r.Int64N(300*market.Scale))
	size := market.Qty(1 + r.Int64N(int64(market.Scale)<<r.IntN(10)))
	if tiers := l.contract.Tiers; len(tiers) > 0 && r.IntN(3) == 0 { // at a boundary, or a unit beside it
		mark, entry = market.Scale, market.Scale
		size = market.Qty(tiers[r.IntN(len(tiers))].Cap) + market.Qty(r.IntN(3)-1)
	}
	if r.IntN(2) == 0 {
		size = -size
	}
	l.mark = market.Decimal(mark)
	p := &position{listing: l, size: market.Decimal(size), mode: risk.MarginMode(r.IntN(2)), leverage: decimal.New(1+r.Int64N(10_000), -2).Add(one)}
	p.cost = floor(p.size.Mul(market.Decimal(entry)))
	e := venue.Exposure{
		Size: size.Abs(), Notional: units[market.Quote](notional(p.size, l.mark)), Entry: units[market.Quote](p.cost.Abs()), Long: size > 0,
		Leverage: units[market.Rate](p.leverage), Cross: p.mode == risk.Cross,
	}
	got, ok := l.contract.MaintenanceMargin(e)
	if want := units[market.Quote](x.maintenanceOf(p, l.mark)); got != want || !ok {
		return fmt.Errorf("%+v requires %v by the rulebook; expected %v", e, got, want)
	}
	filled := venue.Exposure{Size: e.Size, Notional: e.Notional, Entry: e.Notional}
	if got, want := l.contract.MaxLeverage(filled), x.maxLeverage(l.contract, p.size, notional(p.size, l.mark)); !want.Equal(decimal.NewFromInt(int64(got))) {
		return fmt.Errorf("%+v may have leverage %d by the rulebook; expected %v", filled, got, want)
	}
	x.accounts = []*account{{positions: []*position{nil, nil, nil}}}
	x.accounts[0].positions[l.id] = p
	interest := units[market.Quote](ceil(x.openInterest(l).Mul(l.mark)))
	if got, want := l.contract.InterestRate(interest), units[market.Rate](x.interestRate(l)); got != want {
		return fmt.Errorf("open interest %v asks for %v by the rulebook; expected %v", interest, got, want)
	}
	return nil
}
