package calc

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// FundingInput is what `calc funding` works on; what is absent comes from the rulebook (docs/CALC.md).
type FundingInput struct {
	Venue  string
	Symbol string
	Date   *market.Time // of the settlement

	AveragePremium Number   // in place of Premiums and of the impact prices
	Premiums       []Number // samples, oldest first
	ImpactBid      Number
	ImpactAsk      Number
	MidPrice       Number // in place of impact prices
	IndexPrice     Number // the oracle's
	InterestRate   Number // of what Interval the formula has: 8 hours where the rate is divided, else one interval
	IntervalHours  Number
	Clamp          Number
	Cap, Floor     Number // of the rate of one interval
	CapFactor      Number // of MaintenanceMarginRate, in place of the rulebook's limit
	LowestRate     Number // maintenance margin rate of the lowest tier

	Side         market.Side // of the position that pays; 0 for none
	Size         Number
	MarkPrice    Number
	Kind         Kind
	ContractSize Number
}

// FundingResult is what `calc funding` prints.
type FundingResult struct {
	Venue         string   `json:"venue"`
	Premium       Number   `json:"premium"`
	InterestRate  Number   `json:"interest_rate"`
	IntervalHours Number   `json:"interval_hours"`
	Rate8h        Number   `json:"rate_8h"` // before division and limits
	Cap           Number   `json:"cap"`
	Floor         Number   `json:"floor"`
	FundingRate   Number   `json:"funding_rate"`
	PaymentPrice  Number   `json:"payment_price"`
	Payment       Number   `json:"payment"` // what the position pays; negative: receives
	Notes         []string `json:"notes"`
}

// Premium returns the premium of impact prices over an index: (max(bid - index, 0) - max(index - ask, 0)) / index
// (Hyperliquid docs, funding; Binance FAQ on funding rates).
func Premium(bid, ask, index Number) Number {
	p := Number{}
	if bid.Given() {
		p = bid.Sub(index).Max(Int(0))
	}
	if ask.Given() {
		p = p.Sub(index.Sub(ask).Max(Int(0)))
	}
	return p.Div(index)
}

// MeanPremium averages samples, oldest first: arithmetically, or with weights 1 to n (Bybit help, funding rate: sum(i*P_i)/sum(i)).
func MeanPremium(premiums []Number, linear bool) Number {
	sum, weights := Number{}, Number{}
	for i, p := range premiums {
		w := Int(1)
		if linear {
			w = Int(int64(i + 1))
		}
		sum, weights = sum.Add(p.Mul(w)), weights.Add(w)
	}
	return sum.Div(weights)
}

// eight is the hours that interest and rates are quoted for.
var eight = Int(8)

// Funding computes a funding rate, and the payment of a position where one is given. Errors are *InputError.
func Funding(book *venue.Rulebook, in *FundingInput) (*FundingResult, error) {
	r := &FundingResult{Venue: book.ID, Notes: []string{}}
	contract, err := book.Contract(in.Symbol)
	if err != nil {
		contract = nil
	}
	r.IntervalHours = in.IntervalHours
	if !r.IntervalHours.Given() {
		r.IntervalHours = eight
		if contract != nil {
			r.IntervalHours = Int(int64(contract.FundingIntervalHours))
		}
	}
	if err := r.premium(book, in); err != nil {
		return nil, err
	}
	r.rate(book, in)
	r.limits(book, contract, in)
	r.FundingRate = r.FundingRate.Clamp(r.Floor, r.Cap)
	return r, r.payment(book, contract, in)
}

func (r *FundingResult) premium(book *venue.Rulebook, in *FundingInput) error {
	switch {
	case in.AveragePremium.Given():
		r.Premium = in.AveragePremium
	case len(in.Premiums) > 0:
		r.Premium = MeanPremium(in.Premiums, book.Policies.PremiumMean == "linear_weights")
	case !in.IndexPrice.Given() && (in.ImpactBid.Given() || in.ImpactAsk.Given() || in.MidPrice.Given()):
		return &InputError{Path: "index_price", Expected: "the index or oracle price that the premium is over", Remedy: "or average_premium"}
	case in.ImpactBid.Given() || in.ImpactAsk.Given():
		r.Premium = Premium(in.ImpactBid, in.ImpactAsk, in.IndexPrice)
	case in.MidPrice.Given():
		r.Premium = in.MidPrice.Sub(in.IndexPrice).Div(in.IndexPrice)
	default:
		return &InputError{Path: "average_premium", Expected: "average_premium, premiums, impact_bid and impact_ask, or mid_price", Remedy: "a rate is made of a premium and interest"}
	}
	return nil
}

