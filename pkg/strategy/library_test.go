package strategy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// rows makes one-minute bars from rows of high, low, close.
func rows(hlc ...[3]string) strategy.BarList {
	var all strategy.BarList
	for i, r := range hlc {
		at := market.Time(i) * market.Minute
		all = append(all, strategy.Bar{Time: at, End: at + market.Minute, Open: price(r[2]), High: price(r[0]), Low: price(r[1]), Close: price(r[2])})
	}
	return all
}

// with gives a context its history.
func with(c *strategy.Context, b strategy.BarList) *strategy.Context {
	c.Bars = func(n int) (strategy.Bars, bool) {
		if n > len(b) {
			return nil, false
		}
		return b[len(b)-n:], true
	}
	return c
}

// fees charges 0.05%.
type fees struct{ venue }

func (fees) TakerFee() market.Rate { return 50_000 }

// Closes of 100, 101, 100 give returns of 1% and -1/101; two-minute bars would matter, these are of one minute:
// sigma^2 = (0.01^2 + 0.00990099^2) / 2 * 525,600 = 52.0425..., sigma = 7.2141... a year.
func TestVolatilityTargetByHand(t *testing.T) {
	c := with(at100(market.Long), rows([3]string{"100", "100", "100"}, [3]string{"101", "100", "101"}, [3]string{"101", "100", "100"}))
	got, err := sizing(t, "volatility_target", strategy.Params{"target": "40%", "period": "2"}).Size(c, strategy.StopOrder{})
	// (1e-4 + 9.80296049e-5) / 2 * 525600 = 52.04218..., the root 7.214027...; 0.4/7.214027 = 0.0554475...; times 10.
	if err != nil || market.Float(got) < 0.55446 || market.Float(got) > 0.55449 {
		t.Errorf("%s, %v; expected 0.55447", got, err)
	}
	got, err = sizing(t, "volatility_target", strategy.Params{"target": "2000%", "period": "2", "max": "2x"}).Size(c, strategy.StopOrder{})
	if err != nil || got != qty("20") { // 20/7.2 = 2.77, at most 2: 2000 / 100
		t.Errorf("%s, %v; expected 20", got, err)
	}
	if _, err = sizing(t, "volatility_target", strategy.Params{"target": "40%", "period": "3"}).Size(c, strategy.StopOrder{}); !errors.Is(err, strategy.ErrHistory) {
		t.Errorf("%v; expected ErrHistory", err)
	}
	// 720% / 7.214 = 0.998: at least 1x. 7214% / 7.214 = 9.99996: 9x in whole steps.
	for target, want := range map[string]string{"720%": "1", "7214%": "9", "99999%": "50"} {
		got, err := leverage(t, "inverse_volatility", strategy.Params{"target": target, "period": "2"}).Leverage(c, qty("1"))
		if err != nil || got != rate(want) {
			t.Errorf("%s: %s, %v; expected %s", target, got, err, want)
		}
	}
}

