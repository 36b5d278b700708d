package calc

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// mostSamples bounds the premiums of one interval: eight hours of one a second.
const mostSamples = 8 * 60 * 60

// ParseFunding reads the input of `calc funding` (docs/CALC.md lists the keys). Its errors are *InputError joined.
func ParseFunding(text []byte) (*FundingInput, error) {
	o, err := parse(text)
	if err != nil {
		return nil, err
	}
	in := &FundingInput{
		Venue: o.text("venue"), Symbol: o.text("symbol", "instrument", "inst_id"),
		AveragePremium: o.number(rate, "average_premium", "avg_premium", "ma_premium", "premium", "premium_index"),
		ImpactBid:      o.number(above0, "impact_bid", "impact_bid_price"),
		ImpactAsk:      o.number(above0, "impact_ask", "impact_ask_price"),
		MidPrice:       o.number(above0, "mid_price", "mid"),
		IndexPrice:     o.number(above0, "index_price", "index", "oracle", "oracle_price"),
		InterestRate:   o.number(rate, "interest_rate", "interest"),
		IntervalHours:  o.number(hours, "interval_hours", "interval_h", "interval", "funding_interval_hours"),
		Clamp:          o.number(share, "clamp"),
		Cap:            o.number(share, "cap", "funding_cap"),
		Floor:          o.number(floorBound, "floor", "funding_floor"),
		CapFactor:      o.number(above0, "cap_factor", "factor"),
		LowestRate:     o.number(fraction, "maintenance_margin_rate", "mmr", "mmr_lowest_tier"),
	}
	list, path := o.list("premiums", "premium_samples")
	if len(list) > mostSamples {
		o.in.refuse(path, fmt.Sprintf("%d samples", len(list)), fmt.Sprintf("at most %d", mostSamples), "average them first")
		list = nil
	}
	for i, v := range list {
		in.Premiums = append(in.Premiums, o.in.number(fmt.Sprintf("%s[%d]", path, i), v, rate))
	}
	if in.AveragePremium.Given() && len(in.Premiums) > 0 {
		o.in.refuse(path, fmt.Sprintf("%d samples", len(in.Premiums)), "none beside average_premium", "remove one")
	}
	if v, path, ok := o.take("date", "time", "funding_time"); ok {
		t, err := market.ParseTime(fmt.Sprint(v))
		if err != nil {
			o.in.refuse(path, fmt.Sprintf("%.40q", fmt.Sprint(v)), "a UTC time such as \"2025-10-10\" or \"2025-09-18T08:01:00Z\"", "")
		}
		in.Date = &t
	}
	if p := o.object("position"); p != nil {
		in.holding(p)
		p.done()
	} else {
		in.holding(o)
	}
	if in.Cap.Given() && in.Floor.Given() && in.Floor.Cmp(in.Cap) > 0 {
		o.in.refuse("floor", in.Floor.String(), "at most the cap, "+in.Cap.String(), "")
	}
	o.done()
	if err := o.in.err(); err != nil {
		return nil, err
	}
	return in, nil
}

// holding reads the position that pays, from the request itself or from its position.
func (in *FundingInput) holding(o *object) {
	in.Size = o.number(not0, "size", "qty", "quantity", "contracts")
	in.MarkPrice = o.number(above0, "mark_price", "mark", "price")
	in.ContractSize = o.number(above0, "contract_size", "ct_val")
	if o.path != "" {
		if index := o.number(above0, "index_price", "index", "oracle", "oracle_price"); index.Given() {
			in.IndexPrice = index
		}
	}
	in.Kind = o.kind()
	switch word := o.choice(sideWords, sideSpellings, "side", "position_side"); {
	case word == "short" || word == "" && in.Size.Sign() < 0:
		in.Side = market.Short
	case word == "long" || in.Size.Given():
		in.Side = market.Long
	}
	in.Size = sized(in.Size)
}

var (
	hours      = bound{"hours above 0 and at most 24", "", func(n Number) bool { return n.Sign() > 0 && n.Cmp(Int(24)) <= 0 }}
	floorBound = bound{"a rate from -1 to 1, such as -0.003", "divide percent by 100", func(n Number) bool { return n.Abs().Cmp(Int(1)) <= 0 }}
)
