package risk

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
	"pgregory.net/rapid"
)

// anyBook draws a rulebook whose choices are those that the trigger index files by, and the steps that leave scopes with positions.
func anyBook(t *rapid.T) *venue.Rulebook {
	for {
		b := newScriptBook()
		choose := func(key string, values ...string) string {
			v := rapid.SampledFrom(values).Draw(t, key)
			b.policies[key] = v
			return v
		}
		b.parameters = map[string]string{}
		choose("trigger", "inclusive", "strict")
		if tiers := choose("tiers", "marginal", "whole_position", "linear_in_size"); tiers == "linear_in_size" {
			b.policies["tier_by"] = "size"
			b.size = "0.04/0.01/0.00005"
		} else if choose("tier_by", "mark_notional", "entry_notional", "size") == "size" {
			b.tiers = "100:0.01:50,1000:0.02:20,10000:0.05:10"
		}
		choose("tier_bound", "cap_exclusive", "cap_inclusive")
		choose("isolated_valuation", "mark", "entry")
		choose("isolated_fee", "none", "taker_at_mark", "taker_at_bankruptcy")
		choose("cross_fee", "none", "taker_at_mark")
		switch choose("liquidation_step", "whole", "fraction_first", "tier_step_down", "tier_step_down_above_first", "to_maintenance", "to_initial_margin", "per_block", "takeover") {
		case "fraction_first":
			b.parameters["step_fraction"], b.parameters["step_threshold"], b.parameters["cooldown_seconds"] = "0.2", "1000", "30"
		case "to_maintenance":
			b.parameters["step_fraction"] = "0.05"
		case "tier_step_down", "tier_step_down_above_first":
			b.parameters["tiers_per_step"] = "1"
		case "per_block":
			b.parameters["block_fraction"], b.parameters["block_minimum"] = "0.1", "100"
		}
		if choose("liquidation_price", "market", "zero_price", "fillable") == "fillable" {
			b.parameters["fillable_adjustment"], b.parameters["fillable_spread"] = "1", "1.5"
		}
		choose("liquidation_fee", "capped_at_equity", "capped_at_improvement")
		choose("remainder", "trader", "fund")
		if choose("backstop", "none", "takes_scope") == "takes_scope" {
			b.parameters["backstop_fraction"] = "0.5"
		}
		switch choose("adl_trigger", "fund_exhausted", "negative_equity", "drawdown_from_peak", "instrument_drawdown_from_peak", "drawdown_below_average") {
		case "drawdown_from_peak", "instrument_drawdown_from_peak":
			b.parameters["adl_drawdown"], b.parameters["adl_drawdown_stop"] = "0.3", "0.1"
		case "drawdown_below_average":
			b.parameters["adl_drawdown"], b.parameters["adl_absolute"] = "0.3", "500"
		}
		choose("fund_scope", "venue", "instrument")
		choose("adl_price", "bankruptcy", "mark", "previous_mark")
		choose("adl_score", "binance_leverage_pnl", "random_start")
		if choose("adl_allocation", "queue", "pro_rata_pnl", "capped_pro_rata", "min_max_fraction", "leverage_draining") == "capped_pro_rata" {
			b.parameters["adl_cap"] = "0.5"
		}
		if book, err := venue.Parse("script", []byte(b.text())); err == nil {
			return book
		}
	}
}

// TestScreenMissesNobodyUnderAnyRules is TestScreenMissesNobody under every way to require margin and every step of a
// liquidation: what is liquidatable after a tick waits for the next one, and nothing else is.
func TestScreenMissesNobodyUnderAnyRules(t *testing.T) {
	waited, banded, liquidated, carried := 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		x, err := New(Options{Rulebook: anyBook(t), Instruments: instruments("AAA", "BBB"), InsuranceFund: market.Quote(rapid.Int64Range(0, 2000).Draw(t, "fund") * market.Scale),
			Execution: Impact{HalfSpread: market.Rate(rapid.Int64Range(0, 200_000).Draw(t, "spread")), Cap: rate("0.2"), DefaultDepth: quote("50000"),
				Coefficient: rapid.Float64Range(0, 1).Draw(t, "impact"), SquareRoot: true},
			Participation: Participation{Share: market.Rate(rapid.SampledFrom([]int64{0, 100_000, 10_000_000}).Draw(t, "participation")), Interval: market.Time(rapid.Int64Range(0, 90_000).Draw(t, "interval")),
				Depth: quote("50000")},
			Exempt: func(a AccountID) bool { return a%3 == 1 },
			Events: func(e *Event) {
				if e.Kind == Liquidation || e.Kind == Takeover {
					liquidated++
				}
			}})
		if err != nil {
			t.Fatal(err)
		}
		marks := [2]int64{100 * market.Scale, 50 * market.Scale}
		wild := rapid.SampledFrom([]int64{20, 100, 900}).Draw(t, "wild") // in 1e-4
		tick := Tick{}
		step := func() {
			tick.Time += market.Time(rapid.Int64Range(1, 40_000).Draw(t, "pause"))
			tick.Prices, tick.Funding = tick.Prices[:0], tick.Funding[:0]
			for i := range marks {
				if tick.Time > 50_000 && rapid.IntRange(0, 3).Draw(t, "quiet") == 0 {
					continue // scopes that wait are looked at all the same
				}
				marks[i] = max(marks[i]+marks[i]/10_000*rapid.Int64Range(-wild, wild).Draw(t, "move"), market.Scale)
				tick.Prices = append(tick.Prices, PriceUpdate{Instrument: market.InstrumentID(i), Mark: market.Price(marks[i]), Last: market.Price(marks[i]), Gap: rapid.Bool().Draw(t, "gap")})
			}
			if rapid.IntRange(0, 3).Draw(t, "settles") == 0 {
				tick.Funding = append(tick.Funding, FundingUpdate{market.InstrumentID(rapid.IntRange(0, 1).Draw(t, "which")), market.Rate(rapid.Int64Range(-8_000_000, 8_000_000).Draw(t, "rate"))})
			}
			if err := x.Tick(&tick); err != nil {
				t.Fatal(err)
			}
			for id := range x.positions {
				if x.positions[id].size == 0 {
					continue
				}
				s := x.scopeOf(int32(id))
				if x.evaluate(&s); !x.liquidatable(&s) {
					continue
				}
				if !x.waits(&s) {
					t.Fatalf("position %d of account %d: equity %v, required %v, and it was not looked at", id, s.account, s.equity, s.maintenance)
				}
				waited++
			}
			carried += len(x.carried)
			if l, err := x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
				t.Fatalf("imbalance %v, %v", l.Imbalance, err)
			}
		}
		step()
		step()
		for range 16 {
			for range rapid.IntRange(0, 4).Draw(t, "orders") {
				randomOrder(t, x)
			}
			step()
		}
		if x.listings[0].screen.banded {
			banded++
		}
	})
	if waited == 0 || banded == 0 || liquidated == 0 || carried == 0 {
		t.Fatalf("%d scopes waited, %d rulebooks with bands, %d liquidations, %d times something was carried: the test did not reach what it tests", waited, banded, liquidated, carried)
	}
}
