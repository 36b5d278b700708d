package strategy_test

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// venue liquidates at a maintenance margin rate of 0.5% without fees, so that for a long
// entry*(1 - 1/leverage) = price*(1 - 0.005), and for a short entry*(1 + 1/leverage) = price*(1 + 0.005).
type venue struct{ limit int }

func (v venue) MaxLeverage(string, market.Quote) int { return v.limit }

func (v venue) LiquidationPrice(_ string, side market.Side, _ market.Qty, entry market.Price, leverage market.Rate) (market.Price, bool) {
	if side == market.Long && leverage <= market.Scale {
		return 0, false
	}
	margin, _ := market.MulDivFloor(int64(entry), market.Scale, int64(leverage))
	s := int64(side)
	price, ok := market.MulDivFloor(int64(entry)-s*margin, market.Scale, market.Scale-s*500_000)
	return market.Price(price), ok
}

func price(s string) market.Price { return market.MustParse[market.Price](s) }
func qty(s string) market.Qty     { return market.MustParse[market.Qty](s) }
func quote(s string) market.Quote { return market.MustParse[market.Quote](s) }
func rate(s string) market.Rate   { return market.MustParse[market.Rate](s) }

func moment(t testing.TB, s string) market.Time {
	t.Helper()
	at, err := market.ParseTime(s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// at100 is an entry at 100 with an equity of 1000 and an average true range of 2.
func at100(side market.Side) *strategy.Context {
	return &strategy.Context{
		Setup:      strategy.Setup{ID: 7, Time: 1760129400000, Symbol: "BTCUSDT", Side: side},
		Price:      price("100"),
		Equity:     quote("1000"),
		ATR:        func(int) (market.Price, bool) { return price("2"), true },
		Instrument: market.Instrument{Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Tick: price("0.1"), Lot: qty("0.001")},
		Exchange:   venue{limit: 50},
	}
}

func stop(t testing.TB, name string, p strategy.Params) strategy.Stop {
	t.Helper()
	s, err := strategy.NewRegistry().Stop(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sizing(t testing.TB, name string, p strategy.Params) strategy.Sizing {
	t.Helper()
	s, err := strategy.NewRegistry().Sizing(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func leverage(t testing.TB, name string, p strategy.Params) strategy.Leverage {
	t.Helper()
	l, err := strategy.NewRegistry().Leverage(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func takeProfit(t testing.TB, name string, p strategy.Params) strategy.TakeProfit {
	t.Helper()
	tp, err := strategy.NewRegistry().TakeProfit(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return tp
}
