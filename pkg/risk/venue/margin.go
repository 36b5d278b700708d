package venue

import "github.com/liquidation-lab/backtest/pkg/market"

// Exposure is what margin depends on: a position without its sign.
type Exposure struct {
	Size     market.Qty   // |q|
	Notional market.Quote // |q| times mark, rounded up
	Entry    market.Quote // |cost|
	Long     bool
	Leverage market.Rate // 10x is 10e8; only the fee at the bankruptcy value asks for it
	Cross    bool
}

// MarginRules is the part of a rulebook that margin arithmetic needs, in the form in which it is asked millions of
// times.
type MarginRules struct {
	Whole         bool // a rate applies to the whole position, without deduction
	Linear        bool // the rate grows with the size
	ByEntry       bool // the tier is that of the entry notional
	BySize        bool // the tier is that of the size
	CapInclusive  bool // a boundary belongs to the lower tier
	AtEntry       bool // an isolated requirement is taken of the entry notional
	IsolatedFee   FeeBasis
	CrossFee      FeeBasis
	Taker         market.Rate
	InterestScale bool // initial margin grows with open interest
	OfNotional    bool // maintenance margin depends on nothing but the notional at mark: NotionalMargin says it
}

// FeeBasis says on which value the closing fee within a requirement is taken.
type FeeBasis uint8

// The bases: no fee, the notional at mark, the value at the bankruptcy price of a position with its leverage.
const (
	NoFee FeeBasis = iota
	FeeAtMark
	FeeAtBankruptcy
)

var feeBases = map[string]FeeBasis{"none": NoFee, "taker_at_mark": FeeAtMark, "taker_at_bankruptcy": FeeAtBankruptcy}

func marginRules(p *Policies, taker market.Rate) MarginRules {
	m := MarginRules{
		Whole: p.Tiers != "marginal", Linear: p.Tiers == "linear_in_size",
		ByEntry: p.TierBy == "entry_notional", BySize: p.TierBy == "size", CapInclusive: p.TierBound == "cap_inclusive",
		AtEntry: p.IsolatedValuation == "entry", IsolatedFee: feeBases[p.IsolatedFee], CrossFee: feeBases[p.CrossFee],
		Taker: taker, InterestScale: p.InitialMargin == "open_interest_scaled",
	}
	m.OfNotional = !m.Whole && !m.ByEntry && !m.BySize && !m.AtEntry && m.IsolatedFee == NoFee && m.CrossFee == NoFee
	return m
}

// Tier returns the index of the tier that a measure falls in; above the last cap the last tier.
func (c *Contract) Tier(measure market.Quote) int {
	for i := range c.Tiers {
		if measure < c.Tiers[i].Cap || c.Margin.CapInclusive && measure == c.Tiers[i].Cap {
			return i
		}
	}
	return len(c.Tiers) - 1
}

// Measure returns what selects the tier of a position: its notional at mark or at entry, or its size (whose units stand
// in the table like amounts).
func (c *Contract) Measure(e Exposure) market.Quote { return c.measure(&e) }

func (c *Contract) measure(e *Exposure) market.Quote {
	switch {
	case c.Margin.BySize:
		return market.Quote(e.Size)
	case c.Margin.ByEntry:
		return e.Entry
	}
	return e.Notional
}

// Fee returns the basis of the closing fee in a position's requirement.
func (m *MarginRules) Fee(cross bool) FeeBasis {
	if cross {
		return m.CrossFee
	}
	return m.IsolatedFee
}

// MaintenanceMargin returns what a position requires (docs/MODEL.md section 1): ceil(B * rate) less the tier's amount,
// at least 0, plus the closing fee where the venue counts it in; ok is false on overflow. B is the notional at mark or, for isolated
// positions of some venues, at entry.
func (c *Contract) MaintenanceMargin(e Exposure) (mm market.Quote, ok bool) {
	rate, amount, ok := c.rate(&e)
	if !ok {
		return 0, false
	}
	return c.margin(&e, rate, amount)
}

// NotionalMargin is MaintenanceMargin where Margin.OfNotional says that a notional at mark is all that it depends on.
func (c *Contract) NotionalMargin(notional market.Quote) (mm market.Quote, ok bool) {
	t := &c.Tiers[c.Tier(notional)]
	mm, ok = t.MaintenanceMarginRate.OfCeil(notional)
	return max(0, mm-t.MaintenanceAmount), ok
}

// FirstTierMargin returns what a position would require in the first tier of its contract.
func (c *Contract) FirstTierMargin(e Exposure) (mm market.Quote, ok bool) {
	if len(c.Tiers) == 0 {
		return c.MaintenanceMargin(e)
	}
	return c.margin(&e, c.Tiers[0].MaintenanceMarginRate, c.Tiers[0].MaintenanceAmount)
}