func TestSizingOfTheLibraryByHand(t *testing.T) {
	stop := strategy.StopOrder{Active: true, Distance: price("2")}
	record := func(streak int) *strategy.Record {
		r := strategy.NewRecord(quote("1000"))
		for range max(streak, -streak) {
			r.Add(market.Quote(streak))
		}
		return r
	}
	for _, c := range []struct {
		name   string
		params strategy.Params
		record *strategy.Record
		want   string
	}{
		{"kelly", strategy.Params{"win": "55%", "payoff": "1", "fraction": "50%", "cap": "10%"}, nil, "25"}, // f = 0.1; 0.05 * 1000 / 2
		{"kelly", strategy.Params{"win": "60%", "payoff": "2", "fraction": "100%", "cap": "2%"}, nil, "10"}, // f = 0.4, capped
		{"kelly", strategy.Params{"win": "55%", "payoff": "1", "cap": "10%", "reference": "5%"}, nil, "10"}, // 0.05 * 1000 / 5
		{"liquidation_cost", strategy.Params{"cost": "50", "leverage": "10x"}, nil, "4.97512437"},           // 50 / (0.1 + 0.0005) / 100
		{"liquidation_cost", strategy.Params{"cost": "5%", "leverage": "10"}, nil, "4.97512437"},            // of 1000
		{"martingale", strategy.Params{"base": "100"}, record(0), "1"},
		{"martingale", strategy.Params{"base": "100"}, record(-3), "8"},
		{"martingale", strategy.Params{"base": "100", "steps": "2"}, record(-3), "4"},
		{"martingale", strategy.Params{"base": "100"}, record(3), "1"},
		{"anti_martingale", strategy.Params{"base": "100", "factor": "1.5"}, record(2), "2.25"},
		{"anti_martingale", strategy.Params{"base": "100"}, record(-3), "1"},
	} {
		ctx := at100(market.Long)
		ctx.Exchange, ctx.Record = fees{venue{50}}, c.record
		got, err := sizing(t, c.name, c.params).Size(ctx, stop)
		if err != nil || got != qty(c.want) {
			t.Errorf("%s %v = %s, %v; expected %s", c.name, c.params, got, err, c.want)
		}
	}
	if _, err := strategy.NewRegistry().Sizing("kelly", strategy.Params{"win": "50%", "payoff": "1"}); !errors.Is(err, strategy.ErrParam) || !strings.Contains(err.Error(), "lose money") {
		t.Errorf("a bet without an edge = %v; expected ErrParam", err)
	}
	cross := at100(market.Long)
	cross.Margin = strategy.Cross
	if _, err := sizing(t, "liquidation_cost", strategy.Params{"cost": "50", "leverage": "10"}).Size(cross, stop); !errors.Is(err, strategy.ErrImpossible) {
		t.Errorf("liquidation_cost of a cross position = %v; expected ErrImpossible", err)
	}
	if _, err := sizing(t, "martingale", strategy.Params{"base": "100"}).Size(at100(market.Long), stop); !errors.Is(err, strategy.ErrImpossible) {
		t.Errorf("a martingale without a record = %v; expected ErrImpossible", err)
	}
}

// TestLiquidationCostIsKept: margin (rounded up) and fee (rounded up) of the size never exceed the cost by more than the
// two roundings.
func TestLiquidationCostIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := at100(market.Long)
		c.Price = market.Price(rapid.Int64Range(1e4, 1e13).Draw(t, "price"))
		c.Exchange = fees{venue{125}}
		cost := market.Quote(rapid.Int64Range(1e6, 1e12).Draw(t, "cost"))
		l := market.Rate(rapid.Int64Range(1e8, 125e8).Draw(t, "leverage"))
		size, err := strategy.LiquidationCost{Cost: cost, Leverage: l}.Size(c, strategy.StopOrder{})
		if err != nil {
			t.Skip()
		}
		notional, _ := market.ValueCeil(size, c.Price)
		margin, _ := market.MulDivCeil(int64(notional), market.Scale, int64(l))
		fee, _ := market.Rate(50_000).OfCeil(notional)
		if market.Quote(margin)+fee > cost+3 {
			t.Fatalf("margin %d and fee %s exceed %s", margin, fee, cost)
		}
	})
}

func TestRecord(t *testing.T) {
	r := strategy.NewRecord(quote("1000"))
	for _, x := range []string{"100", "50", "-300", "-10", "0", "5"} {
		r.Add(quote(x))
	}
	want := &strategy.Record{Closed: 6, Streak: 1, Start: quote("1000"), Equity: quote("845"), Peak: quote("1150")}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	// 1 - 845/1150 = 26.5217392%, rounded up.
	if got := r.Drawdown(); got != rate("0.26521740") {
		t.Errorf("drawdown %s", got)
	}
	for leverageAt, want := range map[string]string{"10x at 5%, 5x at 26%, 2x at 27%": "5", "10x at 27%": "20"} {
		c := at100(market.Long)
		c.Record = r
		got, err := leverage(t, "drawdown_ladder", strategy.Params{"leverage": "20x", "rungs": leverageAt}).Leverage(c, qty("1"))
		if err != nil || got != rate(want) {
			t.Errorf("%s = %s, %v; expected %s", leverageAt, got, err, want)
		}
	}
}

func TestTierMaximum(t *testing.T) {
	if got, err := leverage(t, "tier_maximum", nil).Leverage(at100(market.Long), qty("1")); err != nil || got != rate("50") {
		t.Errorf("%s, %v; expected the venue's 50", got, err)
	}
}

