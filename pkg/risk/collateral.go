package risk

import (
	"errors"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Hold deposits a size > 0 of a collateral asset in kind: the account has deposited the holding's haircut value and bought the
// asset of the provider for it (docs/MODEL.md section 15). The asset needs a price. It returns a *Refusal where the rules do not
// accept it; nothing has changed then.
func (x *Exchange) Hold(a AccountID, asset market.InstrumentID, size market.Qty) error {
	return errors.New("exchange: collateral is not there yet")
}