// rate applies the rulebook's formula (docs/CALC.md): premium + clamp(interest - premium, -c, +c), divided by 8 hours / interval
// where the policy says so and from its date on; or the premium less interest alone.
func (r *FundingResult) rate(book *venue.Rulebook, in *FundingInput) {
	divided := book.Policies.FundingRate == "premium_and_interest_by_interval"
	if from := book.FundingDividedFrom; divided && in.Date != nil && *in.Date < from {
		divided = false
		r.Notes = append(r.Notes, fmt.Sprintf("date: the rate is divided by 8 hours / interval from %s on; before that it is not", from))
	}
	if book.Policies.FundingRate == "premium_only" {
		r.InterestRate = in.InterestRate.Or(Int(0))
		r.Rate8h = r.Premium.Sub(r.InterestRate)
		if in.Clamp.Given() && in.InterestRate.Given() {
			r.Rate8h = r.Premium.Add(in.InterestRate.Sub(r.Premium).Clamp(in.Clamp.Neg(), in.Clamp))
		}
		r.FundingRate = r.Rate8h
		return
	}
	r.InterestRate = in.InterestRate
	if !r.InterestRate.Given() {
		r.InterestRate = FromRate(book.Parameters.FundingInterest)
		if !divided {
			r.InterestRate = r.InterestRate.Mul(r.IntervalHours).Div(eight)
		}
	}
	clamp := in.Clamp.Or(FromRate(book.Parameters.FundingClamp))
	r.Rate8h = r.Premium.Add(r.InterestRate.Sub(r.Premium).Clamp(clamp.Neg(), clamp))
	r.FundingRate = r.Rate8h
	if divided {
		r.FundingRate = r.Rate8h.Mul(r.IntervalHours).Div(eight)
	}
}

// limits are the request's, else a factor of the lowest tier's maintenance margin rate, else the contract's.
func (r *FundingResult) limits(book *venue.Rulebook, contract *venue.Contract, in *FundingInput) {
	r.Cap, r.Floor = in.Cap, in.Floor
	switch {
	case r.Cap.Given() || r.Floor.Given():
		if !r.Floor.Given() {
			r.Floor = r.Cap.Neg()
		}
		if !r.Cap.Given() {
			r.Cap = r.Floor.Neg()
		}
	case in.CapFactor.Given() || in.LowestRate.Given():
		factor := in.CapFactor
		if !factor.Given() {
			factor = Int(1)
			if book.Policies.FundingLimit == "maintenance_factor" {
				factor = FromRate(book.Parameters.FundingLimitFactor)
			}
		}
		lowest := in.LowestRate
		if !lowest.Given() && contract != nil && len(contract.Tiers) > 0 {
			lowest = FromRate(contract.Tiers[0].MaintenanceMarginRate)
		}
		r.Cap = lowest.Mul(factor)
		r.Floor = r.Cap.Neg()
	case contract != nil && (contract.FundingCap != 0 || contract.FundingFloor != 0) && (in.Symbol != "" || book.Policies.FundingLimit == "contract"):
		if in.Symbol != "" && contract.Fallback {
			r.Notes = append(r.Notes, fmt.Sprintf("symbol: %s does not know %q; the limits are its default contract's", book.ID, in.Symbol))
		}
		r.Cap, r.Floor = FromRate(contract.FundingCap), FromRate(contract.FundingFloor)
	default:
		r.Notes = append(r.Notes, "no cap and floor are known, or no symbol was given; the rate is not limited")
	}
}

// payment is side * value * rate, at the rulebook's funding price: mark, or the index (oracle).
func (r *FundingResult) payment(book *venue.Rulebook, contract *venue.Contract, in *FundingInput) error {
	if !in.Size.Given() {
		return nil
	}
	key := "mark_price"
	r.PaymentPrice = in.MarkPrice
	if book.Policies.FundingPrice == "index" {
		key, r.PaymentPrice = "index_price", in.IndexPrice
	}
	if !r.PaymentPrice.Given() {
		return &InputError{Path: key, Expected: "the price at which this venue pays funding", Remedy: "or leave out size"}
	}
	p := Position{Symbol: in.Symbol, Size: in.Size, Kind: in.Kind, ContractSize: in.ContractSize}
	rules := rules{contract: contract, face: in.ContractSize.Or(Int(1))}
	rules.kind(&p)
	r.Payment = rules.value(&p, r.PaymentPrice).Mul(r.FundingRate).Times(int(in.Side))
	return nil
}
