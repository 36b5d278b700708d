package calc

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// notionalTolerance is how far a notional may be from size times mark, as a share of it: venues print both rounded.
var notionalTolerance = Must("0.0001")

// byNotional finds what a position's notional stands for: its size where that is absent, else its mark price where that is
// absent; given beside both it has to agree with them.
func byNotional(book *venue.Rulebook, p *Position, path string) error {
	r := &rules{face: p.ContractSize.Or(Int(1))}
	if contract, err := book.Contract(p.Symbol); err == nil {
		r.contract = contract
	}
	r.kind(p)
	r.inverse = r.inverse || p.Kind == KindOfRulebook && CoinSettled(book, p.Symbol)
	switch {
	case !p.Size.Given():
		p.Size = p.Notional.Div(r.face.Mul(r.coordinate(p.MarkPrice.Or(p.EntryPrice))))
		if p.CloseSize.Given() && p.CloseSize.Cmp(p.Size) > 0 {
			return &InputError{Path: path + ".close_size", Value: p.CloseSize.String(), Expected: "at most the size, " + p.Size.String()}
		}
	case !p.MarkPrice.Given():
		p.MarkPrice = r.coordinate(p.Notional.Div(p.Size.Mul(r.face)))
	default:
		value := r.value(p, p.MarkPrice)
		if value.Sub(p.Notional).Abs().Cmp(value.Mul(notionalTolerance)) > 0 {
			return &InputError{Path: path + ".notional", Value: p.Notional.String(), Expected: fmt.Sprintf("%s, the size at the mark price", value), Remedy: "remove one of the three"}
		}
	}
	return nil
}

// onlyMargin makes the wallet of an account whose single position is isolated that position's margin, where nothing else tells it:
// Binance's formula has WB = isolated wallet balance for an isolated position.
func onlyMargin(a *Account, positions []Position, note func(string, ...any)) {
	if len(positions) != 1 || a.WalletBalance.Sign() <= 0 {
		return
	}
	if p := &positions[0]; !p.Cross && !p.Leverage.Given() && !p.IsolatedMargin.Given() && !p.RawUSD.Given() {
		p.IsolatedMargin = a.WalletBalance
		note("positions[0].isolated_margin: neither it nor leverage is given, taken as wallet_balance, %s", a.WalletBalance)
	}
}