// From the closes 100, 100, 100 the lows of the two bars after each are 97 and 90: adverse moves of 3% and 10%, and none
// for a short where no high exceeds 100. The median of the two by definition 1 is the 1st smallest, 3%; the 51% quantile
// the second. 10% away, 90 * 0.995 = 89.55 = 100(1 - 1/L): L = 9.57.
func TestAdverseQuantileByHand(t *testing.T) {
	b := rows([3]string{"100", "99", "100"}, [3]string{"100", "98", "100"}, [3]string{"100", "97", "100"}, [3]string{"100", "90", "95"})
	for _, c := range []struct {
		side     market.Side
		quantile string
		want     string
	}{{market.Long, "50%", "28"}, {market.Long, "51%", "9"}, {market.Short, "100%", "0"}} {
		got, err := leverage(t, "adverse_quantile", strategy.Params{"quantile": c.quantile, "horizon": "2", "lookback": "4"}).Leverage(with(at100(c.side), b), qty("1"))
		if c.want == "0" { // no distance asked for: the venue's limit
			c.want = "50"
		}
		if err != nil || got != rate(c.want) {
			t.Errorf("%s %s = %s, %v; expected %s", c.side, c.quantile, got, err, c.want)
		}
	}
}

// TestAdverseQuantileIsTheLargestMove compares the sliding window with looking at every bar of it.
func TestAdverseQuantileIsTheLargestMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, horizon := rapid.IntRange(2, 30).Draw(t, "bars"), 1
		if n > 2 {
			horizon = rapid.IntRange(1, n-1).Draw(t, "horizon")
		}
		side := rapid.SampledFrom([]market.Side{market.Long, market.Short}).Draw(t, "side")
		var b strategy.BarList
		for i := range n {
			closing := market.Price(rapid.Int64Range(90e8, 110e8).Draw(t, "close"))
			b = append(b, strategy.Bar{Time: market.Time(i), End: market.Time(i + 1), Close: closing,
				High: closing + market.Price(rapid.Int64Range(0, 5e8).Draw(t, "up")), Low: closing - market.Price(rapid.Int64Range(0, 5e8).Draw(t, "down"))})
		}
		worst := 0.0
		for i := 0; i+horizon < n; i++ {
			for k := i + 1; k <= i+horizon; k++ {
				move := 1 - market.Float(b[k].Low)/market.Float(b[i].Close)
				if side == market.Short {
					move = market.Float(b[k].High)/market.Float(b[i].Close) - 1
				}
				worst = max(worst, move)
			}
		}
		// With a multiple of 1 and all moves to survive, liquidation lies at least the worst move away.
		c := with(at100(side), b)
		l := strategy.AdverseQuantile{Quantile: market.Scale, Horizon: horizon, Lookback: n, Multiple: market.Scale, Step: market.Scale / 10}
		got, err := l.Leverage(c, qty("1"))
		if err != nil {
			t.Fatal(err)
		}
		away := func(x market.Rate) float64 {
			p, ok := c.Exchange.LiquidationPrice("BTCUSDT", side, qty("1"), c.Price, x)
			if !ok {
				return 1
			}
			return float64(side) * (100 - market.Float(p)) / 100
		}
		if away(got) < worst-1e-6 || got < 50*market.Scale && away(got+l.Step) > worst+1e-6 {
			t.Fatalf("%sx is %v away, one step more %v; the worst move was %v", got, away(got), away(got+l.Step), worst)
		}
	})
}

