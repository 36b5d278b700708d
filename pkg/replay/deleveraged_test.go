package replay

import (
	"context"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Two shorts and a long meet inventories at a mark of 80 in a run whose last mark is 70.
//
// Account 1 was short 10 from 100 (profit 10·(100 − 80) = 200) and buys back 4 at 83: it gives up 4·(83 − 80) = 12 and realizes
// 4·(100 − 83) = 68; 6 with a profit of 120 are left. Five seconds less a millisecond later the mark is 82 and it buys back the other 6 at 85: 18 given
// up, 6·(100 − 85) = 90 realized. Haircuts of 30 are 0.15 of 200, and all of the size is closed. At 70 the 4 would have
// brought 13 each and the 6 15 each: 52 + 90 = 142.
//
// Account 2 was short 20 from 90 (profit 200) and buys back 5 at 79, better than the mark: it gains 5 and realizes 55. At 70:
// 5·9 = 45.
//
// Account 3 was long 10 from 85, with a loss, and sells 10 at 75: 50 given up, no endowment. At 70 it would have had 5 a piece
// less: −50. It comes 5 s after the others: a wave of its own.
func TestDeleveragedByHand(t *testing.T) {
	var d deleveraging
	fill := func(at market.Time, a risk.AccountID, side market.Side, size, price, mark, realized, deficit, left, profit int64) {
		d.fill(&risk.Event{Time: at, Kind: risk.ADL, Account: a, Side: side, Size: market.Qty(size * market.Scale), Price: market.Price(price * market.Scale), Mark: market.Price(mark * market.Scale),
			Notional: market.Quote(size * price * market.Scale), RealizedPnL: market.Quote(realized * market.Scale), Deficit: market.Quote(deficit * market.Scale), BookDeficit: market.Quote((deficit + size/2) * market.Scale)},
			&risk.Position{Size: market.Qty(int64(side) * left * market.Scale), UnrealizedPnL: market.Quote(profit * market.Scale)})
	}
	fill(0, 1, market.Short, 4, 83, 80, 68, 12, 6, 120)
	fill(0, 2, market.Short, 5, 79, 80, 55, -5, 15, 150)
	fill(4999, 1, market.Short, 6, 85, 82, 90, 18, 0, 0)
	fill(9999, 3, market.Long, 10, 75, 80, -100, 50, 0, 0)
	got := d.conclude(func(risk.AccountID) string { return CrowdGroup }, func(market.InstrumentID) market.Price { return 70e8 })
	for i, want := range []Deleveraged{
		{Account: 1, Side: market.Short, Size: 10e8, Endowment: 200e8, Closed: 10e8, Haircut: 30e8, Forgone: 142e8},
		{Account: 2, Side: market.Short, Size: 20e8, Endowment: 200e8, Closed: 5e8, Forgone: 45e8},
		{Account: 3, Side: market.Long, Size: 10e8, Closed: 10e8, Haircut: 50e8, Forgone: -50e8},
	} {
		p := got.Positions[i]
		notional := []string{"842", "395", "750"}[i] // 332 + 510, 5·79, 10·75
		if p.Notional.String() != notional || p.Group != CrowdGroup {
			t.Errorf("position %d: notional %v of %s, expected %s of the crowd", i, p.Notional, p.Group, notional)
		}
		p.Group, p.Notional, p.left, p.paid, p.wave = "", market.Sum{}, 0, market.Int128{}, 0
		if p != want {
			t.Errorf("position %d: %+v, expected %+v", i, p, want)
		}
	}
	// Needed are 12 + 18 + 50: the part that was worth more than was paid for it lacks nothing.
	if got.Needed.String() != "80" || got.Haircut.String() != "80" || got.Gained.String() != "5" || len(got.Positions) != 3 {
		t.Errorf("needed %v, haircut %v, gained %v, %d positions; expected 80, 80, 5, 3", got.Needed, got.Haircut, got.Gained, len(got.Positions))
	}
	// The book is half a quote away from the mark: 12 + 2, 18 + 3 and 50 + 5; −5 + 2 lacks nothing there either.
	if got.InBook.String() != "90" {
		t.Errorf("in the book %v, expected 90", got.InBook)
	}
	w := got.Waves
	if len(w) != 2 || w[0].Fills != 3 || w[0].Positions != 2 || w[0].To != 4999 || w[0].Needed.String() != "30" || w[0].Haircut.String() != "30" || w[0].Notional.String() != "1237" ||
		w[1].From != 9999 || w[1].Needed.String() != "50" {
		t.Errorf("waves %+v; expected 3 fills of 2 positions for 30, then one for 50", w)
	}
}

// A position that grew since its last fill is told as another one: its size and its profit are other ones.
func TestDeleveragedAgainAfterAnEntry(t *testing.T) {
	var d deleveraging
	e := risk.Event{Kind: risk.ADL, Side: market.Short, Size: 4e8, Price: 80e8, Mark: 80e8, RealizedPnL: 80e8}
	d.fill(&e, &risk.Position{Size: -6e8, UnrealizedPnL: 120e8}) // 10 before
	d.fill(&e, &risk.Position{Size: -2e8, UnrealizedPnL: 40e8})  // 6 before
	d.fill(&e, &risk.Position{Size: -8e8, UnrealizedPnL: 30e8})  // 12 before: 10 came in between
	if p := d.Positions; len(p) != 2 || p[0].Size != 10e8 || p[0].Closed != 8e8 || p[1].Size != 12e8 || p[1].Closed != 4e8 || p[1].Endowment != 110e8 {
		t.Errorf("%+v, expected 8 of 10 and 4 of 12 with a profit of 110", p)
	}
}

// adlTape sums what the events of a run say of ADL.
type adlTape struct {
	closed  market.Qty
	haircut market.Sum
	fills   int
}

func (r *adlTape) Step(*Step) error          { return nil }
func (r *adlTape) Account(*AccountRow) error { return nil }
func (r *adlTape) Event(e *risk.Event) error {
	if e.Kind == risk.ADL {
		r.fills++
		r.closed += e.Size
		r.haircut.Add(max(0, haircut(e)))
	}
	return nil
}

// What is told by position adds up to what the events say; nobody loses more of a position than there was. At bankruptcy prices
// the counterparties bear what was needed, to the rounding of the price on the size.
func TestDeleveragedAddsUp(t *testing.T) {
	var rec adlTape
	s := parseScenario(t, strings.Replace(market2, "opening: 1000000", "opening: 1000", 1)+"prices: {step: 0}\n")
	r, err := Run(context.Background(), Options{Scenario: s, Catalog: crash(t), Rulebook: rulebook(t), Recorder: &rec})
	if err != nil {
		t.Fatal(err)
	}
	d := r.Deleveraging
	var closed, size market.Qty
	var haircuts market.Sum
	for _, p := range d.Positions {
		if p.Closed > p.Size || p.Endowment <= 0 || p.Haircut < 0 || p.Group == "" {
			t.Errorf("%+v; expected at most the size closed, of a position in profit", p)
		}
		closed, size = closed+p.Closed, size+p.Size
		haircuts.Add(p.Haircut)
	}
	fills := 0
	for _, w := range d.Waves {
		fills += w.Fills
	}
	if closed != rec.closed || haircuts != rec.haircut || haircuts != d.Haircut || fills != rec.fills || fills == 0 {
		t.Errorf("closed %v, haircuts %v, %d fills; events say %v, %v, %d", closed, haircuts, fills, rec.closed, rec.haircut, rec.fills)
	}
	gap := d.Haircut
	gap.SubSum(d.Needed)
	if limit := market.Quote(int64(closed)/market.Scale + int64(2*rec.fills)); d.Needed.IsZero() || gap.Quote() > limit || gap.Quote() < -limit {
		t.Errorf("taken %v for %v needed; expected them to differ by less than %v", d.Haircut, d.Needed, limit)
	}
}
