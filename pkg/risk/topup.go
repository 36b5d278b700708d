package risk

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// TopUp moves money from an account's wallet to the margin of its isolated position (docs/MODEL.md, orders on parts of a position). It
// returns a *Refusal when there is no isolated position, when the amount is not above 0, or when the wallet, less what
// the account's cross positions need as initial margin at mark, has less. Nothing is charged for it; its cost is that a
// liquidation now takes that much more.
func (x *Exchange) TopUp(a AccountID, i market.InstrumentID, amount market.Quote) (err error) {
	defer guard(&err)
	if err := x.refuseCollateral(a, i); err != nil {
		return err
	}
	refuse := func(format string, args ...any) error {
		return &Refusal{Account: a, Symbol: x.listings[i].Symbol, Rule: fmt.Sprintf(format, args...)}
	}
	id := x.find(a, i)
	switch {
	case id == none:
		return refuse("no open position to add margin to")
	case x.positions[id].mode != Isolated:
		return refuse("the position is cross; only isolated positions have a margin of their own")
	case amount <= 0:
		return refuse("amount %v; expected above 0", amount)
	}
	if err := x.affordable(Order{Account: a, Instrument: i, Mode: Isolated, Fee: true}, amount, 0); err != nil {
		return err
	}
	x.accounts[a].wallet -= amount
	x.positions[id].margin += amount
	x.file(x.scopeOf(id))
	x.file(scope{account: a, position: none}) // the wallet backs the account's cross positions
	return nil
}
