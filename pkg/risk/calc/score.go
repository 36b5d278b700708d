package calc

import "github.com/liquidation-lab/backtest/pkg/market"

// Standing is what an ADL score is computed from: a position and its scope, at mark.
type Standing struct {
	Side        market.Side
	PnL         Number // unrealized
	Notional    Number // value at mark
	EntryValue  Number
	Wallet      Number // of the scope
	Maintenance Number // of the scope
	Equity      Number // of the scope; the price_gain score calls it account value, BitMEX mark value less bankrupt value
	MarginRatio Number // in place of Maintenance / Equity
	PnLPercent  Number // in place of PnL / EntryValue, as a fraction
	Leverage    Number // in place of Notional / Equity
}

// Score is an ADL score with its two factors. Value is absent where the policy has no score.
type Score struct {
	Value      Number `json:"score"`
	PnLPercent Number `json:"pnl_percent"` // a fraction; of Binance's score, of the wallet
	Leverage   Number `json:"leverage"`    // effective leverage; of Binance's score, the margin ratio
}

// ScoreOf computes the score that a rulebook's policy adl_score names (docs/MODEL.md section 5, docs/CALC.md). A scope
// without equity scores 0. Losing positions have a score where the venue publishes one: PnL percent / leverage (BitMEX).
func ScoreOf(policy string, s Standing) Score {
	percent, leverage := s.PnLPercent, s.Leverage
	if !percent.Given() {
		percent = s.PnL.Div(s.EntryValue)
	}
	if !leverage.Given() {
		leverage = s.Notional.Div(s.Equity)
	}
	if s.Equity.Given() && s.Equity.Sign() <= 0 {
		leverage = Int(0)
	}
	switch policy {
	case "binance_leverage_pnl":
		// Binance FAQ 360033525471: max(0, UPNL)/max(1, wallet) * maintenance margin / margin balance.
		if !s.PnLPercent.Given() {
			percent = s.PnL.Max(Int(0)).Div(s.Wallet.Max(Int(1)))
		}
		leverage = s.MarginRatio
		if !leverage.Given() {
			leverage = s.Maintenance.Div(s.Equity)
		}
		if s.Equity.Given() && s.Equity.Sign() <= 0 {
			leverage = Int(0)
		}
		return Score{percent.Mul(leverage), percent, leverage}
	case "pnl_percent_times_leverage":
		return product(percent, leverage)
	case "pnl_over_notional_times_leverage":
		if !s.PnLPercent.Given() {
			percent = s.PnL.Div(s.Notional)
		}
		return product(percent, leverage)
	case "price_gain_times_leverage":
		// Hyperliquid prints mark/entry for both sides; a short's ratio is inverted, or winning shorts would rank last (docs/MODEL.md).
		gain := s.Notional.Div(s.EntryValue)
		if s.Side == market.Short {
			gain = s.EntryValue.Div(s.Notional)
		}
		return Score{gain.Mul(leverage), percent, leverage}
	}
	return Score{Number{}, percent, leverage} // random_start: no ranking
}

// product is PnL percent times leverage, or divided by it for a loss (BitMEX, auto-deleveraging).
func product(percent, leverage Number) Score {
	if percent.Sign() < 0 {
		return Score{percent.Div(leverage).Or(Int(0)), percent, leverage}
	}
	return Score{percent.Mul(leverage), percent, leverage}
}