func (c *Contract) margin(e *Exposure, rate market.Rate, amount market.Quote) (mm market.Quote, ok bool) {
	base := e.Notional
	if c.Margin.AtEntry && !e.Cross {
		base = e.Entry
	}
	mm, ok = rate.OfCeil(base)
	if !ok {
		return 0, false
	}
	mm = max(0, mm-amount)
	switch c.Margin.Fee(e.Cross) {
	case FeeAtMark:
		fee, fits := c.Margin.Taker.OfCeil(e.Notional)
		return mm + fee, fits
	case FeeAtBankruptcy:
		fee, fits := c.BankruptcyFee(*e)
		return mm + fee, fits
	}
	return mm, true
}

// Rate returns the maintenance margin rate of a position and the amount that is taken off; ok is false on overflow.
func (c *Contract) Rate(e Exposure) (market.Rate, market.Quote, bool) { return c.rate(&e) }

func (c *Contract) rate(e *Exposure) (market.Rate, market.Quote, bool) {
	if c.Margin.Linear {
		r, ok := c.SizeRate(c.SizeMargin.Maintenance, e.Size)
		return r, 0, ok
	}
	t := &c.Tiers[c.Tier(c.measure(e))]
	if c.Margin.Whole {
		return t.MaintenanceMarginRate, 0, true
	}
	return t.MaintenanceMarginRate, t.MaintenanceAmount, true
}

// SizeRate returns base + slope * size rounded up, at most 1 (Deribit support article 25944738177565).
func (c *Contract) SizeRate(base market.Rate, size market.Qty) (market.Rate, bool) {
	grown, ok := market.MulDivCeil(int64(c.SizeMargin.Slope), int64(size.Abs()), market.Scale)
	if !ok || grown > market.Scale || size.Abs() < 0 { // the lowest number has no absolute value
		return market.Scale, true
	}
	return min(base+market.Rate(grown), market.Scale), true
}

// BankruptcyFee returns the taker fee on a position's value at the price that its leverage makes bankrupt:
// |C| * (1 - side/leverage) (Bybit help, order cost and maintenance margin), rounded up.
func (c *Contract) BankruptcyFee(e Exposure) (market.Quote, bool) {
	leverage := max(e.Leverage, market.Scale)
	var value market.Quote
	if e.Long {
		margin, ok := market.MulDivFloor(int64(e.Entry), market.Scale, int64(leverage))
		if !ok {
			return 0, false
		}
		value = e.Entry - market.Quote(margin)
	} else {
		margin, ok := market.MulDivCeil(int64(e.Entry), market.Scale, int64(leverage))
		if !ok {
			return 0, false
		}
		value = e.Entry + market.Quote(margin)
	}
	return c.Margin.Taker.OfCeil(value)
}

// Reserve returns the closing fee that an order posts beside its initial margin, for a venue that counts the fee at the
// bankruptcy value in the requirement (Bybit help, order cost); 0 elsewhere.
func (c *Contract) Reserve(e Exposure) (market.Quote, bool) {
	if c.Margin.Fee(e.Cross) != FeeAtBankruptcy {
		return 0, true
	}
	return c.BankruptcyFee(e)
}

// OpeningMargin returns what opening a position at its entry notional requires: ceil(Entry / Leverage), or its share by
// open interest where that is more, and the reserve for the closing fee; ok is false on overflow.
func (c *Contract) OpeningMargin(e Exposure, openInterest market.Quote) (margin market.Quote, ok bool) {
	v, ok := market.MulDivCeil(int64(e.Entry), market.Scale, int64(max(e.Leverage, 1)))
	least, fits := c.InterestRate(openInterest).OfCeil(e.Entry)
	reserve, reserved := c.Reserve(e)
	return max(market.Quote(v), least) + reserve, ok && fits && reserved
}

// MaxLeverage returns the highest leverage, in whole times, at which a position may be held; 0 means that the size has
// no limit that would allow it.
func (c *Contract) MaxLeverage(e Exposure) int {
	if c.Margin.Linear {
		r, _ := c.SizeRate(c.SizeMargin.Initial, e.Size)
		return int(market.Scale / max(r, 1))
	}
	return c.Tiers[c.Tier(c.Measure(e))].MaxLeverage
}

// InterestRate returns the least initial margin, as a fraction of notional, at an open interest (notional at mark) under
// open_interest_scaled: min(1, base + max(0, (oi - lower) / (upper - lower)) * (1 - base)), rounded up (dYdX v4,
// x/perpetuals liquidity tiers); 0 elsewhere. Maintenance margin is not scaled.
func (c *Contract) InterestRate(openInterest market.Quote) market.Rate {
	if !c.Margin.InterestScale {
		return 0
	}
	s := &c.InterestMargin
	if s.Upper <= s.Lower || openInterest <= s.Lower {
		return s.Base
	}
	grown, ok := market.MulDivCeil(int64(openInterest-s.Lower), int64(market.Scale-s.Base), int64(s.Upper-s.Lower))
	if !ok || grown >= int64(market.Scale-s.Base) {
		return market.Scale
	}
	return s.Base + market.Rate(grown)
}