func TestStopsOfTheLibraryByHand(t *testing.T) {
	b := rows([3]string{"104", "99", "100"}, [3]string{"103", "97", "100"}, [3]string{"101", "98", "100"})
	for _, c := range []struct {
		name   string
		side   market.Side
		params strategy.Params
		want   strategy.StopOrder
	}{
		{"chandelier", market.Long, strategy.Params{"period": "3"}, strategy.StopOrder{Active: true, Distance: price("2"), Trailing: true, Trail: price("6"), Watch: strategy.WatchLast}},                   // 104 - 3*2 = 98
		{"chandelier", market.Short, strategy.Params{"period": "3", "multiple": "2"}, strategy.StopOrder{Active: true, Distance: price("1"), Trailing: true, Trail: price("4"), Watch: strategy.WatchLast}}, // 97 + 4 = 101
		{"swing", market.Long, strategy.Params{"lookback": "2"}, strategy.StopOrder{Active: true, Distance: price("3"), Watch: strategy.WatchLast}},
		{"swing", market.Short, strategy.Params{"lookback": "3", "buffer": "0.5 atr", "watch": "mark"}, strategy.StopOrder{Active: true, Distance: price("5"), Watch: strategy.WatchMark}},
		{"time", market.Long, strategy.Params{"after": "4h"}, strategy.StopOrder{Watch: strategy.WatchLast, After: 4 * market.Hour}},
		{"time", market.Long, strategy.Params{"after": "4h", "distance": "2%"}, strategy.StopOrder{Active: true, Distance: price("2"), Watch: strategy.WatchLast, After: 4 * market.Hour}},
		{"equity", market.Long, strategy.Params{"loss": "20%"}, strategy.StopOrder{Watch: strategy.WatchMark, Loss: rate("0.2")}},
		{"two_step", market.Long, strategy.Params{"near": "1%", "far": "4%"}, strategy.StopOrder{Active: true, Distance: price("4"), Near: price("1"), NearShare: rate("0.5"), Watch: strategy.WatchLast}},
		{"percent", market.Long, strategy.Params{"percent": "2%", "order": "guaranteed"}, strategy.StopOrder{Active: true, Distance: price("2"), Fill: strategy.FillGuaranteed, Watch: strategy.WatchLast}},
		{"percent", market.Long, strategy.Params{"percent": "2%", "order": "limit", "offset": "1 atr"}, strategy.StopOrder{Active: true, Distance: price("2"), Fill: strategy.FillLimit, Offset: price("2"), Watch: strategy.WatchLast}},
	} {
		got, err := stop(t, c.name, c.params).Stop(with(at100(c.side), b))
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s %v: %v\n%s", c.name, c.params, err, diff)
		}
	}
	high := with(at100(market.Long), rows([3]string{"110", "99", "100"}))
	if _, err := stop(t, "chandelier", strategy.Params{"period": "1"}).Stop(high); !errors.Is(err, strategy.ErrImpossible) {
		t.Errorf("a chandelier above the entry = %v; expected ErrImpossible", err)
	}
	below := with(at100(market.Long), rows([3]string{"110", "101", "105"}))
	if _, err := stop(t, "swing", strategy.Params{"lookback": "1"}).Stop(below); !errors.Is(err, strategy.ErrImpossible) {
		t.Errorf("a swing low above the entry = %v; expected ErrImpossible", err)
	}
}

// A two-step stop loses share * near + (1 - share) * far: 0.25 * 1 + 0.75 * 4 = 3.25 per unit, so that 65 buy 20.
func TestTwoStepIsSizedByWhatItLoses(t *testing.T) {
	r := strategy.Rule{Name: "two", Equity: quote("1000"), Sizing: sizing(t, "risk", strategy.Params{"risk": "65"}), Leverage: leverage(t, "fixed", strategy.Params{"leverage": "10"}),
		Stop: stop(t, "two_step", strategy.Params{"near": "1%", "far": "4%", "share": "25%"})}
	p, err := r.Plan(at100(market.Long))
	if err != nil || p.Size != qty("20") || p.Stop != price("96") || p.NearStop != (strategy.PartialOrder{Price: price("99"), Size: qty("5")}) {
		t.Errorf("%+v, %v", p, err)
	}
}

// 0.005 in lots of 0.001: half is 0.0025, rounded down to 0.002; three quarters 0.00375 to 0.003; the last rung takes the
// rest.
func TestLadderLosesNoLot(t *testing.T) {
	r := strategy.Rule{Name: "ladder", Equity: quote("1000"), Sizing: sizing(t, "fixed_notional", strategy.Params{"notional": "0.5"}), Leverage: leverage(t, "fixed", strategy.Params{"leverage": "10"}),
		Stop: stop(t, "percent", strategy.Params{"percent": "2%"}), TakeProfit: takeProfit(t, "ladder", strategy.Params{"steps": "50% at 1%, 25% at 1r, 25% at 3 atr"})}
	p, err := r.Plan(at100(market.Long))
	want := []strategy.PartialOrder{{Price: price("101"), Size: qty("0.002")}, {Price: price("102"), Size: qty("0.001")}}
	if diff := cmp.Diff(want, p.Targets); err != nil || diff != "" || p.TakeProfit != price("106") {
		t.Errorf("%+v, %v\n%s", p, err, diff)
	}
	for _, steps := range []string{"60% at 1%, 50% at 2%", "50%", "x at 1%", "50% at 2%,"} {
		if _, err := strategy.NewRegistry().TakeProfit("ladder", strategy.Params{"steps": steps}); !errors.Is(err, strategy.ErrParam) {
			t.Errorf("%q = %v; expected ErrParam", steps, err)
		}
	}
	r.TakeProfit = takeProfit(t, "ladder", strategy.Params{"steps": "50% at 2%, 50% at 1%"})
	if _, err := r.Plan(at100(market.Long)); !errors.Is(err, strategy.ErrImpossible) {
		t.Errorf("a ladder that descends = %v; expected ErrImpossible", err)
	}
}
