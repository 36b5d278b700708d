package risk

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// shockBook is a crowd of both sides whose leverages, sizes and margins are all different, so that no two scopes tie, through a fall and a
// rise; accounts are added in the order that is given. It returns every event without its money, by the account's name, and what each account has at
// the end.
func shockBook(t *testing.T, allocation string, fund market.Quote, order []int) (events map[string]int, ends map[int]market.Quote, adl int) {
	t.Helper()
	plain, err := venue.Load("binance/2025-10")
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string]string{"adl_allocation": allocation}
	if allocation == "capped_pro_rata" {
		changed["adl_cap"] = "0.3"
	}
	book, err := plain.Change(changed)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]int, len(order)) // by id
	events, ends = map[string]int{}, map[int]market.Quote{}
	x := newExchange(t, Options{Rulebook: book, Instruments: instruments("AVAXUSDT", "LINKUSDT", "SOLUSDT"), InsuranceFund: fund,
		Execution: Impact{HalfSpread: rate("0.001"), Coefficient: 1, SquareRoot: true, Cap: rate("0.05"), DefaultDepth: quote("10000")},
		Events: func(e *Event) {
			name := -1
			if e.Account != TheExchange {
				name = names[e.Account]
			}
			if e.Kind == ADL {
				adl++
			}
			events[fmt.Sprint(e.Time, e.Round, e.Kind, name, e.Instrument, e.Side, e.Size)]++
		}})
	tickAt(t, x, 1, "100", "100", "100")
	for id, name := range order {
		names[id] = name
		r := rand.New(rand.NewPCG(7, uint64(name)))
		if _, err := x.AddAccount(quote("2000")); err != nil {
			t.Fatal(err)
		}
		side := market.Qty(1 - 2*(name%2))
		leverage := market.Rate(2*market.Scale + r.Int64N(30*market.Scale))
		o := Order{Account: AccountID(id), Size: side * market.Qty(1+r.Int64N(20_000)) * qty("0.001"), Price: price("100"), Leverage: leverage, Mode: MarginMode(name / 2 % 2)}
		for k := range 1 + int(o.Mode)*r.IntN(3) {
			o.Instrument = market.InstrumentID((name + k) % 3)
			if err := x.Open(o); err != nil {
				t.Fatal(err)
			}
			o.Size += side * qty("0.007")
		}
	}
	for i, m := range []string{"97", "93", "88", "84", "80", "79.5", "86", "97", "112", "125", "131", "118", "90", "60"} {
		tickAt(t, x, market.Time(2+i), m, m, m)
	}
	for id, name := range order {
		ends[name] = x.Account(AccountID(id)).Equity
	}
	return events, ends, adl
}

func numbered(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

var allocations = []string{"queue", "pro_rata_pnl", "pro_rata_equity", "pro_rata_contracts", "capped_pro_rata", "risk_pro_rata", "min_max_fraction", "leverage_draining"}

// Renumbering accounts changes nothing but their numbers: the lower number only decides ties, and there are none here. A pool's cash is handed out in
// the order of accounts, each share rounded down and the last one the rest (docs/MODEL.md section 5, step 3), which moves units of 1e-8; under the queue nothing moves.
func TestRenumberingAccountsChangesNothing(t *testing.T) {
	shuffled := numbered(240)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, allocation := range allocations {
		events, ends, adl := shockBook(t, allocation, quote("500"), numbered(240))
		again, endsAgain, _ := shockBook(t, allocation, quote("500"), shuffled)
		if adl < 10 {
			t.Errorf("%s: %d ADL fills; the shock is too tame to tell", allocation, adl)
		}
		allowed := market.Quote(0)
		if allocation != "queue" {
			allowed = 1000
		}
		for name, end := range ends {
			if d := end - endsAgain[name]; d > allowed || -d > allowed {
				t.Errorf("%s: account %d ends with %v, under other numbers with %v", allocation, name, end, endsAgain[name])
			}
		}
		for e, n := range events {
			if again[e] != n {
				t.Errorf("%s: %s happened %d times, under other numbers %d times", allocation, e, n, again[e])
				break
			}
		}
		if len(events) != len(again) {
			t.Errorf("%s: %d kinds of events, under other numbers %d", allocation, len(events), len(again))
		}
	}
}

// A fund without end deleverages nobody and leaves no loss to society, whatever the allocation; then the allocations do not differ at all.
func TestInfiniteFundMeansNoADL(t *testing.T) {
	var first map[string]int
	for _, allocation := range allocations {
		events, _, adl := shockBook(t, allocation, quote("10000000000"), numbered(240))
		if adl != 0 {
			t.Errorf("%s: %d ADL fills beside a fund of ten billion", allocation, adl)
		}
		if first == nil {
			first = events
		}
		if !maps.Equal(first, events) {
			t.Errorf("%s: other events than %s without any ADL", allocation, allocations[0])
		}
	}
}
