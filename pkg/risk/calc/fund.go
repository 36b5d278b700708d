package calc

import (
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Fund holds the figures of an insurance fund that an ADL trigger is tested on. Which of them are given decides the test;
// thresholds that are absent are the rulebook's.
type Fund struct {
	Balance           Number
	Floor             Number // 0 where absent
	Delta             Number // what a fill would bring it
	Peak              Number // highest balance in 8 hours
	Average           Number // mean balance of 8 hours
	InstrumentPnL     Number // what the instrument has brought the fund
	InstrumentPeakPnL Number // its highest in 8 hours
	Drawdown          Number // share that it may lose
	Stop              Number // share at which ADL ends
	Absolute          Number // loss that is always allowed
	ThresholdBalance  Number // the drawdown of an instrument counts only above this balance
	AccountValue      Number // of the account that is liquidated
}

// FundResult says whether ADL is triggered and by what.
type FundResult struct {
	Test      string `json:"test"`
	ADL       bool   `json:"adl"`
	Stops     bool   `json:"stops"` // an ADL that is on would end
	PnLRatio  Number `json:"pnl_ratio"`
	Threshold Number `json:"threshold"`
	Excess    Number `json:"excess_loss"` // what the counterparties bear
	Balance   Number `json:"balance"`     // after the fill
}

// test applies the trigger that the figures allow: the drawdown of an instrument (Bybit, adl-alert: at -30% its example fires),
// below the mean of 8 hours (OKX, March 2025), the drawdown from the peak of 8 hours (OKX before), an account below zero
// (Hyperliquid), else a fund that cannot pay.
func (f *Fund) test(book *venue.Rulebook) (*FundResult, error) {
	after := f.Balance.Add(f.Delta)
	floor := f.Floor.Or(Int(0))
	empty := f.Balance.Given() && (after.Cmp(floor) < 0 || !f.Delta.Given() && after.Cmp(floor) <= 0)
	r := &FundResult{ADL: empty, Balance: after, Stops: !empty}
	p := &book.Parameters
	drawdown := func() (Number, error) {
		d := f.Drawdown.Abs()
		if !f.Drawdown.Given() {
			d = FromRate(p.ADLDrawdown)
		}
		if d.Sign() == 0 {
			return d, &InputError{Path: "fund.drawdown", Expected: "the share of its balance that the fund may lose, such as 0.3", Remedy: "this venue's rulebook has none"}
		}
		return d, nil
	}
	switch {
	case f.InstrumentPnL.Given() && f.Peak.Given():
		r.Test = "instrument_drawdown_from_peak"
		d, err := drawdown()
		if err != nil {
			return nil, err
		}
		lost := f.InstrumentPeakPnL.Sub(f.InstrumentPnL)
		r.PnLRatio, r.Threshold = lost.Neg().Div(f.Peak), d.Neg()
		f.drawdown(r, lost, d, FromRate(p.ADLDrawdownStop), empty)
		if f.ThresholdBalance.Given() && f.Balance.Cmp(f.ThresholdBalance) <= 0 {
			r.ADL, r.Excess = empty, Int(0)
		}
	case f.Average.Given():
		r.Test = "drawdown_below_average"
		d, err := drawdown()
		if err != nil {
			return nil, err
		}
		absolute := f.Absolute
		if !absolute.Given() {
			absolute = FromFixed(p.ADLAbsolute)
		}
		r.Threshold = f.Average.Sub(f.Average.Mul(d).Max(absolute))
		r.ADL = empty || after.Cmp(r.Threshold) < 0
		r.Excess = r.Threshold.Sub(after).Max(Int(0))
		r.Stops = !r.ADL
	case f.Peak.Given():
		r.Test = "drawdown_from_peak"
		d, err := drawdown()
		if err != nil {
			return nil, err
		}
		lost := f.Peak.Sub(after)
		r.PnLRatio, r.Threshold = lost.Neg().Div(f.Peak), f.Peak.Sub(f.Peak.Mul(d))
		f.drawdown(r, lost, d, FromRate(p.ADLDrawdownStop), empty)
	case f.AccountValue.Given():
		r.Test, r.ADL = "negative_equity", f.AccountValue.Sign() < 0
		r.Stops = !r.ADL
	case f.Balance.Given():
		r.Test = "fund_exhausted"
	default:
		return nil, &InputError{Path: "fund.balance", Expected: "the fund's balance, or account_value", Remedy: "docs/CALC.md lists the tests and what they need"}
	}
	if !f.Balance.Given() {
		r.Balance = Number{}
	}
	return r, nil
}

// drawdown completes a test on what was lost of the peak. It fires at the share itself: there is no room left.
func (f *Fund) drawdown(r *FundResult, lost, share, stop Number, empty bool) {
	if f.Stop.Given() {
		stop = f.Stop.Abs()
	}
	r.ADL = empty || lost.Cmp(f.Peak.Mul(share)) >= 0
	r.Stops = !empty && lost.Cmp(f.Peak.Mul(stop)) < 0
	r.Excess = lost.Sub(f.Peak.Mul(share)).Max(Int(0))
}

// Flow is what one fill of a liquidated position brings the insurance fund.
type Flow struct {
	FillPrice Number `json:"fill_price"`
	Quote     Number `json:"quote"`      // cash of the fill, as the account receives it
	Result    Number `json:"result"`     // beyond the bankruptcy price
	FundDelta Number `json:"fund_delta"` // what of it the fund takes or pays
}

// InsuranceDelta is what a fill brings the fund: quote less bankruptcy quote, a gain to at most maxFee of the fill's value where
// the account keeps the rest (dYdX v4, GetLiquidationInsuranceFundDelta). An absent maxFee means that the fund keeps all.
func InsuranceDelta(quote, bankruptcyQuote, maxFee Number) Number {
	delta := quote.Sub(bankruptcyQuote)
	if delta.Sign() > 0 && maxFee.Given() {
		return delta.Min(maxFee.Mul(quote.Abs()))
	}
	return delta
}

// insurance computes the flows of the fills that are given.
func (r *ADLResult) insurance(book *venue.Rulebook, in *ADLInput) error {
	l := &in.Liquidated
	if len(l.FillPrices) == 0 {
		return nil
	}
	if !r.BankruptcyPrice.Given() {
		return &InputError{Path: "liquidated.bankruptcy_price", Expected: "the price at which the position is taken over", Remedy: "or bankruptcy_quote, quote_balance, or entry_price with leverage"}
	}
	size := l.Size.Or(Int(1))
	maxFee := l.MaxFee
	if !maxFee.Given() && book.Policies.LiquidationFee == "capped_at_improvement" {
		if c, err := book.Contract(in.Symbol); err == nil {
			maxFee = FromRate(c.LiquidationFee)
		}
	}
	sign := int(l.Side)
	value := func(price Number) Number { return l.value(book, in.Symbol, size, price) }
	if v := value(Int(2)); v.Cmp(value(Int(1))) < 0 {
		sign = -sign // inverse: a lower value per contract is a higher price
	}
	for _, price := range l.FillPrices {
		quote := value(price).Times(sign)
		bankruptcy := value(r.BankruptcyPrice).Times(sign)
		r.Insurance = append(r.Insurance, Flow{FillPrice: price, Quote: quote, Result: quote.Sub(bankruptcy), FundDelta: InsuranceDelta(quote, bankruptcy, maxFee)})
	}
	return nil
}
