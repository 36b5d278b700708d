package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

// Rule is a complete rule under test. Sizing and Leverage are required; a nil Stop or TakeProfit means none.
type Rule struct {
	Name       string
	Equity     market.Quote // what each setup starts with
	Sizing     Sizing
	Leverage   Leverage
	Stop       Stop
	TakeProfit TakeProfit
	Margin     MarginMode
	HoldFor    market.Time // longest holding time in milliseconds; 0: until the end
}
