package calc

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// line1 gives a position one line of margin, as the closed forms have.
func line1(t *rapid.T, p Position) Position {
	p.MaintenanceMarginRate, p.MaintenanceAmount = decimals(t, "rate", 1, 500, "0.001"), decimals(t, "amount", 0, 100, "1")
	return p
}

// TestBinanceClosedForm: LP = [WB - TMM1 + UPNL1 + cumL + cumS - qL*EL + qS*ES] / [qL*mmrL + qS*mmrS - qL + qS] (FAQ
// b3c689c1f50a44cabb3a84e663b81d93) for a cross long and short of one symbol beside another contract.
func TestBinanceClosedForm(t *testing.T) {
	book := load(t, "binance/2025-10")
	c, _ := book.Contract("X")
	rapid.Check(t, func(t *rapid.T) {
		mark := drawMark(t, "mark")
		long, short := line1(t, drawPosition(t, c, "X", mark, true)), line1(t, drawPosition(t, c, "X", mark, true))
		other := line1(t, drawPosition(t, c, "Y", drawMark(t, "other mark"), true))
		long.Side, short.Side = market.Long, market.Short
		wallet := decimals(t, "wallet", 1, 999_999, "1")
		r, err := Evaluate(book, &Account{CrossWalletBalance: wallet, Positions: []Position{long, short, other}})
		if err != nil {
			t.Fatal(err)
		}
		up := wallet.Sub(r.Positions[2].MaintenanceMargin).Add(r.Positions[2].UnrealizedPnL).Add(long.MaintenanceAmount).Add(short.MaintenanceAmount).
			Sub(long.Size.Mul(long.EntryPrice)).Add(short.Size.Mul(short.EntryPrice))
		down := long.Size.Mul(long.MaintenanceMarginRate).Add(short.Size.Mul(short.MaintenanceMarginRate)).Sub(long.Size).Add(short.Size)
		want := up.Div(down)
		got := r.Positions[0].LiquidationPrice
		if want.Sign() <= 0 {
			want = Number{} // shown as none
		}
		if got.String() != want.String() || r.Positions[1].LiquidationPrice.String() != want.String() {
			t.Fatalf("%s and %s, the closed form says %s", got, r.Positions[1].LiquidationPrice, want)
		}
	})
}

// TestHyperliquidClosedForm: LP = P - side * margin available / size / (1 - l*side), with the account's value less maintenance margin
// available to a cross position, and l the rate at the price (docs, liquidations).
func TestHyperliquidClosedForm(t *testing.T) {
	book := load(t, "hyperliquid/2025-10")
	c, _ := book.Contract("X")
	rapid.Check(t, func(t *rapid.T) {
		p, other := drawPosition(t, c, "X", drawMark(t, "mark"), true), drawPosition(t, c, "Y", drawMark(t, "other mark"), true)
		p.MaintenanceMarginRate, other.MaintenanceMarginRate = decimals(t, "rate", 1, 500, "0.001"), decimals(t, "other rate", 1, 500, "0.001")
		r, err := Evaluate(book, &Account{CrossWalletBalance: decimals(t, "wallet", 1, 999_999, "1"), Positions: []Position{p, other}})
		if err != nil {
			t.Fatal(err)
		}
		side := Int(int64(p.Side))
		available := r.MarginBalance.Sub(r.MaintenanceMargin)
		want := p.MarkPrice.Sub(side.Mul(available).Div(p.Size).Div(Int(1).Sub(p.MaintenanceMarginRate.Mul(side))))
		if want.Sign() <= 0 {
			want = Number{}
		}
		if got := r.Positions[0].LiquidationPrice; got.String() != want.String() {
			t.Fatalf("%s, the closed form says %s", got, want)
		}
	})
}

// TestOKXClosedForm: LP = (entry -+ margin/q) / (1 -+ (rate + fee)) and the bankruptcy price the same without the rate.
func TestOKXClosedForm(t *testing.T) {
	book := load(t, "okx/2025-10")
	c, _ := book.Contract("X")
	rapid.Check(t, func(t *rapid.T) {
		p := drawPosition(t, c, "X", drawMark(t, "mark"), false)
		p.MaintenanceMarginRate, p.FeeRate = decimals(t, "rate", 1, 500, "0.001"), decimals(t, "fee", 0, 50, "0.0001")
		p.IsolatedMargin = decimals(t, "margin", 1, 99_999, "0.1")
		r, err := Evaluate(book, &Account{Positions: []Position{p}})
		if err != nil {
			t.Fatal(err)
		}
		side := Int(int64(p.Side))
		closed := func(rate Number) string {
			n := p.EntryPrice.Sub(side.Mul(p.IsolatedMargin).Div(p.Size)).Div(Int(1).Sub(side.Mul(rate)))
			if n.Sign() <= 0 {
				return "null"
			}
			return n.String()
		}
		if got, want := r.Positions[0].LiquidationPrice.String(), closed(p.MaintenanceMarginRate.Add(p.FeeRate)); got != want {
			t.Fatalf("liquidation price %s, the closed form says %s", got, want)
		}
		if got, want := r.Positions[0].BankruptcyPrice.String(), closed(p.FeeRate); got != want {
			t.Fatalf("bankruptcy price %s, the closed form says %s", got, want)
		}
	})
}
