package calc

// CloseOutLevels returns the maintenance and the close-out margin rate of an initial margin rate on Coinbase International:
// MM = 2/3 IM, and close-out = max(1/3 IM, MM - 12 percentage points) (leverage and margin policy).
func CloseOutLevels(initial Number) (maintenance, closeOut Number) {
	maintenance = initial.Times(2).Div(Int(3))
	return maintenance, initial.Div(Int(3)).Max(maintenance.Sub(Must("0.12")))
}

// LiquidationBuffer is (available - threshold) / (initial margin - threshold), at 0 of which Coinbase's US futures are
// liquidated (CFM futures help).
func LiquidationBuffer(available, threshold, initial Number) Number {
	return available.Sub(threshold).Div(initial.Sub(threshold))
}

// DisplayedRate is an account's margin rate as Bybit shows it: margin / total margin balance, cut after four decimals.
func DisplayedRate(margin, balance Number) Number {
	return margin.Div(balance).Floor(Must("0.0001"))
}

// PortfolioThreshold is the liquidation threshold of a borrowed asset under Hyperliquid's portfolio margin: 0.5 + 0.5 * LTV.
func PortfolioThreshold(ltv Number) Number { return Int(1).Add(ltv).Div(Int(2)) }
