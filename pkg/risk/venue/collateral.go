package venue

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// CollateralContract returns the contract by which a collateral asset is held (docs/MODEL.md section 15): one tier of every size, without
// a requirement, at leverage 1; no liquidation fee, no close-out margin, no funding. No rulebook states it.
func CollateralContract(asset market.Instrument) *Contract {
	return &Contract{Instrument: asset, ContractSize: market.Scale, Margin: MarginRules{OfNotional: true},
		Tiers: []Tier{{Cap: math.MaxInt64, MaxLeverage: 1, Leverage: market.Scale}}}
}
